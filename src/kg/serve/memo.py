"""What was made once of a release; it goes when the release is closed."""

from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, TypeVar

_Made = TypeVar("_Made")


class Memo:
    """Values by name, each made at first use by one thread while others that need the same one wait.

    A memo belongs to a site and not to a release id: a release that is rolled back to is opened anew, and what the
    site before it had read answers through workers that are gone.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._made: dict[str, Any] = {}
        self._locks: dict[str, RLock] = {}
        self._lock = Lock()

    def once(self, name: str, make: Callable[[], _Made]) -> _Made:
        """Return the value of a name; when making it fails the next call makes it again."""
        if name not in self._made:
            with self._lock:
                making = self._locks.setdefault(name, RLock())
            with making:
                if name not in self._made:
                    self._made[name] = make()
        found: _Made = self._made[name]
        return found
