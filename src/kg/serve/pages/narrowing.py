"""What the address of a list asks for, and which things of the room fit it, in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Final

from werkzeug.datastructures import MultiDict

from kg.errors import ParameterError
from kg.link.names import fold
from kg.serve.pages.holdings import Holdings, Item, Value
from kg.serve.pages.room import Facet, Room

NOT_STATED: Final = "not-stated"
# Read elsewhere: how much of the list is sent, and of which release.
_SENDING: Final = ("limit", "evidence", "bom", "release")
_NEAREST: Final = 4
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks.

    Attributes:
        chosen: key and value for each facet that was used.
        words: for each of these, what it is called.
    """

    chosen: tuple[tuple[str, str], ...]
    words: Mapping[str, str]
    query: str
    sort: str
    page: int


@dataclass(frozen=True, slots=True)
class Found:
    """The things that an address asks for, in its order, and those that its words alone would find."""

    asked: Asked
    searched: Sequence[Item]
    items: Sequence[Item]


def find(room: Room, held: Holdings, arguments: "MultiDict[str, str]") -> Found:
    """Return what an address asks for.

    Raises:
        ParameterError: no such parameter, value, order or page.
    """
    asked = _read(room, held, arguments)
    searched = _named(held.items(room), asked.query)
    kept = [item for item in searched if all(has(item, key, value) for key, value in asked.chosen)]
    return Found(asked, searched, _sorted(room, kept, asked.sort))


def nearest(room: Room, held: Holdings, facet: Facet, text: str) -> tuple[Value, ...]:
    """Return the values of a facet whose names look most like a text."""
    by_name: dict[str, Value] = {}
    for value, *_ in held.choices(room, facet).values():
        by_name.setdefault(fold(value.text), value)
        by_name.setdefault(fold(value.key), value)
    matches = get_close_matches(fold(text[:_LONGEST_NAME]), by_name, n=2 * _NEAREST, cutoff=0.5)
    return tuple(dict.fromkeys(by_name[name] for name in matches))[:_NEAREST]


def has(item: Item, key: str, value: str) -> bool:
    """Whether a thing has a value, or has none where that is asked."""
    found = item.values.get(key)
    if value == NOT_STATED:
        return not found
    return any(one.key == value for one in found or ())


def _read(room: Room, held: Holdings, arguments: "MultiDict[str, str]") -> Asked:
    facets = {facet.key: facet for facet in room.facets}
    for name in arguments:
        if name not in (*facets, "q", "sort", "page", *_SENDING) and arguments[name]:
            raise ParameterError(name, f"one of {', '.join((*facets, 'q', 'sort', 'page'))}", room.facets[0].key)
        if len(arguments.getlist(name)) > 1:
            raise ParameterError(name, "one value, not several", arguments[name][:_LONGEST_NAME])
    chosen = tuple((key, arguments[key]) for key in facets if arguments.get(key))
    words = {key: _words(room, held, facets[key], value) for key, value in chosen}
    sort = arguments.get("sort") or room.sort
    keys = [column.key for column in room.columns]
    if sort.removeprefix("-") not in keys:
        raise ParameterError("sort", f"one of {', '.join(keys)}, with - before it for the other direction", keys[0])
    page = arguments.get("page") or "1"
    if not page.isascii() or not page.isdigit() or not 1 <= len(page) <= 6 or int(page) < 1:
        raise ParameterError("page", "a whole number from 1", "2")
    return Asked(chosen, words, arguments.get("q", "").strip()[:200], sort, int(page))


def _words(room: Room, held: Holdings, facet: Facet, value: str) -> str:
    if value == NOT_STATED:
        return "not stated"
    known = held.choices(room, facet)
    if value in known:
        return known[value][0].text
    near = nearest(room, held, facet, value)
    shown = value[:_LONGEST_NAME]
    hint = f"; nearest to {shown!r}: {', '.join(one.key for one in near)}" if near else f"; {shown!r} is none of them"
    example = near[0].key if near else min(known, default=NOT_STATED)
    raise ParameterError(facet.key, f"one of the {len(known)} values that {room.many} can have{hint}", example)


def _named(items: Sequence[Item], query: str) -> Sequence[Item]:
    words = fold(query).split()
    if not words:
        return items
    return [item for item in items if all(word in fold(f"{item.label} {item.chinese or ''}") for word in words)]


def _sorted(room: Room, items: list[Item], sort: str) -> list[Item]:
    key = sort.removeprefix("-")
    if sort == "label":
        return items
    if key == "label":
        return items[::-1]
    kind = next(column.kind for column in room.columns if column.key == key)
    known = [item for item in items if item.values.get(key)]
    unknown = [item for item in items if not item.values.get(key)]
    known.sort(key=lambda item: _order(item.values[key][0], kind), reverse=sort.startswith("-"))
    # What is not known comes last whichever way the rest is sorted.
    return known + unknown


def _order(value: Value, kind: str) -> tuple[Decimal, str]:
    if kind == "number":
        try:
            return Decimal(value.text), ""
        except InvalidOperation:
            return Decimal(0), value.text
    return Decimal(0), value.text.casefold()
