"""What the service serves: one release, opened, with everything that was read from it."""

import logging
from dataclasses import dataclass, field

from flask import current_app, g, request

from kg.catalog import Catalog
from kg.catalog.choices import Choices
from kg.config import Settings
from kg.engine import Engine, Limits, Literal, open_engine
from kg.errors import SnapshotError
from kg.search import SearchIndex
from kg.serve.memo import Memo
from kg.snapshot import Snapshot

log = logging.getLogger(__name__)

_GRAPH_SIZES = "SELECT ?graph (COUNT(*) AS ?size) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph ORDER BY ?graph"
_GOLDEN = "ASK { ?s ?p ?o }"
_OPENING = Limits(seconds=120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One release in service. A new release is a new site; requests keep the one they began with.

    Attributes:
        graph_sizes: triples in each named graph, as a worker counted them when the release was opened.
        memo: what the rooms have read of this release.
    """

    settings: Settings
    snapshot: Snapshot
    engine: Engine
    catalog: Catalog
    graph_sizes: tuple[tuple[str, int], ...]
    memo: Memo = field(default_factory=Memo)

    @property
    def release(self) -> str:
        """The release that answers."""
        return self.snapshot.release

    @property
    def choices(self) -> Choices:
        """What may be picked for the parameters of questions and reports."""
        return self.memo.once("choices", lambda: Choices(self.engine))

    @property
    def search(self) -> SearchIndex:
        """The names of all things; reading them takes twelve seconds on a million triples, so not while opening."""
        return self.memo.once("search", lambda: SearchIndex.build(self.engine))

    def is_ready(self) -> bool:
        """Whether a worker answers the golden question now; limits of its own keep the cache out of it."""
        return self.engine.ask(_GOLDEN, limits=Limits(seconds=2.0), trusted=True)


def open_site(settings: Settings, snapshot: Snapshot) -> Site:
    """Start the workers on a release and read what the pages need.

    Raises:
        SnapshotError: the release does not hold what its manifest says.
        KgError: it cannot be opened.
    """
    engine = open_engine(settings, snapshot)
    try:
        sizes = _graph_sizes(engine)
        recorded = snapshot.manifest.get("quads")
        # Oxigraph opens a store with a cut MANIFEST as an empty one, so only counting tells.
        if not settings.store and recorded is not None and sum(sizes.values()) != _total(recorded):
            raise SnapshotError(f"{snapshot.path}: holds {sum(sizes.values())} quads, its manifest says otherwise")
        return Site(
            settings=settings,
            snapshot=snapshot,
            engine=engine,
            catalog=Catalog.of_release(snapshot.files / "queries"),
            graph_sizes=tuple(sizes.items()),
        )
    except BaseException:
        engine.close()
        raise


def site() -> Site:
    """Give the site of the current request, the same one from its first line to its last.

    A request that names a kept release with `?release=ID` gets the site of that one.

    Raises:
        UnknownReleaseError: no release of the id that is named was ever published here.
        ReleaseGoneError: it was, and can no longer be read here.
    """
    if "site" not in g:
        served: Site = current_app.extensions["kg"]
        # Set before it can fail, since what reports the failure asks again.
        g.site = served
        wanted = request.args.get("release", "")
        if wanted not in ("", served.release):
            g.site = current_app.extensions["kg.kept"].site(served.settings, wanted)
    found: Site = g.site
    return found


def address_of(here: Site) -> str:
    """Return the address of the service, without a final slash: the one that is set, else the one that was asked."""
    return here.settings.public_url or request.host_url.rstrip("/")


def _graph_sizes(engine: Engine) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for graph, size in engine.rows(_GRAPH_SIZES, limits=_OPENING, trusted=True).rows:
        if graph is not None and isinstance(size, Literal):
            sizes[graph.value] = int(size.value)
    return sizes


def _total(recorded: object) -> int:
    if isinstance(recorded, dict):
        return sum(int(size) for size in recorded.values())
    return int(str(recorded))
