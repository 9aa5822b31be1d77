"""Read request bodies where clients that never finish sending cannot take all threads.

The server hands a request over as soon as its headers are there, and reading the rest blocks a thread for as long
as the client likes. So only half of the threads may read at one time, and one client may hold only a quarter.
"""

import io
import threading
from collections import Counter
from typing import Any

from kg.errors import EngineBusyError
from kg.serve import framing

# Larger bodies are not read at all; what follows sees their length and refuses them.
MOST_BYTES = 2_000_000


class BodyGate:
    """Counts the threads that are reading a body."""

    def __init__(self, threads: int) -> None:
        """Set the bounds for a service of so many threads."""
        self._most = max(threads // 2, 1)
        self._most_each = max(threads // 4, 1)
        self._lock = threading.Lock()
        self._readers: Counter[str] = Counter()
        self._total = 0

    def read(self, environ: dict[str, Any], client: str) -> None:
        """Replace the body of a request by one that is wholly here.

        Raises:
            EngineBusyError: too many clients are sending slowly.
            BadRequestError: the body ended too early.
        """
        declared = str(environ.get("CONTENT_LENGTH") or "")
        if not declared and not environ.get("HTTP_TRANSFER_ENCODING"):
            return
        if declared and (not declared.isdigit() or int(declared) > MOST_BYTES):
            return
        with self._lock:
            if self._total >= self._most or self._readers[client] >= self._most_each:
                raise EngineBusyError("too many requests are being sent slowly", 5)
            self._total += 1
            self._readers[client] += 1
        try:
            body = environ["wsgi.input"].read(int(declared) if declared else MOST_BYTES + 1)
        finally:
            with self._lock:
                self._total -= 1
                self._readers[client] -= 1
                if not self._readers[client]:
                    del self._readers[client]
        framing.check_whole(body, declared)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
