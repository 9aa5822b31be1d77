"""What one release holds, read once and kept: labels, classes, and the things of each room with their values."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Final

from kg.engine import Engine, Iri, Limits, Literal, Term
from kg.serve.entities.words import from_slug
from kg.serve.pages.room import Facet, Read, Room
from kg.serve.question_view import page_href
from kg.serve.site import Site
from kg.vocab import KG, PROLOGUE, XSD, compact, split_iri

_READING: Final = Limits(seconds=60.0, rows=5_000_000, bytes=1_000_000_000)
_LABELS: Final = "SELECT ?thing ?label WHERE { ?thing rdfs:label ?label } ORDER BY ?thing ?label"
_CHINESE: Final = """
SELECT ?thing ?name WHERE { ?thing skos:altLabel ?name FILTER(LANG(?name) = "zh") } ORDER BY ?thing ?name
"""
_CLASSES: Final = "SELECT ?class ?above WHERE { ?class rdfs:subClassOf ?above } ORDER BY ?class ?above"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a thing: a text, and for another thing its address.

    Attributes:
        key: what stands for it in an address: the slug of a thing, or the text.
        term: what the graph has, or None where the value was worked out or is of no list.
    """

    key: str
    text: str
    href: str | None = None
    term: Term | None = field(default=None, compare=False)


_NONE: Final = Value("0", "0", None, Literal("0", f"{XSD}integer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in a room.

    Attributes:
        chinese: its Chinese name, or None.
        values: by key of what was read; a key is absent where no source says anything.
    """

    iri: str
    href: str
    label: str
    chinese: str | None
    values: Mapping[str, tuple[Value, ...]]

    def number(self, key: str) -> int | None:
        """Return a value that is a number."""
        found = self.values.get(key)
        return int(found[0].text) if found else None


class Holdings:
    """Everything that pages know of one release. Reading happens at first use."""

    def __init__(self, engine: Engine) -> None:
        """Remember where to read."""
        self._engine = engine
        self._rooms: dict[str, tuple[Item, ...]] = {}
        self._choices: dict[tuple[str, str], Mapping[str, tuple[Value, ...]]] = {}
        self._lock = RLock()

    def rows(self, body: str) -> tuple[tuple[Term | None, ...], ...]:
        """Answer a query of our own; the prefixes are added."""
        return self._engine.rows(PROLOGUE + body, limits=_READING, trusted=True).rows

    def texts(self, body: str) -> list[tuple[str, ...]]:
        """Answer a query as texts, empty where unbound."""
        return [tuple("" if term is None else term.value for term in row) for row in self.rows(body)]

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """English label by IRI."""
        found: dict[str, str] = {}
        for thing, label in self.rows(_LABELS):
            if thing is not None and isinstance(label, Literal) and label.language in (None, "en"):
                found.setdefault(thing.value, label.value)
        return found

    @cached_property
    def chinese(self) -> Mapping[str, str]:
        """A Chinese name by IRI."""
        found: dict[str, str] = {}
        for thing, name in self.texts(_CHINESE):
            found.setdefault(thing, name)
        return found

    @cached_property
    def above(self) -> Mapping[str, frozenset[str]]:
        """The classes directly above each class."""
        found: dict[str, set[str]] = defaultdict(set)
        for one, other in self.texts(_CLASSES):
            found[one].add(other)
        return {one: frozenset(others) for one, others in found.items()}

    def label(self, iri: str) -> str:
        """Return the label of a thing, or its short name."""
        return self.labels.get(iri) or compact(iri)

    def name(self, iri: str) -> str:
        """Return the label of a thing; a thing of ours that nobody named is called by the words of its slug."""
        parts = split_iri(iri)
        return self.labels.get(iri) or (from_slug(parts[1]) if parts is not None else compact(iri))

    def items(self, room: Room) -> tuple[Item, ...]:
        """Return the things of a room in the order of their labels."""
        with self._lock:
            if room.path not in self._rooms:
                self._rooms[room.path] = self._read(room)
            return self._rooms[room.path]

    def choices(self, room: Room, facet: Facet) -> Mapping[str, tuple[Value, ...]]:
        """Return by key what may be chosen for a facet: what the things of the room have, and what they could have.

        An actor and a place can share a slug; a key then stands for both.
        """
        with self._lock:
            if (room.path, facet.key) not in self._choices:
                found: dict[str, dict[Value, None]] = defaultdict(dict)
                for item in self.items(room):
                    for value in item.values.get(facet.key, ()):
                        found[value.key][value] = None
                if facet.among:
                    for row in self.rows(f"SELECT DISTINCT ?value WHERE {{ {facet.among} }} ORDER BY ?value"):
                        if isinstance(row[0], Iri):
                            value = self._value(row[0])
                            found[value.key][value] = None
                self._choices[room.path, facet.key] = {key: tuple(values) for key, values in found.items()}
            return self._choices[room.path, facet.key]

    def _read(self, room: Room) -> tuple[Item, ...]:
        values: dict[str, dict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
        members = [row[0] for row in self.texts(f"SELECT DISTINCT ?thing WHERE {{ {room.members} }} ORDER BY ?thing")]
        wanted = set(members)
        for read in room.reads:
            for thing, value in self.rows(read.sparql()):
                if thing is not None and value is not None and thing.value in wanted:
                    values[thing.value][read.key].append(self._value(value))
        if room.root:
            for found in values.values():
                found["type"] = self._specific(found.get("type", []), room.root)
        items = [self._item(iri, room, values[iri]) for iri in members]
        return tuple(sorted(items, key=lambda item: (item.label.casefold(), item.iri)))

    def _item(self, iri: str, room: Room, found: Mapping[str, list[Value]]) -> Item:
        texts = found.get("text", [])
        label = self.labels.get(iri) or (texts[0].text if texts else _made_label(found) or compact(iri))
        kept = {key: tuple(dict.fromkeys(each)) for key, each in found.items() if each}
        for key in room.counts:
            kept.setdefault(key, (_NONE,))
        return Item(iri=iri, href=page_href(iri) or iri, label=label, chinese=self.chinese.get(iri), values=kept)

    def _value(self, term: Term) -> Value:
        if isinstance(term, Iri):
            parts = split_iri(term.value)
            key = parts[1] if parts else term.value.removeprefix(KG)
            return Value(key, self.label(term.value), page_href(term.value), term)
        return Value(term.value, term.value, None, term)

    def _specific(self, types: list[Value], root: str) -> list[Value]:
        """Leave the classes that say most: those under the room's own, without what stands above them."""
        iris = {KG + one.key for one in types}
        covered = {higher for iri in iris for higher in self.above.get(iri, ())}
        kept = [one for one in types if KG + one.key not in covered and one.key != root]
        return kept or [one for one in types if one.key == root]


def _made_label(found: Mapping[str, list[Value]]) -> str:
    """Name a claim without words by what it measures."""
    words = [found[key][0].text for key in ("indicator", "value", "unit") if found.get(key)]
    return f"{words[0]}: {' '.join(words[1:])}" if len(words) > 1 else "".join(words)


def holdings_of(here: Site) -> Holdings:
    """Return what a release holds."""
    return here.memo.once("holdings", lambda: Holdings(here.engine))


__all__ = ["Holdings", "Item", "Read", "Value", "holdings_of"]
