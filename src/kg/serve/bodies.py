"""Read request bodies where clients that never finish sending hold nobody up.

The server hands a request over as soon as its headers are there. The rest is read by the event loop, so that waiting
for it costs no thread; still only so many may be sending at one time, one client a part of them, and not for ever.
"""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterable
from typing import Any

from kg.errors import BadRequestError, EngineBusyError, SlowRequestError
from kg.serve import framing

# Larger bodies are not read at all; what follows sees their length and refuses them.
MOST_BYTES = 2_000_000
# A query of the largest size, on a line of 256 kbit/s.
_WITHIN_S = 60.0


class BodyGate:
    """Counts the bodies that are being read. It belongs to one event loop."""

    def __init__(self, most: int, most_each: int) -> None:
        """Let so many bodies be sent at one time, so many of them by one client."""
        self._most = most
        self._most_each = most_each
        self._readers: Counter[str] = Counter()
        self._total = 0

    async def read(self, environ: dict[str, Any], pieces: AsyncIterable[bytes], client: str) -> None:
        """Put the whole body of a request into its environment.

        Raises:
            EngineBusyError: too many clients are sending slowly.
            SlowRequestError: it is not here in time.
            BadRequestError: the body ended too early.
        """
        declared = str(environ.get("CONTENT_LENGTH") or "")
        if not declared and not environ.get("HTTP_TRANSFER_ENCODING"):
            return
        if declared and (not declared.isdigit() or int(declared) > MOST_BYTES):
            return
        if self._total >= self._most or self._readers[client] >= self._most_each:
            raise EngineBusyError("too many requests are being sent slowly", 5)
        self._total += 1
        self._readers[client] += 1
        try:
            async with asyncio.timeout(_WITHIN_S):
                body = await _all_of(pieces)
        except TimeoutError:
            raise SlowRequestError(f"the body was not here within {_WITHIN_S:g} s") from None
        finally:
            self._total -= 1
            self._readers[client] -= 1
            if not self._readers[client]:
                del self._readers[client]
        framing.check_whole(body, declared)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))


async def _all_of(pieces: AsyncIterable[bytes]) -> bytes:
    """Give what a client sends, and no more of it than shows that it is too much."""
    have = bytearray()
    try:
        async for piece in pieces:
            have += piece
            if len(have) > MOST_BYTES:
                break
    except RuntimeError as error:
        # The server's word for a body that breaks off or cannot be decoded.
        raise BadRequestError("the body could not be read to its end") from error
    return bytes(have)
