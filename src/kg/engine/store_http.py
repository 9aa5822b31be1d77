"""Speak HTTP with a SPARQL 1.1 store: whole answers within bounds, and plain words for what goes wrong."""

import contextlib
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from kg.errors import (
    EngineBusyError,
    KgError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooLargeError,
)

_CONNECT_S: Final = 5.0
_PIECE: Final = 65_536
_RETRY_S: Final = 5
_MOST_WORDS: Final = 300
UNREADABLE: Final = "the store cannot read the query: "


class StoreError(EngineBusyError):
    """The store cannot be reached, or what it answers cannot be used."""

    code = "store"

    def __init__(self, message: str, retry_after_s: int = _RETRY_S) -> None:
        """Keep the waiting time beside the message."""
        super().__init__(message, retry_after_s)


class StoreCutError(StoreError):
    """The store says that it cut its answer.

    Attributes:
        body: what it gave of it.
    """

    def __init__(self, message: str, body: bytes) -> None:
        """Keep what came beside the message."""
        super().__init__(message)
        self.body = body


class StoreCredentialsError(KgError):
    """The store does not accept who we say we are."""

    code = "store-credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A whole answer.

    Attributes:
        kind: media type without parameters.
        retry_after: the header of that name, empty when absent.
        cut_at: rows at which Virtuoso says that it cut the answer, empty when it is whole.
        state: state of SQL in which Virtuoso ended, empty when it says nothing; S1TAT is an answer cut by time.
    """

    status: int
    kind: str
    body: bytes
    retry_after: str = ""
    cut_at: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAddresses:
    """Where a store answers.

    Attributes:
        query: SPARQL 1.1 Protocol, query.
        update: SPARQL 1.1 Protocol, update; empty when unknown.
        graphs: SPARQL 1.1 Graph Store Protocol; empty when the store has none.
    """

    query: str
    update: str = ""
    graphs: str = ""


def addresses(query: str, update: str | None = None, graphs: str | None = None) -> StoreAddresses:
    """Return the addresses of a store, those not given derived from the query address as the common servers do it.

    `/query` beside `/update` and `/store` is Oxigraph; `/sparql` or `/query` of a data set beside `/update` and
    `/data` is Fuseki; `/repositories/NAME` beside `/statements` is RDF4J and GraphDB.
    """
    base, _, last = query.rstrip("/").rpartition("/")
    is_root = urlsplit(base + "/").path == "/"
    guessed_update, guessed_graphs = "", ""
    if "/repositories/" in query:
        guessed_update, guessed_graphs = f"{query.rstrip('/')}/statements", f"{query.rstrip('/')}/rdf-graphs/service"
    elif last == "query" and is_root:
        guessed_update, guessed_graphs = f"{base}/update", f"{base}/store"
    elif last in {"query", "sparql"} and not is_root:
        guessed_update, guessed_graphs = f"{base}/update", f"{base}/data"
    elif last == "sparql":
        guessed_update = query
    return StoreAddresses(
        query=query,
        update=guessed_update if update is None else update,
        graphs=guessed_graphs if graphs is None else graphs,
    )


def login(credentials: str) -> AuthBase | None:
    """Return how to log in: `user:password`, `digest:user:password`, or `bearer:token`; None without credentials."""
    if not credentials:
        return None
    if credentials.startswith("bearer:"):
        return _Bearer(credentials.removeprefix("bearer:"))
    kind, plain = (
        ("digest", credentials.removeprefix("digest:")) if credentials.startswith("digest:") else ("", credentials)
    )
    user, _, password = plain.partition(":")
    return HTTPDigestAuth(user, password) if kind else HTTPBasicAuth(user, password)


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class StoreClient:
    """One store. A client may be used by many threads; nothing of it follows redirects."""

    def __init__(self, where: StoreAddresses, credentials: str = "") -> None:
        """Know where the store is and how to log in; nothing is sent yet."""
        self.where = where
        self._login = login(credentials)
        self._session = new_session()

    def query(
        self,
        text: str,
        *,
        accept: Sequence[str],
        seconds: float,
        most_bytes: int,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> tuple[bytes, str]:
        """Send a query and return the whole answer and its media type.

        Raises:
            QuerySyntaxError: the store cannot read it.
            QueryTimeoutError: no whole answer in time; the connection is closed, which most stores notice.
            QueryTooLargeError: the answer is larger than allowed.
            StoreError: the store is down, redirects, breaks off, or answers something that was not asked for.
            StoreCutError: the store cut its answer at a number of rows of its own.
            StoreCredentialsError: the store wants to know who asks.
        """
        form = [
            ("query", text),
            *(("default-graph-uri", graph) for graph in default_graphs),
            *(("named-graph-uri", graph) for graph in named_graphs),
        ]
        headers = {"Accept": ", ".join(accept)}
        got = self._send("POST", self.where.query, seconds, most_bytes, headers=headers, form=form)
        status, kind, body = got.status, got.kind, got.body
        if status == 400:
            raise QuerySyntaxError(f"{UNREADABLE}{_words(body)}")
        self._check(status, kind, body, self.where.query)
        if kind not in accept:
            raise StoreError(
                f"{host_of(self.where.query)} answered {kind or 'nothing known'}, not {' or '.join(accept)}"
            )
        # Both come with status 200 and a sound document, so that only the headers tell them from a whole answer.
        if got.state:
            raise QueryTimeoutError(f"{host_of(self.where.query)} gave a part of the answer ({got.state})", seconds)
        if got.cut_at:
            raise StoreCutError(f"{host_of(self.where.query)} cut its answer at {got.cut_at} rows", body)
        return body, kind

    def update(self, text: str, *, seconds: float = 600.0) -> None:
        """Send an update.

        Raises:
            QueryRefusedError: the store has no address for updates, or refuses this one.
            StoreError, StoreCredentialsError, QueryTimeoutError: as for `query`.
        """
        if not self.where.update:
            raise QueryRefusedError("the address for updates is unknown: say it with --update", "update")
        headers = {"Content-Type": "application/sparql-update; charset=utf-8"}
        got = self._send("POST", self.where.update, seconds, _PIECE * 16, headers=headers, body=text.encode("utf-8"))
        if got.status == 400:
            raise QueryRefusedError(f"the store refuses the update: {_words(got.body)}", "update")
        self._check(got.status, got.kind, got.body, self.where.update)

    def put_graph(self, name: str, ntriples: bytes, *, seconds: float = 600.0) -> None:
        """Replace a graph by N-Triples (Graph Store Protocol, 5.3).

        Raises:
            StoreError, StoreCredentialsError, QueryTimeoutError: as for `query`.
        """
        headers = {"Content-Type": "application/n-triples"}
        got = self._send(
            "PUT", self.where.graphs, seconds, _PIECE * 16, headers=headers, body=ntriples, parameters={"graph": name}
        )
        self._check(got.status, got.kind, got.body, self.where.graphs)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(
        self,
        method: str,
        url: str,
        seconds: float,
        most_bytes: int,
        *,
        headers: Mapping[str, str],
        form: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Exchange:
        return exchange(
            self._session,
            method,
            url,
            seconds=seconds,
            most_bytes=most_bytes,
            headers=headers,
            data=body if body is not None else list(form),
            parameters=parameters,
            login=self._login,
        )

    def _check(self, status: int, kind: str, body: bytes, url: str) -> None:
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise StoreError(f"{host_of(url)} redirects elsewhere: say the address that it leads to")
        if status in {401, 403}:
            raise StoreCredentialsError(
                f"{host_of(url)} refuses our credentials ({status}): set KG_STORE_CREDENTIALS to user:password, "
                "digest:user:password or bearer:token"
            )
        if status in {404, 405}:
            raise StoreError(f"{host_of(url)} has nothing at {urlsplit(url).path or '/'} ({status})")
        said = "" if kind == "text/html" else f": {_words(body)}"
        raise StoreError(f"{host_of(url)} answered {status}{said}")


class _OnTime:
    """A connection that is cut when the head of an answer takes longer than the answer may.

    The time-out of a socket is for one read, and a server that sends a byte now and then never lets it come.
    """

    sock: Any
    timeout: Any

    def getresponse(self) -> Any:
        watch = threading.Timer(self.timeout, _cut, [self.sock])
        watch.daemon = True
        watch.start()
        try:
            return super().getresponse()  # type: ignore[misc]
        finally:
            watch.cancel()


class _Plain(_OnTime, urllib3.connection.HTTPConnection):
    pass


class _Secure(_OnTime, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(requests.adapters.HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # That of the socket itself: a TLS one would first say goodbye, and wait.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def new_session() -> requests.Session:
    """Return a session that takes nothing from the environment: proxies and .netrc are no settings of this program."""
    session = requests.Session()
    session.trust_env = False
    adapter = _Adapter(pool_connections=4, pool_maxsize=64)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    seconds: float,
    most_bytes: int,
    headers: Mapping[str, str],
    data: bytes | Sequence[tuple[str, str]] | None = None,
    parameters: Mapping[str, str] | None = None,
    login: AuthBase | None = None,
) -> Exchange:
    """Send one request and read the whole answer within its bounds; redirects are not followed.

    Raises:
        QueryTimeoutError: no whole answer in time.
        QueryTooLargeError: the answer is larger than allowed.
        StoreError: nobody answers, or the answer breaks off.
    """
    deadline = time.monotonic() + seconds
    # The time for connecting is also the longest pause while a body is sent, and a busy store takes a large one slowly.
    is_large = isinstance(data, bytes) and len(data) > _PIECE
    pause_s = seconds if is_large else min(_CONNECT_S, seconds)
    broken = StoreError(f"{host_of(url)} broke off in the middle of its answer")
    late = QueryTimeoutError(f"{host_of(url)} gave no whole answer in {seconds:g} s and was left", seconds)
    try:
        with session.request(
            method,
            url,
            params=parameters,
            data=data if data is None or isinstance(data, bytes) else list(data),
            headers={"User-Agent": "cityledger", **headers},
            auth=login,
            timeout=(pause_s, seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            # A head that was cut is read as if it had ended there.
            if time.monotonic() > deadline:
                raise late
            pieces, size = [], 0
            # Not iter_content: it waits for a full piece, and who sends a byte now and then would never be late.
            while piece := response.raw.read1(_PIECE, decode_content=True):
                size += len(piece)
                if size > most_bytes:
                    raise QueryTooLargeError(
                        f"the answer is larger than {most_bytes // 1_000_000} MB: add a LIMIT or ask for less",
                        "answer-bytes",
                    )
                if time.monotonic() > deadline:
                    raise late
                pieces.append(piece)
            if response.raw.length_remaining:
                raise broken
            return Exchange(
                status=response.status_code,
                kind=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
                body=b"".join(pieces),
                retry_after=response.headers.get("Retry-After", ""),
                cut_at=response.headers.get("X-SPARQL-MaxRows", ""),
                state=response.headers.get("X-SQL-State", ""),
            )
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError):
        raise late from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
        # What we cut ourselves looks as if the other side had broken off.
        if time.monotonic() > deadline or _is_timeout(error):
            raise late from None
        raise _failed(error, url, broken) from None


def _is_timeout(error: Exception) -> bool:
    return "timed out" in str(error) and not isinstance(error, requests.exceptions.ConnectTimeout)


def _failed(error: Exception, url: str, broken: StoreError) -> StoreError:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return StoreError(f"{host_of(url)} does not answer")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return broken
    if isinstance(error, requests.exceptions.ConnectionError):
        words = "broke off" if "aborted" in str(error) or "IncompleteRead" in str(error) else "cannot be reached"
        return StoreError(f"{host_of(url)} {words}")
    if isinstance(error, requests.exceptions.RequestException):
        return StoreError(f"{host_of(url)} cannot be asked: {type(error).__name__}")
    return broken


def host_of(url: str) -> str:
    # The address without what may be secret in it.
    return urlsplit(url).netloc.rpartition("@")[2]


def _words(body: bytes) -> str:
    text = " ".join(body[: _MOST_WORDS * 4].decode("utf-8", "replace").split())
    return text[:_MOST_WORDS] or "it does not say why"
