"""SERVICE for the endpoints that the configuration allows: asked by us, before the query runs.

SPARQL 1.1 Federated Query, 4: a SERVICE clause stands for the solutions that its endpoint gives for the group alone.
So they are fetched and put in the place of the clause as VALUES. What runs the query then needs no network, and no
query, whatever it holds, reaches an address that is not in the list. Redirects are not followed.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from kg.engine import guard
from kg.engine.formats import JSON
from kg.engine.guard import _TOKEN as TOKEN
from kg.engine.store_http import StoreAddresses, StoreClient, StoreCredentialsError, StoreError, host_of
from kg.engine.types import Limits
from kg.errors import EngineBusyError, KgError, QueryTimeoutError, QueryTooLargeError

# What an endpoint gives becomes text of the query, so it is kept far below what an answer may be.
MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 4_000_000
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^<>\"{}|^`\\\x00-\x20]*")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_VARIABLE: Final = re.compile(r"\w+")
_LABEL: Final = re.compile(r"[^A-Za-z0-9]")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\u0000"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """One SERVICE clause.

    Attributes:
        start: where it begins in the text.
        end: where it ends.
        group: its group with the braces.
    """

    start: int
    end: int
    endpoint: str
    silent: bool
    group: str


class Federation:
    """The endpoints that may be asked, and how many may be at once."""

    def __init__(self, allowed: tuple[str, ...], at_once: int) -> None:
        """Know the endpoints; none is asked yet."""
        self._clients = {iri: StoreClient(StoreAddresses(query=iri)) for iri in allowed}
        self._places = threading.BoundedSemaphore(at_once)

    def concerns(self, text: str) -> bool:
        """Whether a query may need an endpoint; most are told apart by this alone."""
        return bool(self._clients) and "service" in text.lower()

    def expand(self, text: str, limits: Limits, deadline: float, *, complexity: bool = True) -> str:
        """Return a query with the solutions of its SERVICE clauses in their place.

        Arguments:
            deadline: `time.monotonic()` when the whole query must be done.
            complexity: as for `guard.inspect`, which the text passes before anybody is asked.

        Raises:
            QueryRefusedError: it names an endpoint that is not allowed.
            QueryTooLargeError, QueryTimeoutError, EngineBusyError, QuerySyntaxError: of an endpoint, unless SILENT.
        """
        if not guard.inspect(text, complexity=complexity, service_allow=tuple(self._clients)).services:
            return text
        prologue, clauses = _read(text)
        pieces, done = [], 0
        for clause in clauses:
            pieces += [text[done : clause.start], self._solutions(prologue, clause, limits, deadline)]
            done = clause.end
        return "".join([*pieces, text[done:]])

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _solutions(self, prologue: str, clause: _Clause, limits: Limits, deadline: float) -> str:
        left = deadline - time.monotonic()
        if left <= 0:
            raise QueryTimeoutError(f"the query ran longer than {limits.seconds:g} s and was stopped", limits.seconds)
        if not self._places.acquire(timeout=left):
            raise EngineBusyError("too many queries ask other servers at once", 5)
        try:
            body, _ = self._clients[clause.endpoint].query(
                f"{prologue}\nSELECT * WHERE {clause.group}",
                accept=[JSON],
                seconds=max(deadline - time.monotonic(), 0.001),
                most_bytes=min(MOST_BYTES, limits.bytes),
            )
            return _values(body, clause.endpoint)
        except KgError as error:
            if clause.silent:
                # Federated Query, 3.1: an error is then as if the endpoint had given one solution without bindings.
                return "{}"
            if isinstance(error, StoreCredentialsError):
                raise StoreError(f"{host_of(clause.endpoint)} refuses us") from None
            raise
        finally:
            self._places.release()


def _read(text: str) -> tuple[str, list[_Clause]]:
    """Return the prologue and the outermost SERVICE clauses, in order.

    A clause that is written otherwise than with its words apart stays, and is refused where the query runs.
    """
    tokens = [match for match in TOKEN.finditer(text) if match.lastgroup != "skip"]
    form = next((at for at, token in enumerate(tokens) if _is_word(token, _FORMS)), 0)
    return text[: tokens[form].start()] if tokens else "", list(_clauses(text, tokens))


def _clauses(text: str, tokens: list[re.Match[str]]) -> Iterator[_Clause]:
    at = 0
    while at < len(tokens):
        begin, at = at, at + 1
        if not _is_word(tokens[begin], {"SERVICE"}):
            continue
        silent = at < len(tokens) and _is_word(tokens[at], {"SILENT"})
        iri, brace = at + silent, at + silent + 1
        if brace >= len(tokens) or tokens[iri].lastgroup != "iri" or tokens[brace][0] != "{":
            continue
        depth, end = 1, brace + 1
        while depth and end < len(tokens):
            depth += {"{": 1, "}": -1}.get(tokens[end][0], 0)
            end += 1
        if depth:
            return
        yield _Clause(
            start=tokens[begin].start(),
            end=tokens[end - 1].end(),
            endpoint=tokens[iri][0][1:-1],
            silent=silent,
            group=text[tokens[brace].start() : tokens[end - 1].end()],
        )
        at = end


def _is_word(token: re.Match[str], words: set[str] | frozenset[str]) -> bool:
    return token.lastgroup == "word" and token[0].upper() in words


def _values(body: bytes, endpoint: str) -> str:
    try:
        document = json.loads(body)
        names, rows = document["head"]["vars"], document["results"]["bindings"]
        if len(rows) > MOST_ROWS:
            raise QueryTooLargeError(
                f"{host_of(endpoint)} gives more than {MOST_ROWS} rows: ask it for less", "service-rows"
            )
        if not all(_VARIABLE.fullmatch(name) for name in names):
            raise ValueError(names)
        lines = [f"({' '.join(_term(row.get(name), endpoint) for name in names)})" for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StoreError(f"{host_of(endpoint)} answered something else than a SPARQL result") from None
    return f"{{ VALUES ({' '.join(f'?{name}' for name in names)}) {{ {' '.join(lines)} }} }}"


def _term(cell: dict[str, Any] | None, endpoint: str) -> str:
    if cell is None:
        return "UNDEF"
    kind, value = cell["type"], str(cell["value"])
    if kind == "bnode":
        # RDF 1.1 Concepts, 3.5: VALUES has no blank nodes, and names of this form say that there was one.
        return f"<{urlsplit(endpoint).scheme}://{host_of(endpoint)}/.well-known/genid/{_LABEL.sub('-', value)}>"
    if kind == "uri":
        return f"<{_checked(_IRI, value)}>"
    if kind not in {"literal", "typed-literal"}:
        raise ValueError(kind)
    text = f'"{value.translate(_ESCAPES)}"'
    if language := cell.get("xml:lang"):
        return f"{text}@{_checked(_LANGUAGE, language)}"
    return f"{text}^^<{_checked(_IRI, cell['datatype'])}>" if "datatype" in cell else text


def _checked(form: re.Pattern[str], value: str) -> str:
    if not form.fullmatch(value):
        raise ValueError(value)
    return value
