"""VoID, DCAT and the dumps over HTTP: what they say is what the service gives."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import snapshot
from kg.export import describe, statistics
from kg.export.describe import Description, Version, dcat
from kg.export.dumps import Dump
from kg.export.statistics import Statistics
from kg.vocab import OUTSIDE, PREFIXES, PROLOGUE
from tests.conftest import CHECKOUT
from tests.serve.service import InProcess, in_process

VOID = PREFIXES["void"]
DCAT = PREFIXES["dcat"]
DATASET = "https://w3id.org/cityledger/dataset"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def service(real_snapshots: Path) -> Iterator[InProcess]:
    with in_process(real_snapshots, snapshot.current(real_snapshots), query_seconds=30.0) as running:
        yield running


@pytest.fixture(scope="module")
def void(service: InProcess) -> ox.Store:
    return _parsed(service.client.get("/.well-known/void", headers={"Accept": "text/turtle"}).data)


@pytest.fixture(scope="module")
def catalog(service: InProcess) -> ox.Store:
    return _parsed(service.client.get("/catalog", headers={"Accept": "text/turtle"}).data)


def _parsed(turtle: bytes) -> ox.Store:
    store = ox.Store()
    store.load(turtle, format=ox.RdfFormat.TURTLE)
    return store


def _ask(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    return [tuple(value.value for value in row) for row in store.query(PROLOGUE + query)]


def _count(service: InProcess, query: str) -> dict[str, int]:
    document = service.query(query).json
    first, last = document["head"]["vars"][0], document["head"]["vars"][-1]
    return {row[first]["value"]: int(row[last]["value"]) for row in document["results"]["bindings"]}


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("triples", statistics.TRIPLES),
        ("entities", statistics.ENTITIES),
        ("distinctSubjects", statistics.SUBJECTS),
        ("distinctObjects", statistics.OBJECTS),
    ],
)
def test_void_totals_are_those_of_the_queries(service: InProcess, void: ox.Store, name: str, query: str) -> None:
    said = _ask(void, f"SELECT ?n {{ <{DATASET}> void:{name} ?n }}")
    asked = service.query(query).json["results"]["bindings"][0]["n"]["value"]
    assert said == [(asked,)]


def test_void_partitions_are_those_of_the_queries(service: InProcess, void: ox.Store) -> None:
    classes = _ask(void, "SELECT ?c ?n { ?d void:classPartition ?p . ?p void:class ?c ; void:entities ?n }")
    assert {name: int(number) for name, number in classes} == _count(service, statistics.CLASSES)
    properties = _ask(void, "SELECT ?c ?n { ?d void:propertyPartition ?p . ?p void:property ?c ; void:triples ?n }")
    assert {name: int(number) for name, number in properties} == _count(service, statistics.PROPERTIES)
    graphs = _ask(void, "SELECT ?c ?n { ?d void:subset ?p . ?p dcterms:identifier ?c ; void:triples ?n }")
    assert {name: int(number) for name, number in graphs} == _count(service, statistics.GRAPHS)


def test_void_linksets_are_those_of_the_queries(service: InProcess, void: ox.Store) -> None:
    sets = _ask(
        void,
        """SELECT ?space ?relation ?n {
        ?set a void:Linkset ; void:linkPredicate ?relation ; void:triples ?n ; void:objectsTarget ?t .
        ?t void:uriSpace ?space }""",
    )
    assert {space for space, _, _ in sets} == set(OUTSIDE.values())
    for space, relation, number in sets:
        query = (
            "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/cityledger/graph/links> "
            f'{{ ?s <{relation}> ?o FILTER(STRSTARTS(STR(?o), "{space}")) }} }}'
        )
        assert service.query(query).json["results"]["bindings"][0]["n"]["value"] == number


def test_every_distribution_of_the_catalogue_is_there_and_has_its_checksum(
    service: InProcess, catalog: ox.Store
) -> None:
    rows = _ask(
        catalog,
        """SELECT ?url ?size ?sum ?type { ?d a dcat:Distribution ; dcat:downloadURL ?url ; dcat:byteSize ?size ;
        dcat:mediaType ?type ; <http://spdx.org/rdf/terms#checksum>/<http://spdx.org/rdf/terms#checksumValue> ?sum }""",
    )
    assert len(rows) == 8
    for url, size, digest, kind in rows:
        answer = service.client.get(url.removeprefix("http://localhost"))
        assert answer.status_code == 200
        assert (len(answer.data), hashlib.sha256(answer.data).hexdigest()) == (int(size), digest)
        assert kind.endswith(answer.mimetype)
        raw = bytes.fromhex(digest)
        assert answer.headers["Repr-Digest"] == f"sha-256=:{b64encode(raw).decode()}:"


def test_the_catalogue_names_versions_licence_and_service(service: InProcess, catalog: ox.Store) -> None:
    release = service.snapshot.release
    assert _ask(catalog, f"SELECT ?v {{ <{DATASET}> dcat:hasCurrentVersion/dcat:version ?v }}") == [(release,)]
    assert _ask(catalog, "SELECT ?u { ?s a dcat:DataService ; dcat:endpointURL ?u }") == [("http://localhost/sparql",)]
    unlicensed = "SELECT ?d { { ?d a dcat:Distribution } UNION { ?d a dcat:Catalog } MINUS { ?d dcterms:license ?l } }"
    assert _ask(catalog, unlicensed) == []
    slices = _ask(
        catalog, "SELECT ?d { ?c a dcat:Catalog ; dcat:dataset ?d FILTER(CONTAINS(STR(?d), '/graph/slice-')) }"
    )
    assert len(slices) == 2
    theirs = """SELECT ?licence ?title ?holder { ?d dcterms:license ?licence ; dcterms:title ?title ;
        dcterms:rightsHolder ?holder ; dcterms:issued ?day ; dcterms:source ?source }"""
    assert {licence.split("/")[2] for licence, _, _ in _ask(catalog, theirs)} == {
        "opendatacommons.org",
        "creativecommons.org",
    }
    assert not any(isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode) for quad in catalog)


def test_older_releases_keep_their_files_in_the_catalogue() -> None:
    now, before = "b" * 16, "a" * 16
    file = Dump(name="x.nq", format="nquads", media_type="application/n-quads", title="N-Quads", size=1, sha256="00")
    numbers = Statistics(
        triples=1, subjects=1, objects=1, entities=1, classes=(), properties=(), graphs=(), linksets=()
    )
    versions = tuple(Version(release=one, published="2026-11-24T00:00:00Z", dumps=(file,)) for one in (now, before))
    described = Description(base="http://h", release=now, statistics=numbers, versions=versions)
    made = _parsed(dcat(described, "text/turtle"))
    found = _ask(made, "SELECT ?v ?url { ?r dcat:version ?v ; dcat:distribution/dcat:downloadURL ?url } ORDER BY ?v")
    assert found == [(before, f"http://h/dump/{before}/x.nq"), (now, f"http://h/dump/{now}/x.nq")]
    assert _ask(made, f"SELECT ?url {{ <{DATASET}> dcat:distribution/dcat:downloadURL ?url }}") == [found[1][1:]]
    assert _ask(made, "SELECT ?v { ?r dcat:previousVersion/dcat:version ?v }") == [(before,)]


@pytest.mark.parametrize("path", ["/.well-known/void", "/catalog"])
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("application/rdf+xml;q=0.9, text/turtle;q=0.5", "application/rdf+xml"),
        ("application/n-triples", "application/n-triples"),
        (BROWSER, "text/turtle"),
    ],
)
def test_descriptions_come_in_the_syntax_asked_for(
    service: InProcess, path: str, accept: str | None, kind: str
) -> None:
    answer = service.client.get(path, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert "Accept" in answer.headers["Vary"]
    again = service.client.get(path, headers={"Accept": accept or "*/*", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_other_syntaxes_are_refused_with_the_list(service: InProcess) -> None:
    answer = service.client.get("/catalog", headers={"Accept": "application/pdf"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.json["offered"]


@pytest.mark.parametrize("path", ["/.well-known/void", "/catalog", "/id/release/current"])
def test_every_syntax_says_the_same_and_json_ld_brings_its_context(service: InProcess, path: str) -> None:
    path = path.replace("current", service.snapshot.release)
    said = {}
    for media_type, form in describe.SYNTAXES.items():
        answer = service.client.get(path, headers={"Accept": media_type}, follow_redirects=True)
        assert (answer.status_code, answer.mimetype) == (200, media_type)
        said[media_type] = {str(quad.triple) for quad in ox.parse(answer.data, format=form)}
        if media_type == "application/ld+json":
            assert answer.json["@context"]["kg"] == PREFIXES["kg"] and "type" in answer.json
    assert len(set(map(frozenset, said.values()))) == 1


def test_slices_of_outside_data_keep_their_licences(catalog: ox.Store) -> None:
    parts = _ask(catalog, f"SELECT ?licence {{ <{DATASET}> dcterms:hasPart/dcterms:license ?licence }}")
    assert {licence.split("/")[2] for (licence,) in parts} == {"opendatacommons.org", "creativecommons.org"}


def test_suffixes_choose_the_syntax_too(service: InProcess) -> None:
    for suffix, kind in (("ttl", "text/turtle"), ("jsonld", "application/ld+json"), ("rdf", "application/rdf+xml")):
        assert service.client.get(f"/catalog.{suffix}").mimetype == kind
        assert service.client.get(f"/void.{suffix}").mimetype == kind
    assert service.client.get("/catalog.exe").status_code == 404


def test_the_list_of_dumps_is_a_page_and_a_document(service: InProcess) -> None:
    page = service.client.get("/dump/", headers={"Accept": BROWSER})
    assert page.mimetype == "text/html" and "cityledger.nq" in page.text
    listed = service.client.get("/dump/", headers={"Accept": "application/json"}).json
    assert listed["release"] == service.snapshot.release
    for one in listed["dumps"]:
        assert service.client.get(one["url"], method="HEAD").status_code == 200
    assert service.client.get("/dump").status_code == 308


def test_a_dump_can_be_resumed_and_kept(service: InProcess) -> None:
    whole = service.client.get("/dump/cityledger.nq")
    rest = service.client.get(
        "/dump/cityledger.nq", headers={"Range": "bytes=1000-1999", "If-Range": whole.headers["ETag"]}
    )
    assert rest.status_code == 206 and rest.data == whole.data[1000:2000]
    kept = service.client.get("/dump/cityledger.nq", headers={"If-None-Match": whole.headers["ETag"]})
    assert kept.status_code == 304
    lasting = service.client.get(f"/dump/{service.snapshot.release}/cityledger.nq", method="HEAD")
    assert "immutable" in lasting.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/dump/nope.nq",
        "/dump/0000000000000000/cityledger.nq",
        "/dump/..%2f..%2fmanifest.json",
        "/dump/dumps.json/..",
        "/dump/current/cityledger.nq",
    ],
)
def test_what_is_no_dump_is_not_found(service: InProcess, path: str) -> None:
    answer = service.client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data)["status"] == 404


@pytest.mark.parametrize(
    "name",
    [
        "links/actor/african-union-ror-020ktwj02",
        "links/table/ror",
        "question/camera-counts",
        "question/camera-counts/parameter/country",
        "contributors",
        "graph/actor",
        "id/evidence/none-such",
    ],
)
def test_the_rules_for_w3id_lead_every_sort_of_name_to_page_and_data(service: InProcess, name: str) -> None:
    for accept, kind in ((BROWSER, None), ("text/turtle", "text/turtle")):
        answer = service.client.get(_led_to(name, accept), headers={"Accept": accept})
        if "none-such" in name:
            assert answer.status_code == 404
            continue
        if name.startswith("links/table/") and kind:
            continue
        assert answer.status_code == 200, (name, accept, answer.request.path)
        assert kind is None or answer.mimetype == kind


def _led_to(name: str, accept: str) -> str:
    """Return the address that the rules in docs/w3id.md lead a name to, as Apache reads them."""
    fits = True
    for line in (CHECKOUT / "docs" / "w3id.md").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:2] == ["RewriteCond", "%{HTTP_ACCEPT}"]:
            fits = re.search(words[2], accept) is not None
        elif words[:1] == ["RewriteRule"]:
            found = re.search(words[1], name)
            if found and fits:
                target = words[2].removeprefix("https://cityledger.example.org")
                return target.replace("$1", found[1]) if found.groups() else target
            fits = True
    raise AssertionError(f"no rule leads {name} anywhere")
