"""The W3C SPARQL 1.1 suite through our HTTP endpoint.

Every file of test data is a named graph of one snapshot, and each query comes with the data set of its test as
`default-graph-uri` and `named-graph-uri`. What the endpoint gives must be what Oxigraph itself gives on the same
data, and must fail the suite exactly where `expected-failures.tsv` says.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from rdflib import RDF, Graph, Namespace, URIRef

from tests.conformance import suite
from tests.serve.service import InProcess, in_process, publish_text

pytestmark = pytest.mark.skipif(
    not suite.SUITE.is_dir(), reason=f"LOUD: {suite.SUITE} is absent, the W3C suite did not run"
)
FAILURES = Path(__file__).with_name("expected-failures.tsv")
NOTHING = suite.BASE + "no-such-graph"
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def tests() -> tuple[tuple[suite.Evaluation, ...], tuple[suite.Syntax, ...]]:
    """The suite."""
    return suite.read_suite()


@pytest.fixture(scope="module")
def endpoint(
    tests: tuple[tuple[suite.Evaluation, ...], tuple[suite.Syntax, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcess]:
    """The service on all data of the suite, each file a graph."""
    files = sorted(
        {iri for test in tests[0] for iri in (*test.data, *test.named)} | {suite.BASE + "construct/data.ttl"}
    )
    store = ox.Store()
    for iri in files:
        store.extend(suite.quads_of(iri))
    for name, iri in suite.read_protocol()[1].items():
        store.extend(suite.quads_of(iri, name))
    folder = tmp_path_factory.mktemp("w3c") / "snapshots"
    text = (store.dump(format=ox.RdfFormat.N_QUADS) or b"").decode()
    snapshot = publish_text(folder, text)
    with in_process(folder, snapshot, query_seconds=10.0, query_memory_mb=1024) as service:
        yield service


def through_http(endpoint: InProcess, test: suite.Evaluation, accept: str | None = None) -> bytes | suite.Canonical:
    """Ask the endpoint; give the raw bytes when a type is asked for, else the canonical result."""
    parameters = [("query", f"BASE <{test.query_iri}>\n{test.query}")]
    if not re.search(r"(?m)^FROM\b", test.query):
        parameters += [("default-graph-uri", iri) for iri in test.data or (NOTHING,)]
        parameters += [("named-graph-uri", iri) for iri in test.named]
    wanted = accept or "application/sparql-results+json, application/n-triples"
    answer = endpoint.client.post("/sparql", data=urlencode(parameters), content_type=FORM, headers={"Accept": wanted})
    if answer.status_code != 200:
        return ("failed", answer.status_code, answer.json["detail"])
    if accept:
        return answer.data
    if answer.mimetype == "application/n-triples":
        return suite.canonical(ox.parse(answer.data, format=ox.RdfFormat.N_TRIPLES))
    return suite.canonical(ox.parse_query_results(answer.data, format=ox.QueryResultsFormat.JSON))


def by_the_engine(test: suite.Evaluation) -> suite.Canonical:
    """Ask Oxigraph in this process, with the data of the test alone."""
    store = ox.Store()
    for iri in test.data:
        store.extend(ox.Quad(q.subject, q.predicate, q.object) for q in suite.quads_of(iri))
    for iri in test.named:
        store.extend(suite.quads_of(iri))
    if re.search(r"(?m)^FROM\b", test.query):
        for iri in test.data:
            store.extend(suite.quads_of(iri))
    try:
        return suite.canonical(store.query(test.query, base_iri=test.query_iri))
    except (SyntaxError, ValueError, RuntimeError) as error:
        return ("failed", str(error))


def listed_failures() -> dict[str, str]:
    """Tests that the engine fails, each with the reason."""
    lines = [line.split("\t") for line in FAILURES.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return dict(lines)


def random_by_nature(test: suite.Evaluation) -> bool:
    """Whether two right answers differ: fresh blank nodes aside, random numbers and identifiers."""
    return re.search(r"\b(RAND|UUID|STRUUID|NOW)\s*\(", test.query, re.IGNORECASE) is not None


def test_evaluation_gives_what_the_engine_gives(
    endpoint: InProcess, tests: tuple[tuple[suite.Evaluation, ...], tuple[suite.Syntax, ...]]
) -> None:
    differing = [
        test.name
        for test in tests[0]
        if not random_by_nature(test) and through_http(endpoint, test) != by_the_engine(test)
    ]
    assert len(tests[0]) > 200
    assert differing == []


def test_evaluation_fails_the_suite_only_where_listed(
    endpoint: InProcess, tests: tuple[tuple[suite.Evaluation, ...], tuple[suite.Syntax, ...]]
) -> None:
    failing = []
    for test in tests[0]:
        if test.result.endswith((".csv", ".tsv")):
            kind = "text/csv" if test.result.endswith(".csv") else "text/tab-separated-values"
            right = _cells(through_http(endpoint, test, kind)) == _cells(suite.path_of(test.result).read_bytes())
        else:
            right = through_http(endpoint, test) == suite.expected(test)
        if not right:
            failing.append(test.name)
    # Any change is red: a new failure is ours, and one that went away must leave the list.
    assert sorted(failing) == sorted(listed_failures())


def _cells(body: object) -> list[list[str]]:
    assert isinstance(body, bytes), body
    rows = list(csv.reader(io.StringIO(body.decode(), newline=""), delimiter="\t" if b"\t" in body else ","))
    # The order of the columns of `SELECT *` is nowhere fixed.
    order = sorted(range(len(rows[0])), key=lambda column: rows[0][column])
    return sorted([re.sub(r"^_:.*", "_:", row[column]) for column in order] for row in rows)


def test_syntax_is_judged_as_the_suite_does(
    endpoint: InProcess, tests: tuple[tuple[suite.Evaluation, ...], tuple[suite.Syntax, ...]]
) -> None:
    wrong = []
    for test in tests[1]:
        answer = endpoint.client.post(
            "/sparql",
            data=f"BASE <{test.query_iri}>\n{test.query}".encode(),
            content_type="application/sparql-query",
            headers={"Accept": "application/sparql-results+json, application/n-triples"},
        )
        # A query may name a function that nobody has: it is read and then cannot be evaluated.
        read = answer.status_code == 200 or "cannot be evaluated: The custom function" in answer.json["detail"]
        if read is not test.is_query or answer.status_code not in (200, 400):
            wrong.append((test.name, answer.status_code, answer.text))
    assert len(tests[1]) > 90
    assert wrong == []


def test_the_protocol_tests_hold_for_a_read_only_endpoint(endpoint: InProcess) -> None:
    exchanges, _ = suite.read_protocol()
    wrong = []
    for name, requests in exchanges.items():
        for request in requests:
            answer = endpoint.client.open(
                "/sparql",
                method=request.method,
                query_string=request.query_string,
                data=request.body,
                headers=list(request.headers),
            )
            if name.startswith("update_"):
                # Every update is refused. What a later request of such a test would see was never written.
                is_update = request.body.startswith(b"update=") or ("content-type", "application/sparql-update") in (
                    (field.lower(), value) for field, value in request.headers
                )
                if is_update and answer.status_code != 403:
                    wrong.append((name, answer.status_code))
                continue
            if f"{answer.status_code // 100}xx" not in request.statuses:
                wrong.append((name, answer.status_code, answer.text[:200]))
            elif request.boolean is not None and answer.json["boolean"] is not request.boolean:
                wrong.append((name, answer.text))
            elif request.form and not _has_form(answer.mimetype, request.form):
                wrong.append((name, answer.mimetype))
    assert len(exchanges) == 34
    assert wrong == []


def _has_form(media_type: str, form: str) -> bool:
    return media_type.startswith("text/turtle") if form == "RDF" else "sparql-results" in media_type


def test_the_service_description_tests_hold(endpoint: InProcess) -> None:
    answer = endpoint.client.get("/sparql", headers={"Accept": "text/turtle"})
    graph = Graph().parse(data=answer.data, format="turtle")
    service = URIRef("http://localhost/sparql")
    # returns-rdf, has-endpoint-triple
    assert len(graph) > 10
    assert (service, SD.endpoint, service) in graph
    # conforms-to-schema: the terms exist and their objects are of the kind the vocabulary says.
    classes = {SD.Service, SD.Dataset, SD.Graph, SD.NamedGraph}
    assert {kind for kind in graph.objects(None, RDF.type) if str(kind).startswith(str(SD))} <= classes
    ranges = {
        SD.endpoint: None,
        SD.supportedLanguage: {SD.SPARQL11Query},
        SD.feature: {SD.UnionDefaultGraph},
        SD.resultFormat: None,
        SD.defaultDataset: set(graph.subjects(RDF.type, SD.Dataset)),
        SD.defaultGraph: set(graph.subjects(RDF.type, SD.Graph)),
        SD.namedGraph: set(graph.subjects(RDF.type, SD.NamedGraph)),
        SD.graph: set(graph.subjects(RDF.type, SD.Graph)),
        SD.name: None,
    }
    for _, term, value in graph:
        if str(term).startswith(str(SD)):
            assert term in ranges
            allowed = ranges[term]  # type: ignore[index]
            assert allowed is None or value in allowed
