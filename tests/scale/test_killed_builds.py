"""A build that is killed takes the processes that check its shapes along."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def children_of(pid: int) -> set[int]:
    """Give the processes below one, all the way down."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for thread in Path(f"/proc/{waiting.pop()}/task").glob("*"):
            below = {int(child) for child in (thread / "children").read_text(encoding="ascii").split()}
            waiting += below - found
            found |= below
    return found


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


@pytest.mark.skipif(not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists(), reason="needs /proc")
def test_a_killed_build_leaves_no_process(tiny_root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kg", "--root", str(tiny_root), "--snapshots", str(tmp_path / "s"), "build"]
    build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    checking: set[int] = set()
    # One checks what is stated while the rules run; the process that cleans up after such processes is another.
    while len(checking) < 2:
        assert build.poll() is None
        assert time.monotonic() < deadline
        checking = children_of(build.pid)
        time.sleep(0.01)
    build.send_signal(signal.SIGKILL)
    build.wait()
    while any(map(is_alive, checking)):
        assert time.monotonic() < deadline, f"{checking} still run"
        time.sleep(0.05)
