"""No query reaches the network, whether or not the guard looks."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.engine import Query, isolation
from kg.engine.pool import PoolEngine
from kg.errors import ConfigError, KgError, QueryRefusedError, QueryTooLargeError

StartEngine = Callable[..., PoolEngine]


class Listener:
    """Counts connections to a port of this machine."""

    def __init__(self) -> None:
        self.hits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            body = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
            connection.sendall(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A port that must see nothing."""
    listener = Listener()
    yield listener
    listener.close()


ATTEMPTS = [
    "SELECT * { SERVICE <http://127.0.0.1:%d/> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:%d/> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<http://127.0.0.1:%d/>{ ?s ?p ?o } }",
    "SELECT * { VALUES ?u { <http://127.0.0.1:%d/> } SERVICE ?u { ?s ?p ?o } }",
    "SELECT * { SERVICE <http://localhost:%d/> { ?s ?p ?o } }",
    "PREFIX x: <http://127.0.0.1:%d/> SELECT * { SERVICE x:a { ?s ?p ?o } }",
    "PREFIX x: <http://127.0.0.1:%d/> SELECT * { SERVICE x:{ ?s ?p ?o } }",
    "SELECT * FROM <http://127.0.0.1:%d/g> { ?s ?p ?o }",
    "SELECT * FROM NAMED <http://127.0.0.1:%d/g> { GRAPH ?g { ?s ?p ?o } }",
    "DESCRIBE <http://127.0.0.1:%d/x>",
    "LOAD <http://127.0.0.1:%d/x.ttl>",
    "CONSTRUCT { ?s ?p ?o } { SERVICE SILENT <http://127.0.0.1:%d/> { ?s ?p ?o } }",
    "ASK { FILTER EXISTS { SERVICE SILENT <http://127.0.0.1:%d/> { ?s ?p ?o } } }",
]


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("in_memory", [True, False])
def test_no_query_connects(start: StartEngine, listener: Listener, guarded: bool, in_memory: bool) -> None:
    engine = start(guard=guarded, store_memory_mb=1_000 if in_memory else 0)
    for attempt in ATTEMPTS:
        with contextlib.suppress(KgError):
            engine.answer(Query(text=attempt % listener.port))
    time.sleep(0.1)
    assert listener.hits == 0


def test_the_listener_sees_who_connects(start: StartEngine, listener: Listener) -> None:
    # The same query with the service listed: then the engine asks it before a worker runs the query.
    url = f"http://127.0.0.1:{listener.port}/"
    engine = start(service_allow=[url])
    engine.answer(Query(text=f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"))
    assert listener.hits == 1
    with pytest.raises(QueryRefusedError):
        engine.answer(Query(text=f"SELECT * {{ SERVICE <{url}> {{}} SERVICE <{url}x> {{}} }}"))
    assert listener.hits == 1


def _in_child(work: Callable[[], list[str]]) -> list[str]:
    """Run in a forked child and give back what it says, since the walls never come down."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            # As in a worker: the answer goes out on 3, so all else can be closed without leaving holes.
            os.dup2(writer, 3)
            os.write(3, "\n".join(work()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    said = os.read(reader, 65_536).decode()
    os.close(reader)
    return said.split("\n") if said else []


def _sockets() -> list[str]:
    """Kinds of sockets that could be made."""
    done = []
    for name, family, kind in (
        ("tcp", socket.AF_INET, socket.SOCK_STREAM),
        ("udp", socket.AF_INET6, socket.SOCK_DGRAM),
        ("unix", socket.AF_UNIX, socket.SOCK_STREAM),
        ("netlink", 16, socket.SOCK_RAW),
    ):
        try:
            socket.socket(family, kind).close()
            done.append(name)
        except OSError:
            pass
    return done


def _changes(file: Path) -> list[str]:
    """Start a program and remove a file; names of what succeeded. A program that starts says nothing."""
    with contextlib.suppress(OSError):
        os.execv("/bin/true", ["true"])
    with contextlib.suppress(OSError):
        file.unlink()
        return ["unlink"]
    return ["nothing"]


def test_the_filter_denies_sockets_programs_and_changes(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.write_text("x")

    def work() -> list[str]:
        return ["denied" if isolation.deny_network() else "open", *_sockets(), *_changes(file)]

    said = _in_child(work)
    if said == [] or said[0] == "open":
        pytest.skip("no seccomp on this system")
    assert said == ["denied", "nothing"]
    assert file.exists()


def test_the_filter_covers_threads_that_already_run() -> None:
    def work() -> list[str]:
        go, said = threading.Event(), []

        def late() -> None:
            go.wait()
            try:
                socket.socket().close()
                said.append("opened")
            except OSError:
                said.append("denied")

        thread = threading.Thread(target=late)
        thread.start()
        isolation.deny_network()
        go.set()
        thread.join()
        return said

    assert _in_child(work) == ["denied"]


def test_a_full_table_of_files_denies_sockets() -> None:
    def work() -> list[str]:
        isolation.close_all_but(3)
        return ["full" if isolation.deny_files() else "holes", *_sockets()]

    said = _in_child(work)
    assert said == ["full"]


def test_workers_have_two_walls_and_few_files(shared_engine: PoolEngine) -> None:
    for worker in shared_engine._crew._idle:
        assert set(worker.measures) == {"no-files", "seccomp"}
        assert len(list((Path("/proc") / str(worker.pid) / "fd").iterdir())) <= 6
        limits = (Path("/proc") / str(worker.pid) / "limits").read_text()
        assert "Max core file size        0                    0" in limits
        assert "Max address space         unlimited" not in limits


def test_what_a_worker_says_before_it_dies_is_logged_once(start: StartEngine, caplog: pytest.LogCaptureFixture) -> None:
    engine = start(query_seconds=20.0)
    with pytest.raises(QueryTooLargeError):
        # Trusted, so that the guard lets it through to the parser, which recurses.
        engine.answer(Query(text="SELECT * " + "{" * 20_000 + "}" * 20_000, trusted=True))
    (line,) = [record.getMessage() for record in caplog.records if "a worker died" in record.getMessage()]
    assert line.startswith("a worker died (signal 11): Fatal Python error: Segmentation fault")
    assert "execute.py" in line
    assert "\n" not in line


def test_a_worker_that_talks_without_end_is_not_held_up_and_fills_nothing() -> None:
    heard, said = isolation.last_words()
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while taken < 10_000_000:
            taken += os.write(said, b"again\n\0\x1b[31m " * 1_000)
    os.close(said)
    assert taken < 10_000_000
    words = isolation.hear(heard)
    assert 0 < len(words) <= isolation.MOST_WORDS
    assert words.isprintable()


def test_no_walls_is_no_service(start: StartEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    # The zygote is another process, so the reply of a worker without walls is put in its mouth.
    from kg.engine import workers

    real = workers.Worker.wait

    def without(worker: workers.Worker, seconds: float) -> object:
        head, body = real(worker, seconds) or ({}, b"")
        return ({**head, "ready": []}, body) if "ready" in head else (head, body)

    monkeypatch.setattr(workers.Worker, "wait", without)
    with pytest.raises(ConfigError, match="network"):
        start()
