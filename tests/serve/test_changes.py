"""What changed between releases: the page, the JSON, the feed, and the command."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from kg.serve.app import create_app
from kg.serve.site import open_site
from kg.snapshot import current
from tests.conftest import make_tiny_root, run_kg
from tests.serve.service import settings_for

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """Three releases: in the second a project has another name and an agreement is gone, in the third only a rule."""
    base = tmp_path_factory.mktemp("changes")
    root, snapshots = make_tiny_root(base / "root"), base / "snapshots"

    def built() -> str:
        result = run_kg("build", "--quiet", "--root", root, "--snapshots", snapshots)
        assert result.code == 0, result.err
        return current(snapshots).release

    first = built()
    projects, agreements = root / "data" / "project.csv", root / "data" / "agreement.csv"
    projects.write_text(projects.read_text("utf-8").replace("Cameras in Alphaville", "Eyes of Alphaville"), "utf-8")
    agreements.write_text("".join(agreements.read_text("utf-8").splitlines(keepends=True)[:1]), "utf-8")
    second = built()
    terms = root / "ontology" / "kg.ttl"
    terms.write_text(terms.read_text("utf-8").replace('"A bank of any kind."', '"Any bank."'), "utf-8")
    return snapshots, (first, second, built())


@pytest.fixture(scope="module")
def client(releases: tuple[Path, tuple[str, ...]]) -> Iterator[FlaskClient]:
    site = open_site(settings_for(releases[0]), current(releases[0]))
    yield create_app(site).test_client()
    site.engine.close()


def test_the_change_of_a_row_is_told_with_its_cause(client, releases) -> None:
    first, second, _ = releases[1]
    found = client.get(f"/changes/{first}/{second}", headers=JSON).get_json()
    assert found["things"] == {"added": 0, "removed": 1, "changed": 1}
    named = {change["what"]: change for change in found["changes"] if change["detail"].startswith("rdfs:label")}
    assert named["project:alphaville-cameras"]["causes"] == ["data/project.csv:2"]
    assert named["agreement:alphaland-deltaland-memorandum"]["kind"] == "removed"
    page = client.get(f"/changes/{first}/{second}", headers=HTML).text
    assert "0 entries added, 1 removed, 1 changed" in page
    assert 'href="/page/project/alphaville-cameras"' in page
    assert f'href="/page/agreement/alphaland-deltaland-memorandum?release={first}"' in page


def test_the_newest_change_is_shown_and_terms_are_counted_apart(client, releases) -> None:
    _, second, third = releases[1]
    found = client.get("/changes", headers=JSON).get_json()
    assert (found["before"], found["after"], found["changes"]) == (second, third, [])
    terms = next(one for one in found["not_compared_by_fact"] if one["graph"] == "ontology")
    assert (terms["added"], terms["removed"]) == (1, 1)
    assert client.get("/changes.json").get_json() == found
    page = client.get("/changes", headers=HTML).text
    assert "No curated fact differs" in page
    assert "Terms of the ontology: 1 triples added, 1 removed" in page


def test_a_beginning_of_an_id_and_the_word_current_lead_to_whole_ids(client, releases) -> None:
    first, _, third = releases[1]
    answer = client.get(f"/changes/{first[:12]}/current.json")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/changes/{first}/{third}.json")
    assert client.get(f"/changes/{first}/0123456789abcdef").status_code == 404


def test_the_feed_has_an_entry_for_each_release(client, releases) -> None:
    first, second, third = releases[1]
    answer = client.get("/changes.atom")
    assert answer.mimetype == "application/atom+xml"
    entries = ElementTree.fromstring(answer.data).findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [f"Release {one}" for one in (third, second, first)]
    assert "0 entries added, 1 removed, 1 changed" in str(entries[1].findtext(f"{ATOM}summary"))
    assert 'type="application/atom+xml"' in client.get("/", headers=HTML).text


def test_the_command_tells_of_terms_that_differ(releases) -> None:
    snapshots, (_, second, _) = releases
    result = run_kg("diff", second[:10], "current", "--snapshots", snapshots)
    assert result.code == 1
    assert "0 changes from" in result.out
    assert "not compared fact by fact: ontology 1 triples added, 1 removed; vocabularies the same" in result.out


def test_a_page_that_is_not_there_is_refused(client, releases) -> None:
    first, second, _ = releases[1]
    assert client.get(f"/changes/{first}/{second}?page=9", headers=HTML).status_code == 400
