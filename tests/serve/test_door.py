"""What the real server sends where a test client would not notice: files, parts of them, many at once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from kg import snapshot
from kg.errors import SlowRequestError
from kg.serve.bodies import BodyGate
from tests.serve.service import Server, running
from tests.stores import backend

# What is longer is sent from its file.
WHOLE = 8_000_000


@pytest.fixture(scope="module")
def real(real_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    backend.hold(snapshot.current(real_snapshots))
    with running(real_snapshots, tmp_path_factory.mktemp("door") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def dump(real: Server, real_snapshots: Path) -> tuple[str, bytes]:
    one = snapshot.current(real_snapshots)
    content = (one.files / "dump" / "cityledger.nq").read_bytes()
    assert len(content) > WHOLE + 1_000_000
    return f"{real.url}/dump/{one.release}/cityledger.nq", content


def test_a_large_dump_comes_whole(dump: tuple[str, bytes]) -> None:
    address, content = dump
    answer = requests.get(address, timeout=30)
    assert answer.headers["Content-Length"] == str(len(content))
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(content).digest()
    head = requests.head(address, timeout=5)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    ("field", "start", "end"),
    [("0-99", 0, 100), ("7-7", 7, 8), (f"5-{WHOLE + 500_000}", 5, WHOLE + 500_001), ("-100", -100, None)],
)
def test_a_part_of_a_dump_is_that_part(dump: tuple[str, bytes], field: str, start: int, end: int | None) -> None:
    address, content = dump
    answer = requests.get(address, headers={"Range": f"bytes={field}"}, timeout=30)
    assert answer.status_code == 206
    assert answer.content == content[start:end]


def test_a_part_that_is_not_there_is_416(dump: tuple[str, bytes]) -> None:
    answer = requests.get(dump[0], headers={"Range": f"bytes={len(dump[1])}-"}, timeout=5)
    assert answer.status_code == 416


def test_more_requests_than_workers_and_threads_are_all_answered(real: Server) -> None:
    # Distinct texts, so that none comes from what is kept; pages between, which ask for workers from threads.
    def ask(number: int) -> int:
        if number % 5 == 0:
            return requests.get(f"{real.url}/projects?page={number % 7 + 1}", timeout=30).status_code
        query = f"SELECT ?s {{ ?s a <https://w3id.org/cityledger/ontology#City> }} LIMIT 5 #{number}"
        return requests.get(f"{real.url}/sparql", params={"query": query}, timeout=30).status_code

    with ThreadPoolExecutor(40) as pool:
        statuses = set(pool.map(ask, range(400)))
    # A store elsewhere is asked few things at one time, and those who wait too long for a slow one are told so.
    assert statuses == {200} or (backend.settings() and statuses == {200, 503})


def test_paths_that_are_no_text_are_not_found(real: Server) -> None:
    for path in ("/%ff%fe", "/projects/%E4%BA%AC", "/%00", "/..%2f..%2fetc/passwd"):
        assert requests.get(real.url + path, timeout=10).status_code == 404, path


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"ASK"
        await asyncio.Event().wait()

    monkeypatch.setattr("kg.serve.bodies._WITHIN_S", 0.05)
    gate = BodyGate(2, 1)

    async def send() -> None:
        with pytest.raises(SlowRequestError, match="not here within"):
            await gate.read({"CONTENT_LENGTH": "50"}, never(), "one")
        # Who has given up no longer counts.
        environ: dict[str, Any] = {"CONTENT_LENGTH": "3"}
        await gate.read(environ, one_piece(), "one")
        assert environ["wsgi.input"].read() == b"ASK"

    async def one_piece() -> AsyncIterator[bytes]:
        yield b"ASK"

    # In a thread of its own: the browser of other tests leaves a loop running in this one.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, send()).result()
