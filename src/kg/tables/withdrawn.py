"""Rows that were taken back: each keeps its permanent address, says why, and may lead to what took its place."""

from collections.abc import Iterator, Mapping
from typing import Final

from kg.tables.cells import Reference
from kg.tables.faults import Fault
from kg.tables.reader import Row

TABLE: Final = "withdrawn"
_FILE: Final = f"data/{TABLE}.csv"


def check_withdrawn(tables: Mapping[str, tuple[Row, ...]]) -> Iterator[Fault]:
    """Yield what is wrong between the withdrawn things and the rows that there are."""
    rows = {named(row, "id"): row for row in tables.get(TABLE, ())}
    lines = {(kind, row.slug): row.line for kind, present in tables.items() for row in present}
    for thing, row in rows.items():
        if thing is None:
            continue  # The cell is malformed, and reported.
        if not thing.kind:
            yield _fault(row, "id", "does not say its kind", f"Write the kind before it, as in actor:{thing.slug}")
        elif (thing.kind, thing.slug) in lines:
            where = f"data/{thing.kind}.csv:{lines[thing.kind, thing.slug]}"
            yield _fault(row, "id", f"still has a row, {where}", "Remove that row, or this one if it was given back")
        survivor = named(row, "replaced_by")
        if survivor is None:
            continue
        if not survivor.kind:
            repair = f"Write the kind before it, as in actor:{survivor.slug}"
            yield _fault(row, "replaced_by", "does not say its kind", repair)
        elif (survivor.kind, survivor.slug) not in lines and survivor not in rows:
            repair = f"Name a row of {survivor.kind}.csv, or a thing that is withdrawn itself"
            yield _fault(row, "replaced_by", f"there is no {survivor.kind} of this name", repair)
        elif _leads_back(thing, rows):
            repair = "Let the last of them name a row that exists, or leave its cell empty"
            yield _fault(row, "replaced_by", "the replacements go round in a circle", repair)


def named(row: Row, column: str) -> Reference | None:
    """Return the thing that a cell of a withdrawn row names, or None where it names none."""
    values = row.values.get(column)
    return values[0] if values and isinstance(values[0], Reference) else None


def _leads_back(thing: Reference, rows: Mapping[Reference | None, Row]) -> bool:
    """Tell whether a thing is among those that took its place."""
    seen = {thing}
    row = rows.get(thing)
    while row is not None and (following := named(row, "replaced_by")) is not None:
        if following == thing:
            return True
        if following in seen:
            return False
        seen.add(following)
        row = rows.get(following)
    return False


def _fault(row: Row, column: str, rule: str, repair: str) -> Fault:
    return Fault(file=_FILE, line=row.line, column=column, value=row.text(column), rule=rule, repair=repair)
