"""Asks a question of one release and keeps the whole answer, with what must be known to quote it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from kg.catalog.bind import substitute
from kg.catalog.choices import Choices
from kg.catalog.evidence import Citation, cite
from kg.catalog.records import Form, Question
from kg.catalog.values import IriResolver, Resolver, read_values
from kg.engine import Engine, Limits, Query, Term
from kg.engine.formats import N_TRIPLES
from kg.errors import ParameterError

MAX_ROWS: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of the answer are shown.

    Attributes:
        number: counted from 1.
        size: most rows on a page.
        total: rows of the whole answer.
    """

    number: int
    size: int
    total: int

    @property
    def count(self) -> int:
        """Number of pages, at least 1."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswer:
    """The answer to a question.

    Attributes:
        values: the terms that were bound, by parameter; an optional parameter without a value is absent.
        sparql: what was asked, as any SPARQL 1.1 engine understands it.
        columns, rows: the table; empty for a graph.
        graph: the graph of a CONSTRUCT in `graph_type`, or None.
        graph_type: media type of the graph; N-Triples are sorted.
        complete: False when rows were left out, by a limit or because this is one page of several.
        limit: why it is not complete, or None.
        total: rows that the query gave, whatever the page; triples for N-Triples, 0 for other graphs.
        release: the release that answered.
        seconds: time from the call to the answer.
        page: None when all rows are here.
        citations: one tuple for each row, or None when evidence was not asked for.
    """

    question: Question
    values: Mapping[str, tuple[Term, ...]]
    sparql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    graph: bytes | None
    complete: bool
    limit: str | None
    total: int
    release: str
    seconds: float
    graph_type: str = N_TRIPLES
    page: Page | None = None
    citations: tuple[tuple[Citation, ...], ...] | None = None


def bind(question: Question, values: Mapping[str, object], resolver: Resolver | None = None) -> str:
    """Return the question's SPARQL with these values as terms.

    Without a resolver, IRIs are taken as they are, in full or compact form.

    Raises:
        ParameterError: an unknown parameter or a wrong value.
        BindingProofError: the result would differ in more than constants.
    """
    return substitute(question, read_values(question, values, resolver or IriResolver()))


def run(
    engine: Engine,
    question: Question,
    values: Mapping[str, object] | None = None,
    *,
    choices: Choices | None = None,
    evidence: bool = False,
    rows: int = MAX_ROWS,
    graph_type: str = N_TRIPLES,
) -> QuestionAnswer:
    """Ask a question.

    `choices` may be kept by the caller over many calls on one release. With `evidence` each row gets the
    places in the sources that it rests on; the rows stay the same.

    Raises:
        ParameterError: an unknown parameter or a wrong value.
        QueryTimeoutError, QueryTooLargeError, EngineBusyError: see `kg.engine`.
    """
    started = time.monotonic()
    terms = read_values(question, values or {}, choices or Choices(engine))
    sparql = substitute(question, terms)
    limits = Limits(seconds=question.seconds, rows=rows, keep=True)
    if question.form is Form.CONSTRUCT:
        done = engine.answer(Query(text=sparql, graph_type=graph_type, limits=limits, trusted=True))
        lines = done.body.splitlines(keepends=True) if graph_type == N_TRIPLES else []
        return QuestionAnswer(
            question=question,
            values=terms,
            sparql=sparql,
            columns=(),
            rows=(),
            graph=b"".join(sorted(lines)) if lines else done.body,
            graph_type=graph_type,
            complete=done.complete,
            limit=_limit(done.limit, rows),
            total=len(lines),
            release=engine.release,
            seconds=time.monotonic() - started,
        )
    found = engine.rows(sparql, limits=limits, trusted=True)
    answer = QuestionAnswer(
        question=question,
        values=terms,
        sparql=sparql,
        columns=found.columns,
        rows=found.rows,
        graph=None,
        complete=found.complete,
        limit=_limit(found.limit, rows),
        total=len(found.rows),
        release=engine.release,
        seconds=time.monotonic() - started,
    )
    return with_evidence(engine, answer) if evidence else answer


def _limit(name: str | None, rows: int) -> str | None:
    return f"rows={rows}" if name == "rows" else name


def with_evidence(engine: Engine, answer: QuestionAnswer) -> QuestionAnswer:
    """Return the same answer with the places in the sources that each of its rows rests on."""
    if answer.citations is not None or answer.graph is not None:
        return answer
    return replace(answer, citations=cite(engine, answer.columns, answer.rows, answer.question.evidence))


def page_of(answer: QuestionAnswer, number: int, size: int) -> QuestionAnswer:
    """Return one page of an answer; it counts as complete only if it holds every row.

    Raises:
        ParameterError: there are fewer pages.
    """
    page = Page(number=number, size=size, total=answer.total)
    if number > page.count:
        raise ParameterError("page", f"a page from 1 to {page.count}", "1")
    shown = slice((number - 1) * size, number * size)
    whole = page.count == 1 and number == 1
    return replace(
        answer,
        rows=answer.rows[shown],
        citations=None if answer.citations is None else answer.citations[shown],
        complete=answer.complete and whole,
        limit=answer.limit or (None if whole else f"page={number}/{page.count}"),
        page=page,
    )
