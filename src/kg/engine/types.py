"""The words in which everybody speaks with an engine."""

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query may cost.

    Attributes:
        seconds: wall-clock time from arrival, above zero.
        rows: most rows (triples for a graph) in the answer; a cut answer says so.
        bytes: most bytes in the serialised answer; a larger one is refused.
        memory_mb: memory the query may take beyond the store itself.
        keep: the answer may be kept for repeats under these limits. Not for what must ask a worker, or is read once.
    """

    seconds: float = 5.0
    rows: int = 100_000
    bytes: int = 32 << 20
    memory_mb: int = 1024
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Iri:
    """An IRI; a blank node of an answer is one whose value starts with `_:`."""

    value: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal; `language` is None unless the datatype is rdf:langString."""

    value: str
    datatype: str = XSD_STRING
    language: str | None = None


Term = Iri | Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table of terms.

    Attributes:
        columns: variable names without question mark, in the order of the query.
        rows: one tuple per row, as long as `columns`; None where the variable is unbound.
        complete: False when rows were left out.
        limit: name of the limit that cut it, None for a complete answer.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    complete: bool = True
    limit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query of a client, with everything that decides its answer.

    Attributes:
        text: SPARQL 1.1.
        results_type: media type wanted when the answer is a table or a boolean; None when none is acceptable.
        graph_type: media type wanted when the answer is a graph; None when none is acceptable.
        default_graphs: IRIs merged into the default graph.
        named_graphs: IRIs that `GRAPH` may name. When both are empty the query's own `FROM` decides, else the
            default graph is the union of all graphs.
        limits: None takes those of the engine.
        trusted: the text is ours: no guard, no budget.
        client: an opaque name for the budget of one client; None has no budget.
        arrived: `time.monotonic()` when the request came in; the deadline counts from here.
    """

    text: str
    results_type: str | None = "application/sparql-results+json"
    graph_type: str | None = "application/n-triples"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    limits: Limits | None = None
    trusted: bool = False
    client: str | None = None
    arrived: float = field(default_factory=time.monotonic, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, ready to send.

    Attributes:
        body: the serialised bytes, never cut in the middle of a row.
        media_type: one of those asked for, without parameters.
        form: `bindings`, `boolean` or `graph`.
        complete: False when rows were left out.
        limit: name of the limit that cut it, None for a complete answer.
        release: the release that answered.
        seconds: time a worker spent on it.
        cached: the answer was kept from an earlier equal query.
        slow: the query used the slow lane.
        outside: another server had a part in it, so that it may differ next time.
    """

    body: bytes
    media_type: str
    form: str
    complete: bool = True
    limit: str | None = None
    release: str = ""
    seconds: float = 0.0
    cached: bool = False
    slow: bool = False
    outside: bool = False


class SnapshotLike(Protocol):
    """What an engine needs to know of a snapshot (see `kg.snapshot`)."""

    @property
    def release(self) -> str:
        """Sixteen hexadecimal digits that name the content."""

    @property
    def store_path(self) -> Path:
        """Directory of an Oxigraph store."""


class Engine(Protocol):
    """Answers SPARQL queries on one release, within limits."""

    @property
    def release(self) -> str:
        """The release that answers."""

    def answer(self, query: Query) -> Answer:
        """Answer in the asked media type.

        Raises:
            QueryRefusedError, QuerySyntaxError, QueryTimeoutError, QueryTooLargeError, EngineBusyError,
            ClientBudgetError, NotAcceptableError: see `kg.errors`.
        """

    async def answer_soon(self, query: Query, threads: Executor) -> Answer:
        """Answer as `answer` does, without holding up the event loop that runs this.

        Arguments:
            threads: where to wait for what takes long.
        """

    def rows(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> Rows:
        """Answer a SELECT as terms. Raises as `answer`."""

    def graph(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> bytes:
        """Answer a CONSTRUCT or DESCRIBE as N-Triples. Raises as `answer`."""

    def ask(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> bool:
        """Answer an ASK. Raises as `answer`."""

    def figures(self) -> Mapping[str, float]:
        """Counters and gauges for `/metrics`, by name without prefix."""

    def close(self) -> None:
        """Stop all workers; a query still running then ends with EngineBusyError."""
