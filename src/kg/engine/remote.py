"""Queries answered by another SPARQL 1.1 store, named by `KG_STORE`.

The store has to keep its own time limit; here the answer is awaited no longer than the deadline, and bounded.
The text is looked over by the guard, and nothing here parses it.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import requests

from kg.engine import formats, guard
from kg.engine.asking import Asking
from kg.engine.cache import AnswerCache
from kg.engine.types import Answer, Limits, Query
from kg.errors import (
    EngineBusyError,
    NotAcceptableError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooLargeError,
    SnapshotError,
)

if TYPE_CHECKING:
    from kg.config import Settings

_CONNECT_TIMEOUT_S = 2.0
_PIECE_BYTES = 65_536


class RemoteEngine(Asking):
    """An engine that asks a SPARQL 1.1 endpoint."""

    def __init__(self, settings: "Settings", release: str) -> None:
        """Remember where the store is and which release was published there."""
        self._settings = settings
        self._release = release
        self._limits = Limits(
            seconds=settings.query_seconds,
            rows=settings.query_rows,
            bytes=settings.answer_mb * 1_000_000,
            memory_mb=settings.query_memory_mb,
        )
        self._cache = AnswerCache(settings.cache_mb * 1_000_000)
        self._places = threading.BoundedSemaphore(settings.fast_workers + settings.slow_workers)
        self._local = threading.local()
        self._counts: Counter[str] = Counter()

    @property
    def release(self) -> str:
        """The release that answers."""
        return self._release

    def answer(self, query: Query) -> Answer:
        """Answer in the asked media type, as `Engine.answer`."""
        key = AnswerCache.key(query)
        kept = self._cache.get(key) if query.limits is None else None
        if kept is not None:
            return kept
        if len(query.text) > self._settings.query_kb * 1_000:
            raise QueryTooLargeError(f"a query has at most {self._settings.query_kb} kB", "query-bytes")
        guard.inspect(query.text, complexity=not query.trusted)
        limits = query.limits or self._limits
        deadline = query.arrived + limits.seconds
        if not self._places.acquire(timeout=max(deadline - time.monotonic(), 0.001)):
            raise EngineBusyError
        try:
            answer = self._ask(query, limits, deadline)
        finally:
            self._places.release()
        if query.limits is None:
            self._cache.put(key, answer)
        return answer

    def figures(self) -> Mapping[str, float]:
        """Counters for `/metrics`."""
        return {
            "cache_bytes": self._cache.size,
            "cache_hits_total": self._cache.hits,
            "cache_misses_total": self._cache.misses,
            **{f"{name}_total": count for name, count in self._counts.items()},
        }

    def close(self) -> None:
        """Nothing runs here."""

    def _ask(self, query: Query, limits: Limits, deadline: float) -> Answer:
        begun = time.monotonic()
        self._counts["queries"] += 1
        wanted = [kind for kind in (query.results_type, query.graph_type) if kind]
        form = [("query", query.text)]
        form += [("default-graph-uri", iri) for iri in query.default_graphs]
        form += [("named-graph-uri", iri) for iri in query.named_graphs]
        left = max(deadline - begun, 0.001)
        try:
            with self._session().post(
                self._settings.store,
                data=form,
                headers={"Accept": ", ".join(wanted)},
                stream=True,
                timeout=(min(_CONNECT_TIMEOUT_S, left), left),
                allow_redirects=False,
            ) as response:
                self._check(response, limits)
                body = self._read(response, limits, deadline)
                media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        except requests.Timeout:
            raise QueryTimeoutError(f"the store did not answer within {limits.seconds:g} s", limits.seconds) from None
        except requests.RequestException as error:
            raise EngineBusyError("the store cannot be reached", 5) from error
        if media_type not in wanted:
            raise NotAcceptableError("the answer has none of the accepted types", tuple(wanted))
        limit = None
        if media_type in formats.RESULTS_TYPES and body.count(formats.ROW_MARKS[media_type]) >= limits.rows:
            end = formats.row_ends(body, media_type, limits.rows)
            if end is not None:
                body, limit = formats.cut(body, media_type, end), "rows"
        return Answer(
            body=body,
            media_type=media_type,
            form=_form(media_type, body),
            complete=limit is None,
            limit=limit,
            release=self._release,
            seconds=time.monotonic() - begun,
        )

    def _session(self) -> requests.Session:
        # A session is not made for several threads.
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session

    def _check(self, response: requests.Response, limits: Limits) -> None:
        if response.status_code == 200:
            return
        if response.status_code == 400:
            raise QuerySyntaxError("the store does not take this query as SPARQL 1.1")
        if response.status_code in (408, 503, 504):
            raise QueryTimeoutError("the store stopped the query", limits.seconds)
        if response.status_code == 406:
            raise NotAcceptableError("the store cannot give any of the accepted types")
        raise SnapshotError(f"the store answered with HTTP {response.status_code}")

    def _read(self, response: requests.Response, limits: Limits, deadline: float) -> bytes:
        pieces = []
        size = 0
        for piece in response.iter_content(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > limits.bytes:
                raise QueryTooLargeError(f"the answer is larger than {limits.bytes // 1_000_000} MB", "answer-bytes")
            if time.monotonic() > deadline:
                raise QueryTimeoutError(f"the query ran longer than {limits.seconds:g} s", limits.seconds)
        return b"".join(pieces)


def _form(media_type: str, body: bytes) -> str:
    if media_type in formats.GRAPH_TYPES:
        return "graph"
    start = body[:400]
    is_boolean = (
        b'"boolean"' in start
        if media_type == formats.JSON
        else b"<boolean>" in start or start.strip() in (b"true", b"false")
    )
    return "boolean" if is_boolean else "bindings"
