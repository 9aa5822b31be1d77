"""The promises of /sparql, by our own tests, so that the repository stands alone."""

import csv
import gzip
import io
import json
import xml.etree.ElementTree as ET
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest

from kg.engine.formats import GRAPH_TYPES, RESULTS_TYPES
from tests.serve.service import GRAPH, ID, KG, NASTY, NOTE, InProcess

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"
PROBLEM = "application/problem+json"
TYPES = {"text/turtle": "TURTLE", "application/n-triples": "N_TRIPLES", "application/ld+json": "JSON_LD"}


def test_the_three_ways_to_ask_agree(service: InProcess) -> None:
    text = "SELECT ?x { VALUES ?x { 1 2 } }"
    answers = [
        service.query(text),
        service.client.post("/sparql", data=urlencode({"query": text}), content_type=FORM, headers={"Accept": JSON}),
        service.client.post("/sparql", data=text, content_type="application/sparql-query", headers={"Accept": JSON}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    for answer in answers:
        assert answer.headers["KG-Release"] == service.snapshot.release
        assert answer.headers["KG-Complete"] == "true"
        assert "KG-Limit" not in answer.headers


@pytest.mark.parametrize("media_type", RESULTS_TYPES)
def test_a_table_has_four_formats(service: InProcess, media_type: str) -> None:
    answer = service.query(f"SELECT ?s ?o {{ ?s <{NOTE}> ?o }}", media_type)
    assert answer.mimetype == media_type
    if media_type == JSON:
        values = {row["o"]["value"] for row in json.loads(answer.data)["results"]["bindings"]}
    elif media_type == XML:
        values = {
            cell.text or ""
            for cell in ET.fromstring(answer.data).iter("{http://www.w3.org/2005/sparql-results#}literal")
        }
    elif media_type == "text/csv":
        values = {row[1] for row in list(csv.reader(io.StringIO(answer.text, newline="")))[1:]}
    else:
        lines = answer.text.split("\n")
        assert lines[0] == "?s\t?o"
        assert len(lines) == len(NASTY) + 2
        return
    assert values == set(NASTY)


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
@pytest.mark.parametrize("form", ["CONSTRUCT WHERE { <%s> ?p ?o }", "DESCRIBE <%s>"])
def test_a_graph_has_four_formats(service: InProcess, media_type: str, form: str) -> None:
    answer = service.query(form % f"{ID}actor/a3", media_type)
    assert answer.mimetype == media_type
    assert answer.status_code == 200
    name = TYPES.get(media_type, "RDF_XML")
    triples = set(ox.parse(answer.data, format=getattr(ox.RdfFormat, name)))
    assert len(triples) == 4


@pytest.mark.parametrize("media_type", [JSON, XML, "text/csv", "text/tab-separated-values"])
def test_a_boolean_is_given(service: InProcess, media_type: str) -> None:
    answer = service.query("ASK {}", media_type)
    assert answer.status_code == 200
    assert b"true" in answer.data


@pytest.mark.parametrize(
    ("accept", "text", "status", "chosen"),
    [
        (None, "ASK {}", 200, JSON),
        ("*/*", "ASK {}", 200, JSON),
        ("application/json", "ASK {}", 200, JSON),
        ("application/xml", "ASK {}", 200, XML),
        ("text/*", "SELECT * {}", 200, "text/csv"),
        (f"{JSON};q=0.1, {XML};q=0.9", "ASK {}", 200, XML),
        ("image/png", "ASK {}", 406, PROBLEM),
        ("text/turtle", "ASK {}", 406, PROBLEM),
        ("text/csv", "CONSTRUCT WHERE { ?s ?p ?o }", 406, PROBLEM),
        ("*/*", "CONSTRUCT WHERE { ?s ?p ?o }", 200, "text/turtle"),
        ("text/turtle;q=0.5, application/n-triples", "CONSTRUCT WHERE { ?s ?p ?o }", 200, "application/n-triples"),
    ],
)
def test_negotiation(service: InProcess, accept: str | None, text: str, status: int, chosen: str) -> None:
    answer = service.query(text, accept)
    assert (answer.status_code, answer.mimetype) == (status, chosen)
    assert "Accept" in answer.headers["Vary"]
    if status == 406:
        assert answer.json["offered"]


def test_a_graph_of_the_request_replaces_that_of_the_query(service: InProcess) -> None:
    text = f"ASK FROM <{GRAPH}financing> {{ ?s <{KG}amount> ?o }}"
    assert service.query(text).json["boolean"] is True
    assert service.query(text, extra=[("default-graph-uri", f"{GRAPH}actor")]).json["boolean"] is False
    named = service.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", extra=[("named-graph-uri", f"{GRAPH}actor")])
    assert [row["g"]["value"] for row in named.json["results"]["bindings"]] == [f"{GRAPH}actor"]


@pytest.mark.parametrize(
    ("method", "arguments", "status"),
    [
        ("GET", {"query_string": "query="}, 400),
        ("GET", {"query_string": "query=%20"}, 400),
        ("GET", {"query_string": "query=ASK%7B%7D&query=ASK%7B%7D"}, 400),
        ("GET", {"query_string": "query=ASK%20%7B%20BIND(%22%FF%22%20AS%20%3Fx)%7D"}, 400),
        ("GET", {"query_string": "query=ASK%00%7B%7D"}, 403),
        ("GET", {"query_string": "query=ASK%7B%7D&default-graph-uri=relative"}, 400),
        ("GET", {"query_string": "query=ASK%7B%7D&named-graph-uri=a%3Ab%3E"}, 400),
        ("GET", {"query_string": "default-graph-uri=a%3Ab"}, 400),
        ("GET", {"query_string": "update=CLEAR%20ALL"}, 403),
        ("GET", {"query_string": "query=ASK%7B%7D&release=0000000000000000"}, 404),
        ("GET", {"query_string": "&".join(f"p{n}=v" for n in range(1_000))}, 400),
        ("POST", {"data": b"", "content_type": "application/sparql-query"}, 400),
        ("POST", {"data": b"ASK {}", "content_type": "text/plain"}, 415),
        ("POST", {"data": b"ASK {}"}, 415),
        ("POST", {"data": "ASK {}".encode("utf-16"), "content_type": "application/sparql-query; charset=UTF-16"}, 415),
        ("POST", {"data": b"ASK { BIND('\xff' AS ?x) }", "content_type": "application/sparql-query"}, 400),
        ("POST", {"data": b"CLEAR ALL", "content_type": "application/sparql-update"}, 403),
        ("POST", {"data": b"update=CLEAR+ALL", "content_type": FORM}, 403),
        ("POST", {"data": b"query=ASK+%7B%7D&update=CLEAR+ALL", "content_type": FORM}, 403),
        ("POST", {"data": b"query=\xc3\xa9", "content_type": FORM}, 400),
        ("POST", {"data": b"\x1f\x8b", "content_type": FORM, "headers": {"Content-Encoding": "gzip"}}, 415),
        ("POST", {"data": b"ASK {} #" + b"x" * 600_000, "content_type": "application/sparql-query"}, 413),
        ("PUT", {"query_string": "query=ASK%7B%7D"}, 405),
        ("DELETE", {"query_string": "query=ASK%7B%7D"}, 405),
        ("PATCH", {}, 405),
        ("TRACE", {}, 405),
    ],
)
def test_a_bad_request_has_its_status_and_a_problem(
    service: InProcess, method: str, arguments: dict[str, object], status: int
) -> None:
    answer = service.client.open("/sparql", method=method, **arguments)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.mimetype == PROBLEM
    document = answer.json
    assert document["status"] == status
    assert document["type"].startswith("https://w3id.org/cityledger/problem/")
    assert document["title"]
    assert document["detail"]
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 405:
        assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("text", ["SELECT WHERE {", "ASK { nope:a ?b ?c }", "ASK {\n ?s ?p ~~ }", "SELECT ?x", "{}"])
def test_a_syntax_error_names_its_place(service: InProcess, text: str) -> None:
    answer = service.query(text)
    assert answer.status_code == 400
    assert answer.json["type"].endswith("/query-syntax")
    assert answer.json["line"] == 1 + text.count("\n")
    assert answer.json["column"] >= 1


def test_a_refusal_says_why(service: InProcess) -> None:
    for text, reason in (("CLEAR ALL", "update"), ("ASK { SERVICE <http://x/> {} }", "service")):
        answer = service.query(text)
        assert (answer.status_code, answer.json["reason"]) == (403, reason)


def test_a_query_that_takes_too_long_is_told_so(service: InProcess) -> None:
    answer = service.query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
    assert answer.status_code == 503
    assert answer.json["type"].endswith("/query-timeout")
    assert answer.headers["KG-Limit"] == "seconds"


def test_an_answer_that_is_cut_says_so(service: InProcess, small: tuple[object, object]) -> None:
    from tests.serve.service import in_process

    with in_process(small[0], small[1], query_rows=10) as cut:  # type: ignore[arg-type]
        answer = cut.query("SELECT * { ?s ?p ?o }")
        assert answer.status_code == 200
        assert len(answer.json["results"]["bindings"]) == 10
        assert answer.headers["KG-Complete"] == "false"
        assert answer.headers["KG-Limit"] == "rows"
        graph = cut.query("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples")
        assert graph.data.count(b" .\n") == 10
        assert graph.headers["KG-Complete"] == "false"


def test_an_answer_too_large_is_refused_whole(service: InProcess, small: tuple[object, object]) -> None:
    from tests.serve.service import in_process

    with in_process(small[0], small[1], answer_mb=1) as little:  # type: ignore[arg-type]
        answer = little.query("SELECT * { ?s ?p ?o . ?a ?b ?c }")
        assert answer.status_code == 413
        assert answer.json["limit"] == "answer-bytes"


def test_head_has_the_headers_and_no_body(service: InProcess) -> None:
    whole = service.query("ASK {}")
    head = service.client.head("/sparql", query_string="query=ASK%20%7B%7D", headers={"Accept": JSON})
    assert head.status_code == 200
    assert head.data == b""
    for name in ("ETag", "Content-Type", "Content-Length", "KG-Release"):
        assert head.headers[name] == whole.headers[name]


def test_options_answers_a_preflight(service: InProcess) -> None:
    answer = service.client.options("/sparql", headers={"Origin": "https://x.example"})
    assert answer.status_code == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_repeat_is_304_and_formats_have_tags_of_their_own(service: InProcess) -> None:
    first = service.query("SELECT ?x { VALUES ?x { 7 } }")
    again = service.query("SELECT ?x { VALUES ?x { 7 } }", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    tags = {service.query("SELECT ?x { VALUES ?x { 7 } }", kind).headers["ETag"] for kind in RESULTS_TYPES}
    tags.add(service.query("SELECT ?x { VALUES ?x { 8 } }").headers["ETag"])
    assert len(tags) == 5


def test_gzip_when_asked_only(service: InProcess) -> None:
    text = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 100"
    plain = service.query(text)
    zipped = service.query(text, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    again = service.query(text, headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]})
    assert again.status_code == 304


def test_the_description_says_only_what_is_true(service: InProcess) -> None:
    for media_type in GRAPH_TYPES:
        answer = service.client.get("/sparql", headers={"Accept": media_type})
        assert (answer.status_code, answer.mimetype) == (200, media_type)
    text = service.client.get("/sparql", headers={"Accept": "application/n-triples"}).text
    sd = "http://www.w3.org/ns/sparql-service-description#"
    assert f"<http://localhost/sparql> <{sd}endpoint> <http://localhost/sparql> ." in text
    assert f"<{sd}supportedLanguage> <{sd}SPARQL11Query>" in text
    assert f"<{sd}feature> <{sd}UnionDefaultGraph>" in text
    assert "SPARQL11Update" not in text
    assert "FederatedQuery" not in text
    assert text.count(f"<{sd}resultFormat>") == 8
    graphs = {line.split()[2][1:-1] for line in text.splitlines() if f"<{sd}name>" in line}
    rows = service.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").json["results"]["bindings"]
    assert graphs == {row["g"]["value"] for row in rows}


def test_a_forged_host_is_not_repeated(service: InProcess) -> None:
    answer = service.client.get("/sparql", headers={"Accept": "text/turtle", "Host": 'evil.example"/><x>'})
    assert "evil" not in answer.text


def test_a_browser_gets_a_page_with_a_strict_policy(service: InProcess) -> None:
    for query in ("", "query=ASK%20%7B%7D"):
        answer = service.client.get("/sparql", query_string=query, headers={"Accept": BROWSER})
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
    missing = service.client.get("/no-such-page", headers={"Accept": BROWSER})
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert service.client.get("/no-such-page").mimetype == PROBLEM


def test_every_answer_has_the_safe_headers(service: InProcess) -> None:
    for path in ("/sparql?query=ASK%7B%7D", "/sparql?query=ASK", "/healthz", "/readyz", "/metrics", "/nothing"):
        answer = service.client.get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"]
        assert answer.headers["KG-Release"] == service.snapshot.release
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_unicode_survives_every_way(service: InProcess) -> None:
    text = "žluťoučký 𝔘𝔫𝔦 日本語 עברית é \U0001f600"
    query = f'SELECT ?x {{ VALUES ?x {{ "{text}" }} }}'
    for answer in (
        service.query(query),
        service.client.post("/sparql", data=query.encode(), content_type="application/sparql-query"),
        service.client.post("/sparql", data=f"query={quote(query)}", content_type=FORM),
    ):
        assert answer.json["results"]["bindings"][0]["x"]["value"] == text


def test_health_readiness_and_figures(service: InProcess) -> None:
    assert service.client.get("/healthz").json == {"status": "alive"}
    assert service.client.get("/readyz").json == {"status": "ready", "release": service.snapshot.release}
    text = service.client.get("/metrics").text
    assert f'kg_release_info{{release="{service.snapshot.release}"}} 1' in text
    for name in ("kg_http_requests_total", "kg_engine_cache_hits_total", "kg_engine_workers_alive"):
        assert name in text


def test_readiness_needs_a_worker(small: tuple[object, object]) -> None:
    from tests.serve.service import in_process

    with in_process(small[0], small[1]) as service:  # type: ignore[arg-type]
        service.front.site.engine.close()
        answer = service.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json["type"].endswith("/not-ready")


def test_an_unforeseen_failure_says_nothing_of_itself(service: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret /etc/path")

    monkeypatch.setattr("kg.serve.site.Site.is_ready", fail)
    answer = service.client.get("/readyz")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json["type"].endswith("/internal")


def test_a_graph_that_is_named_twice_counts_once(service: InProcess) -> None:
    # SPARQL 1.1 Query, 13.1: a data set has graphs, not lists of them.
    for name, pattern in (("default-graph-uri", "?s ?p ?o"), ("named-graph-uri", "GRAPH ?g { ?s ?p ?o }")):
        query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
        once = service.query(query, "text/csv", extra=[(name, GRAPH + "actor")])
        twice = service.query(query, "text/csv", extra=[(name, GRAPH + "actor")] * 2)
        assert once.text == twice.text == "n\r\n400\r\n"


def test_a_script_elsewhere_may_send_conditions_and_what_its_library_adds(service: InProcess) -> None:
    for path in ("/sparql", "/questions"):
        allowed = service.client.options(path).headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"content-type", "accept", "if-match", "if-none-match", "range", "x-requested-with"} <= set(allowed)


@pytest.mark.parametrize("path", ["/questions.json", "/sparql?query=ASK%7B%7D"])
def test_any_version_matches_a_star(service: InProcess, path: str) -> None:
    assert service.client.get(path, headers={"If-Match": "*"}).status_code == 200
    assert service.client.get(path, headers={"If-Match": '"other"'}).status_code == 412
