"""What stands before Flask: the bare path to `/sparql`, compression, the access log and the counts."""

import gzip
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from kg.errors import KgError
from kg.serve import access_log, framing, sparql
from kg.serve.environ import Environ
from kg.serve.metrics import REQUESTS
from kg.serve.negotiate import gzip_from
from kg.serve.site import Site

StartResponse = Callable[..., Any]
# When a request came in, by `time.monotonic()`, where it had to wait for a thread since.
ARRIVED = "kg.arrived"

_WHOLE_UP_TO_BYTES = 8_000_000
_ZIP_TYPES = (
    "text/",
    *(f"application/{name}" for name in ("json", "ld+json", "geo+json", "problem+json", "sparql-results+json")),
    *(f"application/{name}" for name in ("sparql-results+xml", "rdf+xml", "n-triples", "n-quads", "trig")),
    *("application/sparql-query", "image/svg+xml"),
)


class Front:
    """A WSGI application that answers `/sparql` itself and leaves the rest, and all browsers, to Flask."""

    def __init__(self, app: Flask) -> None:
        """Stand before an application made by `create_app`."""
        self.app = app

    @property
    def site(self) -> Site:
        """The release served now."""
        found: Site = self.app.extensions["kg"]
        return found

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        arrived: float = environ.get(ARRIVED) or time.monotonic()
        here = self.site
        try:
            framing.check(environ)
            # A release that the address names is opened by Flask's side, as for every other room.
            reply = sparql.respond(here, environ, arrived) if sparql.is_bare(environ) else None
        except KgError as error:
            reply = sparql.failed(here, error)
        if reply is None:
            return self._by_flask(environ, start_response, arrived, here)
        start_response(reply.wsgi_status(), reply.wsgi_headers())
        self.note(environ, reply.status, arrived, len(reply.body), here, cached=reply.cached)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    def note(self, environ: Environ, status: int, arrived: float, size: int, here: Site, *, cached: bool) -> None:
        """Count and log an answered request.

        Arguments:
            arrived: `time.monotonic()` when it came in.
            size: bytes of the body.
            cached: the answer was kept from an earlier equal query.
        """
        path: str = environ["PATH_INFO"]
        seconds = time.monotonic() - arrived
        REQUESTS.note(_room(path), status, seconds)
        access_log.write(environ["REQUEST_METHOD"], path, status, seconds, size, here.release, cached=cached)

    def _by_flask(self, environ: Environ, start_response: StartResponse, arrived: float, here: Site) -> Iterable[bytes]:
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def remember(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            began[:] = [(status, headers)]
            return lambda data: None

        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None:
            # RFC 9110, 13.1.2: weak comparison, and what is compressed below goes out with a weak tag.
            environ["HTTP_IF_NONE_MATCH"] = known.replace('W/"', '"')
        result = self.app(environ, remember)
        status, headers = began[0]
        size = dict(headers).get("Content-Length", "")
        if not size.isdigit() or int(size) > _WHOLE_UP_TO_BYTES:
            # A dump: sent from its file, piece by piece.
            start_response(status, headers)
            self.note(environ, int(status[:3]), arrived, int(size or 0), here, cached=False)
            return result
        body = b"".join(result)
        close = getattr(result, "close", None)
        if close is not None:
            close()
        body, headers = _zip(environ, body, headers)
        start_response(status, headers)
        self.note(environ, int(status[:3]), arrived, len(body), here, cached=False)
        return [body]


def _zip(environ: Environ, body: bytes, headers: list[tuple[str, str]]) -> tuple[bytes, list[tuple[str, str]]]:
    zip_from = gzip_from(environ.get("HTTP_ACCEPT_ENCODING"))
    if zip_from is None or len(body) < zip_from:
        return body, headers
    given = {name.lower(): value for name, value in headers}
    if "content-encoding" in given or not given.get("content-type", "").startswith(_ZIP_TYPES):
        return body, headers
    zipped = gzip.compress(body, 4, mtime=0)
    kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "etag", "vary")]
    vary = given.get("vary", "")
    kept.append(("Vary", vary if "accept-encoding" in vary.lower() else f"{vary}, Accept-Encoding".lstrip(", ")))
    tag = given.get("etag")
    if tag:
        # Another encoding is another representation; the weak form keeps conditional requests working.
        kept.append(("ETag", tag if tag.startswith("W/") else f"W/{tag}"))
    return zipped, [*kept, ("Content-Encoding", "gzip"), ("Content-Length", str(len(zipped)))]


def _room(path: str) -> str:
    first = path[1:].partition("/")[0].partition(".")[0]
    return first if first in _KNOWN_ROOMS else ("home" if path == "/" else "other")


# Only these become labels, so that strangers cannot make up as many as they like.
_KNOWN_ROOMS = frozenset(
    {"sparql", "questions", "reports", "projects", "actors", "technologies", "places", "financing", "agreements"}
    | {"policies", "claims", "sources", "id", "page", "data", "ontology", "search", "quality", "about"}
    | {"reconcile", "catalog", "dump", "changes", "problem", "static", "healthz", "readyz", "metrics", "openapi"}
)
