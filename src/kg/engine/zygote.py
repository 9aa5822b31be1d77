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
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg.engine import isolation, worker
from kg.engine.local import open_store
from kg.errors import KgError

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
    children: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        message = control.recv(65_536)
        _reap(children)
        if not message:
            break
        _fork(control, path, store, json.loads(message), children)
    for child in children:
        os.kill(child, signal.SIGKILL)


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


def _reap(children: set[int]) -> None:
    for child in list(children):
        if os.waitpid(child, os.WNOHANG)[0]:
            children.discard(child)


def _fork(
    control: socket.socket, path: Path, store: ox.Store | None, order: dict[str, Any], children: set[int]
) -> None:
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        _become_worker(theirs, path, store, order)
    theirs.close()
    children.add(child)
    # A handle instead of a number: a number may be given to another process once this one is gone.
    handles = [os.pidfd_open(child)] if hasattr(os, "pidfd_open") else []
    socket.send_fds(control, [json.dumps({"pid": child}).encode()], [ours.fileno(), *handles])
    for handle in handles:
        os.close(handle)
    ours.close()


def _become_worker(
    link: socket.socket, path: Path, store: ox.Store | None, order: dict[str, Any]
) -> None:  # pragma: no cover  runs in a forked child
    code = 1
    try:
        isolation.silence()
        number = os.dup2(link.fileno(), 3) if link.fileno() != 3 else 3
        if link.fileno() != 3:
            link.detach()
            link = socket.socket(fileno=number)
        isolation.close_all_but(3)
        walls = worker.Walls(
            network=order["network"],
            memory_mb=order["memory_mb"],
            guard=order["guard"],
            service_allow=tuple(order["service_allow"]),
        )
        worker.serve(link, store or open_store(path), walls, on_disk=store is None)
    except KgError:
        code = 2
    finally:
        # Nothing of the parent's may run at the end of a child.
        os._exit(code)


if __name__ == "__main__":
    main()
