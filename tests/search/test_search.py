"""Search, on the tiny tables and on a few names made for it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.engine import LocalEngine
from kg.search import SearchIndex
from kg.snapshot import current
from tests.serve.service import GRAPH, ID, KG, LABEL, publish_text

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ALIAS = "http://www.w3.org/2004/02/skos/core#altLabel"
DESCRIPTION = "http://purl.org/dc/terms/description"
PREFERRED = "http://www.w3.org/2004/02/skos/core#prefLabel"
NAMES = (
    ("actor/huawei", "Company", "Huawei", ("Huawei Technologies", "en"), ("华为技术有限公司", "zh")),
    ("actor/huawei-marine", "Company", "Huawei Marine"),
    ("actor/exim", "PolicyBank", "Export-Import Bank of China", ("China Exim", "en"), ("中国进出口银行", "zh")),
    ("actor/lodz", "ResearchOrganization", "University of Łódź"),
    ("project/nairobi", "Deployment", "Nairobi surveillance", ("Safe City", "en")),
    ("place/kenya", "Country", "Kenya"),
    ("actor/nasty", "Company", "<script>alert(1)</script>"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    lines = []
    for path, kind, label, *aliases in NAMES:
        lines.append(f"<{ID}{path}> <{TYPE}> <{KG}{kind}> <{GRAPH}actor> .")
        lines.append(f"<{ID}{path}> <{LABEL}> {json.dumps(label, ensure_ascii=False)}@en <{GRAPH}actor> .")
        lines += [
            f"<{ID}{path}> <{ALIAS}> {json.dumps(name, ensure_ascii=False)}@{language} <{GRAPH}actor> ."
            for name, language in aliases
        ]
    lines += [
        f"<{ID}project/nairobi> <{KG}country> <{ID}place/kenya> <{GRAPH}inferred> .",
        f"<{ID}project/nairobi> <{KG}evidence> <{ID}evidence/a-l1> <{GRAPH}project> .",
        f"<{ID}project/nairobi> <{KG}evidence> <{ID}evidence/a-l2> <{GRAPH}project> .",
        f'<{ID}place/kenya> <{KG}isoAlpha2> "KE" <{GRAPH}place> .',
        f"<{ID}claim/fall> <{TYPE}> <{KG}Claim> <{GRAPH}claim> .",
        f'<{ID}claim/fall> <{DESCRIPTION}> "The vendor says that thefts fell"@en <{GRAPH}claim> .',
        f"<{ID}claim/bare> <{TYPE}> <{KG}Claim> <{GRAPH}claim> .",
        f"<{ID}claim/bare> <{KG}indicator> <{ID}indicator/crime> <{GRAPH}claim> .",
        f'<{ID}claim/bare> <{KG}value> "-46" <{GRAPH}claim> .',
        f'<{ID}claim/bare> <{KG}unit> "percent" <{GRAPH}claim> .',
        f'<{ID}indicator/crime> <{LABEL}> "Change of the crime rate"@en <{GRAPH}indicator> .',
    ]
    folder = tmp_path_factory.mktemp("search") / "snapshots"
    engine = LocalEngine(publish_text(folder, "\n".join(lines) + "\n"))
    yield SearchIndex.build(engine)
    engine.close()


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("huawei", "actor/huawei"),
        ("HUAWEI", "actor/huawei"),
        ("huaw", "actor/huawei"),
        ("Huwaei", "actor/huawei"),
        ("Hauwei", "actor/huawei"),
        ("huawei technologies", "actor/huawei"),
        ("华为", "actor/huawei"),
        ("进出口", "actor/exim"),
        ("china exim", "actor/exim"),
        ("export import bank", "actor/exim"),
        ("exportimport bank of china", "actor/exim"),
        ("lodz", "actor/lodz"),
        ("Łódź", "actor/lodz"),
        ("safe city kenya", "project/nairobi"),
        ("KE", "place/kenya"),
        ("crime 46", "claim/bare"),
        ("thefts fell", "claim/fall"),
    ],
)
def test_a_thing_is_found_by(made: SearchIndex, text: str, iri: str) -> None:
    assert [hit.iri for hit in made.find(text)][:1] == [ID + iri]


def test_the_shorter_name_comes_before_the_longer_one_that_begins_with_it(made: SearchIndex) -> None:
    assert [hit.slug for hit in made.find("huawei")] == ["huawei", "huawei-marine"]


def test_a_hit_tells_type_country_evidence_and_the_name_it_was_found_by(made: SearchIndex) -> None:
    hit = made.find("safe city")[0]
    assert (hit.label, hit.matched, hit.language) == ("Nairobi surveillance", "Safe City", "en")
    assert hit.type == "deployment"
    assert hit.countries == ("Kenya",)
    assert hit.evidences == 2


def test_a_claim_without_words_is_named_by_what_it_measures(made: SearchIndex) -> None:
    assert "Change of the crime rate: -46 percent" in [hit.label for hit in made.find("crime")]


def test_things_with_all_words_come_alone_else_those_with_most(made: SearchIndex) -> None:
    assert all(hit.has_all for hit in made.find("huawei marine"))
    assert [hit.slug for hit in made.find("huawei marine")] == ["huawei-marine"]
    partial = made.find("huawei zzzzzz")
    assert partial
    assert not any(hit.has_all for hit in partial)


def test_a_kind_may_be_asked_for(made: SearchIndex) -> None:
    assert {hit.kind for hit in made.find("kenya")} == {"place", "project"}
    assert {hit.kind for hit in made.find("kenya", kind="project")} == {"project"}


@pytest.mark.parametrize(
    "text", ["", "   ", "!!!", "\x00", "%", "'\" OR 1=1", "<script>", "a" * 5000, "字" * 500, "é" * 300]
)
def test_odd_text_is_only_text(made: SearchIndex, text: str) -> None:
    for hit in made.find(text, limit=3):
        assert hit.iri.startswith(ID)


def test_the_limit_is_the_most_hits_and_the_order_is_fixed(made: SearchIndex) -> None:
    assert len(made.find("a", limit=2)) <= 2
    assert made.find("a") == made.find("a")


def test_the_tiny_release_can_be_searched(tiny_snapshots: Path) -> None:
    engine = LocalEngine(current(tiny_snapshots))
    index = SearchIndex.build(engine)
    assert index.find("omega sytems")[0].slug == "omega-systems"
    engine.close()
