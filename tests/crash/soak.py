"""Mixed load for a long time, with a bomb every five seconds: what the server has taken and not given back.

    python tests/crash/soak.py --minutes 30
    python tests/crash/soak.py --minutes 30 --snapshots var/snapshots

Without a folder of snapshots it builds two releases of the tiny tables and lets the server change between them
every minute. It prints one line a minute and one at the end, and exits 1 if a promise did not hold.
"""

import argparse
import contextlib
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kg import snapshot
from tests.conftest import make_tiny_root, run_kg
from tests.crash.outcome import Outcome
from tests.hostile.generator import mutated, soup
from tests.serve.service import Server, running

BOMB = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
_ANYTHING = frozenset({200, 400, 403, 406, 413, 503})
_OK = frozenset({200})
_PAGES = (
    "/",
    "/projects",
    "/actors",
    "/sources",
    "/questions",
    "/search?q=omega",
    "/quality",
    "/catalog",
    "/openapi.json",
)
_QUESTIONS = ("projects-by-country", "who-finances-what", "what-is-in-the-graph")
# What may be left over: threads and caches that are filled once are no leak.
_MEMORY_SLACK_MB = 40.0
_FILES_SLACK = 24


@dataclass(slots=True)
class Tally:
    """What was asked and what came back."""

    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int | str, right: frozenset[int]) -> None:
        """Count one answer; the first wrong ones are kept in words."""
        with self.lock:
            self.statuses[f"{kind} {status}"] += 1
            if status not in right and len(self.wrong) < 20:
                self.wrong.append(f"{kind}: {status}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the server holds at one moment.

    Attributes:
        web_mb: resident memory of the web process.
        all_mb: memory of all its processes, shared pages counted once.
        files: open files of the web process.
    """

    web_mb: float
    all_mb: float
    files: int
    processes: int


def take(server: Server) -> Sample:
    """Measure the server and its children."""
    total = web = 0.0
    files = 0
    pids = server.processes()
    for pid in pids:
        with contextlib.suppress(OSError):
            place = Path("/proc") / str(pid)
            rollup = dict(
                line.split(":", 1) for line in (place / "smaps_rollup").read_text().splitlines()[1:] if ":" in line
            )
            total += int(rollup["Pss"].split()[0]) / 1024
            resident = int(rollup["Rss"].split()[0]) / 1024
            if b"kg.engine.zygote" not in (place / "cmdline").read_bytes():
                # Granian's parent holds next to nothing; the process that serves is the larger one.
                web = max(web, resident)
                files = max(files, len(list((place / "fd").iterdir())))
    return Sample(web_mb=web, all_mb=total, files=files, processes=len(pids))


def requests_of(chance: random.Random) -> Iterator[tuple[str, str, dict[str, str], frozenset[int]]]:
    """Give one request after the other: kind, path, parameters, right statuses."""
    while True:
        yield "cheap", "/sparql", {"query": f"ASK {{ ?s ?p ?o }} #{chance.random()}"}, _OK
        yield "cheap", "/sparql", {"query": f"SELECT * {{ ?s ?p ?o }} LIMIT {chance.randrange(1, 500)}"}, _OK
        yield "repeat", "/sparql", {"query": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"}, _OK
        yield (
            "large",
            "/sparql",
            {"query": f"SELECT * {{ ?s ?p ?o }} LIMIT 20000 #{chance.random()}"},
            frozenset({200, 503}),
        )
        yield "hostile", "/sparql", {"query": soup(chance)}, _ANYTHING
        yield "hostile", "/sparql", {"query": mutated(chance)}, _ANYTHING
        yield "wrong", "/sparql", {"query": "SELECT WHERE {"}, frozenset({400})
        yield "wrong", "/sparql", {"query": "CLEAR ALL"}, frozenset({403})
        yield "wrong", f"/nothing/{chance.randrange(10**9)}", {}, frozenset({404})
        yield "page", chance.choice(_PAGES), {}, _OK
        yield "question", f"/questions/{chance.choice(_QUESTIONS)}.{chance.choice(('csv', 'json', 'srx'))}", {}, _OK
        yield "dump", "/dump/cityledger.nq", {}, _OK
        yield "watch", chance.choice(("/metrics", "/readyz", "/healthz")), {}, _OK


def load(server: Server, tally: Tally, stop: threading.Event, seed: int, per_second: float) -> None:
    """Send requests at a rate until told to stop."""
    asked = requests_of(random.Random(seed))
    with requests.Session() as session:
        while not stop.wait(1 / per_second):
            kind, path, parameters, right = next(asked)
            status: int | str
            try:
                status = session.get(server.url + path, params=parameters, timeout=20).status_code
            except requests.RequestException as error:
                status = type(error).__name__
            tally.note(kind, status, right)


def bombs(server: Server, tally: Tally, stop: threading.Event) -> None:
    """Send a query that never ends every five seconds, each of another shape."""
    number = 0
    while not stop.wait(5):
        number += 1
        try:
            query = BOMB.replace("?n", f"?n{number}")
            status: int | str = requests.get(f"{server.url}/sparql", params={"query": query}, timeout=20).status_code
        except requests.RequestException as error:
            status = type(error).__name__
        tally.note("bomb", status, frozenset({503}))


def soak(folder: Path, log: Path, minutes: float, per_second: float, *, seed: int) -> Iterator[str | Outcome]:
    """Give a line a minute and the outcome at the end."""
    names = [one.release for one in snapshot.list_snapshots(folder)]
    flags: dict[str, object] = {"query_seconds": 5.0, "query_memory_mb": 1_024, "watch_seconds": 1.0}
    tally, stop, samples = Tally(), threading.Event(), []
    with running(folder, log, flags) as server:
        threads = [threading.Thread(target=load, args=(server, tally, stop, seed + n, per_second / 2)) for n in (0, 1)]
        threads.append(threading.Thread(target=bombs, args=(server, tally, stop)))
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        beats = max(int(minutes * 6), 5)
        try:
            for beat in range(1, beats + 1):
                time.sleep(max(0.0, begun + beat * minutes * 60 / beats - time.monotonic()))
                samples.append(take(server))
                if beat % 6 == 0:
                    one = samples[-1]
                    yield (
                        f"{beat // 6:3} min: web {one.web_mb:.0f} MB, all {one.all_mb:.0f} MB, {one.files} files, "
                        f"{one.processes} processes, {sum(tally.statuses.values())} answers, {len(tally.wrong)} wrong"
                    )
                    if len(names) > 1:
                        run_kg("rollback", names[beat // 6 % 2], "--snapshots", folder)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    yield judge(samples, tally, minutes)


def judge(samples: list[Sample], tally: Tally, minutes: float) -> Outcome:
    """Compare the second fifth of the time with the last."""
    fifth = max(len(samples) // 5, 1)
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]

    def grown(name: str) -> tuple[float, float]:
        before, after = (statistics.median(getattr(one, name) for one in part) for part in (early, late))
        return before, after

    web, everything, files = grown("web_mb"), grown("all_mb"), grown("files")
    flat = web[1] - web[0] < _MEMORY_SLACK_MB and files[1] - files[0] < _FILES_SLACK
    return Outcome(
        name=f"{minutes:g} minutes of mixed load with a bomb every 5 s",
        seen=(
            f"{sum(tally.statuses.values())} answers, {len(tally.wrong)} unexpected {tally.wrong[:5] or ''}; "
            f"web {web[0]:.0f} to {web[1]:.0f} MB, all {everything[0]:.0f} to {everything[1]:.0f} MB, "
            f"files {files[0]:.0f} to {files[1]:.0f}, at most {max(one.processes for one in samples)} processes; "
            f"{dict(sorted(tally.statuses.items()))}"
        ),
        held=flat and not tally.wrong,
    )


def two_releases(base: Path) -> Path:
    """Build the tiny tables twice, with one name changed."""
    root = make_tiny_root(base / "root")
    actors = root / "data" / "actor.csv"
    for name in ("Omega Systems", "Omega Systems Two"):
        actors.write_text(actors.read_text(encoding="utf-8").replace("Omega Systems", name, 1), encoding="utf-8")
        result = run_kg("build", "--root", root, "--snapshots", base / "snapshots", "--quiet")
        if result.code:
            raise SystemExit(result.err)
    return base / "snapshots"


def main() -> None:
    """Run and print; exit 1 when something grew or an answer was wrong."""
    parser = argparse.ArgumentParser(description="Mixed load for a long time.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second")
    parser.add_argument("--snapshots", type=Path, help="serve these instead of two releases of the tiny tables")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    held = False
    with tempfile.TemporaryDirectory(prefix="kg-soak-") as name:
        folder = options.snapshots or two_releases(Path(name))
        for said in soak(folder, Path(name) / "log", options.minutes, options.rate, seed=options.seed):
            print(said, flush=True)
            held = isinstance(said, Outcome) and said.held
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
