"""Trials of what is on disk: writers that are killed, disks that are full, files that are harmed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from kg import snapshot
from tests.conftest import run_kg
from tests.crash.outcome import Outcome
from tests.serve.service import starting

QUAD = '<https://example.org/s> <https://example.org/p> "{}" <https://w3id.org/cityledger/graph/actor> .\n'
PUBLISH = """
import sys
from pathlib import Path
from kg import snapshot
folder, nquads = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
with snapshot.writer_lock(folder):
    snapshot.publish(folder, nquads, details={})
"""
_BUILD = """
import sys
from kg.cli import main
print("ready", flush=True)
sys.argv = ["kg", "build", "--quiet", "--snapshots", sys.argv[1], "--root", sys.argv[2]]
main()
"""
_ROLL_BACK = """
import sys
from kg.cli import main
folder = sys.argv[1]
print("ready", flush=True)
for _ in range(5):
    sys.argv = ["kg", "rollback", "--snapshots", folder]
    try:
        main()
    except SystemExit:
        pass
"""
# Runs in a mount namespace of its own, on a file system of the size that the trial wants.
_ON_A_SMALL_DISK = """
import json, resource, shutil, subprocess, sys
from pathlib import Path
from kg import snapshot
disk, good, root, most = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
shutil.copytree(good, disk, symlinks=True, dirs_exist_ok=True)
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
served = snapshot.current(disk).release
command = [sys.executable, "-m", "kg", "build", "--quiet", "--root", root, "--snapshots", str(disk)]
done = subprocess.run(command, capture_output=True, text=True)
now = snapshot.current(disk)
print(json.dumps({
    "code": done.returncode,
    "said": done.stderr.strip().splitlines(),
    "kept": now.release == served,
    "whole": not snapshot.verify(now),
    "left": [path.name for path in disk.glob(".build-*")],
}))
"""
_MOUNT = 'size="$1"; disk="$2"; shift 2; mount -t tmpfs -o size="$size" none "$disk" && exec "$@"'


def build(root: Path, folder: Path) -> str:
    """Build a release of the tiny tables; give its id."""
    result = run_kg("build", "--json", "--root", root, "--snapshots", folder)
    if result.code:
        raise SystemExit(f"the build itself failed: {result.err}")
    return str(json.loads(result.out)["release"])


def rename_omega(root: Path, name: str) -> None:
    """Give one actor of the tiny tables another name, so that the next release is another one."""
    actors = root / "data" / "actor.csv"
    text = actors.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("omega-systems,"))
    slug, kind, _, rest = line.split(",", 3)
    actors.write_text(text.replace(line, f"{slug},{kind},{name},{rest}", 1), encoding="utf-8")


def publish_one(folder: Path, value: str) -> snapshot.Snapshot:
    """Publish a release of one quad."""
    nquads = folder.parent / "one.nq"
    nquads.write_text(QUAD.format(value), encoding="utf-8")
    with snapshot.writer_lock(folder):
        return snapshot.publish(folder, nquads, details={})


def kill_writers(folder: Path, root: Path, times: int, seed: int, *, with_builds: bool) -> Outcome:
    """Kill builds, publishing and roll backs at random moments; `current` must always name one whole release."""
    chance = random.Random(seed)
    nquads = folder.parent / "kill.nq"
    publish_one(folder, "first")
    publish_one(folder, "second")

    def prepare_build(number: int) -> tuple[str, list[str]]:
        rename_omega(root, f"Omega {number}")
        return _BUILD, [str(folder), str(root)]

    def prepare_publish(number: int) -> tuple[str, list[str]]:
        nquads.write_text("".join(QUAD.format(f"{number} {k}") for k in range(200)), encoding="utf-8")
        return PUBLISH, [str(folder), str(nquads)]

    def prepare_roll_back(number: int) -> tuple[str, list[str]]:
        return _ROLL_BACK, [str(folder)]

    # One build in eight: each takes ten times as long as publishing alone.
    writers = [prepare_publish, prepare_roll_back, prepare_publish, prepare_roll_back] * 2
    if with_builds:
        writers[-1] = prepare_build
    # What each takes when nobody kills it, so that the moments spread over all of it.
    takes = {prepare: _run_for(*prepare(-1), seconds=600.0) for prepare in dict.fromkeys(writers)}
    whole = switched = ended = 0
    for number in range(times):
        prepare = writers[number % len(writers)]
        before = (folder / snapshot.CURRENT).readlink()
        moment = chance.random() * takes[prepare] * 1.05
        ended += _run_for(*prepare(number), seconds=moment) < moment
        whole += snapshot.verify(snapshot.current(folder)) == ()
        switched += (folder / snapshot.CURRENT).readlink() != before
    publish_one(folder, "last")
    left = [path.name for path in folder.iterdir() if path.name.startswith(".build-")]
    return Outcome(
        name=f"kill -9 at {times} random moments of build, publish and roll back",
        seen=f"{whole} of {times} times current named one whole release ({switched} had switched, {ended} had ended; "
        f"{len(left)} temporary folders left after the next publish)",
        held=whole == times and not left,
    )


def _run_for(script: str, arguments: list[str], *, seconds: float) -> float:
    """Run a writer and kill it with all its children after so many seconds; give how long it ran."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    begun = time.monotonic()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()
    return time.monotonic() - begun


def harm_files(folder: Path, every: int) -> Outcome:
    """Delete, cut and flip the manifest and one in so many files of a release; each harm must be noticed."""
    good = snapshot.current(folder)
    missed: list[str] = []
    tried, slowest = 0, 0.0
    for name in (snapshot.MANIFEST, *list(good.manifest["files"])[::every]):
        for harm in ("delete", "cut", "flip"):
            copy = folder.parent / "harmed" / good.release
            shutil.rmtree(copy.parent, ignore_errors=True)
            # Only what is harmed is a file of its own.
            shutil.copytree(good.path, copy, copy_function=os.link)
            copy.chmod(0o755)
            (copy / name).parent.chmod(0o755)
            harm_file(copy / name, harm)
            tried += 1
            begun = time.monotonic()
            if not _is_noticed(copy):
                missed.append(f"{harm} {name}")
            slowest = max(slowest, time.monotonic() - begun)
    return Outcome(
        name=f"{tried} harms to the files of a release",
        seen=f"{tried - len(missed)} noticed, the slowest after {slowest:.2f} s"
        + "".join(f"; not {m}" for m in missed),
        held=not missed,
    )


def _is_noticed(path: Path) -> bool:
    try:
        return bool(snapshot.verify(snapshot.open_snapshot(path)))
    except snapshot.SnapshotError:
        return True


def harm_file(path: Path, harm: str) -> None:
    """Delete a file, cut it in half, or turn one byte in its middle over."""
    content = path.read_bytes()
    path.unlink()
    middle = len(content) // 2
    if harm == "cut" and content:
        path.write_bytes(content[:middle])
    elif harm != "delete":
        flipped = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :] if content else b"x"
        path.write_bytes(flipped)


def fall_back(folder: Path, most_s: float) -> Outcome:
    """Harm the current release and start a server; it must answer from the newest good one in time."""
    good = snapshot.current(folder)
    bad = publish_one(folder, "bad")
    victim = next(bad.store_path.glob("*.sst"))
    victim.parent.chmod(0o755)
    harm_file(victim, "flip")
    begun = time.monotonic()
    found = ""
    with starting(folder, folder.parent / "log") as server:
        while not found and time.monotonic() - begun < 60:
            try:
                answer = requests.get(f"{server.url}/readyz", timeout=2)
                found = answer.json().get("release", "")
            except requests.RequestException:
                time.sleep(0.05)
        seconds = time.monotonic() - begun
        loud = "is damaged" in server.log.read_text(encoding="utf-8")
    run_kg("rollback", good.release, "--snapshots", folder)
    return Outcome(
        name="start on a damaged current release",
        seen=f"served {'the newest good one' if found == good.release else found or 'nothing'} after {seconds:.2f} s, "
        f"{'said so in the log' if loud else 'without a word'}",
        held=found == good.release and seconds < most_s and loud,
    )


def full_disk(base: Path, good: Path, root: Path, sizes: int) -> Outcome:
    """Build on disks that are too small; one line must say so and what is served must stay."""
    rename_omega(root, "Omega Full")
    held_bytes = sum(file.stat().st_blocks * 512 for file in good.rglob("*"))
    mounts = subprocess.run(["unshare", "--mount", "--map-root-user", "true"], check=False).returncode == 0
    failed = fitted = 0
    wrong: list[str] = []
    for number in range(sizes):
        disk = base / f"disk-{number}"
        disk.mkdir()
        if mounts:
            # From hardly more than the served release to what nearly holds a second one.
            size = held_bytes + 100_000 + held_bytes * number // sizes
            command = ["unshare", "--mount", "--map-root-user", "sh", "-c", _MOUNT, "sh", str(size), str(disk)]
            most = 0
        else:
            command, most = [], 2_000 * 2**number
        done = subprocess.run(
            [*command, sys.executable, "-c", _ON_A_SMALL_DISK, str(disk), str(good), str(root), str(most)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            wrong.append(done.stderr[-200:])
            continue
        seen = json.loads(done.stdout)
        if seen["code"] == 0:
            fitted += 1
            continue
        failed += 1
        if not (seen["kept"] and seen["whole"] and len(seen["said"]) == 1 and not seen["left"]):
            wrong.append(str(seen)[:300])
    return Outcome(
        name=f"a build on {sizes} full {'disks' if mounts else 'quotas'}",
        seen=f"{failed} failed with one line, served release whole and nothing left over, {fitted} fitted; "
        f"{len(wrong)} otherwise {wrong[:2] or ''}",
        held=not wrong and failed > 0,
    )


def same_release(base: Path, root: Path, first: str, builds: int) -> Outcome:
    """Build the same tables again and again; the release id must be that of the first time."""
    releases = {first, *(build(root, base / f"same-{number}") for number in range(1, builds))}
    return Outcome(
        name=f"{builds} builds of the same tables", seen=f"{len(releases)} release id", held=len(releases) == 1
    )
