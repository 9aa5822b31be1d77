"""Keep Python's collector from walking over everything that is here to stay, again and again.

A release of 1 M triples keeps half a million objects. A full collection walks over all of them, which took half a
second in which nobody was answered, twice in twelve seconds under load. So what has outlived one full collection is
set aside (`gc.freeze`), and the next one looks at what is new; what is set aside goes by its count of references, as
everything that is no part of a cycle. Cycles among it are sought when a release is closed, and now and then.
"""

import gc
import time
from typing import Any

# Full collections come so often that each has little to look at.
_THRESHOLDS = (2_000, 5, 2)
_WHOLE_EVERY_S = 3_600.0


class _SetAside:
    def __init__(self) -> None:
        self._whole_at = time.monotonic()

    def __call__(self, phase: str, about: dict[str, Any]) -> None:
        if about["generation"] < 2:
            return
        if phase == "stop":
            gc.freeze()
        elif time.monotonic() - self._whole_at > _WHOLE_EVERY_S:
            self._whole_at = time.monotonic()
            gc.unfreeze()


def begin() -> None:
    """Set aside what stays from now on, in this process."""
    gc.callbacks.append(_SetAside())
    gc.set_threshold(*_THRESHOLDS)


def collect_all() -> None:
    """Free what was set aside and is no longer used; nobody is answered meanwhile."""
    gc.unfreeze()
    gc.collect()
