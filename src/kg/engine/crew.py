"""The workers of one release: always enough of them for the fast lane, a few that rest after slow queries.

Workers are forked from a zygote. A large store that fits in memory is read into it beside the first queries, which
workers on disk answer; then new workers take over.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.engine.workers import Worker, WorkerGoneError, Zygote
from kg.errors import EngineBusyError, KgError

if TYPE_CHECKING:
    from kg.config import Settings

log = logging.getLogger(__name__)

# A store takes about three times its size on disk when it is held in memory.
_MEMORY_FACTOR = 3
# Below this size loading takes less than a second, so nothing is gained by serving from disk meanwhile.
_SMALL_BYTES = 20_000_000

# A query of an event loop that waits for a worker.
Place = asyncio.Future[Worker]


def _refuse(place: Place) -> None:
    if not place.done():
        place.set_exception(EngineBusyError("no worker became free in time"))


class Crew:
    """Hands out workers and takes them back, ends them and starts others."""

    def __init__(self, settings: "Settings", store_path: Path) -> None:
        """Start the workers.

        Raises:
            SnapshotError: the store cannot be opened.
            ConfigError: nothing on this system keeps a worker from the network.
            EngineBusyError: the workers did not start.
        """
        self._settings = settings
        self._path = store_path
        self._lock = threading.Lock()
        self._worker_free = threading.Condition(self._lock)
        self._worker_missing = threading.Condition(self._lock)
        self._idle: deque[Worker] = deque()
        self._resting: list[Worker] = []  # Idle, and with the lowest priority since a slow query.
        self._alive: set[Worker] = set()
        self._fast = 0  # Workers idle or in the fast lane.
        self._waiting = 0  # Threads waiting for a worker.
        self._at_loop: deque[Place] = deque()  # Queries of the event loop waiting for a worker.
        self._turn = False
        self._started = 0
        self._old_zygotes: list[Zygote] = []
        self.closed = False
        size = sum(file.stat().st_size for file in store_path.glob("*") if file.is_file())
        in_memory = size * _MEMORY_FACTOR <= settings.store_memory_mb * 1_000_000
        self._zygote = Zygote(store_path, in_memory=in_memory and size <= _SMALL_BYTES)
        try:
            self._zygote.wait_ready()
            for _ in range(settings.fast_workers):
                self._admit(self._zygote.fork(self._order()))
        except WorkerGoneError as error:
            self.close()
            raise EngineBusyError("the workers did not start") from error
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._keep_full, name="kg-refill", daemon=True).start()
        if in_memory and not self._zygote.in_memory:
            threading.Thread(target=self._move_to_memory, name="kg-load", daemon=True).start()

    def figures(self) -> dict[str, float]:
        """Gauges for `/metrics`, and how many workers were started."""
        with self._lock:
            return {
                "workers_idle": len(self._idle),
                "workers_alive": len(self._alive),
                "queries_waiting": self._waiting + len(self._at_loop),
                "store_in_memory": int(self._zygote.in_memory),
                "workers_started_total": self._started,
            }

    def pids(self) -> tuple[int, ...]:
        """Process numbers of the workers alive."""
        with self._lock:
            return tuple(worker.pid for worker in self._alive)

    async def take_soon(self, deadline: float) -> Worker:
        """Wait for an idle worker in an event loop.

        Raises:
            EngineBusyError: too many queries wait already, or no worker became free before the deadline.
        """
        with self._lock:
            if len(self._idle) > self._waiting:
                return self._idle.pop()
            self._check_queue()
            loop = asyncio.get_running_loop()
            place: Place = loop.create_future()
            self._at_loop.append(place)
        timer = loop.call_later(deadline - time.monotonic(), _refuse, place)
        try:
            return await place
        except BaseException:
            with self._lock, contextlib.suppress(ValueError):
                self._at_loop.remove(place)
            raise
        finally:
            timer.cancel()

    def take(self, deadline: float, *, rested: bool) -> Worker:
        """Wait for an idle worker; for a query known to be slow one that rests will do, and is preferred.

        Raises:
            EngineBusyError: too many queries wait already, or no worker became free before the deadline.
        """
        with self._lock:
            while rested and self._resting:
                worker = self._resting.pop()
                if worker.zygote is self._zygote:
                    return worker
                self._lose(worker)
            if not self._idle:
                self._check_queue()
            self._waiting += 1
            try:
                while True:
                    if self._idle:
                        return self._idle.pop()
                    left = deadline - time.monotonic()
                    if self.closed or left <= 0:
                        raise EngineBusyError("no worker became free in time")
                    self._worker_free.wait(left)
            finally:
                self._waiting -= 1
                if self._idle and len(self._idle) > self._waiting and self._at_loop:
                    self._free(self._idle.pop())

    def give_back(self, worker: Worker, *, retire: bool) -> None:
        """Take a worker back into the fast lane, or end it when it has grown or is of an older zygote."""
        with self._lock:
            if self.closed or retire or worker.zygote is not self._zygote:
                self._lose(worker)
                return
            self._free(worker)

    def step_out(self, worker: Worker) -> None:
        """Let a worker leave the fast lane with its query; a fresh one takes its place there."""
        with self._lock:
            if worker in self._alive and worker.counted:
                worker.counted = False
                self._fast -= 1
                self._worker_missing.notify()
        worker.step_back()

    def rest(self, worker: Worker, *, retire: bool) -> bool:
        """Keep a worker that has stepped back for the next slow query; tell whether it is kept.

        Its pages are its own by now: the first scan in a fresh one copies the store's, which takes longer than
        most slow queries.
        """
        with self._lock:
            full = len(self._resting) >= self._settings.slow_workers
            if self.closed or retire or full or worker.zygote is not self._zygote:
                return False
            self._resting.append(worker)
            return True

    def end(self, worker: Worker) -> None:
        """End a worker, whatever it does."""
        with self._lock:
            self._lose(worker)

    def close(self) -> None:
        """End all workers and their zygotes."""
        with self._lock:
            self.closed = True
            workers = list(self._alive)
            self._alive.clear()
            self._idle.clear()
            self._resting.clear()
            zygotes = [self._zygote, *self._old_zygotes]
            places = list(self._at_loop)
            self._at_loop.clear()
            self._worker_free.notify_all()
            self._worker_missing.notify_all()
        for place in places:
            with contextlib.suppress(RuntimeError):
                # A loop that has ended waits for nothing.
                place.get_loop().call_soon_threadsafe(_refuse, place)
        for worker in workers:
            worker.kill()
        for zygote in zygotes:
            zygote.close()

    def _order(self) -> dict[str, Any]:
        return {
            "memory_mb": self._settings.query_memory_mb,
            "guard": self._settings.guard,
            # RFC 3986, 5.1.3: the address that was asked. One for all requests, since answers are kept.
            "base": f"{self._settings.public_url or f'http://{self._settings.host}:{self._settings.port}'}/sparql",
        }

    def _admit(self, worker: Worker) -> None:
        worker.be_brief(min(self._settings.fast_seconds, self._settings.query_seconds))
        with self._lock:
            if self.closed:
                worker.kill()
                return
            self._started += 1
            self._fast += 1
            self._alive.add(worker)
            self._free(worker)

    def _check_queue(self) -> None:
        if self._waiting + len(self._at_loop) >= self._settings.queue:
            raise EngineBusyError

    def _free(self, worker: Worker) -> None:
        """Give a worker to who waits for one, in turn to a thread and to the event loop. The lock is held."""
        self._turn = not self._turn
        while self._at_loop and not (self._turn and self._waiting):
            place = self._at_loop.popleft()
            if not place.done():
                place.get_loop().call_soon_threadsafe(self._hand, place, worker)
                return
        # The one used last goes first: its caches are warm, and surplus ones rest.
        self._idle.append(worker)
        self._worker_free.notify()

    def _hand(self, place: Place, worker: Worker) -> None:
        if place.done():
            self.give_back(worker, retire=False)
        else:
            place.set_result(worker)

    def _lose(self, worker: Worker) -> None:
        """Forget and end a worker. The lock is held."""
        if worker in self._alive:
            self._alive.discard(worker)
            if worker.counted:
                self._fast -= 1
        worker.kill()
        self._worker_missing.notify()

    def _keep_full(self) -> None:
        while True:
            with self._lock:
                while self._fast >= self._settings.fast_workers and not self.closed:
                    self._worker_missing.wait()
                if self.closed:
                    return
                zygote = self._zygote
            try:
                self._admit(zygote.fork(self._order()))
            except (WorkerGoneError, KgError):
                if not self.closed and not zygote.is_alive():
                    self._replace_zygote(zygote)
                else:
                    time.sleep(0.05)

    def _replace_zygote(self, dead: Zygote) -> None:
        log.error("the loading process died and is started again")
        fresh = Zygote(self._path, in_memory=dead.in_memory)
        try:
            fresh.wait_ready()
        except KgError as error:
            log.error("the store cannot be loaded again: %s", error)
            fresh.close()
            time.sleep(1.0)
            return
        with self._lock:
            self._zygote = fresh
        dead.close()

    def _move_to_memory(self) -> None:
        """Load the store into memory while workers answer from disk, then let new ones take over."""
        loader = Zygote(self._path, in_memory=True)
        try:
            loader.wait_ready()
        except KgError as error:
            log.error("the store stays on disk: %s", error)
            loader.close()
            return
        with self._lock:
            if self.closed:
                loader.close()
                return
            old, self._zygote = self._zygote, loader
            self._old_zygotes.append(old)
            for worker in (*self._idle, *self._resting):
                self._lose(worker)
            self._idle.clear()
            self._resting.clear()
        log.info("the store is in memory")
        # A zygote takes its workers with it when it ends, and some may still answer: what is read when a large
        # release is opened has more time than a stranger's query.
        while self._has_workers_of(old):
            time.sleep(0.2)
        old.close()

    def _has_workers_of(self, zygote: Zygote) -> bool:
        with self._lock:
            return any(worker.zygote is zygote for worker in self._alive)
