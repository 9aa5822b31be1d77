"""What changed between two releases: in the graph, and in the answer to one question.

Each change names the row of the table that caused it. A release keeps where its rows stood in `files/rows.tsv`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.engine import Iri, Term
from kg.snapshot import Snapshot
from kg.vocab import GRAPH, compact

ROWS_FILE: Final = "rows.tsv"
# Graphs that people curate; what the rules add follows from these.
_NOT_CURATED: Final = frozenset({"inferred", "release", "catalog", "ontology", "vocabularies"})

Answer = Sequence[tuple[Term | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One property of one thing, or one row of an answer, that differs.

    Attributes:
        kind: added, removed or changed.
        what: the thing, or the row's first cell, in short form.
        detail: property and values, or the row, in words.
        causes: rows of tables, as file:line, in the release where they stand.
    """

    kind: str
    what: str
    detail: str
    causes: tuple[str, ...]


def diff_graphs(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """Return the curated facts that differ, sorted by thing and property."""
    old, new = _facts(before), _facts(after)
    rows = {**rows_of(before), **rows_of(after)}
    changes = []
    for thing, predicate in sorted(old.keys() | new.keys()):
        was = old.get((thing, predicate), frozenset())
        now = new.get((thing, predicate), frozenset())
        if was == now:
            continue
        kind = "changed" if was and now else "added" if now else "removed"
        words = f"{_text(was)} -> {_text(now)}" if kind == "changed" else _text(now or was)
        changes.append(
            Change(
                kind=kind,
                what=compact(thing),
                detail=f"{compact(predicate)} {words}",
                causes=tuple(rows[thing] for _ in (0,) if thing in rows),
            )
        )
    return tuple(changes)


def diff_answers(before: Snapshot, after: Snapshot, old: Answer, new: Answer) -> tuple[Change, ...]:
    """Return the rows of an answer that were added, removed or changed.

    Two rows that differ are one change when their first cell is the same and stands in no other row.
    """
    gone = [row for row in old if row not in set(new)]
    come = [row for row in new if row not in set(old)]
    touched = _touched(before, after)
    rows = {**rows_of(before), **rows_of(after)}
    changes = []
    for row in gone:
        partners = [other for other in come if other[:1] == row[:1]]
        alone = len(partners) == 1 and sum(1 for other in gone if other[:1] == row[:1]) == 1
        if alone:
            come.remove(partners[0])
            changes.append(_row_change("changed", row, partners[0], touched, rows))
        else:
            changes.append(_row_change("removed", row, row, touched, rows))
    changes.extend(_row_change("added", row, row, touched, rows) for row in come)
    return tuple(sorted(changes, key=lambda change: (change.what, change.kind, change.detail)))


def _row_change(
    kind: str,
    old: tuple[Term | None, ...],
    new: tuple[Term | None, ...],
    touched: Mapping[str, frozenset[str]],
    rows: Mapping[str, str],
) -> Change:
    things = {term.value for term in (*old, *new) if isinstance(term, Iri)}
    # A changed thing caused the row if the row shows it, or if it points at what the row shows.
    causes = {rows[thing] for thing, near in touched.items() if thing in rows and (thing in things or near & things)}
    if kind == "changed":
        pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        detail = "; ".join(f"{_cell(a)} -> {_cell(b)}" for a, b in pairs)
    else:
        detail = " | ".join(_cell(cell) for cell in new[1:])
    return Change(kind=kind, what=_cell(new[0]), detail=detail, causes=tuple(sorted(causes)))


def _facts(snapshot: Snapshot) -> dict[tuple[str, str], frozenset[str]]:
    facts: dict[tuple[str, str], set[str]] = {}
    for subject, predicate, value in _curated(snapshot):
        facts.setdefault((subject, predicate), set()).add(value)
    return {key: frozenset(values) for key, values in facts.items()}


def _curated(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    for quad in ox.Store.read_only(str(snapshot.store_path)):
        if not isinstance(quad.graph_name, ox.NamedNode) or not isinstance(quad.subject, ox.NamedNode):
            continue
        if quad.graph_name.value.removeprefix(GRAPH) not in _NOT_CURATED:
            yield quad.subject.value, quad.predicate.value, str(quad.object)


def _touched(before: Snapshot, after: Snapshot) -> dict[str, frozenset[str]]:
    """Return the things whose facts differ, each with the things that its facts point at."""
    old, new = _facts(before), _facts(after)
    touched: dict[str, set[str]] = {}
    different = {key[0] for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    for facts in (old, new):
        for (thing, _), values in facts.items():
            if thing in different:
                touched.setdefault(thing, set()).update(value[1:-1] for value in values if value.startswith("<"))
    return {thing: frozenset(near) for thing, near in touched.items()}


def rows_of(snapshot: Snapshot) -> dict[str, str]:
    """Return the IRI of each row of a release and where the row stood, as file:line."""
    path: Path = snapshot.files / ROWS_FILE
    if not path.is_file():
        return {}
    return dict(line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines())


def _text(values: frozenset[str]) -> str:
    return ", ".join(sorted(compact(value[1:-1]) if value.startswith("<") else value for value in values))


def _cell(term: Term | None) -> str:
    if term is None:
        return "not stated"
    return compact(term.value) if isinstance(term, Iri) else term.value
