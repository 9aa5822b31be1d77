"""Values as people read them: dates as precise as the source, money with its currency, signs and units."""

import re
from decimal import Decimal
from typing import Final

from kg.engine import Literal
from kg.serve.entities.records import Node

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SCALES: Final = ((Decimal(10) ** 12, "trillion"), (Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million"))
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_NO_BREAK: Final = "\u00a0"
_MINUS: Final = "\u2212"


def day(text: str) -> str:
    """Return a date as words, no more precise than it is written."""
    year, *rest = text.removesuffix("Z").split("-")
    numbers = [int(part) for part in rest if part.isdigit()]
    if not numbers or not 1 <= numbers[0] <= 12:
        return text
    month = f"{_MONTHS[numbers[0] - 1]} {year}"
    return f"{numbers[1]} {month}" if len(numbers) > 1 else month


def number(value: Decimal) -> str:
    """Return a number with its thousands apart and a true minus sign."""
    text = f"{value.normalize():,f}"
    return text.replace("-", _MINUS)


def scaled(value: Decimal, *, rounded: bool = False) -> str:
    """Return a number in millions, billions or trillions where nothing is lost by it, or where it may be rounded."""
    for size, name in _SCALES:
        if abs(value) < size:
            continue
        shown = round(value / size, 2) if rounded else value / size
        if shown == round(shown, 5):
            return f"{number(shown)}{_NO_BREAK}{name}"
        break
    return number(round(value, 0) if rounded else value)


def money(value: Decimal, currency: str | None, *, rounded: bool = False) -> str:
    """Return a sum with its currency."""
    return f"{currency or 'currency not stated:'}{_NO_BREAK}{scaled(value, rounded=rounded)}"


def quantity(value: Decimal, unit: str | None) -> str:
    """Return a value with its unit."""
    if unit is None:
        return scaled(value)
    if _CURRENCY.fullmatch(unit):
        return money(value, unit)
    if unit == "percent":
        return f"{number(value)}{_NO_BREAK}%"
    if unit == "rank":
        return f"rank{_NO_BREAK}{number(value)}"
    return f"{scaled(value)}{_NO_BREAK}{unit}"


def qualified(node: Node, words: str) -> str:
    """Return a value after the word that the source puts before it: about, more than, up to."""
    before = node.text("kg:qualifier")
    return f"{before} {words}" if before else words


def value_words(node: Node) -> str | None:
    """Return the value of a claim or observation, or None where none is stated."""
    value = node.number("kg:value")
    if value is None:
        return node.text("kg:valueText")
    return qualified(node, quantity(value, node.text("kg:unit")))


def amount_words(node: Node) -> str | None:
    """Return the amount of a financing, or None where none is stated."""
    amount = node.number("kg:amount")
    return qualified(node, money(amount, node.text("kg:currency"))) if amount is not None else None


def when_words(node: Node) -> str | None:
    """Return when something happened, or what is known of it, or None."""
    said = []
    if date := node.text("kg:date"):
        said.append(day(date))
    start, end = node.text("kg:start"), node.text("kg:end")
    if start and end:
        said.append(f"{day(start)} to {day(end)}" if start != end else day(start))
    elif start:
        said.append(f"since {day(start)}")
    elif end:
        said.append(f"until {day(end)}")
    after, before = node.text("kg:notBefore"), node.text("kg:notAfter")
    if not said and after and before:
        said.append(f"between {day(after)} and {day(before)}" if after != before else f"within {day(after)}")
    elif not said and after:
        said.append(f"not before {day(after)}")
    elif not said and before:
        said.append(f"by {day(before)} at the latest")
    if as_of := node.text("kg:asOf"):
        said.append(f"as of {day(as_of)}")
    return ", ".join(said) or None


def literal_words(term: Literal) -> str:
    """Return a literal by its datatype."""
    kind = term.datatype.rpartition("#")[2]
    if kind in ("gYear", "gYearMonth", "date"):
        return day(term.value)
    if kind in ("decimal", "integer"):
        return number(Decimal(term.value))
    if kind == "boolean":
        return "yes" if term.value in ("true", "1") else "no"
    return term.value


def lines_words(node: Node) -> str | None:
    """Return the lines of a place, or None for one without."""
    first, last = node.whole("kg:firstLine"), node.whole("kg:lastLine")
    if first is None:
        return None
    return f"line {first}" if last in (None, first) else f"lines {first}\u2013{last}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun in the right form."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shortened(text: str, most: int) -> str:
    """Return a text cut at a word, with an ellipsis, where it is longer."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def from_slug(slug: str) -> str:
    """Return a slug as words, for the rare thing that nobody named."""
    words = slug.replace("-", " ")
    return words[:1].upper() + words[1:]
