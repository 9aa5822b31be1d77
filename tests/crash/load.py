"""Trials under load: bombs, killed workers, publishing, and hostile input in bulk."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import requests

from tests.crash.disk import build, rename_omega
from tests.crash.outcome import Outcome
from tests.hostile.corpus import by_hand, names_that_are_scripts
from tests.hostile.generator import generated, light
from tests.hostile.judge import DEADLINE_S, send_all
from tests.serve.service import Server, in_process, publish_text, running, sample_quads

BOMB = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
_LABEL = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?label WHERE { <https://w3id.org/cityledger/id/actor/omega-systems> rdfs:label ?label }
"""


def beside_bombs(server: Server, bombs: int, seconds: float, most_ms: float) -> Outcome:
    """Latency of cheap queries beside so many clients that send one bomb after the other."""
    stop = time.monotonic() + seconds
    ends: Counter[int] = Counter()
    slowest = [0.0]

    def bomb(number: int) -> None:
        serial = 0
        while time.monotonic() < stop:
            serial += 1
            begun = time.monotonic()
            # Another shape each time, so that the fast lane always has to find out.
            text = BOMB.replace("?n", f"?n{number}x{serial}")
            ends[requests.get(f"{server.url}/sparql", params={"query": text}, timeout=30).status_code] += 1
            slowest[0] = max(slowest[0], time.monotonic() - begun)

    threads = [threading.Thread(target=bomb, args=(number,)) for number in range(bombs)]
    for thread in threads:
        thread.start()
    cheap, failed = [], 0
    with requests.Session() as session:
        while time.monotonic() < stop:
            begun = time.monotonic()
            answer = session.get(f"{server.url}/sparql", params={"query": f"ASK {{}} #{begun}"}, timeout=30)
            cheap.append((time.monotonic() - begun) * 1_000)
            failed += answer.status_code != 200
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    cheap.sort()
    p50, p99 = cheap[len(cheap) // 2], cheap[int(len(cheap) * 0.99)]
    return Outcome(
        name=f"cheap queries beside {bombs} clients with bombs",
        seen=f"{len(cheap)} asked, {failed} failed, p50 {p50:.1f} ms, p99 {p99:.0f} ms, slowest {cheap[-1]:.0f} ms; "
        f"bombs ended as {dict(ends)}, the slowest after {slowest[0]:.2f} s",
        held=not failed and p99 < most_ms and set(ends) <= {503} and slowest[0] < 6.0,
    )


def kill_workers(server: Server, times: int) -> Outcome:
    """Kill a worker so many times under load; no other request may fail, and the next answer is there within 0.5 s."""
    chance = random.Random(1)
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    slowest = [0.0]

    def ask() -> None:
        with requests.Session() as session:
            while not stop.is_set():
                begun = time.monotonic()
                query = f"ASK {{ ?s ?p ?o }} #{begun}"
                statuses[session.get(f"{server.url}/sparql", params={"query": query}, timeout=30).status_code] += 1
                slowest[0] = max(slowest[0], time.monotonic() - begun)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    killed = 0
    while killed < times:
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(_workers(server)), signal.SIGKILL)
            killed += 1
        time.sleep(0.03)
    stop.set()
    for thread in threads:
        thread.join()
    return Outcome(
        name=f"kill -9 of {killed} workers under load",
        seen=f"answers {dict(statuses)}, the slowest after {slowest[0] * 1_000:.0f} ms",
        held=set(statuses) == {200} and slowest[0] < 0.5,
    )


def _workers(server: Server) -> list[int]:
    """Children of the zygote."""
    zygotes, parents = set(), {}
    for pid in server.processes():
        with contextlib.suppress(OSError):
            parents[pid] = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
            if b"kg.engine.zygote" in (Path("/proc") / str(pid) / "cmdline").read_bytes():
                zygotes.add(pid)
    return [pid for pid, parent in parents.items() if pid in zygotes and parent in zygotes]


def under_load(base: Path) -> tuple[Outcome, ...]:
    """Bombs and killed workers on one server with default limits."""
    folder = base / "snapshots"
    publish_text(folder, sample_quads())
    with running(folder, base / "log", {"query_seconds": 5.0}) as server:
        # RELIABILITY: 250 ms beside one, 1 s beside eight.
        found = (
            beside_bombs(server, 1, 12, 250.0),
            beside_bombs(server, 8, 16, 1_000.0),
            kill_workers(server, 200),
        )
        left = len(server.processes())
    return (*found, Outcome(name="processes afterwards", seen=f"{left}", held=left < 12))


def read_while_publishing(folder: Path, root: Path, publishes: int, reads: int) -> Outcome:
    """Read from a running server while releases are published; no read may fail or mix two releases."""
    known: dict[str, str] = {}
    failures: list[str] = []
    lock = threading.Lock()
    count = [0]
    done = threading.Event()

    def read(url: str) -> None:
        with requests.Session() as session:
            while not done.wait(0.002):
                try:
                    answer = session.get(url, params={"query": _LABEL}, headers={"Accept": "text/csv"}, timeout=10)
                except requests.RequestException as error:
                    with lock:
                        failures.append(type(error).__name__)
                    continue
                release = answer.headers.get("KG-Release", "")
                with lock:
                    count[0] += 1
                    # A release has one name for the actor, so another one would come from another release.
                    if answer.status_code != 200 or known.setdefault(release, answer.text) != answer.text:
                        failures.append(f"{answer.status_code} {release} {answer.text[:60]!r}")

    with running(folder, folder.parent / "served.log", {"query_seconds": 5.0, "watch_seconds": 0.2}) as server:
        threads = [threading.Thread(target=read, args=(f"{server.url}/sparql",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for number in range(publishes):
                rename_omega(root, f"Omega {number}")
                build(root, folder)
            deadline = time.monotonic() + 120
            while (count[0] < reads or len(known) < 2) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            done.set()
            for thread in threads:
                thread.join()
    distinct = len(set(known.values()))
    return Outcome(
        name=f"{count[0]} reads across {publishes} publishes",
        seen=f"{len(failures)} errors, {len(known)} releases seen, {distinct} different answers"
        + "".join(failures[:3]),
        held=not failures and count[0] >= reads and len(known) == distinct > publishes // 2,
    )


def hostile_input(base: Path, seeds: int, first: int) -> Outcome:
    """Send everything collected and, for each seed, what it generates; only a few seeds bring what takes seconds."""
    folder = base / "hostile"
    made = publish_text(folder / "snapshots", sample_quads() + names_that_are_scripts())
    sent = 0
    wrong: list[str] = []
    begun = time.monotonic()
    with in_process(folder / "snapshots", made, query_seconds=DEADLINE_S, slow_waiting=8) as service:
        for cases in (
            list(by_hand()),
            *(list(generated(first + n) if n % 20 == 0 else light(first + n)) for n in range(seeds)),
        ):
            sent += len(cases)
            wrong += send_all(service, cases)
    return Outcome(
        name=f"{sent} hostile requests, {seeds} fresh seeds from {first}",
        seen=f"{len(wrong)} wrong answers in {time.monotonic() - begun:.0f} s {wrong[:2] or ''}",
        held=not wrong,
    )
