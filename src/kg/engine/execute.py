"""Run one query against an open store and write its answer whole, within its limits.

This runs in a worker process for strangers, in the calling process for trusted input.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from kg.engine import formats
from kg.engine.syntax import syntax_error
from kg.errors import KgError, NotAcceptableError, QueryRefusedError, QuerySyntaxError, QueryTooLargeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One query as a worker sees it; the fields mean what they mean in `Query` and `Limits`.

    Attributes:
        own_dataset: the text has `FROM` clauses, so the default graph is not the union of all graphs.
        base: IRI that relative ones in the text are resolved against; None refuses them.
    """

    text: str
    results_type: str | None
    graph_type: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    own_dataset: bool
    rows: int
    bytes: int
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a job; the fields mean what they mean in `Answer`."""

    body: bytes
    media_type: str
    form: str
    limit: str | None = None


class _FullError(Exception):
    """The sink has more rows than the limit."""


class _Sink:
    """Collects the pieces of an answer and stops the writer when it is too long.

    Pieces may be as small as 8 kB, so counting looks at each piece once.
    """

    def __init__(self, media_type: str, most_rows: int, most_bytes: int) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._marks = 0
        self._mark = formats.ROW_MARKS.get(media_type)
        self._media_type = media_type
        self._rows = most_rows
        self._alarm = most_rows + 1
        self._bytes = most_bytes

    def write(self, piece: bytes) -> int:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._mark is not None:
            self._marks += piece.count(self._mark)
            if self._marks > self._alarm:
                if formats.row_ends(self.body(), self._media_type, self._rows) is not None:
                    raise _FullError
                # Marks inside literals raised a false alarm; look again after as many more.
                self._alarm = self._marks * 2
        if self._size > self._bytes:
            raise QueryTooLargeError(
                f"the answer is larger than {self._bytes // 1_000_000} MB: add a LIMIT or ask for less",
                "answer-bytes",
            )
        return len(piece)

    def flush(self) -> None:
        """Oxigraph calls this at the end."""

    def body(self) -> bytes:
        return b"".join(self._pieces)

    def near(self) -> bool:
        """Whether the row limit may have been passed."""
        return self._marks >= self._rows


def run(store: ox.Store, job: Job) -> Done:
    """Answer a job.

    Raises:
        KgError: one of the query errors; the message holds nothing of this machine.
    """
    try:
        return _run(store, job)
    except (KgError, MemoryError):
        raise
    except SyntaxError as error:
        raise syntax_error(str(error), job.text) from None
    except (ValueError, RuntimeError) as error:
        # What Oxigraph finds out only while running, such as a function it does not have.
        raise QuerySyntaxError(f"the query cannot be evaluated: {error}"[:500]) from None
    except OSError as error:
        # SERVICE without a network.
        raise QueryRefusedError(f"the query cannot be evaluated: {error}"[:500], "evaluation") from None


def _run(store: ox.Store, job: Job) -> Done:
    if job.default_graphs or job.named_graphs:
        # SPARQL 1.1 Protocol, 2.1.4: a data set in the request replaces the one in the query.
        result = store.query(
            job.text,
            base_iri=job.base,
            # A data set is made of sets: what is named twice counts once, but Oxigraph counts its triples twice.
            default_graph=[ox.NamedNode(iri) for iri in dict.fromkeys(job.default_graphs)],
            named_graphs=[ox.NamedNode(iri) for iri in dict.fromkeys(job.named_graphs)],
        )
    else:
        result = store.query(job.text, base_iri=job.base, use_default_graph_as_union=not job.own_dataset)
    if isinstance(result, ox.QueryTriples):
        return _graph(result, job)
    media_type = job.results_type
    if media_type is None:
        raise NotAcceptableError("a table or a boolean has none of the accepted types", formats.RESULTS_TYPES)
    form = getattr(ox.QueryResultsFormat, formats.RESULTS_NAMES[media_type])
    if isinstance(result, ox.QueryBoolean):
        return Done(body=result.serialize(format=form) or b"", media_type=media_type, form="boolean")
    sink = _Sink(media_type, job.rows, job.bytes)
    limit = None
    try:
        result.serialize(sink, form)  # type: ignore[arg-type]
        body = sink.body()
        end = formats.row_ends(body, media_type, job.rows) if sink.near() else None
    except _FullError:
        body = sink.body()
        end = formats.row_ends(body, media_type, job.rows)
    if end is not None:
        body, limit = formats.cut(body, media_type, end), "rows"
    if media_type == formats.XML:
        body = _as_xml(body)
    return Done(body=body, media_type=media_type, form="bindings", limit=limit)


def _graph(result: ox.QueryTriples, job: Job) -> Done:
    media_type = job.graph_type
    if media_type is None:
        raise NotAcceptableError("a graph has none of the accepted types", formats.GRAPH_TYPES)
    triples: Iterator[ox.Triple] = iter(result)
    sink = _Sink(media_type, job.rows, job.bytes)
    ox.serialize(
        itertools.islice(triples, job.rows),
        sink,  # type: ignore[arg-type]
        getattr(ox.RdfFormat, formats.GRAPH_NAMES[media_type]),
    )
    limit = "rows" if next(triples, None) is not None else None
    body = sink.body()
    if media_type == formats.RDF_XML:
        body = _as_xml(body)
    return Done(body=body, media_type=media_type, form="graph", limit=limit)


def _as_xml(body: bytes) -> bytes:
    if formats.xml_cannot_carry(body):
        raise NotAcceptableError(
            "the answer holds a control character that XML cannot carry: ask for another format",
            tuple(kind for kind in (*formats.RESULTS_TYPES, *formats.GRAPH_TYPES) if "xml" not in kind),
        )
    return formats.keep_carriage_returns(body)
