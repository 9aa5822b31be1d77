"""Messages between the web process and a worker, over a stream socket.

JSON and plain bytes only: a worker has met strangers' queries, so nothing it says may be able to run here.
"""

import json
import socket
import struct
from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

# Everything that a worker is told beside the text of a query, in the order in which it reads it.
Terms = tuple[Any, ...]
# What a worker says beside the answer itself.
Head = Mapping[str, Any]

_REQUEST = struct.Struct("!I")
_REPLY = struct.Struct("!IQ")


def pack_request(text: str, terms: Terms) -> bytes:
    """Write a request: a length and a JSON array of the text of a query and the terms that it is answered on."""
    data = f"[{_quoted(text)}, {_written(terms)}".encode("ascii")
    return _REQUEST.pack(len(data)) + data


# Most replies say the same beside the answer.
@lru_cache(maxsize=64)
def _head(data: bytes) -> Head:
    head: Head = json.loads(data)
    return head


# Most queries come on the same terms.
@lru_cache(maxsize=64)
def _written(terms: Terms) -> str:
    return json.dumps(terms)[1:]


def read_request(link: socket.socket) -> list[Any] | None:
    """Wait for a request; None when the other side has gone."""
    have = link.recv(65_536)
    size = _REQUEST.size + _REQUEST.unpack_from(have)[0] if len(have) >= _REQUEST.size else 0
    # Nearly always one piece holds all of it.
    while len(have) < size or not size:
        piece = link.recv(1 << 20)
        if not have or not piece:
            return None
        have += piece
        if not size and len(have) >= _REQUEST.size:
            size = _REQUEST.size + _REQUEST.unpack_from(have)[0]
    job: list[Any] = json.loads(have[_REQUEST.size :].decode())
    return job


def send_reply(link: socket.socket, head: dict[str, Any], body: bytes) -> None:
    """Write a reply: two lengths, a JSON object and the bytes of the answer."""
    data = json.dumps(head).encode()
    start = _REPLY.pack(len(data), len(body)) + data
    if len(body) < 65_536:
        link.sendall(start + body)
    else:
        link.sendall(start)
        link.sendall(body)


class Reply:
    """A reply that arrives in pieces; reading can stop at a time-out and go on later."""

    def __init__(self) -> None:
        self._have = bytearray()
        self._head_end = 0
        self._end: int | None = None

    def read(self, link: socket.socket, flags: int = 0) -> tuple[Head, bytes] | None:
        """Read on until the reply is whole; None when the other side has gone.

        Raises:
            TimeoutError: the time-out set on the socket passed with the reply unfinished.
            BlockingIOError: no more is there now, and the flags, or the kernel's time-out, forbid to wait for it.
        """
        have = self._have
        while self._end is None or len(have) < self._end:
            piece = link.recv(min(1 << 20, max(65_536, (self._end or 0) - len(have))), flags)
            if not piece:
                return None
            have += piece
            if self._end is None and len(have) >= _REPLY.size:
                head_size, body_size = _REPLY.unpack_from(have)
                self._head_end = _REPLY.size + head_size
                self._end = self._head_end + body_size
        return _head(bytes(have[_REPLY.size : self._head_end])), bytes(memoryview(have)[self._head_end : self._end])
