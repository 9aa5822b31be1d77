"""SERVICE: refused by default, open to the endpoints that the configuration names, and slices that need no network."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from kg import snapshot
from kg.catalog import run
from kg.catalog.load import Catalog
from kg.engine.local import LocalEngine
from tests.links import answers
from tests.serve.service import InProcess, in_process, publish_text, sample_quads
from tests.stores.servers import oxigraph


def test_named_endpoints_may_be_asked_and_no_others(tmp_path: Path) -> None:
    one = publish_text(tmp_path / "snapshots", sample_quads(actors=5))
    (tmp_path / "db").mkdir()
    with oxigraph(tmp_path / "db") as store, answers.answering(answers.html) as stranger:
        update = {"update": 'INSERT DATA { <urn:outside> <urn:says> "hello" }'}
        assert requests.post(store.query.replace("/query", "/update"), data=update, timeout=10).ok
        text = "SELECT ?word {{ SERVICE <{}> {{ <urn:outside> <urn:says> ?word }} }}"
        with in_process(tmp_path / "snapshots", one, service_allow=(store.query,), query_seconds=10.0) as service:
            allowed = service.query(text.format(store.query))
            assert allowed.status_code == 200, allowed.text
            assert [row["word"]["value"] for row in allowed.json["results"]["bindings"]] == ["hello"]
            for other in (stranger.url, "http://127.0.0.1:9/"):
                refused = service.query(text.format(other))
                assert (refused.status_code, refused.json["reason"]) == (403, "service")
            hidden = f"SELECT * {{ VALUES ?s {{ <{stranger.url}> }} SERVICE ?s {{ ?a ?b ?c }} }}"
            assert service.query(hidden).status_code == 403
        with in_process(tmp_path / "snapshots", one) as closed:
            assert closed.query(text.format(store.query)).status_code == 403
        assert stranger.requests == 0


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (answers.html, "answered text/html"),
        (answers.lies, "something else than a SPARQL result"),
        (answers.too_deep, "something else than a SPARQL result"),
        (answers.breaks_off, "broke off"),
        (answers.broken, "answered 500"),
        (answers.refuses, "refuses us"),
        (answers.redirects, "redirects elsewhere"),
    ],
)
def test_an_allowed_endpoint_that_fails_is_told(
    open_to: Callable[[str], InProcess], behaviour: Callable[[answers.Handler], None], words: str
) -> None:
    with answers.answering(behaviour) as broken:
        service = open_to(broken.url)
        failed = service.query(f"SELECT * {{ SERVICE <{broken.url}> {{ ?a ?b ?c }} }}")
        assert (failed.status_code, failed.mimetype) == (503, "application/problem+json")
        assert words in failed.json["detail"]
        silent = service.query(f"SELECT * {{ BIND(1 AS ?one) SERVICE SILENT <{broken.url}> {{ ?a ?b ?c }} }}")
        assert [row["one"]["value"] for row in silent.json["results"]["bindings"]] == ["1"]


def test_a_redirect_leads_nowhere_else(open_to: Callable[[str], InProcess]) -> None:
    with answers.answering(answers.html) as elsewhere:

        def away(handler: answers.Handler) -> None:
            handler.say(302, b"", "text/plain", Location=elsewhere.url)

        with answers.answering(away) as allowed:
            failed = open_to(allowed.url).query(f"ASK {{ SERVICE <{allowed.url}> {{ ?a ?b ?c }} }}")
            assert failed.status_code == 503
            assert (allowed.requests, elsewhere.requests) == (1, 0)


@pytest.mark.parametrize("behaviour", [answers.drips, answers.drips_head, answers.slow])
def test_a_slow_endpoint_is_left_in_time(
    open_to: Callable[[str], InProcess], behaviour: Callable[[answers.Handler], None]
) -> None:
    with answers.answering(behaviour) as slow:
        service = open_to(slow.url)
        begun = time.monotonic()
        late = service.query(f"ASK {{ SERVICE <{slow.url}> {{ ?a ?b ?c }} }}")
        assert (late.status_code, late.headers["KG-Limit"]) == (503, "seconds")
        assert time.monotonic() - begun < 3


def test_an_endpoint_may_not_give_too_much(open_to: Callable[[str], InProcess]) -> None:
    with answers.answering(_rows([{"n": {"type": "literal", "value": str(n)}} for n in range(10_001)])) as much:
        refused = open_to(much.url).query(f"SELECT * {{ SERVICE <{much.url}> {{ ?a ?b ?n }} }}")
        assert (refused.status_code, refused.headers["KG-Limit"]) == (413, "service-rows")


def test_whatever_an_endpoint_gives_stays_a_term(open_to: Callable[[str], InProcess]) -> None:
    words = ["} SERVICE <http://127.0.0.1:9/> { ?a ?b ?c }", '" } #', "\\", "a\nb", "\\u0022", "智慧"]
    cells = [{"type": "literal", "value": word} for word in words]
    cells += [
        {"type": "uri", "value": "urn:a"},
        {"type": "literal", "value": "x", "xml:lang": "en-gb"},
        {"type": "literal", "value": "1.5", "datatype": "http://www.w3.org/2001/XMLSchema#decimal"},
    ]
    with answers.answering(_rows([{"n": cell} for cell in cells] + [{}])) as server:
        service = open_to(server.url)
        found = service.query(f"SELECT ?n {{ SERVICE <{server.url}> {{ ?a ?b ?n }} }}")
        assert [row.get("n") for row in found.json["results"]["bindings"]] == [*cells, None]
        # Another server had its part, so nobody keeps the answer.
        assert found.headers["Cache-Control"] == "no-store" and "ETag" not in found.headers
        service.query(f"SELECT ?n {{ SERVICE <{server.url}> {{ ?a ?b ?n }} }}")
        assert server.requests == 2
    bad = ({"type": "uri", "value": "urn:a> <urn:b"}, {"type": "literal", "value": "x", "xml:lang": "en ; x"})
    for cell in bad:
        with answers.answering(_rows([{"n": cell}])) as server:
            failed = open_to(server.url).query(f"SELECT ?n {{ SERVICE <{server.url}> {{ ?a ?b ?n }} }}")
            assert failed.status_code == 503 and "something else than a SPARQL result" in failed.json["detail"]


def _rows(rows: list[dict[str, Any]]) -> Callable[[answers.Handler], None]:
    body = json.dumps({"head": {"vars": ["n"]}, "results": {"bindings": rows}}).encode()
    return lambda handler: handler.say(200, body, "application/sparql-results+json")


@pytest.fixture
def open_to(tmp_path: Path) -> Iterator[Callable[[str], InProcess]]:
    """A service on a few things that lets queries ask one endpoint."""
    with contextlib.ExitStack() as running:

        def start(url: str) -> InProcess:
            folder = tmp_path / str(len(list(tmp_path.iterdir()))) / "snapshots"
            one = publish_text(folder, sample_quads(actors=2))
            return running.enter_context(in_process(folder, one, service_allow=(url,), query_seconds=2.0))

        yield start


@pytest.fixture(scope="module")
def answered(real_snapshots: Path) -> list[dict[str, str]]:
    one = snapshot.current(real_snapshots)
    found = run(LocalEngine(one), Catalog.load(one.files / "queries").question("our-claim-beside-aiddata"), {})
    return [
        {name: cell.value for name, cell in zip(found.columns, row, strict=True) if cell is not None}
        for row in found.rows
    ]


@pytest.mark.parametrize(
    ("project", "record", "ours", "theirs", "comparison"),
    [
        ("ecu911", "39281", ("15400000", "USD"), ("240000000", "USD"), "other amount"),
        ("ecu911", "59325", ("15400000", "USD"), ("97000000", "CNY"), "other currency"),
        ("safe-philippines-1", "63248", ("380000000", "USD"), ("257900000", "USD"), "other amount"),
        ("senegal-data-center", "73114", ("70000000", "EUR"), ("1050000000", "CNY"), "other currency"),
        ("accra-traffic-monitoring", "73140", ("88000000", "EUR"), ("210600000", "USD"), "other currency"),
    ],
)
def test_known_disagreements_in_money_are_shown(
    answered: list[dict[str, str]],
    project: str,
    record: str,
    ours: tuple[str, str],
    theirs: tuple[str, str],
    comparison: str,
) -> None:
    fitting = [
        row
        for row in answered
        if row["project"].endswith(f"/{project}")
        and row["record"].endswith(f"/{record}")
        and (row.get("amount"), row.get("currency")) == ours
    ]
    assert fitting
    assert (fitting[0]["theirAmount"], fitting[0]["theirCurrency"]) == theirs
    assert fitting[0]["comparison"] == comparison


def test_an_unstated_amount_of_ours_is_no_disagreement(answered: list[dict[str, str]]) -> None:
    unstated = [row for row in answered if "amount" not in row]
    assert unstated and {row["comparison"] for row in unstated} == {"ours unstated"}


def test_the_slices_say_whose_data_they_are(real_snapshots: Path) -> None:
    engine = LocalEngine(snapshot.current(real_snapshots))
    rows = engine.rows(
        "PREFIX dcterms: <http://purl.org/dc/terms/> SELECT ?g ?holder ?licence ?day { GRAPH ?g { ?g dcterms:license "
        "?licence ; dcterms:rightsHolder ?holder ; dcterms:issued ?day ; dcterms:source ?source } } ORDER BY ?g"
    ).rows
    texts = [tuple(cell.value for cell in row if cell is not None) for row in rows]
    assert [text[0].rpartition("-")[2] for text in texts] == ["aiddata", "countries"]
    assert "AidData, William & Mary" in texts[0][1] and "opendatacommons.org/licenses/by" in texts[0][2]
