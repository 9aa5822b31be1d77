"""Remember which shapes of query were slow, so that the next one like it need not try the fast lane first."""

import re
import threading
from collections import OrderedDict
from functools import lru_cache

# Strings, IRIs, local names and numbers are what changes between two queries of one shape.
_CONSTANT = re.compile(r'"[^"\n]*+"|<[^<>\s]*+>|:[\w.\-]++|\b\d[\w.]*+|\s++')
_MOST_SHAPES = 2_000
_MOST_TEXT = 8_192


class SlowShapes:
    """Seconds that shapes of queries took, only of those that left the fast lane."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._seconds: OrderedDict[str, float] = OrderedDict()
        self._marks: set[tuple[int, int, int]] = set()
        self._lock = threading.Lock()

    def estimate_s(self, text: str) -> float:
        """Seconds a query like this took lately; 0 when none was slow."""
        # Counting three marks is ten times as fast as finding the shape, and tells most queries apart.
        if _marks(text) not in self._marks:
            return 0.0
        return self._seconds.get(_shape(text), 0.0)

    def learn(self, text: str, seconds: float, *, slow: bool) -> None:
        """Note what a query took. A fast one halves what is remembered, so one bad moment is forgotten."""
        if not slow and _marks(text) not in self._marks:
            return
        shape = _shape(text)
        with self._lock:
            before = self._seconds.get(shape)
            if before is None and not slow:
                return
            now = seconds if before is None else (before + seconds) / 2
            if now < 0.02:
                self._seconds.pop(shape, None)
                return
            self._seconds[shape] = now
            self._marks.add(_marks(text))
            self._seconds.move_to_end(shape)
            if len(self._seconds) > _MOST_SHAPES:
                self._seconds.popitem(last=False)
                if len(self._marks) > _MOST_SHAPES:
                    self._marks.clear()


def _marks(text: str) -> tuple[int, int, int]:
    return text.count("?"), text.count("{"), text.count("(")


# A text is looked up and learned from, with the queries of others between.
@lru_cache(maxsize=128)
def _shape(text: str) -> str:
    return _CONSTANT.sub("_", text[:_MOST_TEXT])
