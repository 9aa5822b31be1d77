"""What the guard lets through and what it refuses before anything parses it."""

import contextlib
import time

import pytest

from kg.engine import guard
from kg.errors import QueryRefusedError

FINE = [
    "ASK {}",
    "SELECT * WHERE { ?s ?p ?o } LIMIT 10",
    'SELECT ("SERVICE <http://x> DELETE" AS ?x) {} # INSERT DATA { SERVICE',
    "SELECT ?service ?insert WHERE { ?service <http://x/service> ?insert }",
    "PREFIX service: <http://x/> SELECT * { GRAPH service:x { ?s service:load service:drop } }",
    "PREFIX service: <http://x/> ASK FROM service:x { ?s ?p ?o }",
    "PREFIX kg: <http://x/> SELECT * { ?s kg:add kg:with ; kg:load kg:clear }",
    "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + " ".join(map(str, range(25_000))) + " } }",
    "SELECT * { ?s ?p ?o FILTER(?s IN (" + ", ".join(["<http://x>"] * 5_000) + ")) }",
    "SELECT * { " + " . ".join(f"?s <http://x/{n}> ?o{n}" for n in range(100)) + " }",
    "SELECT * { ?s (((<a:a>*)/<a:b>)+)* ?o }",
    "CONSTRUCT { " + " . ".join(f"?s <http://x/{n}> ?o" for n in range(100)) + " } WHERE { ?s ?p ?o }",
    "SELECT (?a * ?b + ?c * ?d + ?e * ?f AS ?x) { " + "BIND(1 + 2 * 3 AS ?y) " * 10 + "}",
    "SELECT * { " + "{" * 50 + "?s ?p ?o" + "}" * 50 + " }",
    'SELECT * { ?s ?p """a "quoted" text with SERVICE""" }',
    "SELECT * { ?s ?p '''it's''' }",
    "BASE <http://x/> PREFIX : <#> # comment DELETE\nDESCRIBE <a>",
]
REFUSED = [
    ("INSERT DATA { <a:a> <a:b> 1 }", "update"),
    ("insert data { <a:a> <a:b> 1 }", "update"),
    ("PREFIX a: <a:> DELETE WHERE { ?s ?p ?o }", "update"),
    ("WITH <g:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "update"),
    ("# a comment\nLOAD <http://x/>", "update"),
    ("CLEAR ALL", "update"),
    ("DROP SILENT GRAPH <g:g>", "update"),
    ("CREATE GRAPH <g:g>", "update"),
    ("COPY <a:a> TO <a:b>", "update"),
    ("MOVE <a:a> TO <a:b>", "update"),
    ("ADD <a:a> TO <a:b>", "update"),
    ("ASK {} ; INSERT DATA { <a:a> <a:b> 1 }", "update"),
    ("ASK {} ; DROP ALL", "update"),
    ("SELECT * { SERVICE <http://x/> { ?s ?p ?o } }", "service"),
    ("SELECT * { service silent <http://x/> { ?s ?p ?o } }", "service"),
    ("SELECT * { SERVICE ?x { ?s ?p ?o } }", "service"),
    ("PREFIX : <http://x/> SELECT * { SERVICE :x { ?s ?p ?o } }", "service"),
    ("SELECT * { SERVICE<http://x/>{ ?s ?p ?o } }", "service"),
    # Oxigraph reads without a tokenizer, so these are SERVICE clauses as well.
    ("SELECT * { SERVICESILENT<http://x/>{ ?s ?p ?o } }", "service"),
    ("SELECT * { ?a ?b 1SERVICE<http://x/>{ ?s ?p ?o } }", "service"),
    ("SELECT * { ?a ?b true.SERVICE<http://x/>{ ?s ?p ?o } }", "service"),
    ("PREFIX : <http://x/> SELECT * { SERVICE:x{ ?s ?p ?o } }", "service"),
    ("SELECT * { SERVICE#comment\n<http://x/> { ?s ?p ?o } }", "service"),
    ("SELECT * { \\u0053ERVICE <http://x/> { ?s ?p ?o } }", "service"),
    ("SELECT * { SERVIC\\U00000045 <http://x/> { ?s ?p ?o } }", "service"),
    ('SELECT * { ?s ?p "\\"" . SERVICE <http://x/> { } }', "service"),
    ("SELECT * { ?s ?p '''\\'''' . SERVICE <http://x/> { } }", "service"),
    ("ASK \0 {}", "nul"),
    ("SELECT * " + "{" * 200 + "}" * 200, "nesting"),
    ("SELECT * { FILTER(" + "(" * 5_000 + "1" + ")" * 5_000 + ") }", "nesting"),
    ("SELECT * { " + "FILTER EXISTS { ?s ?p ?o " * 1_000 + "}" * 1_000 + " }", "nesting"),
    ("SELECT * { ?s ?p " + "[ <a:a> " * 300 + "1" + "]" * 300 + " }", "nesting"),
    ("SELECT (" + "IF(true, " * 1_000 + "1" + ", 2)" * 1_000 + " AS ?x) {}", "nesting"),
    ("SELECT * { FILTER(" + " || ".join(["?a = 1"] * 20_000) + ") }", "operators"),
    ("SELECT * { " + " UNION ".join(["{ ?s ?p ?o }"] * 20_000) + " }", "operators"),
    ("SELECT * { FILTER(" + "!" * 10_000 + "true) }", "operators"),
    ("SELECT * { FILTER(" + "!" * 3_000 + "true) }", "operators"),
    ("SELECT * { ?s " + "|".join(["<a:a>"] * 2_000) + " ?o }", "operators"),
    ("SELECT * { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(400)) + " }", "patterns"),
    ("SELECT * { ?s " + "/".join(["<a:a>"] * 1_000) + " ?o }", "patterns"),
    ("SELECT * { " + "OPTIONAL { ?s ?p ?o } " * 300 + "}", "patterns"),
    ("SELECT * { ?s ?p " + ", ".join(["?o"] * 300) + " }", "patterns"),
    ("SELECT * { ?s " + "(" * 10 + "<a:a>*" + ")*" * 10 + " ?o }", "closures"),
]


@pytest.mark.parametrize("text", FINE, ids=range(len(FINE)))
def test_a_normal_query_passes(text: str) -> None:
    guard.inspect(text)


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[f"{n}-{r[1]}" for n, r in enumerate(REFUSED)])
def test_an_attack_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        guard.inspect(text)
    assert caught.value.reason == reason


def test_our_own_queries_may_be_as_complex_as_they_like_but_not_leave() -> None:
    guard.inspect("SELECT * " + "{" * 200 + "}" * 200, complexity=False)
    with pytest.raises(QueryRefusedError):
        guard.inspect("SELECT * { SERVICE <http://x/> {} }", complexity=False)


def test_only_listed_services_pass() -> None:
    text = "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }"
    assert guard.inspect(text, service_allow=("http://x/",)).services == ("http://x/",)
    for other in ("http://x", "http://x/y", "http://y/"):
        with pytest.raises(QueryRefusedError):
            guard.inspect(text, service_allow=(other,))


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("ASK FROM <g:g> { ?s ?p ?o }", True),
        ("ASK{}", False),
        ("SELECT*FROM<g:g>{ ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p ?o } FROM NAMED <g:g> WHERE { ?s ?p ?o }", True),
        ('SELECT ("FROM" AS ?from) { ?from <a:from> "from" } # FROM', False),
    ],
)
def test_a_dataset_clause_is_seen(text: str, own: bool) -> None:
    assert guard.inspect(text).own_dataset is own


@pytest.mark.parametrize("piece", ['"""', "'''a", "a.", "\\u", "<", "@", ":", "?", "a:", '"\\', "#", "{}", "\\u007b"])
def test_time_grows_with_the_length_only(piece: str) -> None:
    text = "ASK { " + piece * (400_000 // len(piece))
    begun = time.monotonic()
    with contextlib.suppress(QueryRefusedError):
        guard.inspect(text)
    # A quadratic reader would take minutes.
    # Without the walk's care this takes minutes; the bound leaves room for a busy machine.
    assert time.monotonic() - begun < 20
