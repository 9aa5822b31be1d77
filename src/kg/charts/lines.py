"""Lines over time. A gap in the record is a gap in the line; nothing is drawn between what nobody states."""

from decimal import Decimal

from kg.charts import palette
from kg.charts.canvas import SMALL, WIDTH, Canvas
from kg.charts.figures import as_year, first_day, number, short, ticks, year_of
from kg.charts.rows import NOT_STATED, Row, counted, panels_of, series_of, unit_column
from kg.charts.spec import ChartSpec


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw one line for each value of the colour column, a panel for each unit, and say what they show."""
    series = series_of(row.words(spec.color) for row in rows) if spec.color else series_of([])
    if spec.color:
        canvas.legend(series.legend())
    said = []
    for unit, members in panels_of(spec, rows):
        drawable = [row for row in members if row.number(spec.y) is not None and _when(spec, row) is not None]
        if len(drawable) < len(members):
            missing = len(members) - len(drawable)
            canvas.notes.append(f"{counted(missing, 'row')} not drawn: value or date {NOT_STATED}.")
        if not drawable:
            continue
        is_named = unit_column(spec, rows) is not None
        if is_named:
            canvas.heading(unit or f"unit {NOT_STATED}")
        elif unit:
            canvas.text(0, canvas.y + 6, unit, tone="faint", size=SMALL)
        said.append(_panel(canvas, spec, drawable, unit or ""))
    return " ".join(said)


def _when(spec: ChartSpec, row: Row) -> float | None:
    cell = row.cell(spec.x)
    day = first_day(cell)
    if day is not None:
        return as_year(day)
    year = year_of(cell)
    return None if year is None else float(year)


def _panel(canvas: Canvas, spec: ChartSpec, rows: list[Row], unit: str) -> str:
    tones = series_of(row.words(spec.color) for row in rows)
    values = [row.number(spec.y) or Decimal(0) for row in rows]
    times = [_when(spec, row) or 0.0 for row in rows]
    marks = ticks(max(values), 4)
    lowest = min(values)
    if lowest < 0:
        # Signed changes: the axis has as much room below as is needed.
        marks = [-mark for mark in reversed(ticks(-lowest, 2)[1:])] + marks
    first, last = int(min(times)), int(max(times)) + 1
    left, height = 62.0, 190.0
    across = (WIDTH - left - 24) / (last - first)
    scale = height / float(marks[-1] - marks[0])
    canvas.y += 10
    ground = canvas.y + height

    def place(time: float, value: Decimal) -> tuple[float, float]:
        return left + (time - first) * across, ground - float(value - marks[0]) * scale

    for mark in marks:
        y = place(first, mark)[1]
        canvas.line(left, y, WIDTH - 24, y, "ink" if mark == 0 else "rule")
        canvas.text(left - 8, y + 4, short(mark), tone="faint", size=SMALL, anchor="end")
    every = max(1, round((last - first) / 12))
    for year in range(first, last + 1, every):
        canvas.text(place(year, marks[0])[0], ground + 16, str(year), tone="faint", size=SMALL, anchor="middle")
    for words in sorted({row.words(spec.color) for row in rows}, key=lambda words: (words is None, words or "")):
        points = sorted(
            {
                (_when(spec, row) or 0.0, row.number(spec.y) or Decimal(0))
                for row in rows
                if row.words(spec.color) == words
            }
        )
        tone = "other" if words is None and spec.color else tones.tone(words) if spec.color else "accent"
        places = [place(time, value) for time, value in points]
        if len(places) > 1:
            steps = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in places)
            canvas.path(steps, palette.stroke(tone) + ' stroke-width="2"')
        for (x, y), (time, value) in zip(places, points, strict=True):
            name = f"{words or NOT_STATED}, " if spec.color else ""
            canvas.dot(x, y, 3.5, tone, f"{name}{int(time)}: {number(value)} {unit}".rstrip())
    canvas.y = ground + 24
    span = f"{short(min(values))} to {short(max(values))} {unit}".rstrip()
    return f"{counted(len(rows), 'value')} from {first} to {int(max(times))}, {span}."
