"""SPARQL within limits: a guard, killable local workers, or a remote SPARQL 1.1 store."""

from typing import TYPE_CHECKING

from kg.engine.limits import limits_of
from kg.engine.types import Answer, Engine, Iri, Limits, Literal, Query, Rows, SnapshotLike, Term

if TYPE_CHECKING:
    from kg.config import Settings
    from kg.engine.local import LocalEngine

__all__ = [
    "Answer",
    "Engine",
    "Iri",
    "Limits",
    "Literal",
    "LocalEngine",
    "Query",
    "Rows",
    "SnapshotLike",
    "Term",
    "limits_of",
    "open_engine",
]


def open_engine(settings: "Settings", snapshot: SnapshotLike) -> Engine:
    """Start an engine for strangers' queries: killable workers on the snapshot, or the store of `KG_STORE`.

    Raises:
        SnapshotError: the store of the snapshot cannot be opened.
        ConfigError: this system offers no way to keep a worker from the network.
    """
    if settings.store:
        from kg.engine.remote import RemoteEngine

        return RemoteEngine(settings, snapshot.release)
    from kg.engine.pool import PoolEngine

    return PoolEngine(settings, snapshot)


def __getattr__(name: str) -> object:
    # The web process must not load the query engine itself, so this import waits until somebody asks.
    if name == "LocalEngine":
        from kg.engine.local import LocalEngine

        return LocalEngine
    raise AttributeError(name)
