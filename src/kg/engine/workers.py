"""Worker processes as the web process sees them, and the zygote that they come from."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from kg.engine import wire
from kg.engine.patience import Patience
from kg.errors import ConfigError, SnapshotError

log = logging.getLogger(__name__)

# Loading one million triples into memory takes about seven seconds.
_LOAD_TIMEOUT_S = 600.0
_START_TIMEOUT_S = 20.0
_FITS_BYTES = 32_768

# The head of a reply and the bytes of the answer.
Told = tuple[wire.Head, bytes]


class WorkerGoneError(Exception):
    """The worker died before its reply was whole."""


class Worker:
    """One process that answers one query at a time."""

    def __init__(self, pid: int, link: socket.socket, handle: int | None, zygote: "Zygote") -> None:
        """Take over the socket and the process handle that the zygote sent."""
        self.pid = pid
        self.zygote = zygote
        self.measures: tuple[str, ...] = ()
        self.thread = pid  # The thread that answers: on Linux each has its own priority.
        self.counted = True  # It counts as one of the fast lane; the pool changes this.
        self._link = link
        self._handle = handle
        self._reply = wire.Reply()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None  # It watches the socket.
        self._told: asyncio.Future[Told | None] | None = None  # What it waits for.

    def be_brief(self, seconds: float) -> None:
        """Set how long `wait_briefly` waits."""
        self._link.settimeout(None)
        whole, part = divmod(seconds, 1)
        self._link.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(whole), int(part * 1_000_000))
        )

    def ask(self, text: str, terms: wire.Terms) -> None:
        """Send a query. Only a long one may have to wait until the worker takes it in.

        Raises:
            WorkerGoneError: the worker has died.
        """
        self._reply = wire.Reply()
        frame = wire.pack_request(text, terms)
        try:
            if len(frame) < _FITS_BYTES:
                # It fits the buffer of an idle worker's socket, so one system call does it.
                self._link.send(frame)
            else:
                self._link.settimeout(_START_TIMEOUT_S)
                self._link.sendall(frame)
                self._link.settimeout(None)
        except OSError as error:
            raise WorkerGoneError from error

    def wait_briefly(self) -> Told | None:
        """Wait for the reply as long as the fast lane allows; None when it is not there then.

        The kernel keeps the time (`SO_RCVTIMEO`), which saves a system call in every query.

        Raises:
            WorkerGoneError: the worker has died.
        """
        return self._read(0)

    def look(self) -> Told | None:
        """Take in what there is of the reply; None when it is not whole yet.

        Raises:
            WorkerGoneError: the worker has died.
        """
        return self._read(socket.MSG_DONTWAIT)

    async def tell_within(self, seconds: float, patience: Patience) -> Told | None:
        """Wait for the reply in an event loop; None when it is not whole after so many seconds.

        Arguments:
            patience: that of the loop that runs this.

        Raises:
            WorkerGoneError: the worker has died.
        """
        if self._loop is not patience.loop:
            self._listen(patience.loop)
        told: asyncio.Future[Told | None] = patience.loop.create_future()
        self._told = told
        limit = patience.limit(told, seconds)
        try:
            return await told
        finally:
            self._told = None
            limit.forget()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let a loop watch the socket from now on: to begin and to end that for each query takes two system calls."""
        # Set first: who ends this worker from now on leaves it to the loop to close the socket.
        self._loop = loop
        if self._closed:
            self._loop = None
            self._link.close()
            raise WorkerGoneError
        loop.add_reader(self._link.fileno(), self._hear)

    def _hear(self) -> None:
        """Take in what has come, in the loop that watches."""
        told = self._told
        if told is None or told.done():
            # It has died while nobody waited, or what has come is for a thread.
            self._turn_away()
            return
        try:
            reply = self.look()
        except WorkerGoneError as error:
            self._turn_away()
            told.set_exception(error)
            return
        if reply is not None:
            told.set_result(reply)

    def _turn_away(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._link.fileno())
            self._loop = None
            if self._closed:
                self._link.close()

    def _read(self, flags: int) -> Told | None:
        try:
            reply = self._reply.read(self._link, flags)
        except BlockingIOError:
            return None
        except (OSError, ValueError) as error:
            raise WorkerGoneError from error
        if reply is None:
            raise WorkerGoneError
        return reply

    def wait(self, seconds: float) -> Told | None:
        """Wait for the reply; None when it is not there after so many seconds.

        Raises:
            WorkerGoneError: the worker has died.
        """
        deadline = time.monotonic() + seconds
        try:
            while True:
                # A time-out of zero would mean "do not block", which raises another error.
                self._link.settimeout(max(deadline - time.monotonic(), 0.001))
                try:
                    reply = self._reply.read(self._link)
                    break
                except TimeoutError:
                    if time.monotonic() >= deadline:
                        return None
        except (OSError, ValueError) as error:
            raise WorkerGoneError from error
        if reply is None:
            raise WorkerGoneError
        return reply

    def pause(self) -> None:
        """Stop the process where it is."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a paused process run again."""
        self._signal(signal.SIGCONT)

    def step_back(self) -> None:
        """Let everything else go first on the processor."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.thread, 15)

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        if self._closed:
            return
        self._closed = True
        self._signal(signal.SIGKILL)
        if self._loop is not None and not self._loop.is_closed():
            # A loop would never hear of a file that is closed under it; this way it reads the end.
            with contextlib.suppress(OSError):
                self._link.shutdown(socket.SHUT_RDWR)
        else:
            self._link.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, number)
            else:
                os.kill(self.pid, number)


class Zygote:
    """The process that loaded the store, or knows where it is, and forks workers."""

    def __init__(self, store_path: Path, *, in_memory: bool) -> None:
        """Start the process; it is ready once `wait_ready` has returned."""
        self.in_memory = in_memory
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-m", "kg.engine.zygote", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        self._control.send(json.dumps({"path": str(store_path), "in_memory": in_memory}).encode())

    def wait_ready(self) -> None:
        """Wait until the store is open.

        Raises:
            SnapshotError: it cannot be opened.
        """
        with self._lock:
            self._control.settimeout(_LOAD_TIMEOUT_S)
            try:
                message = json.loads(self._control.recv(65_536) or b'{"error": "the loading process died"}')
            except (OSError, ValueError) as error:
                raise SnapshotError(f"the store cannot be loaded: {error}") from error
        if "error" in message:
            raise SnapshotError(message["error"])

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def fork(self, order: dict[str, Any]) -> Worker:
        """Start a worker and wait until it is ready.

        Raises:
            WorkerGoneError: the zygote or the new worker died.
            ConfigError: nothing on this system keeps a worker from the network.
        """
        with self._lock:
            try:
                self._control.settimeout(_START_TIMEOUT_S)
                self._control.send(json.dumps(order).encode())
                message, descriptors, _, _ = socket.recv_fds(self._control, 65_536, 2)
            except OSError as error:
                raise WorkerGoneError from error
        if not message or not descriptors:
            raise WorkerGoneError
        handle = descriptors[1] if len(descriptors) > 1 else None
        worker = Worker(json.loads(message)["pid"], socket.socket(fileno=descriptors[0]), handle, self)
        try:
            ready = worker.wait(_START_TIMEOUT_S)
        except WorkerGoneError:
            self.ending(worker)
            worker.kill()
            raise
        if ready is None:
            worker.kill()
            raise WorkerGoneError
        worker.measures, worker.thread = tuple(ready[0]["ready"]), int(ready[0]["thread"])
        if not worker.measures:
            worker.kill()
            raise ConfigError("this system offers no way to keep a query from the network (see docs/decisions/0012)")
        return worker

    def ending(self, worker: Worker) -> int:
        """Signal that ended a worker which has died, 0 when that cannot be told; what it said goes to the log."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._control.settimeout(_START_TIMEOUT_S)
            self._control.send(json.dumps({"ended": worker.pid}).encode())
            ending = json.loads(self._control.recv(65_536))
            log.warning("a worker died (signal %d): %s", ending["signal"], ending["words"] or "it said nothing")
            return int(ending["signal"])
        return 0

    def close(self) -> None:
        """Let the process end; it takes its workers with it."""
        self._control.close()
        began = time.monotonic()
        while self._process.poll() is None and time.monotonic() - began < 1.0:
            time.sleep(0.01)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
