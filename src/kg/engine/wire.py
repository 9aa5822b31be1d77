"""Messages between the web process and a worker, over a stream socket.

JSON and plain bytes only: a worker has met strangers' queries, so nothing it says may be able to run here.
"""

import json
import socket
import struct
from typing import Any

_REQUEST = struct.Struct("!I")
_REPLY = struct.Struct("!IQ")


def pack_request(job: list[Any]) -> bytes:
    """Write a request: a length and a JSON array."""
    data = json.dumps(job).encode()
    return _REQUEST.pack(len(data)) + data


def read_request(link: socket.socket) -> list[Any] | None:
    """Wait for a request; None when the other side has gone."""
    head = _exactly(link, _REQUEST.size)
    if head is None:
        return None
    data = _exactly(link, _REQUEST.unpack(head)[0])
    if data is None:
        return None
    job: list[Any] = json.loads(data)
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

    def read(self, link: socket.socket) -> tuple[dict[str, Any], bytes] | None:
        """Read on until the reply is whole; None when the other side has gone.

        Raises:
            TimeoutError: the time-out set on the socket passed with the reply unfinished.
        """
        have = self._have
        while self._end is None or len(have) < self._end:
            piece = link.recv(min(1 << 20, max(65_536, (self._end or 0) - len(have))))
            if not piece:
                return None
            have += piece
            if self._end is None and len(have) >= _REPLY.size:
                head_size, body_size = _REPLY.unpack_from(have)
                self._head_end = _REPLY.size + head_size
                self._end = self._head_end + body_size
        head: dict[str, Any] = json.loads(have[_REPLY.size : self._head_end])
        return head, bytes(memoryview(have)[self._head_end : self._end])


def _exactly(link: socket.socket, size: int) -> bytes | None:
    first = link.recv(size)
    if len(first) == size:
        return first
    have = bytearray(first)
    while first and len(have) < size:
        first = link.recv(size - len(have))
        have += first
    return bytes(have) if len(have) == size else None
