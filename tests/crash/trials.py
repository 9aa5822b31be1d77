"""The trials of docs/operations.md: what is killed, cut, filled up or flooded, and what is left afterwards.

    make crash-test           the full numbers, about ten minutes
    python tests/crash/trials.py --short

Everything runs on this machine in a temporary folder, bounded in count and time, and prints one line a trial.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.conftest import make_tiny_root
from tests.crash import disk, load
from tests.crash.outcome import Outcome


def run_trials(*, short: bool, seed: int) -> Iterator[Outcome]:
    """Run every trial in a temporary folder, one after the other."""
    with tempfile.TemporaryDirectory(prefix="kg-trials-") as name:
        base = Path(name)
        root = make_tiny_root(base / "root")
        tiny = base / "tiny" / "snapshots"
        first = disk.build(root, tiny)
        yield disk.same_release(base, root, first, 2 if short else 10)
        (base / "kill").mkdir()
        yield disk.kill_writers(base / "kill" / "snapshots", root, 4 if short else 200, seed, with_builds=not short)
        yield disk.harm_files(tiny, 16 if short else 1)
        # The suite runs on machines that are busy with the rest of it.
        yield disk.fall_back(tiny, 60.0 if short else 5.0)
        yield disk.full_disk(base, tiny, root, 1 if short else 10)
        yield load.read_while_publishing(tiny, root, 1 if short else 50, 100 if short else 10_000)
        if not short:
            # The suite has these beside the engine; here they are measured.
            (base / "load").mkdir()
            yield from load.under_load(base / "load")
            (base / "hostile").mkdir()
            yield load.hostile_input(base, 55, seed)


def main() -> None:
    """Print the outcome of each trial; exit 1 if a promise did not hold."""
    parser = argparse.ArgumentParser(description="Kill, cut, fill up and flood; see what is left.")
    parser.add_argument("--short", action="store_true", help="a few tries of each trial")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    broken = 0
    begun = time.monotonic()
    for one in run_trials(short=options.short, seed=options.seed):
        broken += not one.held
        print(f"{one}  [{time.monotonic() - begun:.0f} s]", flush=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
