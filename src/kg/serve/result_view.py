"""What the editor shows of an answer: a page of its rows with labels and links, a chart and a map where they fit."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any, Final

from kg import charts
from kg.catalog.cells import cell_of, number_of
from kg.charts.worldmap import Area, Spot, on_the_map, world_map
from kg.engine import Iri, Literal, Term
from kg.engine.formats import JSON
from kg.serve.question_view import CellView, page_href
from kg.vocab import XSD

ROWS_PER_PAGE: Final = 100
# Reading a longer answer would hold up everybody else; it can be downloaded.
MOST_SHOWN_BYTES: Final = 8_000_000
_MOST_BARS: Final = 40
_MOST_GRAPH_LINES: Final = 500
_LATITUDES: Final = ("lat", "latitude")
_LONGITUDES: Final = ("long", "lon", "lng", "longitude")
_UNITS: Final = ("currency", "unit")
_POINT: Final = re.compile(r"(?:<[^>]*>\s*)?POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)", re.IGNORECASE)
_NOT_MEASURES: Final = frozenset({f"{XSD}gYear"})

Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where places are: the alpha-3 code of countries by IRI, and latitude and longitude of all by IRI."""

    codes: Mapping[str, str]
    spots: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One answer on the page.

    Attributes:
        kind: `rows`, `truth` or `graph`.
        columns: name and kind (`text` or `number`) of each.
        first, last: numbers of the rows shown, from 1.
        total: number of rows, of lines for a graph.
        text: `yes` or `no`, or the graph as Turtle, cut after some lines.
        is_cut: the text is longer than what is shown.
        chart, map: SVG, or None where none fits.
    """

    kind: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[CellView, ...], ...] = ()
    first: int = 0
    last: int = 0
    total: int = 0
    page: int = 1
    pages: int = 1
    text: str = ""
    is_cut: bool = False
    chart: str | None = None
    map: str | None = None


def shown(body: bytes, media_type: str, page: int, label: Callable[[str], str], places: Callable[[], Places]) -> Shown:
    """Return what is shown of the body of an answer, which is SPARQL results in JSON or Turtle.

    Arguments:
        page: which hundred rows, from 1; beyond the last it is the last.
        label: gives the words for an IRI.
        places: is asked only when a column may be a place.
    """
    if media_type != JSON:
        lines = body.decode("utf-8", "replace").splitlines()
        text = "\n".join(lines[:_MOST_GRAPH_LINES])
        return Shown(kind="graph", total=len(lines), text=text, is_cut=len(lines) > _MOST_GRAPH_LINES)
    document = json.loads(body)
    if "boolean" in document:
        return Shown(kind="truth", text="yes" if document["boolean"] else "no")
    names: list[str] = document["head"]["vars"]
    rows = [tuple(_term(binding.get(name)) for name in names) for binding in document["results"]["bindings"]]
    pages = max(1, ceil(len(rows) / ROWS_PER_PAGE))
    page = min(page, pages)
    start = (page - 1) * ROWS_PER_PAGE
    part = rows[start : start + ROWS_PER_PAGE]
    kinds = [_kind([row[place] for row in rows]) for place in range(len(names))]
    return Shown(
        kind="rows",
        columns=tuple(zip(names, kinds, strict=True)),
        rows=tuple(tuple(_cell(term, label) for term in row) for row in part),
        first=start + 1 if part else 0,
        last=start + len(part),
        total=len(rows),
        page=page,
        pages=pages,
        chart=_chart(names, kinds, rows, label),
        map=_map(names, rows, label, places),
    )


def _term(binding: Mapping[str, Any] | None) -> Term | None:
    if binding is None:
        return None
    value = binding["value"]
    if binding["type"] == "uri":
        return Iri(value)
    if binding["type"] in ("literal", "typed-literal"):
        return Literal(value, binding.get("datatype", f"{XSD}string"), binding.get("xml:lang"))
    # A blank node or a quoted triple: something without a name that leads anywhere.
    words = f"_:{value}" if isinstance(value, str) else "a triple"
    return Literal(words, f"{XSD}string", None)


def _kind(terms: Sequence[Term | None]) -> str:
    known = [term for term in terms if term is not None]
    return "number" if known and all(number_of(term) is not None for term in known) else "text"


def _cell(term: Term | None, label: Callable[[str], str]) -> CellView:
    if term is None:
        return CellView(text=None)
    if isinstance(term, Iri):
        return CellView(text=label(term.value), href=page_href(term.value), kind="thing")
    number = number_of(term)
    if number is not None:
        return CellView(text=f"{number:,f}", kind="number")
    return CellView(text=term.value, language=term.language)


def _plain(term: Term | None, label: Callable[[str], str]) -> charts.Cell:
    return label(term.value) if isinstance(term, Iri) else cell_of(term)


def _chart(names: Sequence[str], kinds: Sequence[str], rows: Sequence[Row], label: Callable[[str], str]) -> str | None:
    """Bars, when each row has words of its own and a number that measures something."""
    if not 2 <= len(rows) <= _MOST_BARS:
        return None
    places = (*_LATITUDES, *_LONGITUDES)
    measures = [
        at
        for at, kind in enumerate(kinds)
        if kind == "number"
        and names[at].lower() not in places
        and not any(isinstance(row[at], Literal) and row[at].datatype in _NOT_MEASURES for row in rows)  # type: ignore[union-attr]
    ]
    words = [at for at, kind in enumerate(kinds) if kind == "text" and all(row[at] is not None for row in rows)]
    named = [at for at in words if len({row[at] for row in rows}) > 1 and names[at].lower() not in _UNITS]
    if not measures or not named:
        return None
    units = [at for at in words if names[at].lower() in _UNITS]
    kept = (named[0], measures[0], *units[:1])
    values = tuple(tuple(_plain(row[at], label) for at in kept) for row in rows)
    if any(isinstance(cells[1], Decimal) and cells[1] < 0 for cells in values):
        return None
    columns = tuple(names[at] for at in kept)
    spec = charts.ChartSpec(
        mark=charts.Mark.BAR,
        title=f"{columns[1]} by {columns[0]}",
        x=columns[0],
        y=columns[1],
        unit=columns[2] if units else None,
    )
    try:
        return charts.render(spec, charts.Table(columns, values))
    except charts.ChartError:
        return None


def _map(
    names: Sequence[str], rows: Sequence[Row], label: Callable[[str], str], places: Callable[[], Places]
) -> str | None:
    """A world map of the column with the most places, counting the rows of each."""
    points = _points(names, rows)
    if points:
        name_at = next((at for at, term in enumerate(rows[0]) if isinstance(term, Iri)), None)
        found: Counter[tuple[float, float]] = Counter(point for point, _ in points)
        first = dict(reversed(points))
        spots = [_spot(point, number, first[point], name_at, label) for point, number in found.items()]
        return world_map({}, spots, title="Where the rows are")
    best: Counter[str] = Counter()
    for at in range(len(names)):
        column: Counter[str] = Counter()
        for row in rows:
            term = row[at]
            if isinstance(term, Iri) and "/place/" in term.value:
                column[term.value] += 1
        best = max(best, column, key=len)
    if not best:
        return None
    where = places()
    areas = {
        where.codes[iri]: Area(count=number, words=_counted(label(iri), number), href=page_href(iri) or "")
        for iri, number in best.items()
        if iri in where.codes and on_the_map(where.codes[iri])
    }
    spots = [
        Spot(
            latitude=where.spots[iri][0],
            longitude=where.spots[iri][1],
            count=number,
            name=label(iri),
            words=_counted(label(iri), number),
            href=page_href(iri) or "",
        )
        for iri, number in best.items()
        if iri in where.spots and iri not in where.codes
    ]
    return world_map(areas, spots, title="Where the rows are") if areas or spots else None


def _points(names: Sequence[str], rows: Sequence[Row]) -> list[tuple[tuple[float, float], Row]]:
    lowered = [name.lower() for name in names]
    lat = next((lowered.index(name) for name in _LATITUDES if name in lowered), None)
    long = next((lowered.index(name) for name in _LONGITUDES if name in lowered), None)
    found = []
    for row in rows:
        point: tuple[float, float] | None = None
        if lat is not None and long is not None:
            one, two = number_of(row[lat]), number_of(row[long])
            point = (float(one), float(two)) if one is not None and two is not None else None
        else:
            written = next((m for term in row if isinstance(term, Literal) and (m := _POINT.match(term.value))), None)
            point = (float(written[2]), float(written[1])) if written else None
        if point is not None and -90 <= point[0] <= 90 and -180 <= point[1] <= 180:
            found.append((point, row))
    return found


def _spot(point: tuple[float, float], number: int, row: Row, name_at: int | None, label: Callable[[str], str]) -> Spot:
    term = row[name_at] if name_at is not None else None
    name = label(term.value) if term is not None else f"{point[0]:.2f}, {point[1]:.2f}"
    address = page_href(term.value) if isinstance(term, Iri) else None
    return Spot(
        latitude=point[0],
        longitude=point[1],
        count=number,
        name=name,
        words=_counted(name, number),
        # RFC 5870: without a thing there is only the place itself.
        href=address or f"geo:{point[0]:.5f},{point[1]:.5f}",
    )


def _counted(name: str, number: int) -> str:
    return f"{name}: {number} row{'s' if number != 1 else ''}"
