"""Bars: lying ones for names, standing ones for years. Rows are counted, or their values are drawn as they are.

Only counts are added up. Values of several rows stand side by side (or, for years, on top of each other in
one unit), because two sources that count the same cameras do not make twice as many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kg.charts.canvas import LABEL, SMALL, WIDTH, Canvas
from kg.charts.figures import number, short, ticks, year_of
from kg.charts.lettering import shortened, width
from kg.charts.palette import UNSTATED
from kg.charts.rows import (
    NOT_STATED,
    Row,
    Series,
    axis_name,
    counted,
    listed,
    panels_of,
    series_of,
    unit_column,
    unit_noun,
)
from kg.charts.spec import ChartSpec

MOST_BARS: Final = 40
_ROOM_FOR_NAMES: Final = 290.0
_ROOM_FOR_VALUES: Final = 96.0
_STEP: Final = 22.0
_HEIGHT: Final = 14.0


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a bar; a value of None is not stated."""

    series: str | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar; a name of None is not stated. `first` is False for further bars of the same name."""

    name: str | None
    parts: tuple[_Part, ...]
    first: bool = True

    @property
    def known(self) -> Decimal | None:
        values = [part.value for part in self.parts if part.value is not None]
        return sum(values, Decimal(0)) if values else None


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw bars and return what they show, in a sentence."""
    series = series_of(row.words(spec.color) for row in rows) if spec.color else series_of([])
    if spec.color:
        canvas.legend(series.legend())
    if spec.x is not None and _is_time(spec.x, rows):
        return _years(canvas, spec, rows, series)
    if spec.y is None:
        return _names(canvas, spec, _count_bars(spec, rows, series), series, unit_noun(spec, rows), len(rows))
    said = []
    by_unit = unit_column(spec, rows) is not None
    for unit, members in panels_of(spec, rows):
        if unit is None and by_unit and not any(row.number(spec.y) is not None for row in members):
            names = list(dict.fromkeys(row.words(spec.x) or NOT_STATED for row in members))
            canvas.notes.append(f"{counted(len(members), 'row')} with no value stated: {listed(names)}.")
            continue
        if by_unit:
            canvas.heading(unit or f"{axis_name(spec.unit or '')} {NOT_STATED}")
        said.append(_names(canvas, spec, _value_bars(spec, members), series, unit or "", len(members)))
    return " ".join(said)


def _is_time(column: str, rows: list[Row]) -> bool:
    known = [row.cell(column) for row in rows if row.cell(column) is not None]
    return bool(known) and all(year_of(cell) is not None for cell in known)


def _count_bars(spec: ChartSpec, rows: list[Row], series: Series) -> list[_Bar]:
    counts: dict[str | None, dict[str | None, int]] = {}
    for row in rows:
        parts = counts.setdefault(row.words(spec.x), {})
        words = row.words(spec.color)
        parts[words] = parts.get(words, 0) + 1
    bars = [
        _Bar(name, tuple(_Part(words, Decimal(parts[words])) for words in sorted(parts, key=series.order)))
        for name, parts in counts.items()
    ]
    return sorted(bars, key=lambda bar: (bar.name is None, -(bar.known or 0), bar.name or ""))


def _value_bars(spec: ChartSpec, rows: list[Row]) -> list[_Bar]:
    groups: dict[str | None, list[_Part]] = {}
    for row in rows:
        part = _Part(row.words(spec.color), row.number(spec.y))
        members = groups.setdefault(row.words(spec.x), [])
        # The same fact in two rows, because another column differs, is still one bar.
        if part not in members:
            members.append(part)
    bars: list[_Bar] = []
    for name, parts in sorted(groups.items(), key=lambda item: _group_order(item[0], item[1])):
        ordered = sorted(parts, key=lambda part: (part.value is None, -(part.value or 0), part.series or ""))
        bars += [_Bar(name, (part,), first=index == 0) for index, part in enumerate(ordered)]
    return bars


def _are_whole(values: Iterable[Decimal | None]) -> bool:
    """Whether a fraction on the axis would be one that no value has, as with counts."""
    return all(value is None or value == value.to_integral_value() for value in values)


def _group_order(name: str | None, parts: list[_Part]) -> tuple[bool, Decimal, str]:
    return name is None, -max((part.value or Decimal(0) for part in parts), default=Decimal(0)), name or ""


def _names(canvas: Canvas, spec: ChartSpec, bars: list[_Bar], series: Series, unit: str, rows: int) -> str:
    """Draw lying bars, one below the other."""
    shown = bars[:MOST_BARS]
    top = max((bar.known or Decimal(0) for bar in shown), default=Decimal(0))
    marks = ticks(top, whole=_are_whole(bar.known for bar in shown))
    names = [bar.name or NOT_STATED for bar in shown]
    left = min(_ROOM_FOR_NAMES, max((width(name, LABEL) for name in names), default=0) + 14)
    scale = (WIDTH - left - _ROOM_FOR_VALUES) / float(marks[-1])
    canvas.y += 6
    start = canvas.y
    bottom = start + _STEP * len(shown)
    for mark in marks[1:]:
        canvas.line(left + float(mark) * scale, start, left + float(mark) * scale, bottom)
    for index, bar in enumerate(shown):
        _lying(canvas, bar, series, left, start + _STEP * index, scale, unit, colored=spec.color is not None)
    canvas.line(left, start - 2, left, bottom, "ink")
    for mark in marks:
        canvas.text(left + float(mark) * scale, bottom + 15, short(mark), tone="faint", size=SMALL, anchor="middle")
    counts = spec.y is None
    canvas.text(left - 10, bottom + 15, unit if counts else _axis(spec, unit), tone="faint", size=SMALL, anchor="end")
    canvas.y = bottom + 22
    if len(bars) > len(shown):
        rest = [bar.name or NOT_STATED for bar in bars[MOST_BARS:]]
        canvas.notes.append(f"Not drawn, but in the table: {listed(list(dict.fromkeys(rest)))}.")
    unstated = sum(part.value is None for bar in bars for part in bar.parts)
    if unstated:
        canvas.notes.append(f"{counted(unstated, 'value')} {NOT_STATED}.")
    known = [bar for bar in bars if bar.known is not None and bar.name is not None]
    what = axis_name(spec.x or "row")
    count = len({bar.name for bar in bars if bar.name is not None})
    sentence = f"{counted(len(bars), 'bar')} for {counted(count, 'name')} ({what}), from {counted(rows, 'row')}"
    if known:
        largest = max(known, key=lambda bar: bar.known or Decimal(0))
        sentence += f"; the longest is {largest.name} with {number(largest.known or Decimal(0))} {unit}".rstrip()
    return sentence + "."


def _axis(spec: ChartSpec, unit: str) -> str:
    return unit if unit and unit == spec.unit else axis_name(spec.y or "") + (f" ({unit})" if unit else "")


def _lying(
    canvas: Canvas, bar: _Bar, series: Series, left: float, y: float, scale: float, unit: str, *, colored: bool
) -> None:
    base = y + _HEIGHT - 2.5
    if bar.first:
        name = bar.name or NOT_STATED
        tone = "ink" if bar.name else "faint"
        canvas.text(left - 10, base, shortened(name, LABEL, left - 12), tone=tone, anchor="end")
    if bar.known is None:
        words = f"{bar.name or NOT_STATED}: value {NOT_STATED}" + _of(bar.parts[0].series)
        canvas.hollow(left, y, 14, _HEIGHT, words)
        canvas.text(left + 20, base, NOT_STATED, tone="faint", size=SMALL)
        return
    x = left
    for part in bar.parts:
        if part.value is None:
            continue
        tip = f"{bar.name or NOT_STATED}{_of(part.series)}: {number(part.value)} {unit}".rstrip()
        size = float(part.value) * scale
        if (colored and part.series is None) or bar.name is None:
            canvas.hollow(x, y, size, _HEIGHT, tip)
        else:
            canvas.bar(x, y, size, _HEIGHT, series.tone(part.series) if colored else "accent", tip)
        x += size
    canvas.text(x + 6, base, short(bar.known), tone="soft", size=SMALL)


def _of(series: str | None) -> str:
    return f" ({series})" if series else ""


def _years(canvas: Canvas, spec: ChartSpec, rows: list[Row], series: Series) -> str:
    """Draw standing bars, one place for each year, a panel for each unit."""
    said = []
    years = [year for row in rows if (year := year_of(row.cell(spec.x))) is not None]
    first, last = min(years), max(years)
    for unit, members in panels_of(spec, rows) if spec.y is not None else [(unit_noun(spec, rows), rows)]:
        known = [row for row in members if spec.y is None or row.number(spec.y) is not None]
        silent = [row for row in members if row not in known]
        if silent:
            canvas.notes.append(_silence(spec, unit, silent))
        if not known:
            continue
        if spec.y is not None and not any(row.number(spec.y) for row in known):
            # An empty frame would look like a finding.
            where = unit or f"{axis_name(spec.unit or 'unit')} {NOT_STATED}"
            canvas.notes.append(f"Not drawn: {counted(len(known), 'row')} ({where}) with the value 0; see the table.")
            continue
        headed = spec.y is not None and unit_column(spec, rows) is not None
        if headed:
            canvas.heading(unit or f"{axis_name(spec.unit or '')} {NOT_STATED}")
        said.append(_standing(canvas, spec, known, series, unit or "", first, last, named=not headed))
    return " ".join(said)


def _silence(spec: ChartSpec, unit: str | None, silent: list[Row]) -> str:
    years = [str(year_of(row.cell(spec.x)) or "no year") for row in silent]
    counts = [f"{year} ({years.count(year)})" if years.count(year) > 1 else year for year in sorted(set(years))]
    where = f" in {unit}" if unit else ""
    return f"{counted(len(silent), 'row')}{where} with no value stated: {listed(counts, 20)}."


def _standing(
    canvas: Canvas, spec: ChartSpec, rows: list[Row], series: Series, unit: str, first: int, last: int, *, named: bool
) -> str:
    slots: list[int | None] = [*range(first, last + 1)]
    if any(year_of(row.cell(spec.x)) is None for row in rows):
        slots.append(None)
    stacks: dict[int | None, dict[str | None, Decimal]] = {slot: {} for slot in slots}
    for row in rows:
        stack = stacks[year_of(row.cell(spec.x))]
        words = row.words(spec.color)
        value = row.number(spec.y) if spec.y is not None else Decimal(1)
        stack[words] = stack.get(words, Decimal(0)) + (value or Decimal(0))
    top = max(sum(stack.values(), Decimal(0)) for stack in stacks.values())
    marks = ticks(top, 4, whole=_are_whole(value for stack in stacks.values() for value in stack.values()))
    left, height = 62.0, 150.0
    # A gap keeps what has no year apart from the years.
    gap = 34.0 if slots[-1] is None else 0.0
    step = min((WIDTH - left - 8 - gap) / len(slots), 60.0)
    scale = height / float(marks[-1])
    canvas.y += 10
    ground = canvas.y + height
    for mark in marks:
        y = ground - float(mark) * scale
        canvas.line(left, y, left + step * len(slots) + gap, y, "rule" if mark else "ink")
        canvas.text(left - 8, y + 4, short(mark), tone="faint", size=SMALL, anchor="end")
    if named:
        canvas.text(0, canvas.y - 4, unit, tone="faint", size=SMALL)
    every = 1 if step >= 32 else (2 if step >= 17 else 5)
    for index, slot in enumerate(slots):
        x = left + step * index + (gap if slot is None else 0)
        y = ground
        for words in sorted(stacks[slot], key=series.order):
            value = stacks[slot][words]
            size = float(value) * scale
            y -= size
            year = "year not stated" if slot is None else str(slot)
            tip = f"{year}{_of(words)}: {number(value)} {unit}".rstrip()
            tone = series.tone(words) if spec.color else "accent"
            if tone == UNSTATED:
                canvas.hollow(x + step * 0.15, y, step * 0.7, size, tip)
            else:
                canvas.bar(x + step * 0.15, y, step * 0.7, size, tone, tip)
        if slot is None:
            canvas.text(x + step / 2, ground + 15, "no year", tone="faint", size=SMALL, anchor="middle")
        elif (slot - first) % every == 0:
            canvas.text(x + step / 2, ground + 15, str(slot), tone="faint", size=SMALL, anchor="middle")
    canvas.y = ground + 24
    where = f"in {unit}, " if unit else ""
    sums = {slot: sum(stacks[slot].values(), Decimal(0)) for slot in slots if slot is not None}
    best = max(sums, key=lambda slot: sums[slot])
    most = f"; the most in {best}: {number(sums[best])}" if sums[best] else "; none of them has a year"
    return f"{where}{counted(len(rows), 'row')} by year from {first} to {last}{most}."
