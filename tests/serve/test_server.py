"""The real server: starting, stopping, and the shared protocol check."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from kg.errors import ConfigError, SnapshotError
from kg.serve.server import serve
from kg.snapshot import Snapshot
from tests.conftest import SHARED
from tests.serve.service import Server, is_running, publish_text, running, sample_quads, settings_for, starting
from tests.stores.backend import failing_checks

CHECK = SHARED / "tools" / "protocol_check.py"


def test_the_protocol_check_passes(server: Server, tmp_path: Path) -> None:
    if not CHECK.is_file():
        pytest.skip(f"LOUD: {CHECK} is absent, the shared protocol check did not run")
    report = tmp_path / "report.json"
    result = subprocess.run(
        [sys.executable, str(CHECK), "--url", f"{server.url}/sparql", "--json", str(report)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    listed = failing_checks()
    assert result.returncode == (1 if listed else 0), result.stdout[-3_000:]
    failed = {
        (one["id"], one["severity"]) for one in json.loads(report.read_text())["results"] if one["status"] == "FAIL"
    }
    # Oxigraph normalises literals (`1.10` to `1.1`) when it stores them; identifiers are strings for that reason.
    # What is listed fails each time: a check that passes again is taken off the list.
    assert listed <= failed <= {("R10", "should")} | listed


def test_a_client_that_stops_in_the_middle_holds_nobody_up(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    links = []
    # More than there are threads.
    for _ in range(100):
        link = socket.create_connection((host, int(port)))
        link.sendall(
            b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
            b"Content-Length: 50\r\n\r\nASK"
        )
        links.append(link)
    try:
        # They never finish, so any answer at all shows that they hold nobody up.
        assert requests.get(f"{server.url}/sparql", params={"query": "ASK {}"}, timeout=30).status_code == 200
        # The one client that holds a quarter of the threads may send no more bodies until it lets go.
        refused = requests.post(f"{server.url}/sparql", data={"query": "ASK {}"}, timeout=5)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
    finally:
        for link in links:
            link.close()
    deadline = time.monotonic() + 30
    while requests.post(f"{server.url}/sparql", data={"query": "ASK {}"}, timeout=5).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_connections_that_do_nothing_keep_nobody_out(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as stack:
        # Twice as many as there are threads, each kept open after an answer; a server closes those after 10 s.
        for _ in range(128):
            link = stack.enter_context(socket.create_connection((host, int(port)), timeout=8))
            link.sendall(head)
            assert link.recv(65_536).startswith(b"HTTP/1.1 200")


def test_a_published_release_is_taken_up_by_the_running_server(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    publish_text(folder, sample_quads(10, "first"))
    with running(folder, tmp_path / "log") as server:
        stop = threading.Event()
        statuses: list[int] = []

        def read() -> None:
            with requests.Session() as session:
                while not stop.is_set():
                    answer = session.get(f"{server.url}/sparql", params={"query": f"ASK {{}} #{time.monotonic_ns()}"})
                    statuses.append(answer.status_code)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        second = publish_text(folder, sample_quads(10, "second"))
        deadline = time.monotonic() + 30
        while requests.get(f"{server.url}/readyz", timeout=5).json()["release"] != second.release:
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.05)
        stop.set()
        reader.join()
        assert set(statuses) == {200}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_leaves_no_process(small: tuple[Path, Snapshot], tmp_path: Path, number: signal.Signals) -> None:
    with running(small[0], tmp_path / "log") as server:
        bomb = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
        asking = threading.Thread(target=lambda: _quietly(f"{server.url}/sparql", bomb))
        asking.start()
        time.sleep(0.3)
        processes = server.processes()
        assert len(processes) >= 5
        server.process.send_signal(number)
        assert server.process.wait(15) in (0, -number, 128 + number)
        asking.join()
        deadline = time.monotonic() + 30
        while any(is_running(pid) for pid in processes):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("delay_s", [0.3, 0.7, 1.0, 1.3])
def test_stopping_during_start_up_is_quick(small: tuple[Path, Snapshot], tmp_path: Path, delay_s: float) -> None:
    with starting(small[0], tmp_path / "log") as server:
        time.sleep(delay_s)
        processes = server.processes()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(8)
        deadline = time.monotonic() + 30
        while any(is_running(pid) for pid in processes):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_server_that_is_killed_leaves_no_process(small: tuple[Path, Snapshot], tmp_path: Path) -> None:
    with running(small[0], tmp_path / "log") as server:
        processes = server.processes()
        for pid in processes:
            # Everything but the workers and their zygote, which must notice on their own.
            if b"zygote" not in (Path("/proc") / str(pid) / "cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(is_running(pid) for pid in processes):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _quietly(url: str, text: str) -> None:
    with contextlib.suppress(requests.RequestException):
        requests.get(url, params={"query": text}, timeout=10)


def test_a_port_in_use_is_a_clear_error(small: tuple[Path, Snapshot]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port} is in use; choose another with --port"):
            serve(settings_for(small[0], port=port))


def test_no_snapshot_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="kg build"):
        serve(settings_for(tmp_path / "none"))


def test_a_damaged_current_release_falls_back_loudly(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    first = publish_text(folder, sample_quads(10, "first"))
    second = publish_text(folder, sample_quads(10, "second"))
    file = next(second.store_path.glob("*.sst"))
    second.store_path.chmod(0o755)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-10])
    begun = time.monotonic()
    with running(folder, tmp_path / "log") as server:
        assert requests.get(f"{server.url}/readyz", timeout=5).json()["release"] == first.release
        assert time.monotonic() - begun < 60
        assert "is damaged" in server.log.read_text()


def test_the_access_log_has_no_address_and_no_query(small: tuple[Path, Snapshot], tmp_path: Path) -> None:
    with running(small[0], tmp_path / "log", {"access_log": True}) as server:
        requests.get(f"{server.url}/sparql", params={"query": "ASK { <urn:secret> ?p ?o }"}, timeout=5)
        # The line is written after the answer has gone.
        deadline = time.monotonic() + 30
        while not (lines := [line for line in server.log.read_text().splitlines() if '"/sparql"' in line]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    entry = json.loads(lines[-1])
    assert set(entry) == {"time", "method", "path", "status", "ms", "bytes", "release", "cached"}
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/sparql", 200)
    assert "127.0.0.1" not in lines[-1]
    assert "secret" not in lines[-1]


def test_each_request_has_its_line_also_when_the_service_ends(small: tuple[Path, Snapshot], tmp_path: Path) -> None:
    with running(small[0], tmp_path / "log", {"access_log": True}) as server:

        def ask(number: int) -> int:
            query = {"query": f"ASK {{}} #{number}"}
            return requests.get(f"{server.url}/sparql", params=query, timeout=30).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(200))) == {200}
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if '"/sparql"' in line]
    assert len(lines) == 200
    assert {line["status"] for line in lines} == {200}
