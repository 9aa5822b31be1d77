"""A matrix: what is counted where two things meet. An empty place means that no row says so."""

from collections import Counter
from decimal import Decimal
from typing import Final

from kg.charts.canvas import LABEL, SMALL, WIDTH, Canvas
from kg.charts.figures import number, short
from kg.charts.lettering import shortened, width
from kg.charts.palette import STEPS, both
from kg.charts.rows import NOT_STATED, Row, axis_name, counted, listed, unit_noun
from kg.charts.spec import ChartSpec

MOST_COLUMNS: Final = 30
MOST_LINES: Final = 45
_LINE: Final = 22.0
_NAMES: Final = 250.0


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw the matrix, the fullest lines and columns first, and say what it shows."""
    cells: dict[tuple[str | None, str | None], list[Decimal | None]] = {}
    for row in rows:
        value = row.number(spec.size) if spec.size else Decimal(1)
        cells.setdefault((row.words(spec.y), row.words(spec.x)), []).append(value)
    lines = _ranked([line for line, _ in cells])
    columns = _ranked([column for _, column in cells])
    if len(lines) > MOST_LINES:
        canvas.notes.append(f"Lines not drawn, but in the table: {listed(_said(lines[MOST_LINES:]))}.")
    if len(columns) > MOST_COLUMNS:
        canvas.notes.append(f"Columns not drawn, but in the table: {listed(_said(columns[MOST_COLUMNS:]))}.")
    lines, columns = lines[:MOST_LINES], columns[:MOST_COLUMNS]
    noun = unit_noun(spec, rows)
    left = min(_NAMES, max(width(line or NOT_STATED, LABEL) for line in lines) + 14)
    head = min(150.0, max(width(column or NOT_STATED, SMALL) for column in columns) * 0.77 + 20)
    # Turned names of the last columns lean over the right edge.
    lean = min(120.0, width(columns[-1] or NOT_STATED, SMALL) * 0.72)
    step = min(46.0, (WIDTH - left - lean) / len(columns))
    canvas.y += head
    top = canvas.y
    for index, column in enumerate(columns):
        name = shortened(column or NOT_STATED, SMALL, (head - 16) / 0.72)
        tone = "soft" if column else "faint"
        canvas.text(left + step * (index + 0.5) + 3, top - 7, name, tone=tone, size=SMALL, turn=-45)
    for index, line in enumerate(lines):
        y = top + _LINE * index
        canvas.line(left, y, left + step * len(columns), y)
        tone = "ink" if line else "faint"
        canvas.text(left - 10, y + 15, shortened(line or NOT_STATED, LABEL, left - 12), tone=tone, anchor="end")
    bottom = top + _LINE * len(lines)
    canvas.line(left, bottom, left + step * len(columns), bottom)
    largest = max((value for found in cells.values() if (value := _value(spec, found)) is not None), default=Decimal(1))
    repeated = False
    for line_index, line in enumerate(lines):
        for column_index, column in enumerate(columns):
            found = cells.get((line, column))
            if found is None:
                continue
            x, y = left + step * column_index, top + _LINE * line_index
            several = spec.size is not None and len(found) > 1
            repeated = repeated or several
            tip = f"{line or NOT_STATED}, {column or NOT_STATED}"
            _cell(canvas, x, y, step, _value(spec, found), largest, tip, noun, several=several)
    canvas.y = bottom + 8
    if repeated:
        canvas.notes.append("+: several rows fall into this place; the largest is shown and the table has all.")
    canvas.notes.append(f"Numbers count {noun}; an empty place means that no source in the corpus says so.")
    fullest = max(cells, key=lambda key: (_value(spec, cells[key]) or Decimal(-1), key[0] or "", key[1] or ""))
    return (
        f"{counted(len(lines), 'line')} ({axis_name(spec.y or '')}) by {counted(len(columns), 'column')} "
        f"({axis_name(spec.x or '')}), {counted(len(cells), 'place')} filled from {counted(len(rows), 'row')}; "
        f"the most is {number(_value(spec, cells[fullest]) or Decimal(0))} {noun} at {fullest[0] or NOT_STATED}, "
        f"{fullest[1] or NOT_STATED}."
    )


def _ranked(names: list[str | None]) -> list[str | None]:
    counts = Counter(names)
    return sorted(counts, key=lambda name: (name is None, -counts[name], name or ""))


def _said(names: list[str | None]) -> list[str]:
    return [name or NOT_STATED for name in names]


def _value(spec: ChartSpec, found: list[Decimal | None]) -> Decimal | None:
    """Count rows; where a column has the number, several rows of one place are never added up."""
    if spec.size is None:
        return Decimal(len(found))
    known = [value for value in found if value is not None]
    return max(known) if known else None


def _cell(
    canvas: Canvas, x: float, y: float, step: float, value: Decimal | None, largest: Decimal, tip: str, noun: str,
    *, several: bool,
) -> None:  # fmt: skip
    inset = 1.5
    if value is None:
        canvas.hollow(x + inset, y + inset, step - 2 * inset, _LINE - 2 * inset, f"{tip}: {NOT_STATED}")
        canvas.text(x + step / 2, y + 15, "?", tone="faint", size=SMALL, anchor="middle")
        return
    if value == 0:
        attributes = both("paper", "rule")
        tone = "faint"
    else:
        # Four classes of equal width: the reader compares steps, not shades.
        index = min(3, int(4 * (value - 1) / largest)) if largest > 4 else min(3, int(value) - 1 if value >= 1 else 0)
        attributes = both(STEPS[index], STEPS[index])
        tone = f"on{STEPS[index]}"
    canvas.mark(
        f'rect x="{x + inset:.1f}" y="{y + inset:.1f}" width="{step - 2 * inset:.1f}" '
        f'height="{_LINE - 2 * inset:.1f}" {attributes}',
        f"{tip}: {number(value)} {noun}",
    )
    canvas.text(x + step / 2, y + 15, short(value) + ("+" if several else ""), tone=tone, size=SMALL, anchor="middle")
