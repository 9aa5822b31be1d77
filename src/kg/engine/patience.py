"""An end for each wait of an event loop, with one timer for all of them.

Most waits end long before their time, and a timer for each would be begun and cancelled for nothing.
"""

import asyncio
from heapq import heappop, heappush
from math import inf
from typing import Any

# A wait that may be ended with None.
Wait = asyncio.Future[Any]


class Limit:
    """When a wait ends at the latest."""

    __slots__ = ("wait", "when")

    def __init__(self, when: float, wait: Wait) -> None:
        """Limit a wait."""
        self.when = when
        self.wait: Wait | None = wait

    def __lt__(self, other: "Limit") -> bool:
        """Order limits by time."""
        return self.when < other.when

    def forget(self) -> None:
        """Let go of a wait that has ended, and of what came of it."""
        self.wait = None


class Patience:
    """Ends waits that last too long. It belongs to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nobody waiting."""
        self.loop = loop
        self._limits: list[Limit] = []
        # Not asked of the timer: for a moment that is past a loop may give one that has no time.
        self._next = inf
        self._timer: asyncio.Handle | None = None

    def limit(self, wait: Wait, seconds: float) -> Limit:
        """Give a wait the result None unless it has ended after so many seconds."""
        limit = Limit(self.loop.time() + seconds, wait)
        heappush(self._limits, limit)
        if limit.when < self._next:
            self._set(limit.when)
        return limit

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next, self._timer = when, self.loop.call_at(when, self._look)

    def _look(self) -> None:
        self._next, self._timer = inf, None
        now = self.loop.time()
        while self._limits:
            limit = self._limits[0]
            if limit.wait is not None:
                if limit.when > now:
                    self._set(limit.when)
                    return
                if not limit.wait.done():
                    limit.wait.set_result(None)
            heappop(self._limits)
