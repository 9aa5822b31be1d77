"""One line of JSON per request on stderr. It holds no address, no query and no header of the client."""

import contextlib
import json
import sys
import threading
import time
from collections import deque
from functools import lru_cache

# Lines wait so long for others, and are written with them: a system call for each would let other threads have the
# interpreter in the middle of every query.
_WAIT_S = 0.1
_MOST_LINES = 1_000

_enabled = threading.Event()


class _Waiting:
    """Lines to be written soon, by a thread of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[str] = deque()
        self._any = threading.Event()
        self._writer: threading.Thread | None = None

    def add(self, line: str) -> None:
        self._lines.append(line)
        if not self._any.is_set():
            self._wake()
        elif len(self._lines) >= _MOST_LINES:
            # A reader of the log that is slow holds up those who make more of it.
            self.write()

    def write(self) -> None:
        with self._lock:
            # Others may add lines meanwhile.
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            # A reader of the log that has gone must not end the answers.
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write("".join(lines))
                sys.stderr.flush()

    def _wake(self) -> None:
        with self._lock:
            self._any.set()
            # None of the threads of a process are in what is forked from it.
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._go_on, name="kg-log", daemon=True)
                self._writer.start()

    def _go_on(self) -> None:
        while True:
            self._any.wait()
            time.sleep(_WAIT_S)
            self._any.clear()
            self.write()


_WAITING = _Waiting()


def enable(on: bool) -> None:
    """Write lines from now on, or no more."""
    (_enabled.set if on else _enabled.clear)()


def flush() -> None:
    """Write what waits now."""
    _WAITING.write()


def write(method: str, path: str, status: int, seconds: float, size: int, release: str, *, cached: bool) -> None:
    """Log one answered request, a tenth of a second later at most.

    Arguments:
        size: bytes in the body.
        cached: the answer was kept from an earlier equal query.
    """
    if not _enabled.is_set():
        return
    _WAITING.add(
        f'{{"time": "{_time(int(time.time()))}", "method": {_quoted(method[:20])}, "path": {_quoted(path[:200])}, '
        f'"status": {status}, "ms": {seconds * 1_000:.2f}, "bytes": {size}, "release": "{release}", '
        f'"cached": {"true" if cached else "false"}}}\n'
    )


@lru_cache(maxsize=2)
def _time(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return json.dumps(text)
