"""The way in: an event loop that answers `/sparql` itself, and threads that make everything else.

A thread for each request was twice as slow at the smallest queries, since a reply then wakes a thread, and that
thread the server's (docs/decisions/0065-event-loop.md has the measurements).
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, Protocol

from kg.errors import KgError
from kg.serve import access_log, framing, sparql
from kg.serve.bodies import BodyGate
from kg.serve.environ import Environ, Scope, environ_of
from kg.serve.front import ARRIVED, Front
from kg.serve.problems import internal_reply
from kg.serve.replies import Reply
from kg.serve.site import Site

log = logging.getLogger(__name__)

_BODIES = 512
# Compressing more than this takes longer than others at the loop should wait.
_SOON_BYTES = 32_768
_CHUNK_BYTES = 65_536


class HTTPProtocol(Protocol):
    """How RSGI takes an answer."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the body of the request piece by piece."""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Send a head without a body."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a whole answer."""

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        """Send a file."""

    def response_file_range(self, status: int, headers: list[tuple[str, str]], file: str, start: int, end: int) -> None:
        """Send the bytes of a file from `start` up to, without, `end`."""


class Door:
    """The RSGI application in front of the WSGI one."""

    def __init__(self, front: Front) -> None:
        """Stand before everything else."""
        self.front = front
        threads = front.site.settings.threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="kg-page")
        self._gate = BodyGate(_BODIES, max(threads // 4, 1))

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let nobody wait for what will not come any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.front.site.engine.close()
        access_log.flush()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        arrived = time.monotonic()
        environ = environ_of(scope)
        here = self.front.site
        try:
            framing.check(environ)
            if scope.method not in ("GET", "HEAD"):
                client = sparql.client_of(environ, here.settings.trusted_proxies)
                await self._gate.read(environ, protocol, client)
        except KgError as error:
            self._send(protocol, environ, sparql.failed(here, error), arrived, here)
            return
        if sparql.is_query(environ):
            self._send(protocol, environ, await self._answer(here, environ, arrived), arrived, here)
            return
        environ[ARRIVED] = arrived
        loop = asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(self._threads, _call, self.front, environ)
        except Exception:
            log.exception("%s could not be answered", environ["PATH_INFO"])
            self._send(protocol, environ, internal_reply(), arrived, here)
        else:
            _deliver(protocol, scope.method, made)

    async def _answer(self, here: Site, environ: Environ, arrived: float) -> Reply:
        try:
            ask = sparql.receive(here, environ, arrived)
            if isinstance(ask, Reply):
                return ask
            try:
                answer = await here.engine.answer_soon(ask.query, self._threads)
            except KgError as error:
                return sparql.failed(here, error)
            if len(answer.body) > _SOON_BYTES and "HTTP_ACCEPT_ENCODING" in environ:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, sparql.tell, here, environ, ask, answer)
            return sparql.tell(here, environ, ask, answer)
        except Exception:
            log.exception("a query could not be answered")
            return internal_reply()

    def _send(self, protocol: HTTPProtocol, environ: Environ, reply: Reply, arrived: float, here: Site) -> None:
        if environ["REQUEST_METHOD"] == "HEAD":
            protocol.response_empty(reply.status, reply.wsgi_headers())
        else:
            protocol.response_bytes(reply.status, reply.wsgi_headers(), reply.body)
        self.front.note(environ, reply.status, arrived, len(reply.body), here, cached=reply.cached)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """An answer of the WSGI application: its bytes, or the file that holds them."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    file: str | None = None


class _File:
    """A file that an application wants sent (PEP 3333, "Optional Platform-Specific File Handling")."""

    def __init__(self, file: IO[bytes]) -> None:
        self.name = str(file.name)
        self._file = file
        self.seekable = file.seekable
        self.seek = file.seek
        self.tell = file.tell
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(_CHUNK_BYTES)
        if not piece:
            raise StopIteration
        return piece


def _call(front: Front, environ: Environ) -> _Made:
    """Have the WSGI application make an answer, in a thread of its own."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    files: list[_File] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        begun[:] = [(status, headers)]
        return lambda data: None

    def wrap(file: IO[bytes], block_size: int = _CHUNK_BYTES) -> _File:
        files[:] = [_File(file)]
        return files[0]

    environ["wsgi.file_wrapper"] = wrap
    result = front(environ, start_response)
    status, headers = begun[0]
    # Short files come back as bytes.
    file = files[0].name if files and not isinstance(result, list) else None
    body = b"" if file else b"".join(result)
    close = getattr(result, "close", None)
    if close is not None:
        close()
    return _Made(status=int(status[:3]), headers=headers, body=body, file=file)


def _deliver(protocol: HTTPProtocol, method: str, made: _Made) -> None:
    if method == "HEAD":
        protocol.response_empty(made.status, made.headers)
    elif made.file is None:
        protocol.response_bytes(made.status, made.headers, made.body)
    elif made.status == 206:
        start, end = _range(dict(made.headers)["Content-Range"])
        protocol.response_file_range(made.status, made.headers, made.file, start, end)
    else:
        protocol.response_file(made.status, made.headers, made.file)


def _range(field: str) -> tuple[int, int]:
    """Read `bytes 0-9/100`, RFC 9110, 14.4, as the first byte and the one after the last."""
    first, _, last = field.removeprefix("bytes ").partition("/")[0].partition("-")
    return int(first), int(last) + 1
