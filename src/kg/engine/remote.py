"""Answer from a SPARQL 1.1 store elsewhere: the same bounds and the same words as the pool of workers.

Tables come as SPARQL JSON, graphs as N-Triples, whatever the client wants: both are read here and written again, so
that every store's answers have one form and a limit cuts between rows.
"""

import dataclasses
import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from kg.engine import formats, guard, hosted
from kg.engine.asking import Asking
from kg.engine.budget import Budgets
from kg.engine.cache import AnswerCache
from kg.engine.execute import _as_xml as as_xml
from kg.engine.federation import Federation
from kg.engine.store_http import UNREADABLE, StoreClient, StoreCutError, StoreError, addresses
from kg.engine.syntax import syntax_error
from kg.engine.types import Answer, Limits, Query
from kg.errors import (
    ClientBudgetError,
    ConfigError,
    EngineBusyError,
    KgError,
    NotAcceptableError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooLargeError,
)
from kg.vocab import XSD, graph, iri

if TYPE_CHECKING:
    from kg.config import Settings

# A JSON text may write a slash as "\/"; names are looked for as they are usually written.
_ESCAPED_SLASH: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\/")
_GRAPH_WORD: Final = re.compile(r"\b(CONSTRUCT|DESCRIBE|SELECT|ASK)\b", re.IGNORECASE)
_COMMENTS_AND_IRIS: Final = re.compile(r"<[^<>\"{}|^`\\\s]*>|#[^\n\r]*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_ASKING: Final = Limits(seconds=60.0, rows=10_000)
_TRUE: Final = b'{"head":{},"boolean":true}'
_JSON_FACTOR: Final = 4
_NTRIPLES_FACTOR: Final = 8


class RemoteEngine(Asking):
    """An engine in front of a store that holds this release, put there by `kg publish --to` or by hand."""

    def __init__(self, settings: "Settings", release: str) -> None:
        """Find out how the store holds the release.

        Raises:
            ConfigError: the store does not hold it.
            StoreError, StoreCredentialsError: the store cannot be asked.
        """
        self._settings = settings
        self._release = release
        self._limits = Limits(
            seconds=settings.query_seconds,
            rows=settings.query_rows,
            bytes=settings.answer_mb * 1_000_000,
            memory_mb=settings.query_memory_mb,
        )
        self._client = StoreClient(addresses(settings.store), settings.store_credentials)
        self._cache = AnswerCache(settings.cache_mb * 1_000_000)
        self._budgets = Budgets(settings.client_seconds, settings.client_errors)
        self._federation = Federation(settings.service_allow, settings.slow_workers)
        self._places = threading.BoundedSemaphore(settings.fast_workers + settings.slow_workers)
        self._waiting = 0
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._named: tuple[str, ...] = ()
        try:
            self._named = self._find_graphs()
        except BaseException:
            self._client.close()
            raise

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
        self._check_budget(query)
        self._counts["queries"] += 1
        begun = time.monotonic()
        try:
            answer = self._ask(query)
        except KgError as error:
            self._counts[f"failed:{error.code}"] += 1
            if not isinstance(error, EngineBusyError):
                self._budgets.spend(query.client, errors=1)
            raise
        finally:
            self._budgets.spend(query.client, slow_seconds=time.monotonic() - begun)
        if AnswerCache.concerns(query) and not answer.outside:
            self._cache.put(key, dataclasses.replace(answer, cached=True))
        return answer

    def figures(self) -> Mapping[str, float]:
        """Counters and gauges for `/metrics`."""
        figures: dict[str, float] = {
            "queries_waiting": self._waiting,
            "cache_bytes": self._cache.size,
            "cache_hits_total": self._cache.hits,
            "cache_misses_total": self._cache.misses,
            "queries_total": self._counts["queries"],
        }
        for name, count in self._counts.items():
            if name.startswith("failed:"):
                figures[f'queries_failed_total{{code="{name[7:]}"}}'] = count
        return figures

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._federation.close()

    def _check_budget(self, query: Query) -> None:
        wait_s = self._budgets.errors_wait_s(query.client) or self._budgets.slow_wait_s(query.client)
        if wait_s:
            raise ClientBudgetError("too many failed or slow queries in the last minute", wait_s)
        if len(query.text) > self._settings.query_kb * 1_000:
            raise QueryTooLargeError(f"a query has at most {self._settings.query_kb} kB", "query-bytes")

    def _ask(self, query: Query) -> Answer:
        limits = query.limits or self._limits
        deadline = query.arrived + limits.seconds
        outside = self._federation.concerns(query.text)
        if outside:
            query = dataclasses.replace(query, text=self._federation.expand(query.text, limits, deadline))
        if self._settings.guard or query.trusted:
            # What another server may be asked for is not the store's own matter, so SERVICE is never passed on.
            guard.inspect(query.text, complexity=not query.trusted)
        is_graph = _gives_graph(query.text)
        wanted = query.graph_type if is_graph else query.results_type
        if wanted is None:
            offered = formats.GRAPH_TYPES if is_graph else formats.RESULTS_TYPES
            raise NotAcceptableError("the answer has none of the accepted types", offered)
        self._enter(deadline)
        try:
            begun = time.monotonic()
            body, is_cut = self._fetch(query, limits, deadline - begun, is_graph=is_graph)
        finally:
            self._places.release()
        done = self._graph(body, wanted, limits) if is_graph else self._table(body, wanted, limits)
        if is_cut and done.form != "boolean":
            done = dataclasses.replace(done, complete=False, limit="rows")
        return dataclasses.replace(done, release=self._release, seconds=time.monotonic() - begun, outside=outside)

    def _fetch(self, query: Query, limits: Limits, seconds: float, *, is_graph: bool) -> tuple[bytes, bool]:
        is_cut = False
        if seconds <= 0:
            raise QueryTimeoutError(f"the query ran longer than {limits.seconds:g} s and was stopped", limits.seconds)
        text, default, named = self._dataset(query)
        accept = [formats.N_TRIPLES, "text/plain"] if is_graph else [formats.JSON]
        factor = _NTRIPLES_FACTOR if is_graph else _JSON_FACTOR
        try:
            body, _ = self._client.query(
                text,
                accept=accept,
                seconds=seconds,
                most_bytes=limits.bytes * factor,
                default_graphs=default,
                named_graphs=named,
            )
        except StoreCutError as error:
            body, is_cut = error.body, True
        except QuerySyntaxError as error:
            # Oxigraph says where, in words of its own that the local engine reads as well.
            said = str(error).removeprefix(UNREADABLE)
            raise syntax_error(said, query.text) if said.startswith("error at ") else error from None
        if not self._named:
            return body, is_cut
        if not is_graph:
            body = _ESCAPED_SLASH.sub(rb"\1/", body)
        return hosted.from_hosted(body, self._release), is_cut

    def _dataset(self, query: Query) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        if query.default_graphs or query.named_graphs:
            # SPARQL 1.1 Protocol, 2.1.4: they replace those of the text; Virtuoso would add them.
            query = dataclasses.replace(query, text=guard.without_dataset(query.text))
        if not self._named:
            return query.text, query.default_graphs, query.named_graphs
        text = hosted.to_hosted(query.text, self._release)
        if query.default_graphs or query.named_graphs:
            default, named = (
                tuple(hosted.to_hosted(name, self._release) for name in names)
                for names in (query.default_graphs, query.named_graphs)
            )
            return text, default, named
        if guard.inspect(query.text, complexity=False).own_dataset:
            return text, (), ()
        return text, (hosted.union(self._release),), self._named

    def _table(self, body: bytes, wanted: str, limits: Limits) -> Answer:
        try:
            document = json.loads(body)
            if document["head"].get("vars") == ["__ASK_RETVAL"]:
                # Virtuoso answers ASK with a table of one cell, or of none.
                cells = document["results"]["bindings"]
                document["boolean"] = bool(cells) and cells[0]["__ASK_RETVAL"]["value"] == "1"
            if "boolean" in document:
                document = {"head": {}, "boolean": bool(document["boolean"])}
            else:
                document = {"head": {"vars": document["head"]["vars"]}, "results": document["results"]}
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StoreError(
                "the store's answer is not what its type says: it broke off or is no SPARQL result"
            ) from None
        limit = None
        if "boolean" not in document:
            rows = document["results"]["bindings"]
            if len(rows) > limits.rows:
                document["results"]["bindings"], limit = rows[: limits.rows], "rows"
            for row in document["results"]["bindings"]:
                for cell in row.values():
                    _mend(cell)
        form = getattr(ox.QueryResultsFormat, formats.RESULTS_NAMES[wanted])
        try:
            parsed = ox.parse_query_results(json.dumps(document).encode(), format=ox.QueryResultsFormat.JSON)
            content = parsed.serialize(format=form) or b""
        except (SyntaxError, ValueError, OSError):
            raise StoreError("the store's answer is no SPARQL result") from None
        content = as_xml(content) if wanted == formats.XML else content
        _check_size(content, limits)
        return Answer(
            body=content,
            media_type=wanted,
            form="boolean" if "boolean" in document else "bindings",
            complete=limit is None,
            limit=limit,
        )

    def _graph(self, body: bytes, wanted: str, limits: Limits) -> Answer:
        try:
            triples = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
            # A set, as CONSTRUCT means it: some stores send a triple once for each solution.
            unique = dict.fromkeys(quad.triple for quad in triples)
        except (SyntaxError, ValueError):
            raise StoreError("the store's answer is not what its type says: it broke off or is no N-Triples") from None
        limit = "rows" if len(unique) > limits.rows else None
        form = getattr(ox.RdfFormat, formats.GRAPH_NAMES[wanted])
        content = ox.serialize(itertools.islice(unique, limits.rows), format=form) or b""
        content = as_xml(content) if wanted == formats.RDF_XML else content
        _check_size(content, limits)
        return Answer(body=content, media_type=wanted, form="graph", complete=limit is None, limit=limit)

    def _enter(self, deadline: float) -> None:
        with self._lock:
            if self._waiting >= self._settings.queue:
                raise EngineBusyError
            self._waiting += 1
        try:
            if not self._places.acquire(timeout=max(deadline - time.monotonic(), 0.001)):
                raise EngineBusyError("no connection to the store became free in time")
        finally:
            with self._lock:
                self._waiting -= 1

    def _find_graphs(self) -> tuple[str, ...]:
        """Return the graphs of the release in a store of several releases, or nothing when it holds this one alone."""
        body, _ = self._client.query(
            hosted.sizes(self._release), accept=[formats.JSON], seconds=_ASKING.seconds, most_bytes=10_000_000
        )
        try:
            found = [row["g"]["value"] for row in json.loads(body)["results"]["bindings"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StoreError("the store's answer is no SPARQL result") from None
        if hosted.union(self._release) in found:
            return tuple(name for name in found if name != hosted.union(self._release))
        alone = f"ASK {{ GRAPH <{graph('release')}> {{ <{iri('release', self._release)}> ?p ?o }} }}"
        body, _ = self._client.query(alone, accept=[formats.JSON], seconds=_ASKING.seconds, most_bytes=1_000_000)
        if self._table(body, formats.JSON, _ASKING).body == _TRUE:
            return ()
        raise ConfigError(
            f"store: it does not hold release {self._release}; put it there with kg publish --to URL "
            f"(from {self._settings.origins.get('store', 'default')})"
        )


def _mend(cell: dict[str, str]) -> None:
    """Write a cell as SPARQL 1.1 has it, where Virtuoso 7 keeps to the draft of 2008."""
    if cell.get("type") == "typed-literal":
        cell["type"] = "literal"
    if cell.get("datatype") == f"{XSD}boolean":
        cell["value"] = {"1": "true", "0": "false"}.get(cell["value"], cell["value"])


def _gives_graph(text: str) -> bool:
    """Say whether the first word of the query that matters is CONSTRUCT or DESCRIBE."""
    bare = _COMMENTS_AND_IRIS.sub(" ", text)
    found = _GRAPH_WORD.search(re.sub(r"(?i)\bPREFIX\s+[\w.-]*:|\bBASE\b", " ", bare))
    return found is not None and found[1].upper() in {"CONSTRUCT", "DESCRIBE"}


def _check_size(content: bytes, limits: Limits) -> None:
    if len(content) > limits.bytes:
        raise QueryTooLargeError(
            f"the answer is larger than {limits.bytes // 1_000_000} MB: add a LIMIT or ask for less", "answer-bytes"
        )
