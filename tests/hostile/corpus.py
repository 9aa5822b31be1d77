"""Hostile requests collected by hand, each with the statuses that are right for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from tests.serve.service import GRAPH, ID, KG, LABEL

JSON = "application/sparql-results+json"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
# What a query that is too heavy may end in, wherever it is noticed.
STOPPED = frozenset({403, 413, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request.

    Attributes:
        statuses: the right ones.
        absent: text that the answer must not hold.
    """

    name: str
    method: str = "GET"
    path: str = "/sparql"
    query_string: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(("Accept", JSON),))
    body: bytes = b""
    statuses: frozenset[int]
    absent: tuple[str, ...] = ()


def asked(name: str, text: str, *statuses: int, accept: str = JSON, absent: tuple[str, ...] = ()) -> Case:
    """A query by direct POST."""
    return Case(
        name=name,
        method="POST",
        headers=(("Accept", accept), ("Content-Type", DIRECT)),
        body=text.encode("utf-8", "surrogatepass"),
        statuses=frozenset(statuses),
        absent=absent,
    )


def by_get(name: str, parameters: list[tuple[str, str]], *statuses: int, accept: str = JSON) -> Case:
    """A query by GET."""
    return Case(
        name=name,
        query_string=urlencode(parameters),
        headers=(("Accept", accept),),
        statuses=frozenset(statuses),
    )


TARGETS = (
    "http://127.0.0.1:9/",
    "http://localhost:9/",
    "http://[::1]:9/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://0.0.0.0/",
    "https://example.org/sparql",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://127.0.0.1/",
)
SERVICES = (
    "SELECT * { SERVICE <%s> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <%s> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<%s>{ ?s ?p ?o } }",
    "SELECT * { VALUES ?u { <%s> } SERVICE ?u { ?s ?p ?o } }",
    "ASK { FILTER NOT EXISTS { sErViCe <%s> { ?s ?p ?o } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { OPTIONAL { SERVICE # c\n <%s> { ?s ?p ?o } } }",
)
UPDATES = (
    "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }",
    "DELETE DATA { <urn:a> <urn:b> 1 }",
    "DELETE WHERE { ?s ?p ?o }",
    "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
    "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "LOAD <file:///etc/passwd>",
    "LOAD SILENT <http://127.0.0.1:9/x> INTO GRAPH <urn:g>",
    "CLEAR ALL",
    "CLEAR SILENT DEFAULT",
    "DROP GRAPH <urn:g>",
    "CREATE GRAPH <urn:g>",
    "COPY DEFAULT TO <urn:g>",
    "MOVE <urn:g> TO DEFAULT",
    "ADD <urn:g> TO <urn:h>",
    "PREFIX a: <urn:> # ASK {}\nINSERT DATA { a:a a:b 1 }",
    "BASE <urn:> CLEAR NAMED",
)
SCRIPTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)//",
    "{{7*7}}",
    "${7*7}",
    "<%= 7*7 %>",
    "</title><script>alert(1)</script>",
    "<!--<script>alert(1)//-->",
)
INJECTIONS = (
    "urn:g> { ?s ?p ?o } #",
    "urn:g>} SERVICE <http://127.0.0.1:9/> {",
    "urn:g\n",
    "urn:g\r\nX-Injected: yes",
    "urn:g\0",
    "not an iri",
    "/etc/passwd",
    "../../etc/passwd",
    "",
    "urn:g\"'",
    "urn:g`id`",
    "urn:{g}",
    "urn:g\\u003e",
    "urn:" + "x" * 5_000,
    "<urn:g>",
)
TRAVERSALS = (
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "..%c0%af..%c0%afetc/passwd",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "..\\..\\etc\\passwd",
    "x%00.rq",
    "..%2f..%2fpyproject.toml",
    "a" * 5_000,
    "%ff%fe",
)
PLACES = ("/", "/sparql/", "/static/", "/questions/", "/id/", "/page/actor/", "/data/actor/", "/dump/", "/reports/")


def by_hand() -> Iterator[Case]:
    """All of them."""
    for target in TARGETS:
        for number, form in enumerate(SERVICES):
            yield asked(f"ssrf-{number}-{target}", form % target, 403)
    for target in TARGETS:
        # A data set is made of graphs the release has; an unknown one is empty, and nothing is fetched.
        yield by_get(f"ssrf-graph-{target}", [("query", "ASK { ?s ?p ?o }"), ("default-graph-uri", target)], 200)
        yield asked(f"ssrf-from-{target}", f"ASK FROM <{target}> {{ ?s ?p ?o }}", 200)
        yield asked(f"ssrf-describe-{target}", f"DESCRIBE <{target}>", 200, accept="text/turtle", absent=("root:x",))
    for number, update in enumerate(UPDATES):
        yield asked(f"update-{number}-direct", update, 403)
        yield by_get(f"update-{number}-get", [("query", update)], 403)
        yield asked(f"update-{number}-after", f"ASK {{}} ; {update}", 400, 403)
        yield asked(f"update-{number}-lower", update.lower(), 403)
        yield Case(
            name=f"update-{number}-form",
            method="POST",
            headers=(("Content-Type", FORM),),
            body=urlencode({"update": update}).encode(),
            statuses=frozenset({403}),
        )
        yield Case(
            name=f"update-{number}-type",
            method="POST",
            headers=(("Content-Type", "application/sparql-update"),),
            body=update.encode(),
            statuses=frozenset({403}),
        )
    for number, script in enumerate(SCRIPTS):
        yield asked(f"xss-{number}-error", f"SELECT {script}", 400, 403, accept=BROWSER, absent=("<script>alert",))
        # The editor runs the query that an address names; this one is no SPARQL, and the page must say so unharmed.
        yield by_get(f"xss-{number}-page", [("query", script)], 400, 403, accept=BROWSER)
        yield Case(
            name=f"xss-{number}-path",
            path="/" + quote(script),
            headers=(("Accept", BROWSER),),
            statuses=frozenset({308, 404}),
            absent=(script,) if "<" in script else (),
        )
        literal = script.replace("\\", "\\\\").replace('"', '\\"')
        yield asked(f"xss-{number}-literal", f'SELECT ("{literal}" AS ?x) {{}}', 200, accept=JSON)
        yield by_get(f"xss-{number}-parameter", [("query", "ASK {}"), ("callback", script), ("format", script)], 200)
    for number, injection in enumerate(INJECTIONS):
        for name in ("default-graph-uri", "named-graph-uri"):
            yield by_get(f"inject-{name}-{number}", [("query", "ASK {}"), (name, injection)], 400)
        yield by_get(f"inject-ignored-{number}", [("query", "ASK {}"), ("name", injection)], 200)
        yield by_get(f"inject-release-{number}", [("query", "ASK {}"), ("release", injection)], 404)
    for place in PLACES:
        for number, traversal in enumerate(TRAVERSALS):
            yield Case(
                name=f"path-{place}-{number}",
                path=place + traversal,
                headers=(("Accept", "*/*"),),
                statuses=frozenset({301, 303, 308, 400, 403, 404, 405, 410}),
                absent=("root:x:", "[build-system]"),
            )
    yield from _labels()
    yield from _encodings()
    yield from _headers()
    yield from _methods()


def names_that_are_scripts() -> str:
    """Write the N-Quads that `by_hand` looks for: who can write a table must not run anything in a reader's browser."""
    lines = (
        f"<{ID}actor/xss-{number}> <{predicate}> {value} <{GRAPH}actor> ."
        for number, script in enumerate(SCRIPTS)
        for predicate, value in ((TYPE, f"<{KG}Company>"), (LABEL, json.dumps(script)))
    )
    return "\n".join(lines) + "\n"


def _labels() -> Iterator[Case]:
    """Every kind of place that shows names, on a release in which some names are scripts."""
    raw = tuple(script for script in SCRIPTS if "<" in script)
    for number, script in enumerate(SCRIPTS):
        for name, path, query in (
            ("page", f"/page/actor/xss-{number}", ""),
            ("search", "/search", urlencode({"q": script})),
            ("facet", "/actors", urlencode({"q": script})),
            ("reconcile", "/reconcile", urlencode({"query": f'{{"query": "{number}"}}', "callback": script})),
        ):
            yield Case(
                name=f"label-{number}-{name}",
                path=path,
                query_string=query,
                headers=(("Accept", BROWSER),),
                statuses=frozenset({200, 400}),
                absent=raw,
            )
    for path in (
        "/",
        "/actors",
        "/questions/names-of-actors",
        "/questions/names-of-actors.html",
        "/quality",
        "/sparql",
    ):
        query = (
            urlencode({"query": "SELECT ?s ?l { ?s ?p ?l FILTER(CONTAINS(STR(?s), 'xss')) }"})
            if "sparql" in path
            else ""
        )
        yield Case(
            name=f"label-on-{path}",
            path=path,
            query_string=query,
            headers=(("Accept", BROWSER),),
            statuses=frozenset({200}),
            absent=raw,
        )


def _encodings() -> Iterator[Case]:
    bodies = {
        "overlong": b'ASK { BIND("\xc0\xaf" AS ?x) }',
        "surrogate": b'ASK { BIND("\xed\xa0\x80" AS ?x) }',
        "cut": b'ASK { BIND("\xe6\x99" AS ?x) }',
        "latin-1": b'ASK { BIND("\xe9" AS ?x) }',
        "beyond": b'ASK { BIND("\xf4\x90\x80\x80" AS ?x) }',
        "utf-16": "ASK {}".encode("utf-16"),
        "utf-32": "ASK {}".encode("utf-32"),
        "gzip": b"\x1f\x8b\x08\x00",
    }
    for name, body in bodies.items():
        yield Case(
            name=f"bytes-{name}",
            method="POST",
            headers=(("Content-Type", DIRECT),),
            body=body,
            statuses=frozenset({400, 403}),
        )
        yield Case(name=f"bytes-{name}-get", query_string="query=" + quote(body), statuses=frozenset({400, 403}))
        yield Case(
            name=f"bytes-{name}-form",
            method="POST",
            headers=(("Content-Type", FORM),),
            body=b"query=" + quote(body).encode(),
            statuses=frozenset({400, 403}),
        )
    yield asked("bom", "\ufeffASK {}", 400)
    yield asked("nul", "ASK \0{}", 403)
    yield asked("right-to-left", "ASK { ?\u202es ?p ?o }", 200, 400)
    yield asked("zero-width", "A\u200bSK {}", 400)
    yield asked("homoglyph", "ASK { ЅERVICE <http://127.0.0.1:9/> {} }", 400)
    yield asked("full-width", "ＡＳＫ {}", 400)
    for escape in ("\\u0000", "\\uD800", "\\uDFFF", "\\U00110000", "\\UFFFFFFFF", "\\u12"):
        yield asked(f"escape-{escape}", f'SELECT ("{escape}" AS ?x) {{}}', 200, 400)
    for bad in ("%", "%Z", "%ZZ", "%u0041", "%C0%80", "+%", "%00"):
        yield Case(name=f"percent-{bad}", query_string=f"query=ASK{bad}", statuses=frozenset({400, 403}))


def _headers() -> Iterator[Case]:
    long = "a" * 20_000
    accepts = [";;;,", "/", "*", ",,,", "text/csv;q=banana", f"{long}/{long}", "a/b;" * 5_000, "\t", "q=1", "*/*;q=-1"]
    for number, accept in enumerate(accepts):
        yield Case(
            name=f"accept-{number}",
            query_string="query=ASK%7B%7D",
            headers=(("Accept", accept),),
            statuses=frozenset({200, 406}),
        )
    types = ["", "x", "/", ";;", "application/sparql-query; charset=utf-7", f'{DIRECT}; charset="', "text/html", long]
    types += ["multipart/form-data; boundary=x", "application/json", "application/xml", f"{FORM}; charset=utf-16"]
    for number, media_type in enumerate(types):
        yield Case(
            name=f"content-type-{number}",
            method="POST",
            headers=(("Content-Type", media_type),),
            body=b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
            statuses=frozenset({400, 415}),
            absent=("root:x",),
        )
    others = [
        ("If-None-Match", '"' + long), ("If-None-Match", '""'), ("Range", "bytes=0-0,1-1"),
        ("Accept-Encoding", "gzip;q=0, " * 2_000), ("Accept-Encoding", "gzip,gzip,gzip"), ("Cookie", long),
        ("X-Forwarded-For", "127.0.0.1, " * 500), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "for=evil"),
        ("X-HTTP-Method-Override", "DELETE"), ("X-Original-URL", "/admin"), ("X-Rewrite-URL", "/admin"),
        ("Host", "evil.example"), ("Host", "evil.example/../x"), ("Origin", "https://evil.example"),
        ("Authorization", "Basic " + long), ("Expect", "nothing"), ("Transfer-Encoding", "xchunked"),
        ("Content-Length", "-1"), ("Connection", "upgrade"), ("Upgrade", "h2c"), ("Referer", "javascript:alert(1)"),
    ]  # fmt: skip
    for number, (name, value) in enumerate(others):
        yield Case(
            name=f"header-{name}-{number}",
            query_string="query=ASK%7B%7D",
            headers=(("Accept", JSON), (name, value)),
            statuses=frozenset({200, 400}),
            absent=("evil",),
        )

    yield Case(
        name="header-If-None-Match-any",
        query_string="query=ASK%7B%7D",
        headers=(("Accept", JSON), ("If-None-Match", "*")),
        statuses=frozenset({304}),
    )


def _methods() -> Iterator[Case]:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "QUERY", "get", "X" * 300, "<script>"):
        yield Case(
            name=f"method-{method[:10]}",
            method=method,
            query_string="query=ASK%7B%7D",
            statuses=frozenset({405}),
            absent=("<script>",),
        )
    for name in ("PUT", "POST", "DELETE"):
        yield Case(
            name=f"store-{name}",
            method=name,
            query_string="graph=urn%3Ag",
            headers=(("Content-Type", "application/n-triples"),),
            body=b"<urn:a> <urn:b> <urn:c> .",
            statuses=frozenset({405, 415}),
        )
    yield by_get("two-queries", [("query", "ASK {}")] * 2, 400)
    yield by_get("many-parameters", [(f"p{n}", "v") for n in range(5_000)], 400)
    yield by_get("many-graphs", [("query", "ASK {}")] + [("default-graph-uri", f"urn:{n}") for n in range(150)], 200)
    yield by_get("parameter-pollution", [("query", "ASK {}"), ("Query", "CLEAR ALL"), ("query[]", "CLEAR ALL")], 200)
    yield Case(name="semicolon", query_string="query=ASK%7B%7D;update=CLEAR+ALL", statuses=frozenset({400, 403}))
    yield asked("long-text", "ASK {} #" + "x" * 2_000_000, 413)
    yield asked("long-iri", "ASK { <urn:" + "x" * 200_000 + "> ?p ?o }", 200)
    yield asked("long-name", "ASK { ?" + "x" * 200_000 + " ?p ?o }", 200)
    yield asked("long-literal", 'ASK { ?s ?p "' + "x" * 200_000 + '" }', 200)
