"""Places for slow queries: few at once, a bounded number waiting, the rest told to come back."""

import threading
import time

from kg.engine.workers import Worker
from kg.errors import EngineBusyError

_COME_BACK_S = 5


class SlowLane:
    """Counts who runs and who waits."""

    def __init__(self, places: int, waiting: int) -> None:
        """Allow so many slow queries at once, and so many waiting for a place."""
        self._places = places
        self._most_waiting = waiting
        self._free = threading.Condition()
        self._closed = False
        self.running = 0
        self.waiting = 0

    def enter(self, worker: Worker | None, deadline: float) -> None:
        """Wait for a place, with the query's worker, if it has one already, paused meanwhile.

        Raises:
            EngineBusyError: too many wait, or no place became free before the deadline.
        """
        with self._free:
            if self.running < self._places:
                self.running += 1
                return
            if self.waiting >= self._most_waiting:
                raise EngineBusyError("too many slow queries at once", _COME_BACK_S)
            self.waiting += 1
            if worker is not None:
                worker.pause()
            try:
                while self.running >= self._places:
                    left = deadline - time.monotonic()
                    if self._closed or left <= 0:
                        raise EngineBusyError("too many slow queries at once", _COME_BACK_S)
                    self._free.wait(left)
                self.running += 1
            finally:
                self.waiting -= 1
        if worker is not None:
            worker.go_on()

    def leave(self) -> None:
        """Give the place to the next."""
        with self._free:
            self.running -= 1
            self._free.notify()

    def close(self) -> None:
        """Send away who waits."""
        with self._free:
            self._closed = True
            self._free.notify_all()
