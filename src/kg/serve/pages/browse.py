"""Lists with facets: what is asked for in the address, and what the page shows of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from kg.serve.pages.holdings import Holdings, Item, Value
from kg.serve.pages.narrowing import NOT_STATED, Asked, find, has
from kg.serve.pages.room import Column, Facet, Room

PAGE_ROWS: Final = 50
_SHOWN_VALUES: Final = 9
_SHOWN_IN_CELL: Final = 4
_AS_DATA: Final = (("CSV", ".csv"), ("JSON", ".json"), ("SPARQL", ".rq"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value that a facet offers."""

    words: str
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetView:
    """A facet: the commonest values, the others behind a fold, and a link that lifts the choice."""

    key: str
    heading: str
    shown: tuple[Choice, ...]
    folded: tuple[Choice, ...]
    chosen: str | None
    lift: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: values with links, how many more there are, a smaller second line."""

    values: tuple[Value, ...]
    left_out: int
    more: str
    more_language: str | None
    unknown: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The head of a column, which sorts."""

    heading: str
    kind: str
    sort_href: str
    sort: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """One page of a list.

    Attributes:
        kept: what a form beside the list must send with what is typed in it.
        as_data: words and address of each form in which the whole list can be taken along.
    """

    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    facets: tuple[FacetView, ...]
    total: int
    everything: int
    words: str
    previous: str | None
    next: str | None
    lift_all: str | None
    query: str
    kept: tuple[tuple[str, str], ...]
    as_data: tuple[tuple[str, str], ...]
    asked: Asked


def with_choice(room: Room, shown: ListView, key: str, value: str) -> str:
    """Return the address of the list with one choice more."""
    return _href(room, shown.asked, **{key: value})


def view(room: Room, held: Holdings, arguments: "MultiDict[str, str]") -> ListView:
    """Return the page that an address asks for.

    Raises:
        ParameterError: no such parameter, value, order or page.
    """
    items = held.items(room)
    found = find(room, held, arguments)
    asked, searched, ordered = found.asked, found.searched, found.items
    pages = max(1, -(-len(ordered) // PAGE_ROWS))
    number = min(asked.page, pages)
    first = (number - 1) * PAGE_ROWS
    shown = ordered[first : first + PAGE_ROWS]
    words = f"{first + 1:,}–{first + len(shown):,} of {len(ordered):,}" if shown else "0"
    return ListView(
        headings=tuple(_heading(room, column, asked) for column in room.columns),
        rows=tuple(tuple(_cell(item, column) for column in room.columns) for item in shown),
        facets=tuple(_facet(room, facet, searched, asked) for facet in room.facets),
        total=len(ordered),
        everything=len(items),
        words=f"{room.many[:1].upper()}{room.many[1:]} {words}",
        previous=_href(room, asked, page=number - 1) if number > 1 else None,
        next=_href(room, asked, page=number + 1) if number < pages else None,
        lift_all=f"/{room.path}" if asked.chosen or asked.query else None,
        query=asked.query,
        kept=(*asked.chosen, *((("sort", asked.sort),) if asked.sort != room.sort else ())),
        as_data=tuple((words, _href(room, asked, suffix=suffix)) for words, suffix in _AS_DATA),
        asked=asked,
    )


def _href(room: Room, asked: Asked, **changes: object) -> str:
    pairs = [*asked.chosen, ("q", asked.query)]
    if asked.sort != room.sort:
        pairs.append(("sort", asked.sort))
    page, suffix = changes.pop("page", 1), changes.pop("suffix", "")
    for key, value in changes.items():
        pairs = [pair for pair in pairs if pair[0] != key]
        if value is not None:
            pairs.append((key, str(value)))
    order = [facet.key for facet in room.facets]
    kept = sorted((pair for pair in pairs if pair[1]), key=lambda pair: (pair[0] not in order, pair[0]))
    if page != 1:
        kept.append(("page", str(page)))
    return f"/{room.path}{suffix}" + (f"?{urlencode(kept)}" if kept else "")


def _facet(room: Room, facet: Facet, items: Sequence[Item], asked: Asked) -> FacetView:
    # Counts are those of the other choices, so that each number says what a click gives.
    others = [pair for pair in asked.chosen if pair[0] != facet.key]
    fitting = [item for item in items if all(has(item, key, value) for key, value in others)]
    counts: Counter[str] = Counter()
    words: dict[str, str] = {}
    unknown = 0
    for item in fitting:
        found = item.values.get(facet.key)
        unknown += not found
        for value in found or ():
            counts[value.key] += 1
            words[value.key] = value.text
    chosen = dict(asked.chosen).get(facet.key)
    keys = sorted(counts, key=lambda key: (-counts[key], words[key].casefold()))
    if facet.newest_first:
        keys.sort(reverse=True)
    choices = [_choice(room, facet, asked, key, words[key], counts[key], chosen) for key in keys]
    last = [_choice(room, facet, asked, NOT_STATED, "not stated", unknown, chosen)] if unknown else []
    many = len(choices) > _SHOWN_VALUES + 2
    shown = choices[:_SHOWN_VALUES] if many else choices
    folded = choices[_SHOWN_VALUES:] if many else []
    shown += [one for one in folded if one.is_chosen]
    return FacetView(
        key=facet.key,
        heading=facet.heading,
        shown=(*shown, *last),
        folded=tuple(folded),
        chosen=asked.words.get(facet.key),
        lift=_href(room, asked, **{facet.key: None}) if chosen is not None else None,
    )


def _choice(room: Room, facet: Facet, asked: Asked, key: str, words: str, count: int, chosen: str | None) -> Choice:
    is_chosen = key == chosen
    href = _href(room, asked, **{facet.key: None if is_chosen else key})
    return Choice(words=words, count=count, href=href, is_chosen=is_chosen)


def _heading(room: Room, column: Column, asked: Asked) -> Heading:
    is_sorted = asked.sort.removeprefix("-") == column.key
    descends = asked.sort.startswith("-")
    # Numbers are first wanted from the largest, words from the first.
    is_first_descending = column.kind == "number"
    wants_descending = not descends if is_sorted else is_first_descending
    wanted = f"-{column.key}" if wants_descending else column.key
    return Heading(
        heading=column.heading,
        kind=column.kind,
        sort_href=_href(room, asked, sort=None if wanted == room.sort else wanted),
        sort=("descending" if descends else "ascending") if is_sorted else None,
    )


def _cell(item: Item, column: Column) -> Cell:
    more, language = "", None
    if column.more == "chinese":
        more, language = item.chinese or "", "zh"
    elif column.more:
        more = ", ".join(value.text for value in item.values.get(column.more, ())[:_SHOWN_IN_CELL])
    if column.key == "label":
        values: tuple[Value, ...] = (Value(item.iri, item.label, item.href),)
    elif column.key == "amount":
        values = _amount(item)
    else:
        values = item.values.get(column.key, ())
    return Cell(
        values=values[:_SHOWN_IN_CELL],
        left_out=max(0, len(values) - _SHOWN_IN_CELL),
        more=more,
        more_language=language,
        unknown=column.unknown,
        kind=column.kind,
    )


def _amount(item: Item) -> tuple[Value, ...]:
    found = item.values.get("amount")
    if not found:
        return ()
    number = Decimal(found[0].text)
    whole = f"{int(number):,}" if number == number.to_integral_value() else f"{number:,f}"
    currency = item.values.get("currency")
    return (Value(whole, f"{currency[0].text} {whole}" if currency else whole),)
