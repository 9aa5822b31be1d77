"""Print the figures of safety under load: `python -m tests.hostile.figures`.

A real server on a small snapshot, over HTTP: cheap queries beside bombs, and workers killed from outside.
"""

import contextlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import requests

from tests.serve.service import Server, publish_text, running, sample_quads

BOMB = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def say(line: str) -> None:
    """One figure a line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def beside(server: Server, bombs: int, seconds: float) -> str:
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
            answer = requests.get(f"{server.url}/sparql", params={"query": text}, timeout=30)
            ends[answer.status_code] += 1
            slowest[0] = max(slowest[0], time.monotonic() - begun)

    threads = [threading.Thread(target=bomb, args=(number,)) for number in range(bombs)]
    for thread in threads:
        thread.start()
    cheap, failed = [], 0
    with requests.Session() as session:
        while time.monotonic() < stop:
            begun = time.monotonic()
            answer = session.get(f"{server.url}/sparql", params={"query": f"ASK {{}} #{begun}"}, timeout=30)
            cheap.append(time.monotonic() - begun)
            failed += answer.status_code != 200
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    cheap.sort()
    p50, p99 = cheap[len(cheap) // 2] * 1_000, cheap[int(len(cheap) * 0.99)] * 1_000
    return (
        f"beside {bombs} bombs: {len(cheap)} cheap queries, {failed} failed, p50 {p50:.1f} ms, p99 {p99:.0f} ms, "
        f"slowest {cheap[-1] * 1_000:.0f} ms; bombs ended as {dict(ends)}, slowest {slowest[0]:.2f} s"
    )


def killing(server: Server, times: int) -> str:
    """Kill a worker so many times under load."""
    chance = random.Random(1)
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    slowest = [0.0]

    def ask() -> None:
        with requests.Session() as session:
            while not stop.is_set():
                begun = time.monotonic()
                answer = session.get(
                    f"{server.url}/sparql", params={"query": f"ASK {{ ?s ?p ?o }} #{begun}"}, timeout=30
                )
                statuses[answer.status_code] += 1
                slowest[0] = max(slowest[0], time.monotonic() - begun)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    killed = 0
    while killed < times:
        workers = _workers(server)
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
                killed += 1
        time.sleep(0.03)
    stop.set()
    for thread in threads:
        thread.join()
    return f"{killed} workers killed: answers {dict(statuses)}, slowest {slowest[0] * 1_000:.0f} ms"


def _workers(server: Server) -> list[int]:
    """Children of the zygote."""
    zygotes, parents = set(), {}
    for pid in server.processes():
        with contextlib.suppress(OSError):
            parents[pid] = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
            if b"kg.engine.zygote" in (Path("/proc") / str(pid) / "cmdline").read_bytes():
                zygotes.add(pid)
    return [pid for pid, parent in parents.items() if pid in zygotes and parent in zygotes]


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        snapshots = Path(folder) / "snapshots"
        publish_text(snapshots, sample_quads())
        with running(snapshots, Path(folder) / "log", {"query_seconds": 5.0}) as server:
            say(beside(server, 0, 5))
            say(beside(server, 1, 12))
            say(beside(server, 8, 16))
            say(killing(server, 200))
            say(f"processes at the end: {len(server.processes())}")


if __name__ == "__main__":
    main()
