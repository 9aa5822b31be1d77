"""A timeline: each bar is the range within which its dates lie; an end that nobody states stays open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from kg.charts import palette
from kg.charts.canvas import LABEL, SMALL, WIDTH, Canvas
from kg.charts.figures import as_year, first_day, last_day
from kg.charts.lettering import shortened, width
from kg.charts.rows import NOT_STATED, Row, counted, listed, series_of
from kg.charts.spec import ChartSpec

MOST_BARS: Final = 70
_STEP: Final = 19.0
_HEIGHT: Final = 10.0
_STUB: Final = 22.0


@dataclass(frozen=True, slots=True)
class _Span:
    """A bar; a day of None is not stated."""

    name: str
    start: date | None
    end: date | None
    series: str | None

    @property
    def order(self) -> tuple[date, date, str]:
        known = self.start or self.end or date.max
        return known, self.end or date.max, self.name


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw the bars in the order of their beginning and say what they show."""
    # A project in two countries has two rows and one life.
    spans = list(
        dict.fromkeys(
            _Span(
                row.words(spec.label) or NOT_STATED,
                first_day(row.cell(spec.start)),
                last_day(row.cell(spec.end)),
                row.words(spec.color),
            )
            for row in rows
        )
    )
    dated = sorted((span for span in spans if span.start or span.end), key=lambda span: span.order)
    undated = sorted({span.name for span in spans if not span.start and not span.end})
    shown = dated[:MOST_BARS]
    series = series_of(span.series for span in shown) if spec.color else series_of([])
    if spec.color:
        canvas.legend(series.legend())
    if undated:
        canvas.notes.append(f"{counted(len(undated), 'line')} without any date: {listed(undated)}.")
    if len(dated) > len(shown):
        canvas.notes.append(f"Not drawn, but in the table: {listed([span.name for span in dated[MOST_BARS:]])}.")
    if not shown:
        return f"No dates are stated in {counted(len(rows), 'row')}."
    _bars(canvas, shown, series.tone if spec.color else lambda words: "accent")
    if any(span.start is None or span.end is None for span in shown):
        canvas.notes.append("A dashed end is open: no source in the corpus states it.")
    days = [day for span in shown for day in (span.start, span.end) if day]
    return (
        f"{counted(len(dated), 'dated line')} from {min(days).year} to {max(days).year}, "
        f"{sum(span.start is None for span in dated)} without a stated start, "
        f"{sum(span.end is None for span in dated)} without a stated end, {len(undated)} without any date."
    )


def _bars(canvas: Canvas, spans: list[_Span], tone_of: Callable[[str | None], str]) -> None:
    days = [day for span in spans for day in (span.start, span.end) if day]
    first, last = min(days).year, max(days).year + 1
    left = min(310.0, max(width(span.name, LABEL) for span in spans) + 14)
    across = (WIDTH - left - 92) / (last - first)
    canvas.y += 18
    start = canvas.y
    bottom = start + _STEP * len(spans)
    every = next(step for step in (1, 2, 5, 10, 20, 50, 100) if across * step >= 38)
    for year in range(first, last + 1):
        if year % every == 0:
            x = left + (year - first) * across
            canvas.line(x, start - 4, x, bottom)
            canvas.text(x, start - 8, str(year), tone="faint", size=SMALL, anchor="middle")
    for index, span in enumerate(spans):
        y = start + _STEP * index + 4
        canvas.text(left - 10, y + _HEIGHT - 1, shortened(span.name, LABEL, left - 12), anchor="end")
        _bar(canvas, span, tone_of(span.series), y, left, across, first)
    canvas.y = bottom + 6


def _bar(canvas: Canvas, span: _Span, tone: str, y: float, left: float, across: float, first: int) -> None:
    def place(day: date) -> float:
        return left + (as_year(day) - first) * across

    tip = f"{span.name}: {_range(span)}" + (f" ({span.series})" if span.series else "")
    middle = y + _HEIGHT / 2
    line = "other" if tone == palette.UNSTATED else tone
    if span.start and span.end:
        x, size = place(span.start), max(place(span.end) - place(span.start), 3.0)
        end = x + size
        if tone == palette.UNSTATED:
            canvas.hollow(x, y, size, _HEIGHT, tip)
        else:
            canvas.bar(x, y, size, _HEIGHT, tone, tip)
    elif span.start:
        x = place(span.start)
        end = x + _STUB
        canvas.line(x, middle, end, middle, line, dashes="3 3")
        canvas.bar(x, y, 4, _HEIGHT, line, tip)
    else:
        assert span.end is not None  # noqa: S101  only dated spans are drawn
        end = place(span.end)
        canvas.line(end - _STUB, middle, end, middle, line, dashes="3 3")
        canvas.bar(end - 4, y, 4, _HEIGHT, line, tip)
    canvas.text(end + 7, y + _HEIGHT - 1, _range(span), tone="faint", size=SMALL - 0.5)


def _range(span: _Span) -> str:
    if span.start and span.end:
        return str(span.start.year) if span.start.year == span.end.year else f"{span.start.year}–{span.end.year}"
    return f"{span.start.year}–?" if span.start else f"?–{span.end.year if span.end else ''}"
