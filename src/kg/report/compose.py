"""A report with its values: what the three forms of it have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from kg import charts
from kg.catalog import Catalog, Choices, QuestionAnswer
from kg.catalog.cells import cell_of, labelled, number_of, qualifier_of, readable, table_of
from kg.catalog.finding import finding
from kg.catalog.formats import node_lists
from kg.catalog.sentence import counted
from kg.charts.figures import number
from kg.charts.lettering import plain_name
from kg.engine import Engine, Iri, Literal, Term
from kg.report.bias import Bias, weigh
from kg.report.citation import Reference
from kg.report.inquiry import Inquiry
from kg.report.notes import Note, Notes
from kg.report.records import Condition, Embedded, Inline, Report, Verb
from kg.report.sources import Work, read_works, released_on
from kg.vocab import XSD

# Around the number of a value or a block in the text, while Markdown is rendered.
OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
NOT_STATED: Final = "not stated"
_PLAIN_NUMBERS: Final = f"{XSD}gYear"


@dataclass(frozen=True, slots=True)
class Value:
    """What stands in the prose in the place of an expression; `note` is None for a parameter."""

    text: str
    note: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table; `text` is None where nothing is stated."""

    text: str | None
    is_number: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An embedded question with its answer.

    Attributes:
        headings: of the columns that are shown, each with its unit or None.
        notes: for each row the number of its footnote.
        total: rows of the answer that differ in what is shown; `rows` has the first of them.
        chart: SVG, or None.
        empty: what is said when there are no rows.
        caution: what must be known before quoting.
        asked: the question's name and, as words, its parameters.
    """

    number: int
    caption: str
    headings: tuple[tuple[str, str | None], ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[int, ...]
    total: int
    is_complete: bool
    limit: str | None
    has_table: bool
    chart: str | None
    empty: str
    caution: str | None
    question: str
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One question that was asked: its name, summary, parameters as words, rows, and why it is cut, if it is."""

    question: str
    summary: str
    asked: str
    rows: int
    limit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A report ready to be written out.

    Attributes:
        prose: Markdown with `OPEN v NUMBER CLOSE` for values and `OPEN b NUMBER CLOSE` for blocks.
        parameters: label and value in words of each parameter that has one.
        works: the sources by IRI.
    """

    name: str
    title: str
    summary: str
    parameters: tuple[tuple[str, str], ...]
    prose: str
    values: tuple[Value, ...]
    blocks: tuple[Block, ...]
    notes: tuple[Note, ...]
    works: Mapping[str, Work]
    bias: Bias
    askings: tuple[Asking, ...]
    reference: Reference


def compose(
    engine: Engine,
    catalog: Catalog,
    report: Report,
    values: Mapping[str, object],
    *,
    choices: Choices | None = None,
    url: str | None = None,
) -> Composed:
    """Ask everything that a report asks.

    Arguments:
        url: where this report with these values can be read, for its citation.

    Raises:
        ParameterError: a value is wrong, or the report has no such parameter.
        QueryTimeoutError, EngineBusyError: see `kg.engine`.
    """
    inquiry = Inquiry(engine, catalog, report, values, choices or Choices(engine))
    composer = _Composer(inquiry)
    prose: list[str] = []
    for piece in report.pieces:
        if isinstance(piece, str):
            prose.append(composer.fill(piece))
        elif isinstance(piece, Inline):
            prose.append(f"{OPEN}v{len(composer.values)}{CLOSE}")
            composer.values.append(composer.value(piece))
        else:
            prose.append(f"\n{OPEN}b{len(composer.blocks)}{CLOSE}\n\n")
            composer.blocks.append(composer.block(piece))
    title = composer.fill(report.title)
    notes = composer.notes.all()
    works = read_works(engine, (source for note in notes for _, source in note.places))
    return Composed(
        name=report.name,
        title=title,
        summary=report.summary,
        parameters=tuple(
            (parameter.label, inquiry.bound[parameter.name].words if parameter.name in inquiry.bound else "any")
            for parameter in report.params
        ),
        prose="".join(prose),
        values=tuple(composer.values),
        blocks=tuple(composer.blocks),
        notes=notes,
        works=works,
        bias=weigh(notes, works),
        askings=tuple(_asking(inquiry, answer) for answer in inquiry.answers()),
        reference=Reference(
            title=title,
            kind="report",
            url=url or f"https://w3id.org/cityledger/reports/{report.name}?release={inquiry.release}",
            release=inquiry.release,
            issued=released_on(engine),
        ),
    )


def _asking(inquiry: Inquiry, answer: QuestionAnswer) -> Asking:
    return Asking(
        question=answer.question.name,
        summary=answer.question.summary,
        asked=inquiry.parameters(answer),
        rows=answer.total,
        limit=answer.limit,
    )


class _Composer:
    """Collects values, blocks and notes in the order of the text."""

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        self.notes = Notes(inquiry)
        self.values: list[Value] = []
        self.blocks: list[Block] = []

    def fill(self, text: str) -> str:
        """Put the words of parameters into a text, as `{country}` asks."""
        for name, bound in self._inquiry.bound.items():
            text = text.replace("{" + name + "}", bound.words)
        return text

    def value(self, piece: Inline) -> Value:
        """Return what stands in the place of an expression, with its note."""
        if piece.verb is Verb.PARAM:
            bound = self._inquiry.bound.get(piece.column or "")
            return Value(bound.words if bound else "any", None)
        answer = self._inquiry.ask(piece.question, piece.arguments)
        chosen = [index for index in range(len(answer.rows)) if _fits(answer, index, piece.condition)]
        if piece.verb is Verb.FINDING:
            sentence = finding(answer, self._inquiry.choices) or "No source in the corpus says anything."
            return Value(sentence, self.notes.rows(answer, chosen, "Counted from"))
        cells = [_cell(answer, index, piece.column) for index in chosen] if piece.column else []
        if piece.verb is Verb.VALUE:
            text = _words(cells[0]) if cells else None
            return Value(text or NOT_STATED, self.notes.rows(answer, chosen[:1], "Read from"))
        if piece.verb is Verb.SUM:
            known = [found for cell in cells if (found := number_of(cell)) is not None]
            text = counted(number(sum(known, Decimal(0))), piece.one, piece.many)
            return Value(text, self.notes.rows(answer, chosen, "Added up from"))
        count = len({cell for cell in cells if cell is not None}) if piece.column else len(chosen)
        return Value(
            counted(number(Decimal(count)), piece.one, piece.many), self.notes.rows(answer, chosen, "Counted from")
        )

    def block(self, piece: Embedded) -> Block:
        """Return an embedded question with its answer."""
        answer = self._inquiry.ask(piece.question, piece.arguments)
        question = answer.question
        columns = piece.columns or _shown(answer)
        described = {column.name: column for column in question.columns}
        distinct = _distinct(answer, columns)
        shown = list(distinct)[: piece.limit]
        rows = tuple(distinct[index] for index in shown)
        return Block(
            number=len(self.blocks) + 1,
            caption=self.fill(piece.caption) if piece.caption else question.summary,
            headings=tuple(_heading(name, described[labelled(name, answer.columns) or name].unit) for name in columns),
            numeric=tuple(any(row[place].is_number for row in rows) for place in range(len(columns))),
            rows=rows,
            notes=tuple(self.notes.row(answer, index) for index in shown) if piece.has_table else (),
            total=len(distinct),
            is_complete=answer.complete,
            limit=answer.limit,
            has_table=piece.has_table,
            chart=_chart(answer) if piece.has_chart else None,
            empty=self.fill(piece.empty) if piece.empty else "No source in the corpus says so.",
            caution=question.caution,
            question=question.name,
            asked=self._inquiry.parameters(answer),
        )


def _fits(answer: QuestionAnswer, index: int, condition: Condition | None) -> bool:
    if condition is None:
        return True
    term = _cell(answer, index, condition.column)
    if condition.wanted is None:
        return (term is not None) == condition.is_known
    return term is not None and condition.wanted in (term.value, str(cell_of(term)))


def _cell(answer: QuestionAnswer, index: int, column: str) -> Term | None:
    return answer.rows[index][answer.columns.index(column)]


def _words(term: Term | None) -> str | None:
    if term is None:
        return None
    found = number_of(term)
    if found is not None and not (isinstance(term, Literal) and term.datatype == _PLAIN_NUMBERS):
        return number(found)
    value = cell_of(term)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _shown(answer: QuestionAnswer) -> tuple[str, ...]:
    """Return the columns that people read."""
    return readable(answer.columns, node_lists(answer))


def _distinct(answer: QuestionAnswer, columns: tuple[str, ...]) -> dict[int, tuple[Cell, ...]]:
    """Return the cells of the rows by index; rows that differ only in what is not shown are one."""
    seen: dict[object, int] = {}
    found: dict[int, tuple[Cell, ...]] = {}
    for index in range(len(answer.rows)):
        cells = tuple(_view(answer, index, name) for name in columns)
        places = frozenset(citation.place for citation in (answer.citations or ())[index])
        if seen.setdefault((cells, places), index) == index:
            found[index] = cells
    return found


def _heading(name: str, unit: str | None) -> tuple[str, str | None]:
    """Return a column's heading and its unit, where the heading does not say it already."""
    words = plain_name(name)
    return words[:1].upper() + words[1:], None if unit in words.split() else unit


def _view(answer: QuestionAnswer, index: int, name: str) -> Cell:
    term = _cell(answer, index, name)
    if term is None:
        # A thing without a name in this language still has an identifier.
        thing = labelled(name, answer.columns)
        term = _cell(answer, index, thing) if thing else None
    text = _words(term)
    is_number = term is not None and number_of(term) is not None
    qualifier = qualifier_of(name, answer.columns)
    if is_number and qualifier is not None and (how := _words(_cell(answer, index, qualifier))) is not None:
        text = f"{how} {text}"
    language = term.language if isinstance(term, Literal) and not isinstance(term, Iri) else None
    return Cell(text=text, is_number=is_number, language=language)


def _chart(answer: QuestionAnswer) -> str | None:
    if answer.question.chart is None or not answer.rows:
        return None
    spec = answer.question.chart
    return charts.render(
        replace(spec, title=spec.title or answer.question.summary), table_of(answer.columns, answer.rows)
    )
