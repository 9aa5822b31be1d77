"""Lists taken along: a page, its rows as CSV and JSON, and its query all have the same things."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.site import Site, open_site
from kg.snapshot import current

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LISTS = ("projects", "actors", "places", "financing", "agreements", "policies", "claims", "sources")


@pytest.fixture(scope="module")
def here(tiny_snapshots: Path) -> Iterator[Site]:
    site = open_site(Settings.load({"snapshots_dir": tiny_snapshots}, env={}), current(tiny_snapshots))
    yield site
    site.engine.close()


@pytest.fixture(scope="module")
def client(here: Site) -> FlaskClient:
    return create_app(here).test_client()


@pytest.mark.parametrize("name", LISTS)
def test_page_csv_json_and_query_have_the_same_things(client: FlaskClient, here: Site, name: str) -> None:
    page = client.get(f"/{name}", headers=BROWSER).get_data(as_text=True)
    facets = [target.replace("&amp;", "&") for target in re.findall(rf'<li><a href="/{name}(\?[^"]+)">', page)]
    assert facets
    for asked in ("", "?q=a", "?q=阿尔法", *facets):
        shown = client.get(f"/{name}{asked}", headers=BROWSER).get_data(as_text=True)
        count = re.search(r'role="status"><b>([\d,]+)</b>', shown)
        table = list(csv.reader(io.StringIO(client.get(f"/{name}.csv{asked}").get_data(as_text=True))))
        listed = client.get(f"/{name}.json{asked}").get_json()
        iris = [row[listed["columns"][0]] for row in listed["rows"]]
        assert count is not None
        assert int(count[1].replace(",", "")) == len(iris), asked
        assert table[0] == listed["columns"]
        assert [row[0] for row in table[1:]] == iris, asked
        query = client.get(f"/{name}.rq{asked}").get_data(as_text=True)
        assert sorted(row[0].value for row in here.engine.rows(query).rows if row[0]) == sorted(iris), query


def test_rows_keep_the_order_and_the_pages_are_linked(client: FlaskClient) -> None:
    whole = client.get("/actors.json?sort=-label").get_json()
    names = [row["actorLabel"] for row in whole["rows"]]
    assert whole["complete"] is True
    assert [name.casefold() for name in names] == sorted((name.casefold() for name in names), reverse=True)
    part = client.get("/actors.json?sort=-label&limit=2&page=2")
    assert [row["actorLabel"] for row in part.get_json()["rows"]] == names[2:4]
    assert part.headers["KG-Complete"] == "false"
    assert '</actors.json?sort=-label&limit=2&page=1>; rel="first"' in part.headers["Link"]


def test_rows_of_a_list_come_with_their_evidence(client: FlaskClient) -> None:
    rows = client.get("/projects.json?evidence=1").get_json()["rows"]
    assert rows
    assert all(row["evidence"] for row in rows)


def test_a_list_is_negotiated(client: FlaskClient) -> None:
    for accept, kind in (
        ("*/*", "text/html"),
        ("text/csv", "text/csv"),
        ("application/json", "application/json"),
        ("application/sparql-query", "application/sparql-query"),
    ):
        assert client.get("/projects", headers={"Accept": accept}).mimetype == kind
    refused = client.get("/projects", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert "text/csv" in refused.get_json()["offered"]


def test_a_value_that_there_is_not_is_named_with_the_nearest(client: FlaskClient) -> None:
    refused = client.get("/projects.json?country=alfaland")
    assert refused.status_code == 400
    assert refused.get_json()["parameter"] == "country"
    assert refused.get_json()["example"] == "alphaland"
    page = client.get("/projects?country=alfaland", headers=BROWSER)
    assert page.status_code == 400
    text = page.get_data(as_text=True)
    assert '<a href="/projects?country=alphaland">Alphaland</a>' in text
    # The form stays, and nothing is counted as if it had been asked for.
    assert 'aria-label="In this list"' in text
    assert 'role="status"><b>0</b>' not in text


def test_a_country_without_projects_is_called_by_its_name(client: FlaskClient) -> None:
    empty = client.get("/projects?country=deltaland", headers=BROWSER)
    assert empty.status_code == 200
    assert "Country: Deltaland" in empty.get_data(as_text=True)


@pytest.mark.parametrize("asked", ["contry=alphaland", "country=alphaland&country=gammaland"])
def test_what_a_list_cannot_be_asked_is_no_empty_list(client: FlaskClient, asked: str) -> None:
    assert client.get(f"/projects.json?{asked}").status_code == 400


def test_a_count_of_a_question_leads_to_the_list_of_what_it_counts(client: FlaskClient) -> None:
    page = client.get("/questions/projects-by-country", headers=BROWSER).get_data(as_text=True)
    counts = re.findall(r'<td class="number"><a href="(/projects)(\?country=[^"]+)">([\d,]+)</a>', page)
    assert counts
    for path, asked, count in counts:
        assert len(client.get(f"{path}.json{asked}").get_json()["rows"]) == int(count.replace(",", ""))
