"""Whose words a report rests on: its evidence counted by kind of publisher, language and year."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kg.report.notes import Note
from kg.report.sources import Work


@dataclass(frozen=True, slots=True)
class Share:
    """One group; a name of None is not stated."""

    name: str | None
    places: int
    works: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """The evidence of a report in groups; each kind of grouping counts the same places."""

    places: int
    works: int
    by_kind: tuple[Share, ...]
    by_language: tuple[Share, ...]
    by_year: tuple[Share, ...]


def weigh(notes: Iterable[Note], works: Mapping[str, Work]) -> Bias:
    """Count every place in the sources once, however many notes rest on it."""
    places = {place: source for note in notes for place, source in note.places}
    return Bias(
        places=len(places),
        works=len(set(places.values())),
        by_kind=_shares(places, works, lambda work: work.kind, by_size=True),
        by_language=_shares(places, works, lambda work: work.language, by_size=True),
        by_year=_shares(places, works, lambda work: work.issued[:4] if work.issued else None, by_size=False),
    )


def _shares(
    places: Mapping[str, str], works: Mapping[str, Work], group: Callable[[Work], str | None], *, by_size: bool
) -> tuple[Share, ...]:
    names = {source: group(works[source]) for source in places.values()}
    counts = Counter(names[source] for source in places.values())
    members = Counter(names.values())
    shares = [Share(name, counts[name], members[name]) for name in counts]
    return tuple(sorted(shares, key=lambda s: (s.name is None, -s.places if by_size else 0, s.name or "")))
