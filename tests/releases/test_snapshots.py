"""Releases are immutable, named by their content, proven, and switched by one rename."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg import snapshot
from kg.errors import SnapshotError
from tests.conftest import run_kg

QUAD = '<https://example.org/s> <https://example.org/p> "{}" <https://w3id.org/cityledger/graph/actor> .\n'


def _publish(folder: Path, *values: str) -> snapshot.Snapshot:
    nquads = folder.parent / "input.nq"
    nquads.write_text("".join(QUAD.format(value) for value in values), encoding="utf-8")
    with snapshot.writer_lock(folder):
        return snapshot.publish(folder, nquads, details={})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


def test_the_same_facts_get_the_same_release_id(folder: Path, tmp_path: Path) -> None:
    first = _publish(folder, "a", "b")
    other = tmp_path / "other" / "snapshots"
    other.parent.mkdir()
    assert _publish(other, "b", "a").release == first.release


def test_other_facts_get_another_release_id(folder: Path) -> None:
    assert _publish(folder, "a").release != _publish(folder, "a", "b").release


def test_current_names_the_newest_release(folder: Path) -> None:
    _publish(folder, "a")
    second = _publish(folder, "b")
    assert snapshot.current(folder).release == second.release


def test_roll_back_goes_to_the_release_before(folder: Path) -> None:
    first = _publish(folder, "a")
    _publish(folder, "b")
    result = run_kg("rollback", "--snapshots", folder)
    assert result.out == f"current is now {first.release}\n"
    assert snapshot.current(folder).release == first.release


def test_roll_back_without_an_older_release_says_so(folder: Path) -> None:
    _publish(folder, "a")
    result = run_kg("rollback", "--snapshots", folder)
    assert result.code == 2
    assert "no snapshot older than" in result.err


def test_roll_back_to_an_unknown_release_lists_the_kept_ones(folder: Path) -> None:
    release = _publish(folder, "a").release
    result = run_kg("rollback", "0000", "--snapshots", folder)
    assert result.code == 2
    assert f"no snapshots named 0000; kept are: {release}" in result.err


def test_a_folder_that_is_no_snapshot_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"not a snapshot: manifest\.json is missing; run kg build"):
        snapshot.open_snapshot(tmp_path)


def test_no_snapshot_at_all_says_what_to_run(tmp_path: Path) -> None:
    result = run_kg("snapshots", "--snapshots", tmp_path)
    assert result.code == 2
    assert "no snapshot is published here; run kg build" in result.err


def test_a_second_writer_is_turned_away(folder: Path, tiny_root: Path) -> None:
    with snapshot.writer_lock(folder):
        result = run_kg("build", "--root", tiny_root, "--snapshots", folder)
    assert result.code == 2
    assert "another build or roll back is running here" in result.err


@pytest.mark.parametrize("harm", ["delete", "cut", "flip"])
def test_every_harmed_file_is_noticed(folder: Path, harm: str) -> None:
    good = _publish(folder, "a")
    for name in good.manifest["files"]:
        copy = folder.parent / "copies" / good.release
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.copytree(good.path, copy)
        for part in (copy, *copy.rglob("*")):
            part.chmod(0o755)
        _harm(copy / name, harm)
        assert any(problem.startswith(f"{name}: ") for problem in snapshot.verify(snapshot.open_snapshot(copy))), name


def test_a_bit_that_turns_over_in_the_manifest_is_noticed(folder: Path) -> None:
    good = _publish(folder, "a")
    file = good.path / "manifest.json"
    good.path.chmod(0o755)
    file.chmod(0o644)
    content = file.read_bytes()
    for at in range(0, len(content), 7):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            harmed = snapshot.open_snapshot(good.path)
        except SnapshotError:
            continue
        # White space may become other white space, which says the same.
        assert harmed.manifest == good.manifest or snapshot.verify(harmed), at


def test_a_damaged_current_release_falls_back_to_the_newest_good_one(folder: Path) -> None:
    first = _publish(folder, "a")
    second = _publish(folder, "b")
    victim = next(second.store_path.glob("*.sst"))
    victim.chmod(0o644)
    _harm(victim, "flip")
    assert snapshot.newest_good(folder).release == first.release
    result = run_kg("verify", "--snapshots", folder)
    assert result.code == 1
    assert f"{second.release}: damaged" in result.out
    assert f"{first.release}: intact" in result.out


def test_a_store_with_a_cut_manifest_is_not_taken_for_an_empty_one(folder: Path) -> None:
    one = _publish(folder, "a")
    copy = folder.parent / "copy"
    shutil.copytree(one.path, copy)
    for part in (copy, *copy.rglob("*")):
        part.chmod(0o755)
    _harm(next((copy / "store").glob("MANIFEST-*")), "cut")
    with pytest.raises(SnapshotError, match="cannot be read back"):
        snapshot.prove(copy)


def test_old_releases_are_forgotten_but_never_the_current_one(folder: Path) -> None:
    for number in range(snapshot.KEPT + 2):
        _publish(folder, str(number))
    kept = snapshot.list_snapshots(folder)
    assert len(kept) == snapshot.KEPT
    assert snapshot.current(folder).release in {one.release for one in kept}


_KILLED = """
import sys
from pathlib import Path
from kg import snapshot
folder, nquads = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
with snapshot.writer_lock(folder):
    snapshot.publish(folder, nquads, details={})
"""


def test_a_build_killed_at_any_moment_leaves_one_whole_release(folder: Path) -> None:
    _publish(folder, "a")
    nquads = folder.parent / "next.nq"
    for number in range(8):
        nquads.write_text(QUAD.format(f"next {number}"), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(folder), str(nquads)], stdout=subprocess.PIPE, start_new_session=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 * number)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        served = snapshot.current(folder)
        assert snapshot.verify(served) == ()
        snapshot.prove(served.path)


def test_a_full_disk_ends_in_one_line_and_leaves_what_is_served(folder: Path) -> None:
    served = _publish(folder, "a")
    script = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n" + _KILLED
    nquads = folder.parent / "big.nq"
    nquads.write_text("".join(QUAD.format(number) for number in range(20_000)), encoding="utf-8")
    # SIGXFSZ is ignored by Python, so a write past the limit fails as it does on a full disk.
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(nquads)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert snapshot.current(folder).release == served.release
    assert snapshot.verify(snapshot.current(folder)) == ()


def test_the_list_marks_the_served_release(folder: Path) -> None:
    _publish(folder, "a")
    second = _publish(folder, "b")
    records = json.loads(run_kg("snapshots", "--json", "--snapshots", folder).out)
    assert [record["current"] for record in records] == [True, False]
    assert records[0]["release"] == second.release


def _harm(path: Path, harm: str) -> None:
    content = path.read_bytes()
    if harm == "delete":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        path.write_bytes(
            content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :] if content else b"x"
        )
