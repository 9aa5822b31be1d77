"""The same engine contract over another SPARQL 1.1 store."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kg.engine import Engine, Limits, Query, open_engine
from kg.errors import KgError, NotAcceptableError, QueryRefusedError, QuerySyntaxError, QueryTimeoutError
from kg.snapshot import Snapshot
from tests.serve.service import ID, KG, free_port, settings_for

OXIGRAPH = Path(sys.executable).with_name("oxigraph")
pytestmark = pytest.mark.skipif(not OXIGRAPH.exists(), reason=f"LOUD: {OXIGRAPH} is absent, no remote store to ask")


@pytest.fixture(scope="module")
def remote(small: tuple[Path, Snapshot]) -> Iterator[Engine]:
    """An engine that asks a reference server on the same data."""
    port = free_port()
    command = [str(OXIGRAPH), "serve-read-only", "--location", str(small[1].store_path)]
    server = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--union-default-graph"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while not _is_up(port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield open_engine(settings_for(small[0], store=f"http://127.0.0.1:{port}/query"), small[1])
    finally:
        server.kill()
        server.wait()


def _is_up(port: int) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/query"
        return requests.get(url, params={"query": "ASK {}"}, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def test_it_answers_as_the_local_one_does(remote: Engine, shared_engine: Engine) -> None:
    for text in (
        f"SELECT * {{ <{ID}actor/a7> ?p ?o }} ORDER BY ?p ?o",
        f"SELECT (SUM(?a) AS ?sum) {{ ?s <{KG}amount> ?a }}",
    ):
        assert remote.rows(text) == shared_engine.rows(text)
    graph = f"CONSTRUCT {{ ?s ?p ?o }} {{ <{ID}actor/a7> ?p ?o BIND(<{ID}actor/a7> AS ?s) }}"
    assert sorted(remote.graph(graph).splitlines()) == sorted(shared_engine.graph(graph).splitlines())
    assert remote.ask("ASK { ?s ?p ?o }") is True
    assert remote.release == shared_engine.release


def test_its_errors_have_the_same_names(remote: Engine) -> None:
    with pytest.raises(QuerySyntaxError):
        remote.ask("ASK")
    with pytest.raises(QueryRefusedError):
        remote.ask("ASK { SERVICE <http://x/> {} }")
    with pytest.raises(NotAcceptableError):
        remote.answer(Query(text="ASK {}", results_type=None, graph_type="text/turtle"))
    with pytest.raises(QueryTimeoutError):
        bomb = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        remote.answer(Query(text=bomb, limits=Limits(seconds=0.3)))


def test_its_rows_are_cut_and_said_to_be(remote: Engine) -> None:
    cut = remote.answer(Query(text="SELECT * { ?s ?p ?o }", limits=Limits(rows=5)))
    assert len(json.loads(cut.body)["results"]["bindings"]) == 5
    assert (cut.complete, cut.limit) == (False, "rows")


def test_a_store_that_is_away_is_told(small: tuple[Path, Snapshot]) -> None:
    with pytest.raises(KgError):
        open_engine(settings_for(small[0], store=f"http://127.0.0.1:{free_port()}/query"), small[1]).ask("ASK {}")
