"""Answer strangers' queries in killable workers: a fast lane with reserved workers, a bounded slow lane.

Every query starts in the fast lane unless one of its shape was slow lately. What is not done there after
`fast_seconds` moves to the slow lane: a fresh worker takes its place, and it runs on with the lowest priority, or
waits, paused, for a place. At its deadline its worker is killed. See docs/decisions/0010-query-pool.md.
"""

import signal
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kg.engine.asking import Asking
from kg.engine.budget import Budgets
from kg.engine.cache import AnswerCache
from kg.engine.costs import SlowShapes
from kg.engine.crew import Crew
from kg.engine.federation import Federation
from kg.engine.limits import limits_of
from kg.engine.replies import failure_of
from kg.engine.slow_lane import SlowLane
from kg.engine.types import Answer, Query, SnapshotLike
from kg.engine.workers import Worker, WorkerGoneError
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
        self._crew = Crew(settings, snapshot.store_path)

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
            self._slow.enter(None, deadline)
        has_place = slow_first
        try:
            for last_try in (*[False] * _RETRIES, True):
                worker = self._crew.take(deadline, rested=slow_first)
                kept = False
                try:
                    worker.ask(job)
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
                    reply = self._finish(worker, query, deadline)
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
