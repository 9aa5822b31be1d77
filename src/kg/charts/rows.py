"""Reading the rows of a table for a chart: columns by name, labels of cells, series, and panels by unit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kg.charts.lettering import clean, plain_name
from kg.charts.palette import OTHER, SERIES, UNSTATED
from kg.charts.spec import Cell, ChartSpec, Table
from kg.errors import KgError

NOT_STATED: Final = "not stated"


class ChartError(KgError):
    """A chart asks for a column that the answer does not have, or for a drawing that nobody makes here."""

    code = "chart"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the answer, by column."""

    cells: dict[str, Cell]

    def cell(self, name: str | None) -> Cell:
        """Return a cell; None for a column that is not used and for an unknown value."""
        return None if name is None else self.cells[name]

    def words(self, name: str | None) -> str | None:
        """Return a cell as words, or None where nothing is stated."""
        return words_of(self.cell(name))

    def number(self, name: str | None) -> Decimal | None:
        """Return a cell's number, or None where it is unknown or no number."""
        cell = self.cell(name)
        return cell if isinstance(cell, Decimal) else None


def words_of(cell: Cell) -> str | None:
    """Return a cell as words, or None where nothing is stated."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return clean(cell) or None


def rows_of(spec: ChartSpec, table: Table) -> list[Row]:
    """Return the rows by column.

    Raises:
        ChartError: the chart reads a column that the table does not have.
    """
    missing = [name for name in spec.columns() if name not in table.columns]
    if missing:
        raise ChartError(f"the chart reads the column {missing[0]!r}, which the answer does not have")
    return [Row(dict(zip(table.columns, cells, strict=True))) for cells in table.rows]


@dataclass(frozen=True, slots=True)
class Series:
    """The tones of the values of a colour column: up to five, or four and `other`; unknown is its own."""

    tones: dict[str, str]
    used_other: bool
    has_unstated: bool

    def tone(self, words: str | None) -> str:
        """Return the tone of one value."""
        return UNSTATED if words is None else self.tones.get(words, OTHER)

    def order(self, words: str | None) -> tuple[bool, int, str]:
        """Return where a value stands among the others, so that every bar has its parts in one order."""
        tones = list(self.tones)
        return (
            words is None,
            tones.index(words) if words is not None and words in self.tones else len(tones),
            words or "",
        )

    def legend(self) -> list[tuple[str, str]]:
        """Return tones with their words, in the order of the legend."""
        entries = [(tone, words) for words, tone in self.tones.items()]
        if self.used_other:
            entries.append((OTHER, "all others"))
        if self.has_unstated:
            entries.append((UNSTATED, NOT_STATED))
        return entries


def series_of(values: Iterable[str | None]) -> Series:
    """Give tones to the values of a column, the most frequent first."""
    listed = list(values)
    counts = Counter(value for value in listed if value is not None)
    ordered = sorted(counts, key=lambda words: (-counts[words], words))
    named = ordered if len(ordered) <= len(SERIES) else ordered[: len(SERIES) - 1]
    tones = dict(zip(named, SERIES, strict=False))
    return Series(tones=tones, used_other=len(ordered) > len(named), has_unstated=None in listed)


def unit_column(spec: ChartSpec, rows: Sequence[Row]) -> str | None:
    """Return the column that holds the unit of each row, or None where `unit` is a fixed word or absent.

    A word such as `projects` may also be the name of the column that is drawn; a column of numbers is no unit.
    """
    name = spec.unit
    if name is None or not rows or name in (spec.y, spec.size) or name not in rows[0].cells:
        return None
    return None if any(isinstance(row.cells[name], Decimal) for row in rows) else name


def panels_of(spec: ChartSpec, rows: Sequence[Row]) -> list[tuple[str | None, list[Row]]]:
    """Return the rows by unit, the unit of most rows first and rows without one last.

    Amounts in different currencies never share an axis. Where `unit` is a word, or absent, there is one panel.
    """
    column = unit_column(spec, rows)
    if column is None:
        return [(spec.unit, list(rows))]
    units: dict[str | None, list[Row]] = {}
    for row in rows:
        units.setdefault(row.words(column), []).append(row)
    return sorted(units.items(), key=lambda item: (item[0] is None, -len(item[1]), item[0] or ""))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `3 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 or noun.endswith("s") else "s")


def listed(words: Sequence[str], most: int = 6) -> str:
    """Return the first few of a list as words, and how many there are beyond."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most:,} more"


def unit_noun(spec: ChartSpec, rows: Sequence[Row]) -> str:
    """Return what a count of rows counts: the fixed unit of the chart, else rows."""
    return spec.unit if spec.unit is not None and unit_column(spec, rows) is None else "rows"


def axis_name(column: str) -> str:
    """Return a column's name as words for an axis."""
    return plain_name(column)
