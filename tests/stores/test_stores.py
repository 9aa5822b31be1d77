"""The same site from other stores: published by `kg publish --to`, served through KG_STORE, compared with our own."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import requests

from kg import snapshot
from kg.catalog.records import Form
from kg.engine import Limits, Query
from kg.errors import ConfigError
from kg.export.dumps import nquads_of
from kg.vocab import GRAPH, PROLOGUE
from tests.conftest import CHECKOUT, Result, run_kg
from tests.serve.service import InProcess, in_process, publish_text, sample_quads
from tests.stores.servers import SERVERS, Store, oxigraph, virtuoso

NAMES = sorted(path.stem for path in (CHECKOUT / "queries").glob("*.rq"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The service on its own workers, and the service on another store."""

    store: Store
    ours: InProcess
    theirs: InProcess
    published: Result


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def pair(
    request: pytest.FixtureRequest, real_snapshots: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp(request.param)
    # No query of these tests is a bomb, and what a busy machine takes long for is no difference.
    starting = virtuoso(folder, seconds=60) if request.param == "virtuoso" else SERVERS[request.param](folder)
    with starting as store:
        published = publish(store, real_snapshots)
        assert published.code == 0, published.err
        one = snapshot.current(real_snapshots)
        flags: dict[str, object] = {"query_seconds": 60.0, "query_memory_mb": 1000}
        with (
            # Virtuoso samples before it plans, so the same question takes it one second or six; what is compared is
            # what it answers.
            patch("kg.catalog.header._DEFAULT_SECONDS", 60.0),
            in_process(real_snapshots, one, **flags) as ours,
            in_process(real_snapshots, one, store=store.query, store_credentials=store.credentials, **flags) as theirs,
        ):
            yield Pair(store=store, ours=ours, theirs=theirs, published=published)


def publish(store: Store, snapshots: Path, *more: str) -> Result:
    with patch.dict(os.environ, {"KG_STORE_CREDENTIALS": store.credentials}):
        arguments = ("publish", "--snapshots", snapshots, "--to", store.query, *store.publish)
        return run_kg(*arguments, "--verify", store.proof, *more)


def rows(service: InProcess, path: str) -> Any:
    answer = service.client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 200, (path, answer.text[:500])
    return answer.json


def test_a_release_is_loaded_proven_and_made_current(pair: Pair) -> None:
    assert pair.published.code == 0, pair.published.err
    release = pair.ours.snapshot.release
    assert f"verified by {pair.store.proof}; current is now {release}" in pair.published.out


@pytest.mark.parametrize("name", NAMES)
def test_every_saved_question_has_the_same_answer(pair: Pair, name: str) -> None:
    if pair.ours.front.site.catalog.question(name).form is Form.CONSTRUCT:
        ours, theirs = (service.client.get(f"/questions/{name}.nt") for service in (pair.ours, pair.theirs))
        assert theirs.status_code == ours.status_code == 200, theirs.text[:500]
        assert sorted(theirs.data.splitlines()) == sorted(ours.data.splitlines())
        return
    ours, theirs = (rows(service, f"/questions/{name}.json") for service in (pair.ours, pair.theirs))
    assert theirs["columns"] == ours["columns"]
    assert _bag(theirs["rows"]) == _bag(ours["rows"])


def _bag(found: list[Any]) -> list[str]:
    return sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in found)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?s { GRAPH graph:links { ?s skos:exactMatch <http://www.wikidata.org/entity/Q114> } }",
        f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}place> {{ ?s a kg:City }}",
        "SELECT ?l { place:kenya (rdfs:label|skos:altLabel) ?l } ORDER BY ?l",
        "SELECT ?a { ?a kg:parent+ actor:alibaba } ORDER BY ?a",
        "SELECT ?g { GRAPH ?g { ?g a <http://www.w3.org/ns/dcat#Dataset> } } ORDER BY ?g",
    ],
)
def test_ad_hoc_queries_have_the_same_answer(pair: Pair, text: str) -> None:
    ours, theirs = (service.query(PROLOGUE + text) for service in (pair.ours, pair.theirs))
    assert (ours.status_code, theirs.status_code) == (200, 200), theirs.text[:500]
    assert _values(ours.json) == _values(theirs.json)


def _values(document: Any) -> list[list[tuple[str, str]]]:
    return sorted(
        sorted((name, cell["value"]) for name, cell in row.items()) for row in document["results"]["bindings"]
    )


@pytest.mark.parametrize("kind", ["xml", "json", "csv", "tab-separated-values"])
def test_tables_come_in_every_format(pair: Pair, kind: str) -> None:
    accept = f"text/{kind}" if kind in {"csv", "tab-separated-values"} else f"application/sparql-results+{kind}"
    text = PROLOGUE + "SELECT ?s ?l { ?s a kg:Country ; rdfs:label ?l } ORDER BY ?s ?l"
    ours, theirs = (service.query(text, accept) for service in (pair.ours, pair.theirs))
    assert theirs.mimetype == accept
    assert theirs.data == ours.data


@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
def test_graphs_come_in_every_format(pair: Pair, accept: str) -> None:
    text = PROLOGUE + "CONSTRUCT { ?s ?p ?o } WHERE { VALUES ?s { place:kenya } ?s ?p ?o }"
    ours, theirs = (service.query(text, accept) for service in (pair.ours, pair.theirs))
    assert (theirs.status_code, theirs.mimetype) == (200, accept)
    form = ox.RdfFormat.from_media_type(accept)
    assert set(ox.parse(theirs.data, format=form)) == set(ox.parse(ours.data, format=form))


def test_questions_with_yes_or_no_are_answered(pair: Pair) -> None:
    for text, truth in (("ASK { place:kenya a kg:Country }", True), ("ASK { place:kenya a kg:City }", False)):
        assert pair.theirs.query(PROLOGUE + text).json["boolean"] is truth


def test_limits_and_refusals_are_the_same(pair: Pair) -> None:
    for text, status in (
        ("SELECT * { ?s ?p", 400),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 403),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 403),
    ):
        assert pair.theirs.query(text).status_code == status == pair.ours.query(text).status_code


def test_the_catalogue_and_reconciliation_work_from_there(pair: Pair) -> None:
    assert pair.theirs.client.get("/readyz").status_code == 200
    void = pair.theirs.client.get("/.well-known/void", headers={"Accept": "application/n-triples"}).data
    same = pair.ours.client.get("/.well-known/void", headers={"Accept": "application/n-triples"}).data
    assert sorted(void.splitlines()) == sorted(same.splitlines())
    query = {"queries": json.dumps({"a": {"query": "Hikvison"}, "b": {"query": "内罗毕"}})}
    assert (
        pair.theirs.client.get("/reconcile?" + urlencode(query)).json
        == pair.ours.client.get("/reconcile?" + urlencode(query)).json
    )


def test_a_cut_answer_says_so(pair: Pair) -> None:
    engine, few = pair.theirs.front.site.engine, Limits(rows=10, seconds=30.0)
    table = engine.answer(Query(text="SELECT ?s { ?s a ?c }", results_type="text/csv", limits=few))
    assert (table.complete, table.limit, len(table.body.splitlines())) == (False, "rows", 11)
    graph = engine.answer(Query(text="CONSTRUCT { ?s a ?c } WHERE { ?s a ?c }", limits=few))
    assert (graph.complete, graph.limit, len(graph.body.splitlines())) == (False, "rows", 10)


def test_publishing_again_sends_nothing(pair: Pair, real_snapshots: Path) -> None:
    again = publish(pair.store, real_snapshots)
    assert again.code == 0, again.err
    assert "0 graphs sent" in again.out


def test_two_releases_stand_side_by_side_and_the_older_can_go(tmp_path: Path) -> None:
    """Each site answers from its own release, also while another is loaded and switched to."""
    first, second = tmp_path / "first", tmp_path / "second"
    (tmp_path / "db").mkdir()
    with oxigraph(tmp_path / "db") as store:
        one = publish_text(first, sample_quads(actors=20, mark="one"))
        assert publish(store, first).code == 0
        with in_process(first, one, store=store.query) as old:
            two = publish_text(second, sample_quads(actors=30, mark="two"))
            moved = publish(store, second, "--prune")
            assert moved.code == 0, moved.err
            assert f"current is now {two.release}, before it {one.release}" in moved.out
            with in_process(second, two, store=store.query) as new:
                for service, number in ((old, "20"), (new, "30")):
                    counted = service.query("SELECT (COUNT(?s) AS ?n) { ?s a ?c }").json["results"]["bindings"]
                    assert counted[0]["n"]["value"] == number
        third = publish_text(tmp_path / "third", sample_quads(actors=5, mark="three"))
        last = publish(store, tmp_path / "third", "--prune")
        assert f"dropped {one.release}" in last.out and third.release in last.out
        with pytest.raises(ConfigError, match="does not hold release"), in_process(first, one, store=store.query):
            pass


def test_a_store_loaded_by_hand_with_the_one_release_serves_too(tmp_path: Path) -> None:
    one = publish_text(tmp_path / "snapshots", sample_quads(actors=10))
    content = snapshot_with_release_graph(one)
    (tmp_path / "db").mkdir()
    with oxigraph(tmp_path / "db") as store:
        url = store.query.replace("/query", "/store")
        assert requests.post(url, data=content, headers={"Content-Type": "application/n-quads"}).ok
        with in_process(tmp_path / "snapshots", one, store=store.query) as service:
            found = service.query(f"SELECT (COUNT(?s) AS ?n) {{ GRAPH <{GRAPH}actor> {{ ?s a ?c }} }}").json
            assert found["results"]["bindings"][0]["n"]["value"] == "10"


def snapshot_with_release_graph(one: snapshot.Snapshot) -> bytes:
    subject, predicate = (
        f"<https://w3id.org/cityledger/id/release/{one.release}>",
        "<http://purl.org/dc/terms/identifier>",
    )
    line = f'{subject} {predicate} "{one.release}" <{GRAPH}release> .\n'
    return nquads_of(one) + line.encode()


def test_without_a_graph_store_address_updates_do_it(tmp_path: Path) -> None:
    one = publish_text(tmp_path / "snapshots", sample_quads(actors=700))
    (tmp_path / "db").mkdir()
    with oxigraph(tmp_path / "db") as store:
        done = publish(store, tmp_path / "snapshots", "--graphs", "none")
        assert done.code == 0, done.err
        assert one.release in done.out and "verified by digest" in done.out
