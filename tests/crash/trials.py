"""The trials of docs/operations.md: what is killed, cut or filled up, and what is left afterwards.

    make crash-test           the full numbers
    python tests/crash/trials.py --short

Everything runs on this machine in a temporary folder, bounded in count and time, and prints one line a trial.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kg import snapshot
from tests.conftest import make_tiny_root, run_kg

_QUAD = '<https://example.org/s> <https://example.org/p> "{}" <https://w3id.org/cityledger/graph/actor> .\n'
_PUBLISH = """
import sys
from pathlib import Path
from kg import snapshot
folder, nquads = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
with snapshot.writer_lock(folder):
    snapshot.publish(folder, nquads, details={})
"""
_ROLL_BACK = """
import sys
from pathlib import Path
from kg import snapshot
print("ready", flush=True)
while True:
    names = [one.release for one in snapshot.list_snapshots(Path(sys.argv[1]))]
    for name in names[:2]:
        snapshot.rollback(Path(sys.argv[1]), name)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One trial: what was asked, what was seen, whether the promise held."""

    name: str
    seen: str
    held: bool


def kill_publish(folder: Path, times: int, seed: int) -> Outcome:
    """Kill publishing and rolling back at random moments; `current` must always name one whole release."""
    rng = random.Random(seed)
    nquads = folder.parent / "kill.nq"
    _publish(folder, "first")
    _publish(folder, "second")
    whole = landed = 0
    for number in range(times):
        before = (folder / snapshot.CURRENT).readlink()
        nquads.write_text("".join(_QUAD.format(f"{number} {k}") for k in range(200)), encoding="utf-8")
        script, arguments = (
            (_PUBLISH, [str(folder), str(nquads)]) if rng.random() < 0.8 else (_ROLL_BACK, [str(folder)])
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, start_new_session=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        moment = rng.random() * 0.25
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        served = snapshot.current(folder)
        whole += snapshot.verify(served) == ()
        landed += (folder / snapshot.CURRENT).readlink() != before
    return Outcome(
        name=f"kill -9 at {times} random moments of publish and roll back",
        seen=f"{whole} of {times} times current named one whole release ({landed} switches had happened)",
        held=whole == times,
    )


def read_while_publishing(base: Path, publishes: int, reads: int) -> Outcome:
    """Read from a running server while releases are published; no read may fail or mix two releases."""
    root = make_tiny_root(base / "served")
    folder = base / "served-snapshots"
    _build(root, folder)
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "kg", "--snapshots", str(folder), "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "KG_ACCESS_LOG": "false", "KG_WATCH_SECONDS": "0.2"},
    )
    url = f"http://127.0.0.1:{port}"
    query = "SELECT ?label WHERE { <https://w3id.org/cityledger/id/actor/omega-systems> rdfs:label ?label }"
    known: dict[str, str] = {}
    failures: list[str] = []
    seen: set[str] = set()
    count = 0
    lock = threading.Lock()

    def read() -> None:
        nonlocal count
        with requests.Session() as session:
            while not done.is_set():
                try:
                    answer = session.get(
                        f"{url}/sparql", params={"query": _PREFIX + query}, headers={"Accept": "text/csv"}, timeout=10
                    )
                    release, body = answer.headers.get("KG-Release", ""), answer.text
                    with lock:
                        count += 1
                        seen.add(release)
                        if answer.status_code != 200 or known.setdefault(release, body) != body:
                            failures.append(f"{answer.status_code} {release} {body[:60]!r}")
                except requests.RequestException as error:
                    with lock:
                        failures.append(type(error).__name__)

    done = threading.Event()
    try:
        _wait_ready(url)
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        actors = root / "data" / "actor.csv"
        text = actors.read_text(encoding="utf-8")
        for number in range(publishes):
            actors.write_text(text.replace("Omega Systems", f"Omega Systems {number}", 1), encoding="utf-8")
            _build(root, folder)
        deadline = time.monotonic() + 120
        while count < reads and time.monotonic() < deadline:
            time.sleep(0.1)
        done.set()
        for thread in threads:
            thread.join()
    finally:
        done.set()
        server.terminate()
        server.wait(timeout=20)
    return Outcome(
        name=f"{count} reads across {publishes} publishes",
        seen=f"{len(failures)} errors, {len(seen)} releases seen, each read from exactly one" + "".join(failures[:3]),
        held=not failures and count >= reads and len(seen) > publishes // 2,
    )


def harm_files(folder: Path) -> Outcome:
    """Delete, cut and flip every file of a release; each harm must be noticed."""
    good = _publish(folder, "harm")
    noticed = tried = 0
    slowest = 0.0
    for name in good.manifest["files"]:
        for harm in ("delete", "cut", "flip"):
            copy = folder.parent / "harmed" / good.release
            shutil.rmtree(copy.parent, ignore_errors=True)
            shutil.copytree(good.path, copy)
            for part in (copy, *copy.rglob("*")):
                part.chmod(0o755)
            _harm(copy / name, harm)
            tried += 1
            begun = time.monotonic()
            noticed += bool(snapshot.verify(snapshot.open_snapshot(copy)))
            slowest = max(slowest, time.monotonic() - begun)
    return Outcome(
        name=f"{tried} harms to the files of a release",
        seen=f"{noticed} noticed, the slowest after {slowest:.2f} s",
        held=noticed == tried,
    )


def fall_back(folder: Path) -> Outcome:
    """Harm the current release; the newest good one must be found within 5 s."""
    first = _publish(folder, "good")
    second = _publish(folder, "bad")
    victim = next(second.store_path.glob("*.sst"))
    victim.chmod(0o644)
    _harm(victim, "flip")
    begun = time.monotonic()
    found = snapshot.newest_good(folder)
    seconds = time.monotonic() - begun
    return Outcome(
        name="fall back from a damaged current release",
        seen=f"to {'the newest good one' if found.release == first.release else found.release} in {seconds:.2f} s",
        held=found.release == first.release and seconds < 5,
    )


def full_disk(folder: Path, sizes: int) -> Outcome:
    """Let writing fail after so many bytes; one line must say so and what is served must stay."""
    served = _publish(folder, "served")
    nquads = folder.parent / "full.nq"
    nquads.write_text("".join(_QUAD.format(number) for number in range(20_000)), encoding="utf-8")
    fine = 0
    for number in range(sizes):
        limit = 2_000 * 2**number
        script = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n" + _PUBLISH
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder), str(nquads)], capture_output=True, text=True, check=False
        )
        now = snapshot.current(folder)
        failed_cleanly = done.returncode != 0 and now.release == served.release
        fine += (failed_cleanly or done.returncode == 0) and snapshot.verify(now) == ()
        if done.returncode == 0:
            snapshot.rollback(folder, served.release)
    return Outcome(
        name=f"a disk that is full at {sizes} sizes",
        seen=f"{fine} of {sizes} times the served release stayed whole",
        held=fine == sizes,
    )


def same_release(base: Path, builds: int) -> Outcome:
    """Build the same tables again and again; the release id must be the same."""
    root = make_tiny_root(base / "same")
    releases = {_build(root, base / f"same-{number}") for number in range(builds)}
    return Outcome(
        name=f"{builds} builds of the same tables", seen=f"{len(releases)} release id", held=len(releases) == 1
    )


_PREFIX = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "


def _publish(folder: Path, value: str) -> snapshot.Snapshot:
    nquads = folder.parent / "one.nq"
    nquads.write_text(_QUAD.format(value), encoding="utf-8")
    with snapshot.writer_lock(folder):
        return snapshot.publish(folder, nquads, details={})


def _build(root: Path, folder: Path) -> str:
    result = run_kg("build", "--json", "--root", root, "--snapshots", folder)
    if result.code:
        raise SystemExit(f"the build itself failed: {result.err}")
    return str(json.loads(result.out)["release"])


def _harm(path: Path, harm: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    if harm == "delete":
        path.unlink()
    elif harm == "cut" and content:
        path.write_bytes(content[:middle])
    else:
        path.write_bytes(
            content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :] if content else b"x"
        )


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_ready(url: str) -> None:
    for _ in range(200):
        try:
            if requests.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise SystemExit("the server did not become ready in 20 s")


def run_trials(*, short: bool, seed: int) -> Iterator[Outcome]:
    """Run every trial in a temporary folder, one after the other."""
    with tempfile.TemporaryDirectory(prefix="kg-trials-") as name:
        base = Path(name)

        def folder(label: str) -> Path:
            (base / label).mkdir()
            return base / label / "snapshots"

        yield kill_publish(folder("kill"), 10 if short else 200, seed)
        yield harm_files(folder("harm"))
        yield fall_back(folder("fall"))
        yield full_disk(folder("full"), 4 if short else 10)
        yield same_release(base, 2 if short else 10)
        yield read_while_publishing(base, 3 if short else 50, 300 if short else 10_000)


def main() -> None:
    """Print the outcome of each trial; exit 1 if a promise did not hold."""
    parser = argparse.ArgumentParser(description="Kill, cut and fill up; see what is left.")
    parser.add_argument("--short", action="store_true", help="a few tries of each trial")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    broken = 0
    for one in run_trials(short=options.short, seed=options.seed):
        broken += not one.held
        print(f"{'held  ' if one.held else 'BROKEN'}  {one.name}: {one.seen}", flush=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
