"""Stores that are down, slow, redirect, lie, break off or refuse: one clear line, nothing half-applied."""

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import requests

from kg.engine.remote import RemoteEngine
from kg.engine.store_http import (
    StoreAddresses,
    StoreClient,
    StoreCredentialsError,
    StoreError,
    addresses,
    login,
)
from kg.engine.types import Limits
from kg.errors import ConfigError, KgError, QueryTimeoutError, QueryTooLargeError
from kg.snapshot import Snapshot
from tests.conftest import run_kg
from tests.links import answers
from tests.serve.service import in_process, publish_text, sample_quads, settings_for
from tests.stores.servers import oxigraph


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    folder = tmp_path_factory.mktemp("failing") / "snapshots"
    return folder, publish_text(folder, sample_quads(actors=20))


FAILURES = [
    (answers.redirects, "redirects elsewhere"),
    (answers.html, "answered text/html"),
    (answers.lies, "no SPARQL result"),
    (answers.too_deep, "no SPARQL result"),
    (answers.breaks_off, "broke off"),
    (answers.missing, "nothing at /api"),
    (answers.broken, "answered 500"),
]


@pytest.mark.parametrize(("behaviour", "words"), FAILURES)
def test_opening_a_failing_store_says_what_is_wrong(
    behaviour: Callable[[answers.Handler], None], words: str, small: tuple[Path, Snapshot]
) -> None:
    with answers.answering(behaviour) as server, pytest.raises(StoreError, match=words):
        RemoteEngine(settings_for(small[0], store=server.url), small[1].release)


@pytest.mark.parametrize(("behaviour", "words"), FAILURES)
def test_publishing_to_a_failing_store_is_one_line(
    behaviour: Callable[[answers.Handler], None], words: str, small: tuple[Path, Snapshot]
) -> None:
    with answers.answering(behaviour) as server:
        result = run_kg("publish", "--snapshots", small[0], "--to", server.url, "--update", server.url)
    assert result.code == 1
    told = [line for line in result.err.splitlines() if line.startswith("kg: ")]
    assert len(told) == 1 and words in told[0]
    assert "Traceback" not in result.err and result.out == ""


def test_refused_credentials_name_the_variable_and_never_the_secret(
    small: tuple[Path, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KG_STORE_CREDENTIALS", "me:very-secret")
    with answers.answering(answers.refuses) as server:
        settings = settings_for(small[0], store=server.url, store_credentials="me:very-secret")
        with pytest.raises(StoreCredentialsError, match="KG_STORE_CREDENTIALS"):
            RemoteEngine(settings, small[1].release)
        result = run_kg("publish", "--snapshots", small[0], "--to", server.url)
    assert result.code == 2 and "KG_STORE_CREDENTIALS" in result.err
    assert "very-secret" not in result.err + result.out + repr(settings)
    shown = run_kg("config").out
    assert "very-secret" not in shown and "not shown" in shown


def test_a_store_that_is_down_slow_or_dripping_is_left_in_time(small: tuple[Path, Snapshot]) -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        RemoteEngine(settings_for(small[0], store="http://127.0.0.1:9/sparql"), small[1].release)
    (small[0].parent / "db").mkdir()
    with oxigraph(small[0].parent / "db") as store:
        assert run_kg("publish", "--snapshots", small[0], "--to", store.query).code == 0
        engine = RemoteEngine(settings_for(small[0], store=store.query), small[1].release)
        for behaviour in (answers.slow, answers.drips):
            with answers.answering(behaviour) as server:
                engine._client.where = addresses(server.url)
                begun = time.monotonic()
                with pytest.raises(QueryTimeoutError):
                    engine.rows("SELECT * { ?s ?p ?o }", limits=Limits(seconds=0.5))
                assert time.monotonic() - begun < 1.5
        engine._client.where = addresses(store.query)
        assert engine.ask("ASK { ?s ?p ?o }")
        with pytest.raises(QueryTooLargeError):
            engine.rows("SELECT * { ?s ?p ?o . ?a ?b ?c }", limits=Limits(bytes=1000))
        engine.close()


def test_a_store_that_takes_a_large_graph_slowly_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.engine.store_http._CONNECT_S", 0.2)
    body = b"x" * 20_000_000

    def take(listener: socket.socket) -> None:
        link, _ = listener.accept()
        with link, link.makefile("rb") as stream:
            time.sleep(0.6)
            while stream.readline().strip():
                pass
            stream.read(len(body))
            link.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=take, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        client = StoreClient(StoreAddresses(query=url, graphs=url))
        client.put_graph("urn:g", body, seconds=60.0)
        client.close()


def test_a_store_that_goes_away_gives_503_and_comes_back(small: tuple[Path, Snapshot], tmp_path: Path) -> None:
    with oxigraph(tmp_path) as store:
        assert run_kg("publish", "--snapshots", small[0], "--to", store.query).code == 0
        with in_process(*small, store=store.query) as service:
            remote = service.front.site.engine
            assert isinstance(remote, RemoteEngine)
            where = remote._client.where
            remote._client.where = addresses("http://127.0.0.1:9/query")
            down = service.query("SELECT (1 AS ?one) {}")
            assert down.status_code == 503 and "Retry-After" in down.headers
            assert "cannot be reached" in down.json["detail"]
            assert service.client.get("/readyz").status_code == 503
            remote._client.where = where
            assert service.query("SELECT (1 AS ?one) {}").status_code == 200


def test_a_store_without_the_release_is_told_what_to_do(small: tuple[Path, Snapshot], tmp_path: Path) -> None:
    with oxigraph(tmp_path) as store, pytest.raises(ConfigError, match="kg publish --to URL"):
        RemoteEngine(settings_for(small[0], store=store.query), small[1].release)


def test_a_load_that_breaks_off_switches_nothing_and_goes_on_later(
    small: tuple[Path, Snapshot], tmp_path: Path
) -> None:
    with oxigraph(tmp_path) as store:
        relayed = 0

        def relay(handler: answers.Handler) -> None:
            """Pass on, but fail after the third graph."""
            nonlocal relayed
            target = store.query.rpartition("/")[0] + handler.path.replace("/api", "", 1)
            if handler.command == "PUT":
                relayed += 1
                if relayed > 3:
                    answers.breaks_off(handler)
                    return
            kept = {name: value for name, value in handler.headers.items() if name in ("Accept", "Content-Type")}
            got = requests.request(handler.command, target, data=handler.body, headers=kept, timeout=10)
            handler.say(got.status_code, got.content, got.headers.get("Content-Type", "text/plain"))

        with answers.answering(relay) as server:
            command = (
                "publish",
                "--snapshots",
                small[0],
                "--to",
                f"{server.url}/query",
                "--update",
                f"{server.url}/update",
            )
            first = run_kg(*command, "--graphs", f"{server.url}/store")
            assert first.code == 1 and "broke off" in first.err
            pointer = requests.post(
                store.query,
                data={"query": "ASK { ?s <https://w3id.org/cityledger/ontology#hostsRelease> ?r }"},
                timeout=10,
            )
            assert pointer.json()["boolean"] is False
            relayed = -100
            second = run_kg(*command, "--graphs", f"{server.url}/store")
            assert second.code == 0, second.err
            sent = int(second.out.split(" graphs sent")[0].rpartition(" ")[2])
            graphs = int(second.out.split(" graphs, ")[0].rpartition(" ")[2]) + 1
            assert sent == graphs - 3


def test_a_store_that_changes_what_it_was_given_is_not_switched_to(
    small: tuple[Path, Snapshot], tmp_path: Path
) -> None:
    with oxigraph(tmp_path) as store:
        assert run_kg("publish", "--snapshots", small[0], "--to", store.query, "--verify", "counts").code == 0
        graph = f"https://w3id.org/cityledger/hosted/{small[1].release}/actor"
        change = (
            f'DELETE {{ GRAPH <{graph}> {{ ?s ?p "actor 3"@en }} }} '
            f'INSERT {{ GRAPH <{graph}> {{ ?s ?p "actor three"@en }} }} '
            f'WHERE {{ GRAPH <{graph}> {{ ?s ?p "actor 3"@en }} }}'
        )
        assert requests.post(store.query.replace("/query", "/update"), data={"update": change}, timeout=10).ok
        result = run_kg("publish", "--snapshots", small[0], "--to", store.query)
        assert result.code == 1 and "not switched" in result.err and "actor 3" in result.err
        mended = run_kg("publish", "--snapshots", small[0], "--to", store.query, "--fresh")
        assert mended.code == 0, mended.err


@pytest.mark.parametrize(
    ("query", "update", "graphs"),
    [
        ("http://h:7878/query", "http://h:7878/update", "http://h:7878/store"),
        ("http://h:3030/ds/sparql", "http://h:3030/ds/update", "http://h:3030/ds/data"),
        ("http://h/repositories/r", "http://h/repositories/r/statements", "http://h/repositories/r/rdf-graphs/service"),
        ("http://h:8890/sparql", "http://h:8890/sparql", ""),
        ("http://h/odd", "", ""),
    ],
)
def test_the_other_addresses_of_common_servers_are_known(query: str, update: str, graphs: str) -> None:
    where = addresses(query)
    assert (where.update, where.graphs) == (update, graphs)


def test_credentials_have_three_forms() -> None:
    kinds = [type(login(text)).__name__ for text in ("", "a:b", "digest:a:b", "bearer:t")]
    assert kinds == ["NoneType", "HTTPBasicAuth", "HTTPDigestAuth", "_Bearer"]


def test_errors_of_stores_are_ours() -> None:
    assert issubclass(StoreError, KgError) and issubclass(StoreCredentialsError, KgError)


@pytest.mark.parametrize(
    ("header", "words"), [("X-SPARQL-MaxRows", "cut its answer at 1 rows"), ("X-SQL-State", "gave a part")]
)
def test_a_part_of_an_answer_is_never_taken_for_the_whole(header: str, words: str) -> None:
    """Virtuoso sends it with status 200 and tells it in a header only."""
    body = b'{"head": {"vars": ["s"]}, "results": {"bindings": []}}'
    value = "1" if header.endswith("Rows") else "S1TAT"

    def part(handler: answers.Handler) -> None:
        handler.say(200, body, "application/sparql-results+json", **{header: value})

    with answers.answering(part) as server, pytest.raises(KgError, match=words):
        client = StoreClient(addresses(server.url))
        client.query("SELECT ?s {}", accept=["application/sparql-results+json"], seconds=5.0, most_bytes=1000)


def cuts_at_two(handler: answers.Handler) -> None:
    """A store with the release alone in it that gives two rows of all things and says so, as Virtuoso does."""
    query = parse_qs(handler.body.decode())["query"][0]
    if "ASK" in query:
        body, kind = b'{"head": {}, "boolean": true}', "application/sparql-results+json"
    elif "CONSTRUCT" in query:
        body, kind = b"<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> <urn:d> .\n", "application/n-triples"
    else:
        cells = [] if "GRAPH" in query else [{"s": {"type": "uri", "value": f"urn:{n}"}} for n in (1, 2)]
        body = json.dumps({"head": {"vars": ["s"]}, "results": {"bindings": cells}}).encode()
        kind = "application/sparql-results+json"
    handler.say(200, body, kind, **({} if "GRAPH" in query else {"X_SPARQL_MaxRows": "2"}))


def test_an_answer_that_a_store_cut_is_given_and_said_to_be_cut(small: tuple[Path, Snapshot]) -> None:
    with answers.answering(cuts_at_two) as server, in_process(*small, store=server.url) as service:
        for _ in ("asked", "kept"):
            table = service.query("SELECT ?s { ?s ?p ?o }")
            assert table.status_code == 200, table.text
            assert [row["s"]["value"] for row in table.json["results"]["bindings"]] == ["urn:1", "urn:2"]
            assert (table.headers["KG-Complete"], table.headers["KG-Limit"]) == ("false", "rows")
        graph = service.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", accept="application/n-triples")
        assert graph.status_code == 200 and graph.text.count("\n") == 2
        assert (graph.headers["KG-Complete"], graph.headers["KG-Limit"]) == ("false", "rows")
        # A yes or no has no second half.
        yes = service.query("ASK { ?s ?p ?o }")
        assert yes.json["boolean"] is True and yes.headers["KG-Complete"] == "true"
