"""A small snapshot, and engines on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.engine.pool import PoolEngine
from kg.snapshot import Snapshot
from tests.serve.service import publish_text, sample_quads, settings_for

StartEngine = Callable[..., PoolEngine]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    """Folder of snapshots and the one in it."""
    folder = tmp_path_factory.mktemp("engine") / "snapshots"
    return folder, publish_text(folder, sample_quads())


@pytest.fixture
def start(small: tuple[Path, Snapshot]) -> Iterator[StartEngine]:
    """Start engines with settings of one's own; they are closed at the end."""
    engines: list[PoolEngine] = []

    def begin(**flags: object) -> PoolEngine:
        engine = PoolEngine(settings_for(small[0], **flags), small[1])
        engines.append(engine)
        return engine

    yield begin
    for engine in engines:
        engine.close()


@pytest.fixture(scope="session")
def shared_engine(small: tuple[Path, Snapshot]) -> Iterator[PoolEngine]:
    """One engine for tests that do not disturb each other."""
    engine = PoolEngine(settings_for(small[0]), small[1])
    yield engine
    engine.close()
