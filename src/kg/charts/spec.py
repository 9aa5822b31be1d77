"""What a chart is asked to show, and the table that it shows it from.

These records are the seam between the saved questions, whose headers declare charts, and the drawing.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Cell: TypeAlias = str | Decimal | bool | None


class Mark(StrEnum):
    """The kinds of drawing."""

    BAR = "bar"
    LINE = "line"
    TIMELINE = "timeline"
    MATRIX = "matrix"
    SANKEY = "sankey"
    MAP = "map"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpec:
    """A chart in terms of the columns of an answer; a channel that is None is not used.

    Attributes:
        mark: the kind of drawing.
        title: one line above it; None means the question's summary.
        x, y, color: columns for bar, line and matrix (a matrix counts rows unless `size` is given).
        size: column with a number: the width of a flow, the area of a marker, the value of a cell.
        label: column with the words at a mark, and the name of a bar on a timeline.
        start, end: columns with the earliest and the latest date (`YYYY-MM-DD`) of a timeline's bars.
        steps: columns from left to right of a Sankey, and the two ends of an edge in a graph.
        place, lat, long: columns of a map; `place` holds a country's name or ISO code;
            lat and long are degrees.
        unit: column or fixed word that says what `y` or `size` counts.
    """

    mark: Mark
    title: str | None = None
    x: str | None = None
    y: str | None = None
    color: str | None = None
    size: str | None = None
    label: str | None = None
    start: str | None = None
    end: str | None = None
    steps: tuple[str, ...] = ()
    place: str | None = None
    lat: str | None = None
    long: str | None = None
    unit: str | None = None

    def columns(self) -> tuple[str, ...]:
        """Return every column that the chart reads, in no particular order, none twice."""
        single = (self.x, self.y, self.color, self.size, self.label, self.start, self.end)
        place = (self.place, self.lat, self.long)
        return tuple(dict.fromkeys([name for name in (*single, *place) if name is not None] + list(self.steps)))


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an answer as plain values.

    Attributes:
        columns: their names.
        rows: numbers are Decimal, unknown is None, an IRI is its compact form (`place:kenya`) or the IRI.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
