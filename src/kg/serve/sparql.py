"""`/sparql`: the SPARQL 1.1 Protocol, read-only.

`respond` works on the WSGI environment alone, so that the bare path in front of Flask and the Flask route (in
`kg.serve.editor`) give the same answers (docs/decisions/0014-http-service.md has the measurements).
"""

import gzip
import hashlib
import io
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from kg.engine import Answer, Query
from kg.engine.formats import CSV, GRAPH_TYPES, JSON, RESULTS_TYPES, TSV, TURTLE, XML
from kg.errors import KgError, NotAcceptableError, ParameterError, QueryRefusedError, QueryTooLargeError
from kg.serve import conditional, description
from kg.serve.forms import unquoted
from kg.serve.negotiate import best, gzip_from, prefers_html
from kg.serve.problems import error_reply, problem_reply
from kg.serve.replies import Reply, preflight
from kg.serve.site import Site

PATH = "/sparql"
_ALLOW = "GET, HEAD, POST, OPTIONS"
_ALIASES: Mapping[str, str] = {"application/json": JSON, "application/xml": XML, "text/xml": XML}
_FORM = "application/x-www-form-urlencoded"
_QUERY_BODY = "application/sparql-query"
_UPDATE_BODY = "application/sparql-update"
_MOST_PARAMETERS = 200
_GZIP_KEPT_BYTES = 16_000_000
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^<>\"{}|^`\\\x00-\x20]*")
_TEXT_TYPES = frozenset({CSV, TSV, TURTLE})
_VARY = ("Vary", "Accept, Accept-Encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The parameters of one request."""

    query: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    release: str | None


class _BadRequestError(Exception):
    """The request breaks the protocol; holds the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def is_bare(environ: Mapping[str, Any]) -> bool:
    """Whether a request is for the endpoint itself: not for its editor, and not for a release that it names."""
    return (
        environ["PATH_INFO"] == PATH and "release=" not in environ.get("QUERY_STRING", "") and not wants_page(environ)
    )


def is_query(environ: Mapping[str, Any]) -> bool:
    """Whether a request brings a query for the endpoint; without one its description is asked for."""
    return is_bare(environ) and (environ["REQUEST_METHOD"] == "POST" or "query=" in environ.get("QUERY_STRING", ""))


def wants_page(environ: Mapping[str, Any]) -> bool:
    """Whether this request comes from a browser that wants to see the editor."""
    accept = environ.get("HTTP_ACCEPT")
    return environ["REQUEST_METHOD"] in ("GET", "HEAD") and prefers_html(
        accept, (*RESULTS_TYPES, *GRAPH_TYPES, *_ALIASES)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A query that only an engine can answer, and the entity tag of its answer."""

    query: Query
    tag: str


def respond(site: Site, environ: Mapping[str, Any], arrived: float | None = None) -> Reply:
    """Answer one request to the endpoint, whatever it holds."""
    ask = receive(site, environ, arrived)
    if isinstance(ask, Reply):
        return ask
    try:
        answer = site.engine.answer(ask.query)
    except KgError as error:
        return failed(site, error)
    return tell(site, environ, ask, answer)


def receive(site: Site, environ: Mapping[str, Any], arrived: float | None = None) -> Reply | Ask:
    """Read a request: the query to be answered, or the reply where none has to be."""
    try:
        return _receive(site, environ, time.monotonic() if arrived is None else arrived)
    except _BadRequestError as bad:
        return _with_release(site, bad.reply)
    except KgError as error:
        return failed(site, error)


def tell(site: Site, environ: Mapping[str, Any], ask: Ask, answer: Answer) -> Reply:
    """Write the answer to a query as the request wants it."""
    try:
        return _reply(site, environ, answer, ask.tag)
    except _BadRequestError as bad:
        return _with_release(site, bad.reply)


def failed(site: Site, error: KgError) -> Reply:
    """Say why a query has no answer."""
    return _with_release(site, error_reply(error))


def _with_release(site: Site, reply: Reply) -> Reply:
    return Reply(status=reply.status, body=reply.body, headers=(*reply.headers, ("KG-Release", site.release)))


def _receive(site: Site, environ: Mapping[str, Any], arrived: float) -> Reply | Ask:
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        return Reply(status=204, headers=preflight(_ALLOW))
    if method not in ("GET", "HEAD", "POST"):
        raise _refusal(405, "method-not-allowed", f"{_name(method)}: only GET, HEAD, POST", ("Allow", _ALLOW))
    asked = _read(site, environ, method)
    accept = environ.get("HTTP_ACCEPT")
    if asked.query is None:
        return _describe(site, environ, accept)
    if asked.release is not None and asked.release != site.release:
        raise _refusal(404, "unknown-release", f"a form asks release {site.release}; name another one in the address")
    results_type, graph_type = best(accept, RESULTS_TYPES, _ALIASES), best(accept, GRAPH_TYPES)
    if results_type is None and graph_type is None:
        raise NotAcceptableError("none of the accepted types can be given", (*RESULTS_TYPES, *GRAPH_TYPES))
    tag = _tag(site.release, asked, results_type, graph_type)
    if conditional.is_known(environ, tag):
        return Reply(status=304, headers=(*_caching(site, f'"{tag}"'),))
    query = Query(
        text=asked.query,
        results_type=results_type,
        graph_type=graph_type,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        client=client_of(environ, site.settings.trusted_proxies),
        arrived=arrived,
    )
    return Ask(query=query, tag=tag)


def _reply(site: Site, environ: Mapping[str, Any], answer: Answer, tag: str) -> Reply:
    headers = _said_of(answer.media_type, answer.limit, complete=answer.complete)
    if answer.outside:
        # What another server says may change at any time, so nobody may keep it.
        kept_by_nobody = (("Cache-Control", "no-store"), _VARY, ("KG-Release", site.release))
        return Reply(status=200, body=answer.body, headers=(*headers, *kept_by_nobody))
    return _represent(site, environ, answer.body, tag, headers, cached=answer.cached)


@lru_cache(maxsize=64)
def _said_of(media_type: str, limit: str | None, *, complete: bool) -> tuple[tuple[str, str], ...]:
    headers = (_content_type(media_type), ("KG-Complete", "true" if complete else "false"))
    return headers if limit is None else (*headers, ("KG-Limit", limit))


def _content_type(media_type: str) -> tuple[str, str]:
    return ("Content-Type", f"{media_type}; charset=utf-8" if media_type in _TEXT_TYPES else media_type)


def _represent(
    site: Site,
    environ: Mapping[str, Any],
    body: bytes,
    tag: str,
    headers: tuple[tuple[str, str], ...],
    *,
    cached: bool = False,
) -> Reply:
    """Send what may be kept, as the client's conditions and encodings want it."""
    status = conditional.status_of(environ, tag)
    if status == 304:
        return Reply(status=304, headers=_caching(site, f'"{tag}"'))
    if status == 412:
        raise _refusal(412, "precondition-failed", "the answer has another entity tag")
    zip_from = gzip_from(environ.get("HTTP_ACCEPT_ENCODING"))
    if zip_from is not None and len(body) >= zip_from:
        body = _ZIPPED.get(tag, body)
        tag = f"{tag}-gzip"
        headers = (*headers, ("Content-Encoding", "gzip"))
    return Reply(status=200, body=body, headers=(*headers, *_caching(site, f'"{tag}"')), cached=cached)


def _describe(site: Site, environ: Mapping[str, Any], accept: str | None) -> Reply:
    media_type = best(accept, GRAPH_TYPES)
    if media_type is None and best(accept, RESULTS_TYPES, _ALIASES) is not None:
        # Who wants results meant to ask something.
        raise ParameterError("query", "a SPARQL 1.1 query", "ASK {}", "query: missing")
    if media_type is None:
        raise NotAcceptableError("the service description is RDF", GRAPH_TYPES)
    body = description.serialized(site, base_url(site, environ), media_type)
    tag = hashlib.sha256(body).hexdigest()[:32]
    if conditional.is_known(environ, tag):
        return Reply(status=304, headers=_caching(site, f'"{tag}"'))
    return _represent(site, environ, body, tag, (_content_type(media_type),))


def base_url(site: Site, environ: Mapping[str, Any]) -> str:
    """Address of the service as its operator set it, else as this request named it."""
    if site.settings.public_url:
        return site.settings.public_url.rstrip("/")
    host = environ.get("HTTP_HOST", "")
    # The header is a stranger's; what does not look like a host and port is not repeated.
    if not re.fullmatch(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?", host):
        host = f"{site.settings.host}:{site.settings.port}"
    return f"{environ.get('wsgi.url_scheme', 'http')}://{host}"


# Reading the request.


def _read(site: Site, environ: Mapping[str, Any], method: str) -> _Asked:
    pairs = _pairs(environ.get("QUERY_STRING", ""), "query string")
    if method == "POST":
        pairs = [*pairs, *_posted(site, environ)]
    query: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    release: str | None = None
    for name, value in pairs:
        if name == "query":
            # SPARQL 1.1 Protocol, 2.1: exactly one query.
            if query is not None:
                raise ParameterError("query", "one query only", message="query: given more than once")
            query = value
        elif name == "default-graph-uri":
            default_graphs = (*default_graphs, _graph(name, value))
        elif name == "named-graph-uri":
            named_graphs = (*named_graphs, _graph(name, value))
        elif name == "update":
            raise QueryRefusedError("this endpoint is read-only", "update")
        elif name == "release":
            release = value
    if query is None and (method == "POST" or default_graphs or named_graphs):
        raise ParameterError("query", "a SPARQL 1.1 query", "ASK {}", "query: missing")
    if query is not None and not query.strip():
        raise ParameterError("query", "a SPARQL 1.1 query", "ASK {}", "query: empty")
    return _Asked(query=query, default_graphs=default_graphs, named_graphs=named_graphs, release=release)


def _posted(site: Site, environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise _refusal(415, "unsupported-media-type", "compressed requests are not taken")
    media_type, *parameters = environ.get("CONTENT_TYPE", "").split(";")
    media_type = media_type.strip().lower()
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise _refusal(415, "unsupported-media-type", "a query is UTF-8")
    if media_type == _UPDATE_BODY:
        raise QueryRefusedError("this endpoint is read-only", "update")
    if media_type not in (_FORM, _QUERY_BODY):
        raise _refusal(
            415, "unsupported-media-type", f"send {_QUERY_BODY} or {_FORM}", ("Accept-Post", f"{_QUERY_BODY}, {_FORM}")
        )
    # A form may escape every byte of the query with three.
    factor = 3 if media_type == _FORM else 1
    body = _body(environ, site.settings.query_kb * 1_000 * factor)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _refusal(400, "not-utf-8", "the body is not UTF-8") from None
    return _pairs(text, "form") if media_type == _FORM else [("query", text)]


def _body(environ: Mapping[str, Any], most: int) -> bytes:
    stream: io.BufferedIOBase = environ["wsgi.input"]
    declared = environ.get("CONTENT_LENGTH")
    if declared:
        if not declared.isdigit():
            raise _refusal(400, "bad-request", "Content-Length is not a number")
        if int(declared) > most:
            raise QueryTooLargeError(f"the body has more than {most // 1_000} kB", "query-bytes")
        return stream.read(int(declared))
    if not environ.get("wsgi.input_terminated"):
        return b""
    body = stream.read(most + 1)
    if len(body) > most:
        raise QueryTooLargeError(f"the body has more than {most // 1_000} kB", "query-bytes")
    return body


def _pairs(text: str, where: str) -> list[tuple[str, str]]:
    if not text:
        return []
    if not text.isascii():
        # WSGI gives bytes as Latin-1; RFC 3986 has no bytes beyond ASCII in a URL, and a form has none either.
        raise _refusal(400, "bad-request", f"the {where} has characters that are not escaped")
    try:
        if text.startswith("query=") and "&" not in text:
            # Most requests look like this, and a general reader takes twice the time.
            return [("query", unquoted(text[6:]))]
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise _refusal(400, "not-utf-8", f"the {where} is not UTF-8") from None
    except ValueError:
        raise _refusal(400, "bad-request", f"the {where} has more than {_MOST_PARAMETERS} parameters") from None


def _graph(name: str, value: str) -> str:
    if len(value) > 2_000 or not _IRI.fullmatch(value):
        raise ParameterError(name, "an absolute IRI", "https://w3id.org/cityledger/graph/project")
    return value


def client_of(environ: Mapping[str, Any], proxies: int) -> str:
    """Give the address of the client, as the last of our own proxies saw it."""
    if proxies:
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= proxies and hops[-proxies]:
            return str(hops[-proxies][:64])
    return str(environ.get("REMOTE_ADDR", ""))


def _name(method: str) -> str:
    return method if method.isalpha() and len(method) < 20 else "this method"


def _refusal(status: int, slug: str, detail: str, *headers: tuple[str, str]) -> _BadRequestError:
    titles = {
        400: "Bad request",
        404: "Not found",
        405: "Method not allowed",
        412: "Precondition failed",
        415: "Unsupported media type",
    }
    return _BadRequestError(problem_reply(status, slug, titles[status], detail, headers))


# Caching.


def _tag(release: str, asked: _Asked, results_type: str | None, graph_type: str | None) -> str:
    digest = _begun_tag(release, asked.default_graphs, asked.named_graphs, results_type, graph_type).copy()
    digest.update((asked.query or "").encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


@lru_cache(maxsize=64)
def _begun_tag(*parts: Any) -> "hashlib._Hash":
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass"))


def _caching(site: Site, tag: str) -> tuple[tuple[str, str], ...]:
    # Kept by anyone, asked about each time: a new release must be seen at once, and 304 is cheap.
    return (("ETag", tag), ("Cache-Control", "public, no-cache"), _VARY, ("KG-Release", site.release))


class _Zipped:
    """Compressed bodies kept for repeats, the oldest forgotten first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

    def get(self, tag: str, body: bytes) -> bytes:
        kept = self._bodies.get(tag)
        if kept is not None:
            return kept
        zipped = gzip.compress(body, 4, mtime=0)
        if len(zipped) < self._most // 8 and tag not in self._bodies:
            self._bodies[tag] = zipped
            self._size += len(zipped)
            while self._size > self._most:
                try:
                    self._size -= len(self._bodies.popitem(last=False)[1])
                except KeyError:
                    break
        return zipped


_ZIPPED = _Zipped(_GZIP_KEPT_BYTES)
