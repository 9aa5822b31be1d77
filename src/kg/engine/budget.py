"""What one client may use in a minute. In memory only, and forgotten as the minute passes."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

_MINUTE_S = 60.0
# Beyond so many clients the longest unseen are forgotten, so that strangers cannot fill the memory.
_MOST_CLIENTS = 10_000


@dataclass(slots=True)
class _Account:
    seconds: float
    errors: float
    at: float


class Budgets:
    """Slow seconds and errors per client; each comes back evenly over a minute."""

    def __init__(self, slow_seconds: float, errors: int) -> None:
        """Set what every client may use in a minute."""
        self._seconds = slow_seconds
        self._errors = float(errors)
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._lock = threading.Lock()

    def errors_wait_s(self, client: str | None) -> int:
        """Seconds until this client may send queries again; 0 is now."""
        return self._wait(client, "errors", self._errors)

    def slow_wait_s(self, client: str | None) -> int:
        """Seconds until this client may use the slow lane again; 0 is now."""
        return self._wait(client, "seconds", self._seconds)

    def spend(self, client: str | None, *, slow_seconds: float = 0.0, errors: int = 0) -> None:
        """Note what a query of this client has used."""
        if client is None:
            return
        with self._lock:
            account = self._account(client)
            account.seconds += slow_seconds
            account.errors += errors
            self._accounts[client] = account
            self._accounts.move_to_end(client)
            if len(self._accounts) > _MOST_CLIENTS:
                self._accounts.popitem(last=False)

    def _account(self, client: str) -> _Account:
        now = time.monotonic()
        account = self._accounts.get(client)
        if account is None:
            return _Account(0.0, 0.0, now)
        share = (now - account.at) / _MINUTE_S
        account.seconds = max(0.0, account.seconds - share * self._seconds)
        account.errors = max(0.0, account.errors - share * self._errors)
        account.at = now
        return account

    def _wait(self, client: str | None, name: str, most: float) -> int:
        # Most clients have no account: they have neither failed nor been slow.
        if client is None or client not in self._accounts:
            return 0
        with self._lock:
            over = getattr(self._account(client), name) - most
        return 0 if over < 0 else max(1, int(over / most * _MINUTE_S) + 1)
