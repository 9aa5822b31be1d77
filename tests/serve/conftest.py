"""One small snapshot and one service for all tests of the service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.snapshot import Snapshot
from tests.serve.service import InProcess, Server, in_process, publish_text, running, sample_quads


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    """Folder of snapshots and the one in it."""
    folder = tmp_path_factory.mktemp("serve") / "snapshots"
    return folder, publish_text(folder, sample_quads())


@pytest.fixture(scope="session")
def service(small: tuple[Path, Snapshot]) -> Iterator[InProcess]:
    """The service in this process; it is shared, so tests use queries of their own."""
    folder, snapshot = small
    with in_process(folder, snapshot) as running:
        yield running


@pytest.fixture(scope="session")
def server(small: tuple[Path, Snapshot], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real server for all tests that leave it as it was."""
    with running(small[0], tmp_path_factory.mktemp("server") / "log") as server:
        yield server
