"""One cell of a table: read once, checked once.

Each reader returns the parsed value or raises CellError with the rule that is broken and how to mend it.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from decimal import Decimal

from kg.tables.metadata import Column
from kg.vocab import XSD

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")


class CellError(Exception):
    """A cell breaks a rule.

    Attributes:
        rule: what is wrong, in words.
        repair: what to do.
    """

    def __init__(self, rule: str, repair: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.repair = repair


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A cell that names another thing: its kind is empty where the cell does not say it."""

    kind: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A literal: lexical form, datatype IRI (empty for a language-tagged string), language."""

    text: str
    datatype: str = XSD + "string"
    language: str = ""


def split_list(cell: str) -> tuple[str, ...]:
    """Return the trimmed items of a list cell; empty items fall away."""
    return tuple(item for item in (part.strip() for part in cell.split(";")) if item)


def read_slug(item: str) -> str:
    """Return a slug as written.

    Raises:
        CellError: it is not ASCII kebab-case.
    """
    if not SLUG.fullmatch(item):
        raise CellError(
            "not a slug", "Use lower-case ASCII letters, digits and single hyphens, as in exim-bank-of-china"
        )
    return item


def read_reference(item: str, kinds: tuple[str, ...]) -> Reference:
    """Return what a reference cell names; a prefix says the kind.

    Raises:
        CellError: the prefix is not one of the kinds that the column allows, or the slug is malformed.
    """
    prefix, colon, rest = item.partition(":")
    if not colon:
        return Reference(kind=kinds[0] if len(kinds) == 1 else "", slug=read_slug(item))
    if prefix not in kinds:
        raise CellError("names a kind that this column does not take", f"Use one of: {', '.join(kinds)}")
    return Reference(kind=prefix, slug=read_slug(rest))


def read_literal(item: str, column: Column) -> Term:
    """Return a literal cell with the datatype that the column gives it.

    Raises:
        CellError: the text is not of the column's form.
    """
    if column.values and item not in column.values:
        raise CellError("not a word that this column takes", f"Use one of: {', '.join(column.values)}")
    if column.pattern is not None and not re.fullmatch(column.pattern, item):
        raise CellError("does not have the form of this column", f"Write it to match {column.pattern}")
    if column.language is not None:
        return Term(text=item, datatype="", language=column.language)
    match column.datatype:
        case "date":
            return read_date(item)
        case "decimal" | "integer":
            return _read_number(item, column)
        case "boolean":
            if item not in ("true", "false"):
                raise CellError("neither true nor false", "Write true, or leave the cell empty")
            return Term(text=item, datatype=XSD + "boolean")
        case "anyURI":
            if not _IRI.fullmatch(item):
                raise CellError("not an IRI", "Write a whole address such as https://example.org/report.pdf")
            return Term(text=item, datatype=XSD + "anyURI")
        case _:
            return Term(text=item)


def _read_number(item: str, column: Column) -> Term:
    form = _DECIMAL if column.datatype == "decimal" else _INTEGER
    if not form.fullmatch(item):
        raise CellError(
            "not a plain number",
            "Write digits with a point for decimals and no thousands separators, as in 1234.5",
        )
    value = Decimal(item)
    if column.minimum is not None and value < column.minimum:
        raise CellError(f"below the smallest value {column.minimum}", "Correct the number")
    if column.maximum is not None and value > column.maximum:
        raise CellError(f"above the largest value {column.maximum}", "Correct the number")
    return Term(text=item, datatype=XSD + column.datatype)


def read_date(item: str) -> Term:
    """Return a date as precise as it is written: year, year and month, or day.

    Raises:
        CellError: not YYYY, YYYY-MM or YYYY-MM-DD, or no day of the calendar.
    """
    found = _DATE.fullmatch(item)
    if found is None:
        raise CellError("not a date", "Write YYYY, YYYY-MM or YYYY-MM-DD; put anything vaguer into date_note")
    year, month, day = found.groups()
    if int(year) == 0 or (month and not 1 <= int(month) <= 12):
        raise CellError("not a month of the calendar", "Correct year or month")
    if day and not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        raise CellError("not a day of the calendar", "Correct the day")
    return Term(text=item, datatype=XSD + ("date" if day else "gYearMonth" if month else "gYear"))


def first_day(item: str) -> str:
    """Return the earliest day that a date cell may mean, as YYYY-MM-DD."""
    return (item + "-01-01")[:10] if len(item) == 4 else (item + "-01")[:10]


def last_day(item: str) -> str:
    """Return the latest day that a date cell may mean, as YYYY-MM-DD."""
    if len(item) == 10:
        return item
    if len(item) == 7:
        return f"{item}-{monthrange(int(item[:4]), int(item[5:]))[1]:02d}"
    return f"{item}-12-31"
