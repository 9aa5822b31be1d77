"""Wrong links made by a seeded generator, each of a kind that people and programs really make."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kg.link.gate import PATTERNS, Match, Record, Tables, Thing
from kg.link.names import fold, words


def plant(seed: int, count: int, matches: Sequence[Match], things: Mapping[str, Thing], tables: Tables) -> list[Match]:
    """Return wrong links, every kind in turn.

    Kinds: a namesake elsewhere, another country's code, a city taken for its country, a holding for its subsidiary,
    an old duplicate or near neighbour of an item, a digit swapped or mistyped, an organisation that sounds alike.
    """
    draw = random.Random(seed)
    makers: tuple[Callable[[], Match | None], ...] = (
        lambda: _namesake(draw, matches, things, tables),
        lambda: _other_country(draw, matches, things),
        lambda: _city_for_country(draw, matches, things),
        lambda: _holding(draw, matches, things),
        lambda: _misleading(draw, things, tables),
        lambda: _mistyped(draw, matches),
        lambda: _sounds_alike(draw, matches, things, tables),
    )
    planted: list[Match] = []
    right = {(match.subject, match.scheme, match.identifier) for match in matches}
    turn = 0
    while len(planted) < count:
        made = makers[turn % len(makers)]()
        turn += 1
        if made is not None and (made.subject, made.scheme, made.identifier) not in right and made not in planted:
            planted.append(made)
    return planted


def _of(matches: Sequence[Match], scheme: str) -> list[Match]:
    return [match for match in matches if match.scheme == scheme and match.strength == "exactMatch"]


def _namesake(
    draw: random.Random, matches: Sequence[Match], things: Mapping[str, Thing], tables: Tables
) -> Match | None:
    match = draw.choice([m for m in _of(matches, "geonames") if things[m.subject].kind == "city"])
    name = fold(tables["geonames", match.identifier].names[0])
    others = [
        identifier
        for (scheme, identifier), record in tables.items()
        if scheme == "geonames" and identifier != match.identifier and fold(record.names[0]) == name
    ]
    return replace(match, identifier=draw.choice(others)) if others else None


def _other_country(draw: random.Random, matches: Sequence[Match], things: Mapping[str, Thing]) -> Match:
    countries = [match for match in matches if things[match.subject].kind == "country"]
    match = draw.choice(countries)
    other = draw.choice([m for m in countries if m.scheme == match.scheme and m.subject != match.subject])
    return replace(match, identifier=other.identifier)


def _city_for_country(draw: random.Random, matches: Sequence[Match], things: Mapping[str, Thing]) -> Match | None:
    match = draw.choice([m for m in _of(matches, "geonames") if things[m.subject].kind == "city"])
    of_country = [
        m
        for m in _of(matches, "geonames")
        if things[m.subject].kind == "country" and things[m.subject].country == things[match.subject].country
    ]
    return replace(match, identifier=of_country[0].identifier) if of_country else None


def _holding(draw: random.Random, matches: Sequence[Match], things: Mapping[str, Thing]) -> Match | None:
    """Give an organisation the identifier of one whose name begins its own, or the other way round."""
    match = draw.choice([m for m in matches if things[m.subject].kind == "actor" and m.scheme != "dbpedia"])
    own = words(things[match.subject].names[0])
    relatives = [
        iri
        for iri, thing in things.items()
        if thing.kind == "actor" and iri != match.subject and own < words(thing.names[0]) and len(thing.names[0]) < 40
    ]
    return replace(match, subject=draw.choice(relatives), strength="exactMatch") if relatives else None


def _misleading(draw: random.Random, things: Mapping[str, Thing], tables: Tables) -> Match | None:
    traps = [key for key, record in tables.items() if record.misleading or record.names[0] == "World Bank Group"]
    scheme, identifier = draw.choice(traps)
    other = words(tables[scheme, identifier].names[0])
    fitting = [iri for iri, thing in things.items() if thing.kind == "actor" and words(thing.names[0]) <= other]
    if not fitting:
        return None
    return Match(subject=draw.choice(fitting), strength="exactMatch", scheme=scheme, identifier=identifier)


def _mistyped(draw: random.Random, matches: Sequence[Match]) -> Match:
    match = draw.choice([m for m in matches if m.scheme in {"lei", "ror", "wikidata", "geonames"}])
    letters = list(match.identifier)
    spots = [spot for spot, letter in enumerate(letters) if letter.isdigit() and spot > 0]
    spot = draw.choice(spots)
    before = spots[spots.index(spot) - 1]
    if draw.random() < 0.5 and letters[spot] != letters[before] and before >= 1:
        letters[spot], letters[before] = letters[before], letters[spot]
    else:
        letters[spot] = draw.choice([digit for digit in "123456789" if digit != letters[spot]])
    return replace(match, identifier="".join(letters))


def _sounds_alike(
    draw: random.Random, matches: Sequence[Match], things: Mapping[str, Thing], tables: Tables
) -> Match | None:
    """Give an organisation the identifier of another that shares a word with it."""
    match = draw.choice([m for m in matches if things[m.subject].kind == "actor"])
    own = words(things[match.subject].names[0])
    others: list[tuple[str, Record]] = [
        (identifier, record)
        for (scheme, identifier), record in tables.items()
        if scheme == match.scheme and record.kind == "actor" and own & words(record.names[0])
    ]
    others = [(identifier, record) for identifier, record in others if identifier != match.identifier]
    if not others or match.scheme not in PATTERNS:
        return None
    return replace(match, identifier=draw.choice(others)[0], strength="exactMatch")
