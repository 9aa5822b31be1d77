"""Every outside identifier in data/links/ agrees with a pinned table, and wrong ones are noticed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg import snapshot
from kg.engine.local import LocalEngine
from kg.link.gate import Match, Tables, Thing, judge, lei_is_sound, read_tables, ror_is_sound
from kg.link.things import read_matches, read_things
from tests.links.planted import plant

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The links of the real release, our things, and the pinned tables."""

    matches: tuple[Match, ...]
    things: Mapping[str, Thing]
    tables: Tables


@pytest.fixture(scope="module")
def world(real_snapshots: Path) -> World:
    engine = LocalEngine(snapshot.current(real_snapshots))
    return World(matches=read_matches(engine), things=read_things(engine), tables=read_tables(TABLES))


def test_every_link_agrees_with_a_pinned_table(world: World) -> None:
    doubts = judge(world.matches, world.things, world.tables)
    assert not doubts, "\n".join(map(str, doubts))


def test_all_countries_have_iso_geonames_and_wikidata(world: World) -> None:
    linked = {(match.subject, match.scheme) for match in world.matches if match.strength == "exactMatch"}
    missing = [
        (iri, scheme)
        for iri, thing in world.things.items()
        if thing.kind == "country"
        for scheme in ("iso3166", "geonames", "wikidata")
        if (iri, scheme) not in linked
    ]
    assert not missing


def test_most_cities_have_a_geonames_identifier(world: World) -> None:
    linked = {match.subject for match in world.matches if match.scheme == "geonames"}
    cities = [iri for iri, thing in world.things.items() if thing.kind == "city"]
    assert sum(iri in linked for iri in cities) >= 0.95 * len(cities)


def test_every_organisation_of_the_tables_is_linked(world: World) -> None:
    used = {(match.scheme, match.identifier) for match in world.matches}
    left = [
        key
        for key, record in world.tables.items()
        if record.kind == "actor" and not record.misleading and record.names[0] != "World Bank Group"
        if key not in used
    ]
    assert not left


@pytest.mark.parametrize("seed", [1, 2, 3, 20261124])
def test_planted_wrong_links_are_caught(world: World, seed: int) -> None:
    planted = plant(seed, 100, world.matches, world.things, world.tables)
    caught = Counter[str]()
    for wrong in planted:
        # The right link of the same thing is taken out, so that the wrong one stands alone.
        rules = {doubt.rule for doubt in judge([wrong], world.things, world.tables)}
        caught["any"] += bool(rules)
        caught["evidence"] += bool(rules - {"unknown"})
        caught.update(rules)
    assert caught["any"] >= 95, caught
    # Mistyped numbers of schemes without check digits are only known to be in no table; the others must be told
    # wrong by what the tables say.
    assert caught["evidence"] >= 75, caught


@pytest.mark.parametrize(
    ("identifier", "sound"),
    [
        ("25490065OSV2524LCR32", True),
        ("529900U2JJ7GK68NI589", True),
        ("25490065OSV2524LCR23", False),
        ("25490065OSV2524LRC32", False),
        ("25490065OSV2524LCR3", False),
    ],
)
def test_a_lei_has_the_check_digits_of_mod_97_10(identifier: str, sound: bool) -> None:
    assert lei_is_sound(identifier) is sound


@pytest.mark.parametrize(("identifier", "sound"), [("00cmhce21", True), ("00cmhce12", False), ("00cmhec21", False)])
def test_a_ror_identifier_has_its_check_digits(identifier: str, sound: bool) -> None:
    assert ror_is_sound(identifier) is sound


def test_two_of_ours_cannot_be_one_outside_thing(world: World) -> None:
    huawei = next(match for match in world.matches if match.identifier == "00cmhce21")
    stolen = Match(
        subject=huawei.subject.replace("huawei", "zte"), strength="exactMatch", scheme="ror", identifier="00cmhce21"
    )
    assert {doubt.rule for doubt in judge([huawei, stolen], world.things, world.tables)} == {"name", "shared"}
