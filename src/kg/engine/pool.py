"""Answer strangers' queries in killable workers: a fast lane with reserved workers, a bounded slow lane.

Every query starts in the fast lane unless one of its shape was slow lately. What is not done there after
`fast_seconds` moves to the slow lane: a fresh worker takes its place, and it runs on with the lowest priority, or
waits, paused, for a place. At its deadline its worker is killed. See docs/decisions/0010-query-pool.md.
"""

import logging
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kg.engine.asking import Asking
from kg.engine.budget import Budgets
from kg.engine.cache import AnswerCache
from kg.engine.costs import SlowShapes
from kg.engine.federation import Federation
from kg.engine.limits import limits_of
from kg.engine.replies import failure_of
from kg.engine.types import Answer, Query, SnapshotLike
from kg.engine.workers import Worker, WorkerGoneError, Zygote
from kg.errors import (
    ClientBudgetError,
    EngineBusyError,
    KgError,
    NotAcceptableError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooLargeError,
)

if TYPE_CHECKING:
    from kg.config import Settings

log = logging.getLogger(__name__)

# A store takes about three times its size on disk when it is held in memory.
_MEMORY_FACTOR = 3
# Below this size loading takes less than a second, so nothing is gained by serving from disk meanwhile.
_SMALL_BYTES = 20_000_000
# A query whose worker was killed from outside gets another; what kills its worker itself does not.
_RETRIES = 5
_REFUSED = (QuerySyntaxError, QueryRefusedError, QueryTooLargeError, NotAcceptableError, QueryTimeoutError)


class PoolEngine(Asking):
    """An engine of worker processes on one snapshot."""

    def __init__(self, settings: "Settings", snapshot: SnapshotLike) -> None:
        """Start the workers.

        Raises:
            SnapshotError: the store cannot be opened.
            ConfigError: nothing on this system keeps a worker from the network.
        """
        self._settings = settings
        self._release = snapshot.release
        self._path = snapshot.store_path
        self._limits = limits_of(settings)
        self._cache = AnswerCache(settings.cache_mb * 1_000_000)
        self._budgets = Budgets(settings.client_seconds, settings.client_errors)
        self._shapes = SlowShapes()
        self._federation = Federation(settings.service_allow, settings.slow_workers)
        self._lock = threading.Lock()
        self._worker_free = threading.Condition(self._lock)
        self._slow_free = threading.Condition(self._lock)
        self._worker_missing = threading.Condition(self._lock)
        self._idle: deque[Worker] = deque()
        self._resting: list[Worker] = []  # Idle, and with the lowest priority since a slow query.
        self._alive: set[Worker] = set()
        self._fast = 0  # Workers idle or in the fast lane.
        self._waiting = 0  # Queries waiting for a worker.
        self._slow_running = 0
        self._slow_waiting = 0
        self._closed = False
        self._old_zygotes: list[Zygote] = []
        self._counts: Counter[str] = Counter()
        size = sum(file.stat().st_size for file in self._path.glob("*") if file.is_file())
        self._in_memory = size * _MEMORY_FACTOR <= settings.store_memory_mb * 1_000_000
        self._zygote = Zygote(self._path, in_memory=self._in_memory and size <= _SMALL_BYTES)
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
        if self._in_memory and not self._zygote.in_memory:
            threading.Thread(target=self._move_to_memory, name="kg-load", daemon=True).start()

    @property
    def release(self) -> str:
        """The release that answers."""
        return self._release

    def answer(self, query: Query) -> Answer:
        """Answer in the asked media type, as `Engine.answer`."""
        key = AnswerCache.key(query)
        kept = self._cache.get(key) if AnswerCache.concerns(query) else None
        if kept is not None:
            return kept
        wait_s = self._budgets.errors_wait_s(query.client)
        if wait_s:
            raise ClientBudgetError("too many failed queries in the last minute", wait_s)
        if len(query.text) > self._settings.query_kb * 1_000:
            raise QueryTooLargeError(f"a query has at most {self._settings.query_kb} kB", "query-bytes")
        try:
            answer = self._compute(query)
        except KgError as error:
            self._counts[f"failed:{error.code}"] += 1
            if isinstance(error, _REFUSED):
                self._budgets.spend(query.client, errors=1)
            raise
        if AnswerCache.concerns(query) and not answer.outside:
            self._cache.put(key, answer)
        return answer

    def figures(self) -> Mapping[str, float]:
        """Counters and gauges for `/metrics`."""
        with self._lock:
            figures: dict[str, float] = {
                "workers_idle": len(self._idle),
                "workers_alive": len(self._alive),
                "queries_waiting": self._waiting,
                "slow_running": self._slow_running,
                "slow_waiting": self._slow_waiting,
                "store_in_memory": int(self._zygote.in_memory),
            }
        figures["cache_bytes"] = self._cache.size
        figures["cache_hits_total"] = self._cache.hits
        figures["cache_misses_total"] = self._cache.misses
        figures.update({f"{name}_total": count for name, count in self._counts.items() if ":" not in name})
        for name, count in self._counts.items():
            if name.startswith("failed:"):
                figures[f'queries_failed_total{{code="{name[7:]}"}}'] = count
        return figures

    def worker_pids(self) -> tuple[int, ...]:
        """Process numbers of the workers alive, for tests and the operator."""
        with self._lock:
            return tuple(worker.pid for worker in self._alive)

    def close(self) -> None:
        """Stop all workers; a query still running then ends with EngineBusyError."""
        with self._lock:
            self._closed = True
            workers = list(self._alive)
            self._alive.clear()
            self._idle.clear()
            self._resting.clear()
            zygotes = [self._zygote, *self._old_zygotes]
            for condition in (self._worker_free, self._slow_free, self._worker_missing):
                condition.notify_all()
        self._federation.close()
        for worker in workers:
            worker.kill()
        for zygote in zygotes:
            zygote.close()

    # One query.

    def _compute(self, query: Query) -> Answer:
        limits = query.limits or self._limits
        deadline = query.arrived + limits.seconds
        outside = self._federation.concerns(query.text)
        job = [
            self._expand(query, deadline) if outside else query.text,
            query.results_type,
            query.graph_type,
            query.default_graphs,
            query.named_graphs,
            limits.rows,
            limits.bytes,
            limits.seconds,
            query.trusted,
        ]
        self._counts["queries"] += 1
        slow_first = self._shapes.estimate_s(query.text) > self._settings.fast_seconds
        begun = time.monotonic()
        head, body, slow = self._run(job, query, deadline, slow_first=slow_first)
        seconds = time.monotonic() - begun
        # The worker's own time, told when it is long: waiting for a place must not make a query look slow for ever.
        self._shapes.learn(query.text, head.get("seconds", 0.0), slow=slow)
        if "error" in head:
            raise failure_of(head)
        return Answer(
            body=body,
            media_type=head["type"],
            form=head["form"],
            complete=head["limit"] is None,
            limit=head["limit"],
            release=self._release,
            seconds=seconds,
            slow=slow,
            outside=outside,
        )

    def _expand(self, query: Query, deadline: float) -> str:
        """Ask the endpoints of a query's SERVICE clauses; their time counts as that of a slow query."""
        self._check_slow_budget(query)
        begun = time.monotonic()
        try:
            return self._federation.expand(query.text, query.limits or self._limits, deadline)
        finally:
            self._budgets.spend(query.client, slow_seconds=time.monotonic() - begun)

    def _run(
        self, job: list[Any], query: Query, deadline: float, *, slow_first: bool
    ) -> tuple[dict[str, Any], bytes, bool]:
        if slow_first:
            self._check_slow_budget(query)
            self._enter_slow(None, deadline)
        has_place = slow_first
        try:
            for last_try in (*[False] * _RETRIES, True):
                worker = self._take(deadline, rested=slow_first)
                kept = False
                try:
                    worker.ask(job)
                    reply = None if has_place else worker.wait_briefly()
                    if reply is not None:
                        kept = True
                        self._give_back(worker, retire=bool(reply[0].get("retire")))
                        return *reply, False
                    self._leave_fast_lane(worker)
                    if not has_place:
                        self._check_slow_budget(query)
                        self._enter_slow(worker, deadline)
                        has_place = True
                    reply = self._finish(worker, query, deadline)
                    kept = self._rest(worker, retire=bool(reply[0].get("retire")))
                    return *reply, True
                except WorkerGoneError:
                    self._counts["workers_died"] += 1
                    if self._closed:
                        raise EngineBusyError("the engine is being replaced") from None
                    if last_try or worker.zygote.ending(worker) != signal.SIGKILL:
                        raise QueryTooLargeError(
                            "the query needs more memory or deeper nesting than allowed", "memory"
                        ) from None
                finally:
                    if not kept:
                        with self._lock:
                            self._lose(worker)
        finally:
            if has_place:
                self._leave_slow()
        raise AssertionError("unreachable")

    def _finish(self, worker: Worker, query: Query, deadline: float) -> tuple[dict[str, Any], bytes]:
        begun = time.monotonic()
        try:
            reply = worker.wait(deadline - begun)
        finally:
            self._budgets.spend(query.client, slow_seconds=time.monotonic() - begun)
        if reply is None:
            seconds = (query.limits or self._limits).seconds
            self._counts["workers_killed"] += 1
            # Learned here as well, since the caller does not get so far.
            self._shapes.learn(query.text, seconds, slow=True)
            raise QueryTimeoutError(f"the query ran longer than {seconds:g} s and was stopped", seconds)
        return reply

    def _check_slow_budget(self, query: Query) -> None:
        wait_s = self._budgets.slow_wait_s(query.client)
        if wait_s:
            raise ClientBudgetError(
                f"more than {self._settings.client_seconds:g} s of slow queries in the last minute", wait_s
            )

    # The two lanes.

    def _take(self, deadline: float, *, rested: bool) -> Worker:
        with self._lock:
            while rested and self._resting:
                worker = self._resting.pop()
                if worker.zygote is self._zygote:
                    return worker
                self._lose(worker)
            if not self._idle and self._waiting >= self._settings.queue:
                raise EngineBusyError
            self._waiting += 1
            try:
                while True:
                    if self._idle:
                        # The one used last: its caches are warm, and surplus ones rest.
                        return self._idle.pop()
                    left = deadline - time.monotonic()
                    if self._closed or left <= 0:
                        raise EngineBusyError("no worker became free in time")
                    self._worker_free.wait(left)
            finally:
                self._waiting -= 1

    def _give_back(self, worker: Worker, *, retire: bool) -> None:
        with self._lock:
            if self._closed or retire or worker.zygote is not self._zygote:
                self._lose(worker)
                return
            self._idle.append(worker)
            self._worker_free.notify()

    def _rest(self, worker: Worker, *, retire: bool) -> bool:
        """Keep a worker that has stepped back for the next slow query; tell whether it is kept.

        Its pages are its own by now: the first scan in a fresh one copies the store's, which takes longer than
        most slow queries.
        """
        with self._lock:
            full = len(self._resting) >= self._settings.slow_workers
            if self._closed or retire or full or worker.zygote is not self._zygote:
                return False
            self._resting.append(worker)
            return True

    def _leave_fast_lane(self, worker: Worker) -> None:
        with self._lock:
            if worker in self._alive and worker.counted:
                worker.counted = False
                self._fast -= 1
                self._worker_missing.notify()
        worker.step_back()
        self._counts["slow_queries"] += 1

    def _enter_slow(self, worker: Worker | None, deadline: float) -> None:
        """Wait for a place in the slow lane, with the worker paused meanwhile."""
        with self._lock:
            if self._slow_running < self._settings.slow_workers:
                self._slow_running += 1
                return
            if self._slow_waiting >= self._settings.slow_waiting:
                raise EngineBusyError("too many slow queries at once", 5)
            self._slow_waiting += 1
            if worker is not None:
                worker.pause()
            try:
                while self._slow_running >= self._settings.slow_workers:
                    left = deadline - time.monotonic()
                    if self._closed or left <= 0:
                        raise EngineBusyError("too many slow queries at once", 5)
                    self._slow_free.wait(left)
                self._slow_running += 1
            finally:
                self._slow_waiting -= 1
        if worker is not None:
            worker.go_on()

    def _leave_slow(self) -> None:
        with self._lock:
            self._slow_running -= 1
            self._slow_free.notify()

    # Keeping workers.

    def _order(self) -> dict[str, Any]:
        return {
            "memory_mb": self._settings.query_memory_mb,
            "guard": self._settings.guard,
            # RFC 3986, 5.1.3: the address that was asked. One for all requests, since answers are kept.
            "base": f"{self._settings.public_url or f'http://{self._settings.host}:{self._settings.port}'}/sparql",
        }

    def _admit(self, worker: Worker) -> None:
        worker.be_brief(self._settings.fast_seconds)
        with self._lock:
            if self._closed:
                worker.kill()
                return
            self._counts["workers_started"] += 1
            self._fast += 1
            self._alive.add(worker)
            self._idle.append(worker)
            self._worker_free.notify()

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
                while self._fast >= self._settings.fast_workers and not self._closed:
                    self._worker_missing.wait()
                if self._closed:
                    return
                zygote = self._zygote
            try:
                self._admit(zygote.fork(self._order()))
            except (WorkerGoneError, KgError):
                if not self._closed and not zygote.is_alive():
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
            if self._closed:
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
