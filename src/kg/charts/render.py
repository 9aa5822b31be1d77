"""From the rows of an answer and what its question says of its chart to one SVG text."""

from collections.abc import Callable, Sequence
from typing import Final

from kg.charts import bars, lines, matrix, network, placemap, sankey, timeline
from kg.charts.canvas import Canvas
from kg.charts.lettering import plain_name
from kg.charts.rows import ChartError, Row, counted, rows_of
from kg.charts.spec import Cell, ChartSpec, Mark, Table

_DRAWERS: Final[dict[Mark, Callable[[Canvas, ChartSpec, list[Row]], str]]] = {
    Mark.BAR: bars.draw,
    Mark.LINE: lines.draw,
    Mark.TIMELINE: timeline.draw,
    Mark.MATRIX: matrix.draw,
    Mark.SANKEY: sankey.draw,
    Mark.GRAPH: network.draw,
    Mark.MAP: placemap.draw,
}
_NEEDED: Final[dict[Mark, tuple[str, ...]]] = {
    Mark.BAR: ("x",),
    Mark.LINE: ("x", "y"),
    Mark.TIMELINE: ("label",),
    Mark.MATRIX: ("x", "y"),
}
_KINDS: Final = {
    Mark.BAR: "Bar chart",
    Mark.LINE: "Line chart",
    Mark.TIMELINE: "Timeline",
    Mark.MATRIX: "Matrix",
    Mark.SANKEY: "Flow chart",
    Mark.GRAPH: "Graph",
    Mark.MAP: "Map",
}


def render(
    spec: ChartSpec,
    columns: Sequence[str] | Table,
    rows: Sequence[Sequence[Cell]] = (),
    *,
    title: str | None = None,
    footer: str | None = None,
) -> str:
    """Draw rows as an SVG.

    The same rows give the same text. Its words are escaped, its colours follow the page (see `palette`), and
    it says in its own text alternative what it shows. What is not stated is drawn or counted as such.

    Arguments:
        columns, rows: cells as plain values; `kg.catalog.cells.table_of` makes a table of both from terms,
            which may stand in the place of the columns.
        title: a line above the drawing, for files; pages have their own heading and give none.
        footer: a last line, for files: where the drawing comes from.

    Raises:
        ChartError: the chart reads a column that is not there, lacks one that its mark needs, or is a map
            without places or names.
    """
    check(spec)
    table = columns if isinstance(columns, Table) else Table(tuple(columns), tuple(tuple(row) for row in rows))
    found = rows_of(spec, table)
    canvas = Canvas()
    if found:
        sentence = _DRAWERS[spec.mark](canvas, spec, found)
        if not canvas.marks:
            canvas.notes.insert(0, f"Nothing can be drawn of {counted(len(found), 'row')}: no value is stated.")
    else:
        sentence = "No rows."
        canvas.notes.append("Nothing to draw: the answer has no rows.")
    name = spec.title or title or _subject(spec)
    return canvas.svg(
        kind=spec.mark.value,
        title=f"{_KINDS[spec.mark]}: {name}",
        description=" ".join([sentence, *canvas.notes]),
        shown_title=title,
        footer=footer,
    )


def check(spec: ChartSpec) -> None:
    """Complain of a chart that lacks a channel which its mark needs.

    Raises:
        ChartError: as said.
    """
    for channel in _NEEDED.get(spec.mark, ()):
        if getattr(spec, channel) is None:
            raise ChartError(f"a {spec.mark} needs {channel}")
    if spec.mark is Mark.TIMELINE and spec.start is None and spec.end is None:
        raise ChartError("a timeline needs start or end")
    if spec.mark in (Mark.SANKEY, Mark.GRAPH) and len(spec.steps) < 2:
        raise ChartError(f"a {spec.mark} needs at least two steps")


def _subject(spec: ChartSpec) -> str:
    names = [plain_name(name) for name in spec.steps or spec.columns()]
    return ", ".join(dict.fromkeys(names))
