"""What the page of a saved question shows, as plain records for its template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from kg.catalog.cells import cell_of, labelled, number_of, qualifier_of, readable
from kg.catalog.choices import Choices
from kg.catalog.evidence import Citation
from kg.catalog.formats import node_lists
from kg.catalog.rdf import describe
from kg.catalog.records import Column, Parameter, ParameterType, Question
from kg.catalog.run import QuestionAnswer
from kg.charts.lettering import plain_name
from kg.engine import Iri, Literal, Term
from kg.vocab import XSD, compact, split_iri

# Longer lists are no use in a form; the field then takes text, and names are looked up.
_MAX_OPTIONS: Final = 2_000
# Years are numbers to a machine and names to a reader: no thousands separator.
_PLAIN_NUMBERS: Final = frozenset({f"{XSD}gYear"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One cell.

    Attributes:
        text: what is shown, or None for unknown.
        href: where it leads, or None.
        kind: `text`, `number` or `thing`.
        language: of the text, or None.
    """

    text: str | None
    href: str | None = None
    kind: str = "text"
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One column: a heading, what it means and its unit."""

    name: str
    heading: str
    meaning: str
    unit: str | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkView:
    """A mark that leads to a place in a source."""

    text: str
    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row."""

    cells: tuple[CellView, ...]
    marks: tuple[MarkView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of the form.

    Attributes:
        control: `select`, `list` (text with suggestions), `number` or `text`.
        options: value, words and whether chosen.
        value: what the field holds when it is no select.
        error: what is wrong with the value given, or None.
    """

    name: str
    label: str
    hint: str
    control: str
    multi: bool
    optional: bool
    options: tuple[tuple[str, str, bool], ...]
    value: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """The table: columns, rows and whether rows have evidence marks."""

    columns: tuple[ColumnView, ...]
    rows: tuple[RowView, ...]
    has_marks: bool


def table(answer: QuestionAnswer, name_of: Callable[[str], str] = compact) -> TableView:
    """Return the table of an answer; a column of things shows labels that lead to their pages.

    `name_of` gives the words for a thing whose label the answer does not have.
    """
    shown = readable(answer.columns, node_lists(answer))
    described = {column.name: column for column in answer.question.columns}
    columns = []
    for name in shown:
        thing = labelled(name, answer.columns)
        column = described[thing or name]
        place = answer.columns.index(name)
        cells = [row[place] for row in answer.rows]
        is_number = any(number_of(cell) is not None for cell in cells)
        columns.append(
            ColumnView(
                name=name,
                heading=_heading(thing or name),
                meaning=column.meaning,
                unit=None if column.unit in described else _unit(column.unit, _heading(thing or name)),
                kind="number" if is_number else "text",
            )
        )
    rows = []
    for index, row in enumerate(answer.rows):
        named = dict(zip(answer.columns, row, strict=True))
        marks = () if answer.citations is None else _marks(answer.citations[index])
        views = [_cell(named, name, answer.columns, name_of) for name in shown]
        if not answer.values:
            # A list knows nothing of the question's parameters.
            pairs = zip(views, shown, strict=True)
            views = [replace(view, href=view.href or _list_href(described.get(name), named)) for view, name in pairs]
        rows.append(RowView(cells=tuple(views), marks=marks))
    return TableView(columns=tuple(columns), rows=tuple(rows), has_marks=bool(answer.question.evidence) and bool(rows))


def _heading(name: str) -> str:
    words = plain_name(name)
    return words[:1].upper() + words[1:]


def _unit(unit: str | None, heading: str) -> str | None:
    """Return a unit where it says more than the heading does and than the name of the column that holds it."""
    if unit is None or unit in heading.lower().split() or unit == "currency" or unit.startswith("see "):
        return None
    return unit


def _list_href(column: Column | None, named: dict[str, Term | None]) -> str | None:
    """Return where the things that a number counts are listed."""
    if column is None or column.list is None:
        return None
    room, _, facet = column.list.partition("?")
    thing = named.get(facet)
    parts = split_iri(thing.value) if isinstance(thing, Iri) else None
    return href(f"/{room}", ((facet, parts[1]),)) if parts is not None else None


def _cell(named: dict[str, Term | None], name: str, columns: Sequence[str], name_of: Callable[[str], str]) -> CellView:
    term = named[name]
    thing = labelled(name, columns)
    if thing is not None:
        target = named[thing]
        text = cell_of(term) if term is not None else (cell_of(target) if target is not None else None)
        href = page_href(target.value) if isinstance(target, Iri) else None
        return CellView(
            text=None if text is None else str(text),
            href=href,
            kind="thing",
            language=term.language if isinstance(term, Literal) else None,
        )
    if term is None:
        return CellView(text=None)
    if isinstance(term, Iri):
        return CellView(text=name_of(term.value), href=page_href(term.value), kind="thing")
    number = number_of(term)
    if number is not None and term.datatype not in _PLAIN_NUMBERS:
        words = f"{int(number):,}" if number == number.to_integral_value() else f"{number:,f}"
        qualifier = cell_of(named.get(qualifier_of(name, columns) or ""))
        return CellView(text=words if qualifier is None else f"{qualifier} {words}", kind="number")
    return CellView(text=str(cell_of(term)), language=term.language)


def page_href(iri: str) -> str | None:
    """Return where a browser reads about an IRI: our page, or the address itself on the web."""
    parts = split_iri(iri)
    if parts is not None:
        return f"/page/{parts[0]}/{parts[1]}"
    if compact(iri).startswith("kg:"):
        return f"/ontology#{iri.rpartition('#')[2]}"
    return iri if iri.startswith(("http://", "https://")) else None


def _marks(citations: tuple[Citation, ...]) -> tuple[MarkView, ...]:
    marks = {}
    for citation in citations:
        words = [citation.title or compact(citation.source)]
        words += [citation.section] if citation.section else []
        words += [citation.flag] if citation.flag else []
        marks[citation.short()] = MarkView(
            text=citation.short(), href=page_href(citation.place) or "#", title=" · ".join(words)
        )
    return tuple(marks.values())


def fields(
    question: Question,
    given: dict[str, list[str]],
    choices: Choices,
    errors: dict[str, str],
) -> tuple[FieldView, ...]:
    """Return the form: what was given, else the defaults."""
    return tuple(
        _field(parameter, given.get(parameter.name, []), choices, errors.get(parameter.name))
        for parameter in question.params
    )


def _field(parameter: Parameter, given: list[str], choices: Choices, error: str | None) -> FieldView:
    values = [value for value in given if value] or list(parameter.default)
    options: list[tuple[str, str, bool]] = []
    control = "text"
    if parameter.type is ParameterType.ENUM:
        control = "select"
        options = [(value, label, value in values) for value, label in parameter.values]
    elif parameter.type is ParameterType.IRI:
        known = choices.of(parameter)
        if len(known) <= _MAX_OPTIONS:
            control = "select"
            chosen = _chosen(parameter, values, choices)
            options = [(compact(choice.iri), choice.label, choice.iri in chosen) for choice in known]
    elif parameter.type in (ParameterType.INTEGER, ParameterType.GYEAR):
        # A browser empties a number field that holds no number, and what is wrong must stay to be seen.
        control = "number" if error is None else "text"
    if control == "select" and parameter.optional and not parameter.multi:
        options.insert(0, ("", "any", not values))
    elif control == "select" and error is not None and not any(chosen for _, _, chosen in options):
        # Nothing that nobody chose may look chosen.
        options.insert(0, ("", "choose one", True))
    return FieldView(
        name=parameter.name,
        label=parameter.label,
        hint=parameter.description or (_picked(parameter) if control == "select" else describe(parameter)),
        control=control,
        multi=parameter.multi,
        optional=parameter.optional,
        options=tuple(options),
        value=", ".join(values),
        error=error,
    )


def _picked(parameter: Parameter) -> str:
    """Return what must be known to pick from a list, where nothing has to be typed."""
    if parameter.multi:
        return "several may be chosen; none means all" if parameter.optional else "several may be chosen"
    return ""


def _chosen(parameter: Parameter, values: list[str], choices: Choices) -> set[str]:
    from kg.errors import ParameterError

    chosen: set[str] = set()
    for value in values:
        try:
            chosen.add(choices.resolve(value, parameter))
        except ParameterError:
            continue  # The page says so beside the field.
    return chosen


def href(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return a path with parameters, in a form that people can read."""
    return path + (f"?{urlencode(pairs, safe=':')}" if pairs else "")
