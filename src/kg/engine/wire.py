"""Messages between the web process and a worker, over a stream socket.

JSON and plain bytes only: a worker has met strangers' queries, so nothing it says may be able to run here.
"""

import json
import socket
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# Everything that a worker is told beside the text of a query, in the order in which it reads it.
Terms = tuple[Any, ...]
# What a worker says beside the answer itself; its values are never changed.
Head = Mapping[str, Any]

_REQUEST = struct.Struct("!II")
_REPLY = struct.Struct("!IQ")
# Nearly always one piece holds all of a message. More than 64 kB would make the allocator tidy up at each of them.
_PIECE_BYTES = 32_768


def pack_request(text: str, terms: Terms) -> bytes:
    """Write a request: two lengths, a JSON array of the terms of a query, and its text."""
    written = _written(terms)
    data = text.encode("utf-8", "surrogatepass")
    return _REQUEST.pack(len(written), len(data)) + written + data


# Most queries come on the same terms, and most replies say the same beside the answer.
@lru_cache(maxsize=64)
def _written(terms: Terms) -> bytes:
    return json.dumps(terms).encode("ascii")


@lru_cache(maxsize=64)
def _read_terms(data: bytes) -> Terms:
    return tuple(json.loads(data))


@lru_cache(maxsize=64)
def _written_head(said: tuple[tuple[str, Any], ...]) -> bytes:
    return json.dumps(dict(said)).encode("ascii")


@lru_cache(maxsize=64)
def _read_head(data: bytes) -> Head:
    head: Head = json.loads(data)
    return head


def read_request(link: socket.socket) -> tuple[str, Terms] | None:
    """Wait for a request, the text of a query and its terms; None when the other side has gone."""
    have = link.recv(_PIECE_BYTES)
    end = _end_of_request(have)
    while end is None or len(have) < end:
        piece = link.recv(1 << 20)
        if not have or not piece:
            return None
        have += piece
        end = _end_of_request(have)
    terms_end = _REQUEST.size + _REQUEST.unpack_from(have)[0]
    return have[terms_end:].decode("utf-8", "surrogatepass"), _read_terms(have[_REQUEST.size : terms_end])


def _end_of_request(have: bytes) -> int | None:
    return _REQUEST.size + sum(_REQUEST.unpack_from(have)) if len(have) >= _REQUEST.size else None


def send_reply(link: socket.socket, head: Head, body: bytes) -> None:
    """Write a reply: two lengths, a JSON object and the bytes of the answer."""
    said = _written_head(tuple(head.items()))
    start = _REPLY.pack(len(said), len(body)) + said
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
            piece = link.recv(min(1 << 20, max(_PIECE_BYTES, (self._end or 0) - len(have))), flags)
            if not piece:
                return None
            if not have and len(piece) >= _REPLY.size:
                head_size, body_size = _REPLY.unpack_from(piece)
                head_end = _REPLY.size + head_size
                if len(piece) == head_end + body_size:
                    return _read_head(piece[_REPLY.size : head_end]), piece[head_end:]
            have += piece
            if self._end is None and len(have) >= _REPLY.size:
                head_size, body_size = _REPLY.unpack_from(have)
                self._head_end = _REPLY.size + head_size
                self._end = self._head_end + body_size
        return _read_head(bytes(have[_REPLY.size : self._head_end])), bytes(
            memoryview(have)[self._head_end : self._end]
        )
