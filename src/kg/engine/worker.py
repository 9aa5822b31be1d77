"""What a worker process does: one query at a time on a read-only store, within its walls, until it is told off.

It talks only over the socket it was born with, and it holds no other open file than it needs.
"""

import faulthandler
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any, NoReturn

import pyoxigraph as ox

from kg.engine import guard, isolation, wire
from kg.engine.execute import Done, Job, run
from kg.engine.replies import failure_head
from kg.errors import KgError, QueryRefusedError, QueryTooLargeError

# A worker that has grown by this much beyond its start is replaced, since the allocator keeps what it took.
_GROWTH_MB = 256
_LOOK_EVERY = 64
# What took longer may have taken memory as well, and the pool learns from its time.
_TELL_FROM_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What a worker is kept from.

    Attributes:
        memory_mb: memory beyond the store.
        guard: whether texts are looked over before they are parsed.
        base: IRI that relative ones in a query are resolved against.
    """

    memory_mb: int = 1024
    guard: bool = True
    base: str | None = None


class _Memory:
    """Pages this process has mapped and holds, read from a file opened once: later none can be opened."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._file = -1

    def pages(self) -> tuple[int, int]:
        """Give mapped and resident pages; zeros where the system does not tell."""
        if self._file < 0:
            return 0, 0
        mapped, resident = os.pread(self._file, 64, 0).split()[:2]
        return int(mapped), int(resident)


def serve(link: socket.socket, store: ox.Store, walls: Walls, *, on_disk: bool) -> NoReturn:
    """Set up the walls, say so, then answer until the other side closes the socket."""
    # A stack that overflows says nothing by itself; what it needs for that is made for the thread that asks for it.
    faulthandler.enable(2, all_threads=False)
    isolation.be_modest()
    memory = _Memory()
    measures = []
    # A store on disk opens its files as it goes, so only a store in memory can do without any.
    if not on_disk and isolation.deny_files():
        measures.append("no-files")
    if isolation.deny_network():
        measures.append("seccomp")
    mapped, resident_at_start = memory.pages()
    isolation.limit_memory(walls.memory_mb, now_pages=mapped)
    wire.send_reply(link, {"ready": tuple(measures), "thread": threading.get_native_id()}, b"")
    growth_pages = _GROWTH_MB * 1_000_000 // os.sysconf("SC_PAGE_SIZE")
    processor = isolation.Processor()
    count = 0
    while True:
        request = wire.read_request(link)
        if request is None:
            os._exit(0)
        count += 1
        begun = time.monotonic()
        try:
            head, body = _answer(store, *request, walls, processor)
        except MemoryError:
            too_large = QueryTooLargeError("the query needs more memory than allowed", "memory")
            head, body = {**failure_head(too_large), "retire": True}, b""
        seconds = time.monotonic() - begun
        if seconds > _TELL_FROM_S:
            head["seconds"] = seconds
        if count % _LOOK_EVERY == 0 or len(body) > 4_000_000 or seconds > _TELL_FROM_S:
            head["retire"] = memory.pages()[1] - resident_at_start > growth_pages
        try:
            wire.send_reply(link, head, body)
        except OSError:
            os._exit(0)


def be_deaf() -> None:
    """Leave signals to the web process, which ends a worker by the one that cannot be heard."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _answer(
    store: ox.Store, text: str, terms: wire.Terms, walls: Walls, processor: isolation.Processor
) -> tuple[dict[str, Any], bytes]:
    results_type, graph_type, default_graphs, named_graphs, rows, most_bytes, seconds, trusted = terms
    processor.allow(seconds)
    try:
        findings = _look(text, trusted, walls)
        done: Done = run(
            store,
            Job(
                text=text,
                results_type=results_type,
                graph_type=graph_type,
                default_graphs=tuple(default_graphs),
                named_graphs=tuple(named_graphs),
                own_dataset=findings.own_dataset,
                rows=rows,
                bytes=most_bytes,
                base=walls.base,
            ),
        )
    except KgError as error:
        return failure_head(error), b""
    return {"type": done.media_type, "form": done.form, "limit": done.limit}, done.body


def _look(text: str, trusted: bool, walls: Walls) -> guard.Findings:
    try:
        return guard.inspect(text, complexity=not trusted)
    except QueryRefusedError:
        if walls.guard:
            raise
        return guard.Findings()
