"""An engine in this process, for the command line and tests: trusted input, since nothing can stop it."""

import time
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

from kg.engine import guard
from kg.engine.asking import Asking
from kg.engine.execute import Job, run
from kg.engine.types import Answer, Limits, Query, SnapshotLike
from kg.errors import SnapshotError


class LocalEngine(Asking):
    """Answers in the calling thread. The limits of rows and bytes hold; those of time and memory do not."""

    def __init__(self, snapshot: SnapshotLike, limits: Limits | None = None) -> None:
        """Open the store of a snapshot read-only."""
        self._release = snapshot.release
        self._limits = limits or Limits()
        self._store = open_store(snapshot.store_path)

    @property
    def release(self) -> str:
        """The release that answers."""
        return self._release

    def answer(self, query: Query) -> Answer:
        """Answer in the asked media type, as `Engine.answer`."""
        limits = query.limits or self._limits
        begun = time.monotonic()
        findings = guard.inspect(query.text, complexity=not query.trusted)
        done = run(
            self._store,
            Job(
                text=query.text,
                results_type=query.results_type,
                graph_type=query.graph_type,
                default_graphs=query.default_graphs,
                named_graphs=query.named_graphs,
                own_dataset=findings.own_dataset,
                rows=limits.rows,
                bytes=limits.bytes,
            ),
        )
        return Answer(
            body=done.body,
            media_type=done.media_type,
            form=done.form,
            complete=done.limit is None,
            limit=done.limit,
            release=self._release,
            seconds=time.monotonic() - begun,
        )

    def figures(self) -> Mapping[str, float]:
        """Nothing is counted here."""
        return {}

    def close(self) -> None:
        """Nothing to stop."""


def open_store(path: Path) -> ox.Store:
    """Open an Oxigraph directory read-only.

    Raises:
        SnapshotError: the directory is not a store.
    """
    # RocksDB creates what it does not find, so an absent directory must be noticed before.
    if not (path / "CURRENT").is_file():
        raise SnapshotError(f"{path}: not an Oxigraph store")
    try:
        return ox.Store.read_only(str(path))
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path}: the store cannot be opened: {error}") from error
