"""One small snapshot and one service for all tests of hostile input."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.snapshot import Snapshot
from tests.hostile.corpus import names_that_are_scripts
from tests.serve.service import InProcess, in_process, publish_text, sample_quads


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    """Folder of snapshots and the one in it."""
    folder = tmp_path_factory.mktemp("serve") / "snapshots"
    return folder, publish_text(folder, sample_quads() + names_that_are_scripts())


@pytest.fixture(scope="session")
def service(small: tuple[Path, Snapshot]) -> Iterator[InProcess]:
    """The service in this process; it is shared, so tests use queries of their own."""
    folder, snapshot = small
    with in_process(folder, snapshot) as running:
        yield running
