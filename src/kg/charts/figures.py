"""Numbers and dates as charts need them: short forms, round ticks, and partial dates as ranges of days."""

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Final

from kg.charts.spec import Cell

_SHORT: Final = ((Decimal(10) ** 12, "tn"), (Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"))
_DATE: Final = re.compile(r"(-?[0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?\Z")


def number(value: Decimal) -> str:
    """Return a number in full with thousands separated: `1,200,000`, `7.1`."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(value: Decimal) -> str:
    """Return a number as a label: `173 m`, `16 bn`, `1 tn`; below a million in full."""
    for size, word in _SHORT:
        if abs(value) >= size:
            scaled = (value / size).quantize(Decimal("0.01") if abs(value) < 100 * size else Decimal("0.1"))
            return f"{number(scaled)} {word}"
    return number(value)


def ticks(top: Decimal, count: int = 5, *, whole: bool = False) -> list[Decimal]:
    """Return round numbers from zero to at least `top`, about `count` of them."""
    if top <= 0:
        return [Decimal(0), Decimal(1)]
    rough = top / count
    power = Decimal(10) ** rough.adjusted()
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    if whole and step < 1:
        step = Decimal(1)
    marks = [Decimal(0)]
    while marks[-1] < top:
        marks.append(marks[-1] + step)
    return [mark.normalize() + 0 for mark in marks]


def year_of(cell: Cell) -> int | None:
    """Return the year of a year, a month or a day, or None for anything else."""
    found = _DATE.match(cell) if isinstance(cell, str) else None
    if found is not None:
        return int(found[1])
    if isinstance(cell, Decimal) and cell == cell.to_integral_value() and 1000 <= cell <= 2999:
        return int(cell)
    return None


def first_day(cell: Cell) -> date | None:
    """Return the first day of a year or a month, or the day itself; None where the cell is no date."""
    found = _DATE.match(cell) if isinstance(cell, str) else None
    return _day(found, last=False) if found else None


def last_day(cell: Cell) -> date | None:
    """Return the last day of a year or a month, or the day itself; None where the cell is no date."""
    found = _DATE.match(cell) if isinstance(cell, str) else None
    return _day(found, last=True) if found else None


def _day(found: re.Match[str], *, last: bool) -> date | None:
    try:
        year = int(found[1])
        month = int(found[2]) if found[2] else (12 if last else 1)
        if found[3]:
            return date(year, month, int(found[3]))
        return date(year, month, monthrange(year, month)[1] if last else 1)
    except (ValueError, IndexError):
        return None


def as_year(day: date) -> float:
    """Return a day as a fraction of years, for placing it on an axis."""
    start = date(day.year, 1, 1)
    return day.year + (day - start).days / (366 if monthrange(day.year, 2)[1] == 29 else 365)
