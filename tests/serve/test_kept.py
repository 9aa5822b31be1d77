"""A kept release goes on answering: a citation is for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.front import Front
from kg.serve.site import open_site
from kg.snapshot import current
from tests.conftest import make_tiny_root, run_kg

QUESTION = "/questions/projects-in-a-country.csv"


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> tuple[Path, str, str]:
    """Two releases: in the second, a project has another name."""
    base = tmp_path_factory.mktemp("kept")
    root = make_tiny_root(base / "root")
    snapshots = base / "snapshots"
    found = []
    for old, new in (("", ""), ("Cameras in Alphaville", "Eyes of Alphaville")):
        table = root / "data" / "project.csv"
        if old:
            table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        assert run_kg("build", "--quiet", "--root", root, "--snapshots", snapshots).code == 0
        found.append(current(snapshots).release)
    return snapshots, found[0], found[1]


@pytest.fixture(scope="module")
def client(releases) -> Iterator[FlaskClient]:
    snapshots = releases[0]
    site = open_site(Settings.load({"snapshots_dir": snapshots}, env={}), current(snapshots))
    app = create_app(site)
    yield app.test_client()
    app.extensions["kg.kept"].close()
    site.engine.close()


def _ask(client: FlaskClient, release: str | None = None):
    parameters = {"country": "place:alphaland"} | ({"release": release} if release else {})
    return client.get(QUESTION, query_string=parameters)


def test_an_older_release_answers_as_it_did(client, releases) -> None:
    _, older, newer = releases
    assert "Eyes of Alphaville" in _ask(client).text
    then = _ask(client, older)
    assert "Cameras in Alphaville" in then.text
    assert then.headers["KG-Release"] == older
    assert _ask(client, newer).headers["KG-Release"] == newer


def test_the_two_releases_have_different_tags(client, releases) -> None:
    assert _ask(client).headers["ETag"] != _ask(client, releases[1]).headers["ETag"]


def test_the_data_about_a_thing_can_be_had_from_an_older_release(client, releases) -> None:
    address = "/data/project/alphaville-cameras.ttl"
    assert b"Eyes of Alphaville" in client.get(address).data
    assert b"Cameras in Alphaville" in client.get(address, query_string={"release": releases[1]}).data


def test_sparql_is_answered_by_the_release_that_the_address_names(client, releases) -> None:
    front = Client(Front(client.application))
    query = 'ASK { ?project ?any "Cameras in Alphaville"@en }'
    for release, holds in ((releases[1], True), (releases[2], False), (None, False)):
        asked = {"query": query} | ({"release": release} if release else {})
        answer = front.get("/sparql", query_string=asked, headers={"Accept": "application/sparql-results+json"})
        assert answer.get_json(force=True) == {"head": {}, "boolean": holds}
        assert answer.headers["KG-Release"] == (release or releases[2])
        address = "/sparql" + (f"?release={release}" if release else "")
        direct = front.post(address, data=query, content_type="application/sparql-query")
        assert direct.get_json(force=True)["boolean"] is holds
    unknown = front.get("/sparql", query_string={"query": query, "release": "0000000000000000"})
    assert unknown.status_code == 404


@pytest.mark.parametrize("release", ["0000000000000000", "../../etc", "x"])
def test_an_unknown_release_is_refused_with_those_that_are_kept(client, releases, release) -> None:
    for answer in (_ask(client, release), client.get("/context.jsonld", query_string={"release": release})):
        assert answer.status_code == 404
        assert answer.get_json()["type"].endswith("/unknown-release")
        assert releases[1] in answer.get_json()["detail"]


def test_the_change_between_two_releases_names_the_row_that_caused_it(releases) -> None:
    snapshots, older, newer = releases
    whole = run_kg("diff", older, newer, "--snapshots", snapshots)
    assert whole.code == 1
    assert "changed  project:alphaville-cameras: rdfs:label" in whole.out
    assert "[data/project.csv:2]" in whole.out
    asked = run_kg(
        "diff", older, newer, "projects-in-a-country", "-p", "country=place:alphaland", "--snapshots", snapshots
    )
    assert "Cameras in Alphaville -> Eyes of Alphaville" in asked.out
    assert "data/project.csv:2" in asked.out
    assert run_kg("diff", older, older, "--snapshots", snapshots).code == 0
