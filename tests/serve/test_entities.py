"""The pages about things, on the tiny tables and on a few things made for them."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.site import open_site
from kg.snapshot import current
from tests.conftest import TINY
from tests.serve.service import GRAPH, ID, KG, LABEL, publish_text, settings_for

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NASTY = "</script><script>alert(1)</script>\"'&{{7*7}}"


@pytest.fixture(scope="module")
def client(tiny_snapshots: Path) -> Iterator[FlaskClient]:
    """The service on the tiny release, with its source text at hand."""
    settings = Settings.load({"snapshots_dir": tiny_snapshots, "texts": str(TINY / "texts")}, env={})
    site = open_site(settings, current(tiny_snapshots))
    yield create_app(site).test_client()
    site.engine.close()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The service on things that the tiny tables do not have: withdrawn, replaced, in dispute, with hostile names."""
    folder = tmp_path_factory.mktemp("odd") / "snapshots"
    snapshot = publish_text(folder, _odd_quads())
    site = open_site(settings_for(folder), snapshot)
    yield create_app(site).test_client()
    site.engine.close()


def _odd_quads() -> str:
    rows: list[tuple[str, str, str]] = []

    def thing(path: str, kind: str, label: str, **facts: str) -> None:
        rows.append((path, TYPE, f"<{KG}{kind}>"))
        rows.append((path, LABEL, json.dumps(label) + "@en"))
        rows.extend((path, KG + name, value) for name, value in facts.items())

    deprecated = "http://www.w3.org/2002/07/owl#deprecated"
    replaced = "http://purl.org/dc/terms/isReplacedBy"
    boolean = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    thing("actor/old", "Company", "Old firm")
    rows += [("actor/old", deprecated, boolean)]
    thing("actor/merged", "Company", "Merged firm")
    rows.append(("actor/merged", replaced, f"<{ID}actor/new>"))
    thing("actor/new", "Company", "New firm")
    thing("actor/nasty", "Company", NASTY, parent=f"<{ID}actor/new>")
    rows.append(
        ("actor/nasty", "http://www.w3.org/2004/02/skos/core#altLabel", json.dumps("华为", ensure_ascii=False) + "@zh")
    )
    thing("project/p", "Project", "A project")
    thing("source/s1", "Source", "First source")
    thing("source/s2", "Source", "Second source")
    for n, rank in ((1, "preferred"), (2, "rejected")):
        statement, place = f"statement/p-start-{n}", f"evidence/s{n}-l{n}"
        rows += [
            (statement, TYPE, f"<{KG}Statement>"),
            (statement, RDF + "subject", f"<{ID}project/p>"),
            (statement, RDF + "predicate", f"<{KG}start>"),
            (statement, RDF + "object", f'"201{n}"^^<http://www.w3.org/2001/XMLSchema#gYear>'),
            (statement, KG + "rank", f'"{rank}"'),
            (statement, KG + "evidence", f"<{ID}{place}>"),
            (place, TYPE, f"<{KG}Evidence>"),
            (place, KG + "source", f"<{ID}source/s{n}>"),
            (place, KG + "firstLine", f'"{n}"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ]
    for n in range(95):
        thing(f"actor/unit-{n}", "Company", f"Unit {n}", parent=f"<{ID}actor/new>")
    return "".join(f"<{ID}{s}> <{p}> {o} <{GRAPH}actor> .\n" for s, p, o in rows)


def _page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(f"/page/{path}", headers=BROWSER)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def _words(page: str) -> str:
    """Return what a reader sees."""
    body = re.sub(r"<script.*?</script>|<head>.*?</head>|<svg.*?</svg>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def _fact(page: str, name: str) -> str:
    found = re.search(rf"<dt>{re.escape(name)}</dt>(<dd>.*?</dd>)", page, re.S)
    assert found, f"no fact {name}"
    return _words(found.group(1)).strip()


def test_a_project_says_who_took_part_and_who_was_not_chosen(client) -> None:
    words = _words(_page(client, "project/alphaville-cameras"))
    assert "Omega Systems Supplier" in words
    assert "Not selected" in words
    assert "reason given: Security worries" in words


def test_what_no_source_says_is_said_outright(client) -> None:
    page = _page(client, "project/alphaville-cameras")
    assert "No source in this release names an operator." in page
    loan = _page(client, "financing/betatown-data-center-loan")
    for name in ("Amount", "Own share", "From", "To", "When", "Status"):
        assert _fact(loan, name) == "not stated"


def test_a_sum_keeps_its_currency_and_shows_the_other_figure(client) -> None:
    page = _page(client, "financing/alphaville-cameras-loan")
    assert _fact(page, "Amount").startswith("USD 120 million")
    assert "Other figures for the same" in page
    assert "USD 90 million" in _words(page)
    assert "another figure for the same" in page


def test_a_claim_names_claimant_reporter_disputer_and_a_partys_own_word(client) -> None:
    page = _page(client, "claim/alphaville-crime-fall")
    assert _fact(page, "Value").startswith("\u221230 %")
    assert "a party's own word: it has a part in Cameras in Alphaville" in _fact(page, "Claimed by")
    assert "Tiny report on the cities of Alphaland" in _fact(page, "Reported by")
    assert "Alphaville Gazette" in _fact(page, "Disputed by")
    assert "The newspaper doubts the fall" in page


def test_an_actor_lists_its_projects_with_its_role(client) -> None:
    words = _words(_page(client, "actor/omega-systems"))
    assert "Cameras in Alphaville Supplier" in words


def test_every_mark_leads_to_an_item_of_the_list(client) -> None:
    for path in ("project/alphaville-cameras", "actor/omega-systems", "claim/alphaville-crime-fall", "place/alphaland"):
        page = _page(client, path)
        marks = set(re.findall(r'class="ev" href="#(e\d+)"', page))
        assert marks
        assert marks <= set(re.findall(r'<li id="(e\d+)"', page))


def test_the_lines_of_a_text_at_hand_are_shown_and_marked(client) -> None:
    lines = (TINY / "texts" / "tiny-2020.txt").read_text("utf-8").split("\n")
    page = _page(client, "claim/alphaville-crime-fall")
    marked = [unescape(text) for text in re.findall(r"<mark>(.*?)</mark>", page)]
    assert lines[6].strip() in marked
    assert f'<span class="ln">5</span><span>{lines[4][:20]}' in unescape(page)


def test_a_place_in_a_source_says_what_rests_on_it_and_whose_word_it_repeats(client) -> None:
    page = _page(client, "evidence/tiny-2020-l14")
    assert "Doubts about the cameras" in _fact(page, "Independent origin")
    assert _fact(page, "Fit") == "the work supports part of the statement"
    assert "Loan for the Alphaville cameras, second figure" in page


def test_a_source_says_how_many_records_rest_on_it(client) -> None:
    page = _page(client, "source/tiny-2020")
    assert re.search(r"\d+ records of this release rest on it", page)


@pytest.mark.parametrize(
    "path",
    [
        "project/alphaville-cameras", "project/betatown-data-center", "actor/omega-systems", "place/alphaland",
        "financing/alphaville-cameras-loan", "claim/alphaville-crime-fall", "source/tiny-2020", "evidence/tiny-2020-l3",
        "technology/surveillance", "role/supplier", "status/operational", "indicator/surveillance-cameras",
        "involvement/alphaville-cameras-omega-systems-supplier", "statement/alphaville-cameras-status-2019",
    ],
)  # fmt: skip
def test_every_kind_has_a_page_without_raw_names_and_its_links_lead_somewhere(client, path) -> None:
    page = _page(client, path)
    visible = re.sub(r'<nav class="crumb".*?</nav>|<dl class="record">.*?</dl>', "", page, flags=re.S)
    assert not re.search(r"w3id\.org/cityledger|\b(kg|actor|place|project|claim|evidence):[a-z]", _words(visible))
    for target in set(re.findall(r'href="(/(?:page|data)/[^"#]+)"', page)):
        assert client.get(unescape(target), headers=BROWSER).status_code == 200, target
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)


def test_the_embedded_description_is_json_about_the_thing(client) -> None:
    page = _page(client, "actor/omega-systems")
    found = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S).group(1))
    assert found["mainEntity"]["@id"] == f"{ID}actor/omega-systems"
    assert found["isPartOf"]["version"] in page


def test_a_page_can_be_cited(client) -> None:
    assert client.get("/page/actor/omega-systems.bib").get_data(as_text=True).startswith("@misc{cityledger-omega")
    item = client.get("/page/actor/omega-systems.csl.json").get_json(force=True)[0]
    assert "?release=" in item["URL"]
    assert item["title"] == "Omega Systems"


def test_an_unchanged_page_is_not_sent_again(client) -> None:
    first = client.get("/page/actor/omega-systems", headers=BROWSER)
    again = client.get("/page/actor/omega-systems", headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["actor/nobody", "nothing/x", "actor/a%3E%20b", "actor/%E2%80%8B", "actor/x.bib"])
def test_an_address_of_nothing_has_no_page(client, path) -> None:
    assert client.get(f"/page/{path}", headers=BROWSER).status_code == 404


def test_values_that_compete_stand_side_by_side_with_rank_and_source(odd) -> None:
    said = _fact(_page(odd, "project/p"), "When")
    assert said.startswith("Sources disagree 2011 1 preferred value")
    assert "First source" in said
    assert "2012 2 rejected value" in said


def test_a_withdrawn_thing_keeps_a_tombstone(odd) -> None:
    page = _page(odd, "actor/old", 410)
    assert '<h1 class="long">Old firm</h1>' in page
    assert "Withdrawn" in page


def test_a_replaced_thing_leads_to_the_other(odd) -> None:
    answer = odd.get("/page/actor/merged", headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/page/actor/new")


def test_a_hostile_name_stays_text(odd) -> None:
    page = _page(odd, "actor/nasty")
    assert "<script>alert" not in page
    assert "49" not in _words(page).split("Facts")[0]
    found = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S).group(1))
    assert found["mainEntity"]["name"] == NASTY


def test_a_chinese_name_is_marked_as_chinese(odd) -> None:
    assert '<span class="zh" lang="zh">华为</span>' in _page(odd, "actor/nasty")


def test_a_long_list_is_cut_with_its_length_and_paged(odd) -> None:
    page = _page(odd, "actor/new")
    assert '<a href="/page/actor/new?list=units">All 96</a>' in page
    seen = set()
    for number in (1, 2, 3):
        seen |= set(re.findall(r"/page/actor/(unit-\d+)", _page(odd, f"actor/new?list=units&page={number}")))
    assert len(seen) == 95
    _page(odd, "actor/new?list=units&page=4", 404)
    _page(odd, "actor/new?list=nothing", 404)
    _page(odd, "actor/new?list=units&page=0", 400)
