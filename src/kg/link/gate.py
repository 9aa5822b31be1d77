"""The gate for outside identifiers: does what a published table says of an identifier fit what we say of our thing?

Pure: it is given our things, the mappings and the tables, and gives back its doubts. A mapping without a doubt has
the right form and check digits, is known to a pinned table, and agrees with it in name, country and place.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.link.names import fold, initials, words
from kg.vocab import OUTSIDE

MOST_KM: Final = 10.0
_EARTH_KM: Final = 6371.0
# ROR's alphabet is Crockford's base 32: no i, l, o, u.
_ROR_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# The bare identifiers of each outside data set.
PATTERNS: Final[Mapping[str, str]] = {
    "wikidata": r"Q[1-9][0-9]*",
    "geonames": r"[1-9][0-9]*",
    "iso3166": r"[A-Z]{2}",
    "ror": r"0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}",
    "lei": r"[A-Z0-9]{18}[0-9]{2}",
    "dbpedia": r"\S+",
    "aiddata": r"[1-9][0-9]*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What we say of one thing of ours.

    Attributes:
        iri: its permanent IRI.
        kind: `country`, `city`, `place`, `actor` or `project`.
        names: label and aliases.
        country: ISO 3166-1 alpha-2 code; empty when unknown.
        lat: degrees north, or None.
        long: degrees east, or None.
    """

    iri: str
    kind: str
    names: tuple[str, ...]
    country: str = ""
    lat: float | None = None
    long: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One mapping of ours.

    Attributes:
        subject: IRI of our thing.
        strength: exactMatch, closeMatch, relatedMatch or sameAs.
        scheme: a key of PATTERNS.
        identifier: the bare identifier, without a final slash.
    """

    subject: str
    strength: str
    scheme: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a published table says of one outside identifier; the fields mean what they mean in `Thing`.

    Attributes:
        misleading: why the identifier must not be used, or empty.
    """

    names: tuple[str, ...]
    country: str = ""
    kind: str = ""
    lat: float | None = None
    long: float | None = None
    misleading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reason not to believe a mapping.

    Attributes:
        rule: form, check-digits, unknown, kind, country, name, distance, misleading, shared or several.
    """

    match: Match
    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.match.subject} {self.match.scheme}:{self.match.identifier}: {self.rule}: {self.detail}"


Tables = Mapping[tuple[str, str], Record]


def split_object(iri: str) -> tuple[str, str] | None:
    """Return scheme and identifier of an outside IRI, or None when it is of no scheme that we use."""
    for scheme, base in OUTSIDE.items():
        if iri.startswith(base):
            return scheme, iri[len(base) :].rstrip("/")
    return None


def lei_is_sound(identifier: str) -> bool:
    """Say whether the check digits of a Legal Entity Identifier are right. ISO 17442: ISO 7064 MOD 97-10."""
    if not re.fullmatch(PATTERNS["lei"], identifier):
        return False
    return int("".join(str(int(character, 36)) for character in identifier)) % 97 == 1


def ror_is_sound(identifier: str) -> bool:
    """Say whether the check digits of a ROR identifier are right. ROR: ISO 7064 MOD 97-10 of the base 32 number."""
    if not re.fullmatch(PATTERNS["ror"], identifier):
        return False
    number = 0
    for character in identifier[:7]:
        number = number * 32 + _ROR_ALPHABET.index(character)
    return 98 - (number * 100) % 97 == int(identifier[7:])


def distance_km(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """Return the great-circle distance between two places given in degrees."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_long - long) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def read_tables(folder: Path) -> Tables:
    """Read the pinned tables: countries.csv, gazetteer.csv, items.csv and aiddata.csv."""
    tables: dict[tuple[str, str], Record] = {}
    for row in _rows(folder / "countries.csv"):
        record = Record(names=_names(row["name"], row["other_names"]), country=row["iso2"], kind="country")
        tables["iso3166", row["iso2"]] = record
        tables["geonames", row["geonames"]] = record
        if row["wikidata"]:
            tables["wikidata", row["wikidata"]] = record
    for row in _rows(folder / "gazetteer.csv"):
        tables["geonames", row["geonames"]] = Record(
            names=_names(row["name"], row["other_names"]),
            country=row["country"],
            kind="city",
            lat=float(row["lat"]),
            long=float(row["long"]),
        )
    for row in _rows(folder / "items.csv"):
        tables[row["scheme"], row["id"]] = Record(
            names=_names(row["name"], row["also"]),
            country=row["country"],
            kind=row["kind"],
            misleading=row["misleading"],
        )
    for row in _rows(folder / "aiddata.csv"):
        tables["aiddata", row["id"]] = Record(names=(row["title"],), country=row["country"], kind="project")
    return tables


def judge(matches: Sequence[Match], things: Mapping[str, Thing], tables: Tables) -> tuple[Doubt, ...]:
    """Return every doubt about the mappings, in their order; none means that all pass."""
    return (*_each(matches, things, tables), *_together(matches))


def _each(matches: Iterable[Match], things: Mapping[str, Thing], tables: Tables) -> Iterator[Doubt]:
    for match in matches:
        thing = things[match.subject]
        fault = _form(match)
        if fault is not None:
            yield Doubt(match=match, rule=fault[0], detail=fault[1])
            continue
        record = tables.get((match.scheme, match.identifier))
        if record is None:
            yield Doubt(match=match, rule="unknown", detail="no pinned table has this identifier")
            continue
        for rule, detail in _disagreements(match, thing, record, tables):
            yield Doubt(match=match, rule=rule, detail=detail)


def _form(match: Match) -> tuple[str, str] | None:
    if not re.fullmatch(PATTERNS[match.scheme], match.identifier):
        return "form", f"{match.identifier!r} is not written as an identifier of {match.scheme}"
    if match.scheme == "lei" and not lei_is_sound(match.identifier):
        return "check-digits", "the number does not pass MOD 97-10"
    if match.scheme == "ror" and not ror_is_sound(match.identifier):
        return "check-digits", "the number does not pass MOD 97-10"
    return None


def _disagreements(match: Match, thing: Thing, record: Record, tables: Tables) -> Iterator[tuple[str, str]]:
    if record.misleading:
        yield "misleading", record.misleading
    kind = {"place": "city"}.get(thing.kind, thing.kind)
    # A city that is a territory too has a close match of the other kind.
    if record.kind != kind and match.strength != "closeMatch":
        yield "kind", f"ours is a {thing.kind}, the record is a {record.kind}"
    abroad = bool(thing.country and record.country) and thing.country != record.country
    # A member firm abroad is close to its group, never the same.
    if abroad and (match.strength != "closeMatch" or kind != "actor"):
        yield "country", f"ours is in {thing.country}, the record in {record.country}"
    if thing.kind != "project" and not _same_name(thing, record, loose=match.strength != "exactMatch"):
        yield "name", f"{thing.names[0]!r} is not among {', '.join(record.names[:4])}"
    elif kind == "actor" and match.strength == "exactMatch":
        better = _better_named(match, thing, record, tables)
        if better:
            yield "name", f"{match.scheme}:{better} has the very name, this one only something like it"
    if record.lat is None or record.long is None or thing.kind == "country":
        return
    if thing.lat is not None and thing.long is not None:
        apart = distance_km(thing.lat, thing.long, record.lat, record.long)
        if apart > MOST_KM:
            yield "distance", f"{apart:.0f} km apart"
    elif match.strength == "exactMatch" and _namesakes(record, tables) > 1:
        yield "distance", "several places of the country have this name, and ours has no coordinates"


def _same_name(thing: Thing, record: Record, *, loose: bool) -> bool:
    if thing.kind in {"country", "city", "place"}:
        ours = {fold(re.sub(r"\([^)]*\)", "", name)) for name in thing.names}
        theirs = {fold(name) for name in record.names}
        return bool(ours & theirs) or (loose and any(o in t.split() for o in ours for t in theirs))
    ours_words = [words(name) for name in thing.names]
    for name in record.names:
        other = words(name)
        if other in ours_words or any(fold(own) in {initials(name), fold(name)} for own in thing.names):
            return True
        if any(initials(own) == fold(name) for own in thing.names if len(own.split()) > 2):
            return True
        if loose and any(own <= other or other <= own for own in ours_words):
            return True
    return False


def _better_named(match: Match, thing: Thing, record: Record, tables: Tables) -> str:
    """Return another identifier whose name is ours to the letter when the record's is not: a group beside its bank."""
    ours = {fold(name) for name in thing.names}
    if ours & {fold(name) for name in record.names}:
        return ""
    return next(
        (
            identifier
            for (scheme, identifier), other in tables.items()
            if scheme == match.scheme and other.kind == "actor" and ours & {fold(name) for name in other.names}
        ),
        "",
    )


def _namesakes(record: Record, tables: Tables) -> int:
    name = fold(record.names[0])
    return sum(
        1
        for (scheme, _), other in tables.items()
        if scheme == "geonames" and other.country == record.country and fold(other.names[0]) == name
    )


def _together(matches: Iterable[Match]) -> Iterator[Doubt]:
    owners: dict[tuple[str, str], Match] = {}
    chosen: dict[tuple[str, str], Match] = {}
    for match in matches:
        if match.strength not in {"exactMatch", "sameAs"}:
            continue
        owner = owners.setdefault((match.scheme, match.identifier), match)
        if owner.subject != match.subject:
            yield Doubt(match=match, rule="shared", detail=f"the identifier is that of {owner.subject}")
        first = chosen.setdefault((match.subject, match.scheme), match)
        if first.identifier != match.identifier:
            yield Doubt(match=match, rule="several", detail=f"the thing is {first.scheme}:{first.identifier} already")


def _names(first: str, others: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (first, *others.split("|")) if name))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)
