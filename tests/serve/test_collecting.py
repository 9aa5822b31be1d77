"""What stays is set aside from the collector, and nothing is set aside for ever."""

import subprocess
import sys

# In a process of its own, since it changes how all of a process is collected.
SCRIPT = """
import gc
import time
import weakref

from kg.serve import collecting


class Node:
    pass


def ring():
    one, other = Node(), Node()
    one.other, other.other = other, one
    return one


collecting.begin()
kept, plain = ring(), Node()
gc.collect()
assert gc.get_freeze_count() > 1_000
gone, at_once = weakref.ref(kept), weakref.ref(plain)
del kept, plain
assert at_once() is None, "what is in no cycle goes by its count"
gc.collect()
assert gone() is not None, "what was set aside is not walked over"
collecting.collect_all()
assert gone() is None, "a release that is closed goes"

kept = ring()
gc.collect()
gone = weakref.ref(kept)
del kept
late = time.monotonic() + 4_000
collecting.time.monotonic = lambda: late
gc.collect()
assert gone() is None, "now and then everything is looked at"
"""


def test_cycles_that_were_set_aside_go_when_a_release_is_closed_and_now_and_then() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
