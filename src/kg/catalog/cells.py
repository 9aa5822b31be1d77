"""Terms as plain values, and the columns that belong together."""

from collections.abc import Collection, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from kg.charts.spec import Cell, Table
from kg.engine import Iri, Term
from kg.vocab import XSD, compact

_LABEL: Final = "Label"
_QUALIFIER: Final = "qualifier"
NUMERIC: Final = frozenset(
    f"{XSD}{name}"
    for name in (
        "integer", "decimal", "double", "float", "int", "long", "short", "byte", "nonNegativeInteger",
        "positiveInteger", "negativeInteger", "nonPositiveInteger", "unsignedInt", "unsignedLong",
        "unsignedShort", "unsignedByte",
    )
)  # fmt: skip


def number_of(term: Term | None) -> Decimal | None:
    """Return the number that a literal is, or None for anything else, infinity and not-a-number included."""
    if term is None or isinstance(term, Iri) or term.datatype not in NUMERIC:
        return None
    try:
        number = Decimal(term.value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def cell_of(term: Term | None) -> Cell:
    """Return a term as a plain value: a number, a truth value, a text, a compact IRI, or None for unknown."""
    if term is None:
        return None
    if isinstance(term, Iri):
        return compact(term.value)
    number = number_of(term)
    if number is not None:
        return number
    if term.datatype == f"{XSD}boolean":
        return term.value in ("true", "1")
    return term.value


def label_column(name: str, columns: Sequence[str]) -> str | None:
    """Return the column that holds the labels of a column of IRIs (`lenderLabel` for `lender`), or None."""
    return name + _LABEL if name + _LABEL in columns else None


def labelled(name: str, columns: Sequence[str]) -> str | None:
    """Return the column of IRIs whose labels a column holds, or None."""
    base = name.removesuffix(_LABEL)
    return base if base != name and base in columns else None


def qualifier_of(name: str, columns: Sequence[str]) -> str | None:
    """Return the column that says how exact the numbers of a column are, or None: it stands just before it."""
    before = columns[columns.index(name) - 1] if columns.index(name) else ""
    return before if before.lower().endswith(_QUALIFIER) else None


def readable(columns: Sequence[str], hidden: Collection[str]) -> tuple[str, ...]:
    """Return the columns that people read: labels for things, and a number with its qualifier as one."""
    return tuple(
        name
        for place, name in enumerate(columns)
        if label_column(name, columns) is None
        and name not in hidden
        and not (name.lower().endswith(_QUALIFIER) and place + 1 < len(columns))
    )


def table_of(columns: Sequence[str], rows: Sequence[Sequence[Term | None]]) -> Table:
    """Return rows as plain values, for drawing."""
    return Table(tuple(columns), tuple(tuple(cell_of(term) for term in row) for row in rows))
