"""Answer strangers' queries in killable workers: a fast lane with reserved workers, a bounded slow lane.

Every query starts in the fast lane unless one of its shape was slow lately. What is not done there after
`fast_seconds` moves to the slow lane: a fresh worker takes its place, and it runs on with the lowest priority, or
waits, paused, for a place. At its deadline its worker is killed. See docs/decisions/0010-query-pool.md.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.engine.asking import Asking
from kg.engine.budget import Budgets
from kg.engine.cache import AnswerCache, Key
from kg.engine.costs import SlowShapes
from kg.engine.crew import Crew
from kg.engine.federation import Federation
from kg.engine.limits import limits_of
from kg.engine.patience import Patience
from kg.engine.replies import failure_of
from kg.engine.slow_lane import SlowLane
from kg.engine.types import Answer, Query, SnapshotLike
from kg.engine.wire import Head, Terms
from kg.engine.workers import Told, Worker, WorkerGoneError
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

# A query whose worker was killed from outside gets another; what kills its worker itself does not.
_RETRIES = 5
_REFUSED = (QuerySyntaxError, QueryRefusedError, QueryTooLargeError, NotAcceptableError, QueryTimeoutError)

# JSON writes a character in twelve bytes at most; so much a worker's socket takes in at once.
_LONG = 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A query on its way: what a worker is asked, until when, and whether one like it was slow lately."""

    query: Query
    text: str
    terms: Terms
    deadline: float
    outside: bool
    slow_first: bool
    begun: float


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
        self._limits = limits_of(settings)
        self._cache = AnswerCache(settings.cache_mb * 1_000_000)
        self._budgets = Budgets(settings.client_seconds, settings.client_errors)
        self._shapes = SlowShapes()
        self._federation = Federation(settings.service_allow, settings.slow_workers)
        self._slow = SlowLane(settings.slow_workers, settings.slow_waiting)
        self._counts: Counter[str] = Counter()
        self._patience: Patience | None = None
        self._crew = Crew(settings, snapshot.store_path)

    @property
    def release(self) -> str:
        """The release that answers."""
        return self._release

    def answer(self, query: Query) -> Answer:
        """Answer in the asked media type, as `Engine.answer`."""
        key, kept = self._kept(query)
        if kept is not None:
            return kept
        try:
            self._check(query)
            return self._keep(key, self._compute(query))
        except KgError as error:
            self._note_failure(query, error)
            raise

    async def answer_soon(self, query: Query, threads: Executor) -> Answer:
        """Answer without holding up the event loop that runs this, as `Engine.answer_soon`."""
        key, kept = self._kept(query)
        if kept is not None:
            return kept
        try:
            self._check(query)
            return self._keep(key, await self._compute_soon(query, threads))
        except KgError as error:
            self._note_failure(query, error)
            raise

    def figures(self) -> Mapping[str, float]:
        """Counters and gauges for `/metrics`."""
        figures = {
            **self._crew.figures(),
            "slow_running": float(self._slow.running),
            "slow_waiting": float(self._slow.waiting),
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
        return self._crew.pids()

    def close(self) -> None:
        """Stop all workers; a query still running then ends with EngineBusyError."""
        self._federation.close()
        self._slow.close()
        self._crew.close()

    def _kept(self, query: Query) -> tuple[Key | None, Answer | None]:
        """Return the name under which an answer may be kept, if it may be, and the answer that is."""
        if not AnswerCache.concerns(query):
            return None, None
        key = AnswerCache.key(query)
        return key, self._cache.get(key)

    def _keep(self, key: Key | None, answer: Answer) -> Answer:
        if key is not None and not answer.outside:
            self._cache.put(key, answer)
        return answer

    def _check(self, query: Query) -> None:
        wait_s = self._budgets.errors_wait_s(query.client)
        if wait_s:
            raise ClientBudgetError("too many failed queries in the last minute", wait_s)
        if len(query.text) > self._settings.query_kb * 1_000:
            raise QueryTooLargeError(f"a query has at most {self._settings.query_kb} kB", "query-bytes")

    def _note_failure(self, query: Query, error: KgError) -> None:
        self._counts[f"failed:{error.code}"] += 1
        if isinstance(error, _REFUSED):
            self._budgets.spend(query.client, errors=1)

    def _compute(self, query: Query) -> Answer:
        work = self._work(query)
        return self._settle(work, *self._run(work))

    async def _compute_soon(self, query: Query, threads: Executor) -> Answer:
        loop = asyncio.get_running_loop()
        # What asks other servers waits for them, and what does not fit a worker's socket waits for the worker.
        if len(query.text) > _LONG or self._federation.concerns(query.text):
            return await loop.run_in_executor(threads, self._compute, query)
        work = self._work(query)
        worker = None if work.slow_first else await self._crew.take_soon(work.deadline)
        told = None if worker is None else await self._tell_soon(work, worker, self._patience_of(loop))
        if told is None:
            return self._settle(work, *await loop.run_in_executor(threads, self._run, work, worker))
        return self._settle(work, *told, False)

    def _patience_of(self, loop: asyncio.AbstractEventLoop) -> Patience:
        if self._patience is None or self._patience.loop is not loop:
            self._patience = Patience(loop)
        return self._patience

    async def _tell_soon(self, work: _Work, worker: Worker, patience: Patience) -> Told | None:
        """Wait for a reply in the fast lane; None when the worker needs longer, or has died."""
        try:
            worker.ask(work.text, work.terms)
            left = work.deadline - time.monotonic()
            told = await worker.tell_within(min(self._settings.fast_seconds, left), patience)
        except WorkerGoneError:
            # Who goes on in a thread meets it again, and finds out there what ended the worker.
            return None
        except BaseException:
            self._crew.end(worker)
            raise
        if told is None:
            # At once, not when a thread is free: all of them may be waiting for a worker.
            self._crew.step_out(worker)
        else:
            self._crew.give_back(worker, retire=bool(told[0].get("retire")))
        return told

    def _work(self, query: Query) -> _Work:
        limits = query.limits or self._limits
        deadline = query.arrived + limits.seconds
        outside = self._federation.concerns(query.text)
        terms = (
            query.results_type,
            query.graph_type,
            query.default_graphs,
            query.named_graphs,
            limits.rows,
            limits.bytes,
            limits.seconds,
            query.trusted,
        )
        self._counts["queries"] += 1
        return _Work(
            query=query,
            text=self._expand(query, deadline) if outside else query.text,
            terms=terms,
            deadline=deadline,
            outside=outside,
            slow_first=self._shapes.estimate_s(query.text) > self._settings.fast_seconds,
            begun=time.monotonic(),
        )

    def _settle(self, work: _Work, head: Head, body: bytes, slow: bool) -> Answer:
        # The worker's own time, told when it is long: waiting for a place must not make a query look slow for ever.
        self._shapes.learn(work.query.text, head.get("seconds", 0.0), slow=slow)
        if "error" in head:
            raise failure_of(head)
        return Answer(
            body=body,
            media_type=head["type"],
            form=head["form"],
            complete=head["limit"] is None,
            limit=head["limit"],
            release=self._release,
            seconds=time.monotonic() - work.begun,
            slow=slow,
            outside=work.outside,
        )

    def _expand(self, query: Query, deadline: float) -> str:
        """Ask the endpoints of a query's SERVICE clauses; their time counts as that of a slow query."""
        self._check_slow_budget(query)
        begun = time.monotonic()
        try:
            return self._federation.expand(query.text, query.limits or self._limits, deadline)
        finally:
            self._budgets.spend(query.client, slow_seconds=time.monotonic() - begun)

    def _run(self, work: _Work, asked: Worker | None = None) -> tuple[Head, bytes, bool]:
        """Have a query answered, however long it takes; by a worker that was asked and has stepped out, if given."""
        query, deadline = work.query, work.deadline
        if work.slow_first:
            self._check_slow_budget(query)
            self._slow.enter(None, deadline)
        has_place = work.slow_first
        try:
            for last_try in (*[False] * _RETRIES, True):
                is_asked, worker = asked is not None, asked or self._crew.take(deadline, rested=work.slow_first)
                asked, kept = None, False
                try:
                    if is_asked:
                        reply = worker.look()
                    else:
                        worker.ask(work.text, work.terms)
                        reply = None if has_place else worker.wait_briefly()
                        if reply is not None:
                            kept = True
                            self._crew.give_back(worker, retire=bool(reply[0].get("retire")))
                            return *reply, False
                        self._crew.step_out(worker)
                    self._counts["slow_queries"] += 1
                    if not has_place:
                        self._check_slow_budget(query)
                        self._slow.enter(worker, deadline)
                        has_place = True
                    reply = reply or self._finish(worker, query, deadline)
                    kept = self._crew.rest(worker, retire=bool(reply[0].get("retire")))
                    return *reply, True
                except WorkerGoneError:
                    self._counts["workers_died"] += 1
                    if self._crew.closed:
                        raise EngineBusyError("the engine is being replaced") from None
                    if last_try or worker.zygote.ending(worker) != signal.SIGKILL:
                        raise QueryTooLargeError(
                            "the query needs more memory or deeper nesting than allowed", "memory"
                        ) from None
                finally:
                    if not kept:
                        self._crew.end(worker)
        finally:
            if has_place:
                self._slow.leave()
        raise AssertionError("unreachable")

    def _finish(self, worker: Worker, query: Query, deadline: float) -> Told:
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
