"""SERVICE: refused by default, open to the endpoints that the configuration names, and slices that need no network."""

from pathlib import Path

import pytest
import requests

from kg import snapshot
from kg.catalog import run
from kg.catalog.load import Catalog
from kg.engine.local import LocalEngine
from tests.links import answers
from tests.serve.service import in_process, publish_text, sample_quads
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


def test_an_allowed_endpoint_that_fails_is_told(tmp_path: Path) -> None:
    one = publish_text(tmp_path / "snapshots", sample_quads(actors=5))
    with answers.answering(answers.html) as broken:
        text = f"SELECT * {{ SERVICE <{broken.url}> {{ ?a ?b ?c }} }}"
        with in_process(tmp_path / "snapshots", one, service_allow=(broken.url,), query_seconds=5.0) as service:
            failed = service.query(text)
            assert failed.status_code in {400, 403, 503} and failed.mimetype == "application/problem+json"


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
