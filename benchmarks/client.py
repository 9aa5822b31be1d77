"""A client that costs little: one thread, many kept-open connections, one request at a time on each.

Each connection comes from a loopback address of its own, so that a server with budgets per client sees many clients.
"""

import itertools
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

# A request that takes longer counts as failed; longer than any server's own deadline here.
GIVE_UP_S = 15.0
_READ_BYTES = 262_144
# Who is refused asks again after a moment; at once would be an attack.
_REST_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a server answers: its port, its path, and the types it is asked for."""

    port: int
    path: str
    select_type: str = "application/sparql-results+json"
    graph_type: str = "application/n-triples"

    def request(self, sparql: str) -> bytes:
        """Return the bytes of one GET request."""
        accept = self.graph_type if "CONSTRUCT" in sparql else self.select_type
        return (
            f"GET {self.path}?query={quote(sparql, safe='')} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.port}\r\nAccept: {accept}\r\n\r\n"
        ).encode()


@dataclass(slots=True, kw_only=True)
class Sample:
    """What was seen of one server under one load.

    Attributes:
        latencies: seconds of each good answer.
        statuses: status, or "broken", of each answer.
        seconds: wall-clock time over all slices.
        bytes: length of all good bodies.
    """

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    bytes: int = 0

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """Return the latency in milliseconds that this share of the answers keeps below; nan without answers."""
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection:
    def __init__(self, target: Target, number: int) -> None:
        self._target = target
        self._source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.buffer = bytearray()
        self.started = 0.0
        self.socket = self._open()

    def _open(self) -> socket.socket:
        link = socket.socket()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.bind((self._source, 0))
        link.settimeout(GIVE_UP_S)
        link.connect(("127.0.0.1", self._target.port))
        return link

    def send(self, request: bytes) -> None:
        self.buffer.clear()
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> tuple[str, int] | None:
        """Take in what has come; return status and length of the body once the answer is whole."""
        piece = self.socket.recv(_READ_BYTES)
        self.buffer += piece
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None if piece else ("broken", 0)
        head = bytes(self.buffer[:end]).lower()
        body = len(self.buffer) - end - 4
        place = head.find(b"content-length:")
        if place >= 0:
            whole = body >= int(head[place + 15 :].split(b"\r\n", 1)[0])
        elif b"chunked" in head:
            whole = self.buffer.endswith(b"0\r\n\r\n")
        else:
            whole = not piece
        if whole:
            return head[9:12].decode(), body
        return None if piece else ("broken", body)

    def close(self) -> None:
        self.socket.close()

    def reopen(self) -> None:
        self.close()
        self.socket = self._open()


def load(target: Target, queries: Iterator[str], sample: Sample, *, connections: int, seconds: float) -> None:
    """Ask a server for so many seconds and add what was seen to a sample.

    Every connection gets at least one answer; what is under way when the time is over is waited for.
    """
    links = [_Connection(target, number) for number in range(connections)]
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for link in links:
            selector.register(link.socket, selectors.EVENT_READ, link)
            link.send(target.request(next(queries)))
        busy = set(links)
        resting: deque[tuple[float, _Connection]] = deque()
        while busy:
            events = selector.select(_REST_S / 2 if resting else 1.0)
            now = time.perf_counter()
            for key, _ in events:
                link = key.data
                answer = link.read()
                if answer is None:
                    continue
                status, length = answer
                sample.statuses[status] += 1
                if status == "200":
                    sample.latencies.append(time.perf_counter() - link.started)
                    sample.bytes += length
                if status == "broken" or b"connection: close" in bytes(link.buffer[:2_000]).lower():
                    selector.unregister(link.socket)
                    link.reopen()
                    selector.register(link.socket, selectors.EVENT_READ, link)
                if now - begun >= seconds:
                    busy.discard(link)
                elif status == "200":
                    link.send(target.request(next(queries)))
                else:
                    resting.append((now + _REST_S, link))
            while resting and resting[0][0] <= now:
                _, link = resting.popleft()
                link.send(target.request(next(queries)))
            for link in [link for link in busy if now - link.started > GIVE_UP_S + _REST_S]:
                sample.statuses["gave up"] += 1
                busy.discard(link)
        sample.seconds += time.perf_counter() - begun
    for link in links:
        link.close()


def unrepeated(texts: Iterator[str]) -> Iterator[str]:
    """Make every text a new one, by a comment, so that no cache of answers can know it."""
    for number in itertools.count():
        yield f"{next(texts)}\n# {number} {time.time_ns()}"
