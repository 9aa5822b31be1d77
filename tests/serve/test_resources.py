"""Every thing has an address that answers in the form a client asks for."""

import json
import re
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.site import open_site
from kg.snapshot import current
from tests.conftest import CHECKOUT

W3ID = CHECKOUT / "docs" / "w3id.md"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
RDF = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
}


@pytest.fixture(scope="module")
def client(tiny_snapshots) -> Iterator[FlaskClient]:
    settings = Settings.load({"snapshots_dir": tiny_snapshots}, env={})
    site = open_site(settings, current(tiny_snapshots))
    yield create_app(site).test_client()
    site.engine.close()


@pytest.mark.parametrize(
    ("accept", "target"),
    [
        (None, "/page/actor/omega-systems"),
        (BROWSER, "/page/actor/omega-systems"),
        ("text/turtle", "/data/actor/omega-systems.ttl"),
        ("application/ld+json", "/data/actor/omega-systems.jsonld"),
        ("application/rdf+xml", "/data/actor/omega-systems.rdf"),
        ("application/n-triples", "/data/actor/omega-systems.nt"),
        ("application/json", "/data/actor/omega-systems.json"),
        ("text/turtle;q=0.3, application/n-triples;q=0.8", "/data/actor/omega-systems.nt"),
        ("text/html;q=0.1, text/turtle", "/data/actor/omega-systems.ttl"),
    ],
)
def test_the_address_of_a_thing_sends_each_client_where_it_wants(client, accept, target) -> None:
    answer = client.get("/id/actor/omega-systems", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.headers["Location"]) == (303, target)
    assert "Accept" in answer.headers["Vary"]


def test_a_form_that_nobody_has_is_refused_with_the_list(client) -> None:
    answer = client.get("/id/actor/omega-systems", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.get_json()["offered"]


@pytest.mark.parametrize("path", ["/id/actor/nobody", "/data/actor/nobody.ttl", "/id/nothing/x", "/id/actor/a%3E%20b"])
def test_an_address_of_nothing_is_not_found(client, path) -> None:
    assert client.get(path).status_code == 404


def test_all_forms_say_the_same_triples(client) -> None:
    said = {}
    for suffix, form in RDF.items():
        body = client.get(f"/data/project/alphaville-cameras.{suffix}").data
        said[suffix] = {(q.subject, q.predicate, q.object) for q in ox.parse(body, format=form)}
    document = client.get("/data/project/alphaville-cameras.jsonld").get_json(force=True)
    document["@context"] = client.get("/context.jsonld").get_json(force=True)["@context"]
    parsed = ox.parse(json.dumps(document).encode(), format=ox.RdfFormat.JSON_LD)
    said["jsonld"] = {(q.subject, q.predicate, q.object) for q in parsed}
    assert said["ttl"]
    assert said["ttl"] == said["nt"] == said["rdf"] == said["jsonld"]


def test_turtle_has_prefixes_and_begins_with_the_thing(client) -> None:
    lines = client.get("/data/actor/omega-systems.ttl").text.splitlines()
    assert "@prefix kg: <https://w3id.org/cityledger/ontology#> ." in lines
    first = next(line for line in lines if not line.startswith("@prefix"))
    assert first.startswith("actor:omega-systems ")


@pytest.mark.parametrize("scheme", ["status", "role", "technology"])
def test_a_list_of_codes_has_its_place_on_a_page(client, scheme) -> None:
    answer = client.get(f"/id/scheme/{scheme}", headers={"Accept": BROWSER})
    path, _, fragment = answer.headers["Location"].partition("#")
    page = client.get(path, headers={"Accept": BROWSER})
    assert (answer.status_code, page.status_code) == (303, 200)
    assert f'id="{fragment}"' in page.text or path == "/technologies"


def test_the_redirect_rules_of_w3id_lead_somewhere(client) -> None:
    rules = re.findall(r"RewriteRule \^(\S*)\$ +https://cityledger\.example\.org(\S+) \[R=30", W3ID.read_text())
    assert len(rules) > 8
    samples = {"id/": "actor/omega-systems", "problem/": "unknown-thing", "question/": "projects-by-country"}
    samples["reports/"] = "country-profile"
    for pattern, target in rules:
        path = target.replace("$1", samples.get(pattern.partition("(")[0], "x"))
        answer = client.get(path, headers={"Accept": "text/turtle, text/html, */*;q=0.1"})
        # A report wants its values, and says which.
        assert answer.status_code < 400 or (path.startswith("/reports/") and answer.status_code == 400), (path, answer)


def test_a_repeat_with_the_tag_is_not_sent_again(client) -> None:
    first = client.get("/data/actor/omega-systems.ttl")
    again = client.get("/data/actor/omega-systems.ttl", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_the_data_of_a_thing_carries_its_evidence(client) -> None:
    body = client.get("/data/project/alphaville-cameras.nt").data.decode()
    assert '/evidence/tiny-2020-l3> <https://w3id.org/cityledger/ontology#firstLine> "3"' in body
