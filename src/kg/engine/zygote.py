"""The process that workers are forked from: `python -m kg.engine.zygote FD`.

It has one thread and meets no query. When the store is small enough it loads it into memory once, and every
worker shares those pages; else each worker opens the store on disk for itself. It ends, with all its workers,
when the web process closes the control socket or dies.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg.engine import isolation, worker
from kg.engine.local import open_store
from kg.errors import KgError

# What a process has by itself, so that as deep a query is answered as everywhere else.
_STACK_BYTES = 8 << 20
# Endings are asked for at once or never.
_ENDINGS = 256
_DUMP = "import sys; from pathlib import Path; from kg.engine.zygote import dump; dump(Path(sys.argv[1]))"


def main() -> None:
    """Read the order, load, then fork a worker for each message until the control socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    order: dict[str, Any] = json.loads(control.recv(65_536))
    path = Path(order["path"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    isolation.be_modest()
    try:
        store = _load(path) if order["in_memory"] else None
        if store is None:
            open_store(path)
    except (KgError, OSError, ValueError, SyntaxError) as error:
        control.send(json.dumps({"error": str(error)}).encode())
        return
    # What is alive now stays so; the collector must not touch, and so copy, shared pages in each worker.
    gc.collect()
    gc.freeze()
    control.send(b"{}")
    children = _Children()
    while True:
        try:
            message = control.recv(65_536)
        except ConnectionResetError:
            message = b""
        if not message:
            break
        order = json.loads(message)
        if "ended" in order:
            control.send(json.dumps(asdict(children.ending(order["ended"]))).encode())
        else:
            _fork(control, path, store, order, children)
        children.reap()
    children.kill()


def _load(path: Path) -> ox.Store:
    """Copy a store into memory.

    A child reads it: RocksDB starts threads that a process cannot get rid of, and this one will fork.
    """
    reader = subprocess.Popen(  # noqa: S603  our own interpreter and code
        [sys.executable, "-c", _DUMP, str(path)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    store = ox.Store()
    assert reader.stdout is not None  # noqa: S101  asked for above
    with reader.stdout:
        store.bulk_load(reader.stdout, ox.RdfFormat.N_QUADS)
    if reader.wait() != 0:
        raise OSError(f"{path}: the store could not be read")
    return store


def dump(path: Path) -> None:
    """Write a store to standard output as N-Quads."""
    open_store(path).dump(sys.stdout.buffer, ox.RdfFormat.N_QUADS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a worker ended: the signal, 0 for none, and what it said."""

    signal: int = 0
    words: str = ""


class _Children:
    """The workers, and how the last of them ended."""

    def __init__(self) -> None:
        self._alive: dict[int, int] = {}  # What each says can be read there.
        self._endings: dict[int, _Ending] = {}

    def add(self, child: int, words: int) -> None:
        self._alive[child] = words

    def reap(self) -> None:
        """Bury the dead."""
        for child in list(self._alive):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                self._note(child, status)

    def ending(self, child: int) -> _Ending:
        """Tell how a worker ended. It has closed its socket, so the wait is short."""
        if child in self._alive:
            self._note(child, os.waitpid(child, 0)[1])
        return self._endings.pop(child, _Ending())

    def kill(self) -> None:
        """End all."""
        for child in self._alive:
            os.kill(child, signal.SIGKILL)

    def _note(self, child: int, status: int) -> None:
        words = isolation.hear(self._alive.pop(child))
        self._endings[child] = _Ending(signal=os.WTERMSIG(status), words=words)
        if len(self._endings) > _ENDINGS:
            del self._endings[next(iter(self._endings))]


def _fork(
    control: socket.socket, path: Path, store: ox.Store | None, order: dict[str, Any], children: _Children
) -> None:
    ours, theirs = socket.socketpair()
    heard, said = isolation.last_words()
    child = os.fork()
    if child == 0:
        _become_worker(theirs, said, path, store, order)
    theirs.close()
    os.close(said)
    children.add(child, heard)
    # A handle instead of a number: a number may be given to another process once this one is gone.
    handles = [os.pidfd_open(child)] if hasattr(os, "pidfd_open") else []
    socket.send_fds(control, [json.dumps({"pid": child}).encode()], [ours.fileno(), *handles])
    for handle in handles:
        os.close(handle)
    ours.close()


def _become_worker(
    link: socket.socket, words: int, path: Path, store: ox.Store | None, order: dict[str, Any]
) -> None:  # pragma: no cover  runs in a forked child
    def serve() -> None:
        try:
            worker.serve(link, store or open_store(path), walls, on_disk=store is None)
        except BaseException:
            # The pool reads it once the process is gone; nothing else may run here.
            traceback.print_exc()
        finally:
            # Nothing of the parent's may run at the end of a child.
            os._exit(1)

    try:
        isolation.silence(words)
        number = os.dup2(link.fileno(), 3) if link.fileno() != 3 else 3
        if link.fileno() != 3:
            link.detach()
            link = socket.socket(fileno=number)
        isolation.close_all_but(3)
        walls = worker.Walls(
            memory_mb=order["memory_mb"],
            guard=order["guard"],
            base=order["base"],
        )
        worker.be_deaf()
        # In a thread of its own, since a thread gets memory of its own from the allocator: what loading the store
        # left of the first thread's is in so many pieces that small queries took 1.5 times as long there
        # (docs/decisions/0010-query-pool.md).
        threading.stack_size(_STACK_BYTES)
        answering = threading.Thread(target=serve)
        answering.start()
        answering.join()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
