"""What changed between two releases: in the graph, and in the answer to one question.

Each change names the row of the table that caused it. A release keeps where its rows stood in `files/rows.tsv`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.engine import Iri, Literal, Term
from kg.snapshot import Snapshot
from kg.vocab import GRAPH, ID, compact

ROWS_FILE: Final = "rows.tsv"
# Addresses that earlier releases had, and that no row and no withdrawal accounts for.
VANISHED_FILE: Final = "vanished.tsv"
# What a comparison of curated facts leaves out, and tells as numbers of triples: terms, questions, what rules add.
LEFT_OUT: Final = ("ontology", "vocabularies", "catalog", "inferred")
# A release says of itself what differs from every other one.
_NOT_CURATED: Final = frozenset({*LEFT_OUT, "release"})

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How many triples of a graph that is not compared fact by fact came and went."""

    graph: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many things with a row of their own came, went, or are told of in another way."""

    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Near:
    """The things that a changed thing points at: by facts that changed, and by all its facts."""

    changed: frozenset[str]
    all: frozenset[str]


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


def diff_left_out(before: Snapshot, after: Snapshot) -> tuple[LeftOut, ...]:
    """Return what differs in the graphs that `diff_graphs` leaves out."""
    found = []
    for name in LEFT_OUT:
        was, now = _triples(before, name), _triples(after, name)
        found.append(LeftOut(graph=name, added=len(now - was), removed=len(was - now)))
    return tuple(found)


def tally(before: Snapshot, after: Snapshot) -> Tally:
    """Count the things that differ; what is read of a release is kept, so that a row of releases is read once each."""
    old, new = _marks(before.path), _marks(after.path)
    return Tally(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        changed=sum(old[thing] != new[thing] for thing in old.keys() & new.keys()),
    )


def diff_answers(before: Snapshot, after: Snapshot, old: Answer, new: Answer) -> tuple[Change, ...]:
    """Return the rows of an answer that were added, removed or changed.

    Two rows that differ are one change when their first cell is the same and stands in no other row.
    """
    was, now = set(old), set(new)
    gone = [row for row in old if row not in now]
    come = [row for row in new if row not in was]
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
    touched: Mapping[str, _Near],
    rows: Mapping[str, str],
) -> Change:
    things = _shown(old) | _shown(new)
    if kind == "changed":
        pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        detail = "; ".join(f"{_cell(a)} -> {_cell(b)}" for a, b in pairs)
    else:
        detail = " | ".join(_cell(cell) for cell in new[1:])
    return Change(kind=kind, what=_cell(new[0]), detail=detail, causes=tuple(sorted(_causes(things, touched, rows))))


def _shown(row: tuple[Term | None, ...]) -> set[str]:
    """Return the things of a row; a cell may hold several, as a grouped row keeps its members."""
    words = {term.value for term in row if isinstance(term, Iri)}
    for term in row:
        if isinstance(term, Literal) and term.value.startswith(ID):
            words.update(term.value.split())
    return words


def _causes(things: set[str], touched: Mapping[str, _Near], rows: Mapping[str, str]) -> set[str]:
    """Return where the rows of tables stand that a change of these things comes from.

    A changed thing counts if the answer's row shows it, or if a fact of it that changed points at what the row
    shows. Where there is none, any fact of it that points there will do.
    """
    for step in ("changed", "all"):
        near = {thing: getattr(around, step) for thing, around in touched.items()}
        hit = {thing for thing, around in near.items() if thing in things or around & things}
        # What has no row of its own, such as a place in a source, came with something that has one.
        found = {rows[thing] for thing in near if thing in rows and (thing in hit or near[thing] & (hit - rows.keys()))}
        if found:
            return found
    return set()


def _facts(snapshot: Snapshot, *, inferred: bool = False) -> dict[tuple[str, str], frozenset[str]]:
    left_out = _NOT_CURATED - {"inferred"} if inferred else _NOT_CURATED
    facts: dict[tuple[str, str], set[str]] = {}
    for subject, predicate, value in _stated(snapshot.store_path, left_out):
        facts.setdefault((subject, predicate), set()).add(value)
    return {key: frozenset(values) for key, values in facts.items()}


def _stated(store: Path, left_out: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Yield subject, predicate and value of every triple but those of some graphs."""
    for quad in ox.Store.read_only(str(store)):
        if not isinstance(quad.graph_name, ox.NamedNode) or not isinstance(quad.subject, ox.NamedNode):
            continue
        if quad.graph_name.value.removeprefix(GRAPH) not in left_out:
            yield quad.subject.value, quad.predicate.value, str(quad.object)


def _triples(snapshot: Snapshot, name: str) -> frozenset[str]:
    """Return the triples of one graph, written out."""
    quads = ox.Store.read_only(str(snapshot.store_path)).quads_for_pattern(None, None, None, ox.NamedNode(GRAPH + name))
    return frozenset(f"{quad.subject} {quad.predicate} {quad.object}" for quad in quads)


@lru_cache(maxsize=8)
def _marks(release: Path) -> Mapping[str, int]:
    """Return each thing that has a row with a number made of all its facts, the same for the same facts."""
    marks = dict.fromkeys(_rows_in(release / "files" / ROWS_FILE), 0)
    for subject, predicate, value in _stated(release / "store", _NOT_CURATED):
        if subject in marks:
            marks[subject] ^= hash((predicate, value))
    return marks


def _touched(before: Snapshot, after: Snapshot) -> dict[str, _Near]:
    """Return the things whose facts differ, each with the things that its facts point at."""
    curated = [_facts(snapshot) for snapshot in (before, after)]
    keys = curated[0].keys() | curated[1].keys()
    # What the rules alone changed has its cause elsewhere.
    different = {key[0] for key in keys if curated[0].get(key) != curated[1].get(key)}
    old, new = _facts(before, inferred=True), _facts(after, inferred=True)
    changed: dict[str, set[str]] = {}
    every: dict[str, set[str]] = {}
    for thing, predicate in old.keys() | new.keys():
        if thing not in different:
            continue
        was, now = (facts.get((thing, predicate), frozenset()) for facts in (old, new))
        every.setdefault(thing, set()).update(_things(was | now))
        changed.setdefault(thing, set()).update(_things(was ^ now))
    return {thing: _Near(frozenset(near), frozenset(every[thing])) for thing, near in changed.items()}


def _things(values: frozenset[str]) -> set[str]:
    return {value[1:-1] for value in values if value.startswith("<")}


def rows_of(snapshot: Snapshot) -> dict[str, str]:
    """Return the IRI of each row of a release and where the row stood, as file:line."""
    return _rows_in(snapshot.files / ROWS_FILE)


def vanished_of(snapshot: Snapshot) -> dict[str, str]:
    """Return the IRIs that lead nowhere since a row was removed without a word, and where the row stood."""
    return _rows_in(snapshot.files / VANISHED_FILE)


def _rows_in(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return dict(line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines())


def _text(values: frozenset[str]) -> str:
    return ", ".join(sorted(map(_short, values)))


def _short(value: str) -> str:
    """Return a term as it is written in N-Quads with its names made short."""
    if value.startswith("<"):
        return compact(value[1:-1])
    text, mark, datatype = value.rpartition("^^<")
    return f"{text}^^{compact(datatype[:-1])}" if mark and value.endswith(">") else value


def _cell(term: Term | None) -> str:
    if term is None:
        return "not stated"
    return compact(term.value) if isinstance(term, Iri) else term.value
