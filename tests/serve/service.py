"""Snapshots of a few hundred quads, and the service on them, in this process or as a real server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from werkzeug.test import Client, TestResponse

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.front import Front
from kg.serve.site import open_site
from kg.snapshot import Snapshot, publish, writer_lock
from tests.stores import backend
from tests.stores.servers import free_port

ID = "https://w3id.org/cityledger/id/"
KG = "https://w3id.org/cityledger/ontology#"
GRAPH = "https://w3id.org/cityledger/graph/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
NOTE = "https://w3id.org/cityledger/ontology#note"
# Literals that break what is careless: markup, quotes, line ends, separators, control characters, scripts.
NASTY = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "a,b;c\td",
    "line\nbreak",
    "carriage\rreturn",
    "}},{",
    '"},{"',
    "]}}",
    "</result><result>",
    "智慧城市",
    "مدينة ذكية",
    "𝔘𝔫𝔦 \U0001f600",
    "{{7*7}}${7*7}",
    "' OR 1=1 --",
    "\\u0041\\",
    "",
)


QUESTION = f"""#+ summary: What are the actors called?
#+ description: One row per name.
#+ tags: [actors]
#+ columns:
#+   actor: who
#+   actorLabel: the name
#+ expect: {{min_rows: 0}}
SELECT ?actor ?actorLabel WHERE {{ ?actor <{LABEL}> ?actorLabel }} ORDER BY ?actor ?actorLabel
"""


def sample_quads(actors: int = 200, mark: str = "one") -> str:
    """Write about four quads per actor in three graphs, a mark and the nasty literals in two more."""
    lines = [f'<{ID}release/{mark}> <{LABEL}> "{mark}" <{GRAPH}event> .']
    for n in range(actors):
        actor = f"<{ID}actor/a{n}>"
        lines += [
            f"{actor} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{KG}Actor> <{GRAPH}actor> .",
            f'{actor} <{LABEL}> "actor {n}"@en <{GRAPH}actor> .',
            f"{actor} <{KG}parent> <{ID}actor/a{n // 2}> <{GRAPH}inferred> .",
            f'{actor} <{KG}amount> "{n * 1000}"^^<http://www.w3.org/2001/XMLSchema#integer> <{GRAPH}financing> .',
        ]
    lines += [
        f"<{ID}claim/n{n}> <{NOTE}> {json.dumps(text, ensure_ascii=False)} <{GRAPH}claim> ."
        for n, text in enumerate(NASTY)
    ]
    return "\n".join(lines) + "\n"


def publish_text(folder: Path, nquads: str) -> Snapshot:
    """Publish N-Quads as the current snapshot of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder.parent / "input.nq"
    file.write_text(nquads, encoding="utf-8")

    def add_files(path: Path, release: str) -> None:
        (path / "queries").mkdir()
        (path / "queries" / "names-of-actors.rq").write_text(QUESTION, encoding="utf-8")

    def describe(release: str) -> tuple[str, ...]:
        return (f'<{ID}release/{release}> <{LABEL}> "Release {release}" <{GRAPH}release> .',)

    with writer_lock(folder):
        made = publish(folder, file, details={}, add_files=add_files, describe=describe)
    backend.hold(made)
    return made


def settings_for(folder: Path, **flags: object) -> Settings:
    """Settings for tests: short deadlines, no budgets in the way, nothing from the environment."""
    defaults: dict[str, object] = {
        "root": folder.parent,
        "snapshots_dir": folder,
        "query_seconds": 1.5,
        "query_memory_mb": 300,
        "client_errors": 1_000_000,
        "client_seconds": 1_000_000.0,
        "watch_seconds": 0.1,
        "access_log": False,
    }
    return Settings.load({**defaults, **flags}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcess:
    """The service without a server: the front, and a client that speaks WSGI to it."""

    front: Front
    client: Client
    snapshot: Snapshot

    def query(self, text: str, accept: str | None = "application/sparql-results+json", **more: Any) -> TestResponse:
        """Ask by GET."""
        headers = {**({"Accept": accept} if accept else {}), **more.pop("headers", {})}
        parameters = [("query", text), *more.pop("extra", [])]
        from urllib.parse import urlencode

        return self.client.get("/sparql", query_string=urlencode(parameters), headers=headers, **more)


@contextlib.contextmanager
def in_process(folder: Path, snapshot: Snapshot, **flags: object) -> Iterator[InProcess]:
    """Open a snapshot and answer in this process, with real workers."""
    front = Front(create_app(open_site(settings_for(folder, **flags), snapshot)))
    try:
        yield InProcess(front=front, client=Client(front), snapshot=snapshot)
    finally:
        front.site.engine.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A real server in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def processes(self) -> set[int]:
        """Every process of the server, workers included."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        found, todo = set(), [self.process.pid]
        while todo:
            pid = todo.pop()
            found.add(pid)
            todo += children.get(pid, [])
        return found


_RUN = (
    "import sys, json; from pathlib import Path; from kg.config import Settings; "
    "from kg.serve.server import serve; f = json.loads(sys.argv[1]); serve(Settings.load(f, {}))"
)


@contextlib.contextmanager
def running(folder: Path, log: Path, flags: Mapping[str, object] | None = None) -> Iterator[Server]:
    """Start the server, wait until it is ready, and stop it as the system would."""
    with starting(folder, log, flags) as server:
        deadline = time.monotonic() + 30
        while True:
            assert server.process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                    break
            time.sleep(0.05)
        yield server


@contextlib.contextmanager
def starting(folder: Path, log: Path, flags: Mapping[str, object] | None = None) -> Iterator[Server]:
    """Start the server as `kg serve` does, and stop it if it still runs at the end."""
    port = free_port()
    settings = settings_for(folder, port=port, **backend.settings(), **(flags or {}))
    given = {
        name: str(value) if isinstance(value, Path) else value
        for name in Settings.__slots__
        if name != "origins" and (value := getattr(settings, name)) is not None
    }
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-c", _RUN, json.dumps(given)], stderr=stream, stdout=stream)
    url = f"http://127.0.0.1:{port}"
    try:
        yield Server(url=url, process=process, log=log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    """End a process at once if it still exists."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
