"""The environment of WSGI (PEP 3333), made of what the server says about a request."""

import io
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

Environ = dict[str, Any]

_PROTOCOLS: Mapping[str, str] = {"1": "HTTP/1.0", "1.0": "HTTP/1.0", "1.1": "HTTP/1.1"}
_SAME: Mapping[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    # Bodies are read whole before anybody sees them.
    "wsgi.input_terminated": True,
}


class Headers(Protocol):
    """The header fields of a request, names in small letters; what is not ASCII is left out by the server."""

    def items(self) -> list[tuple[str, str]]:
        """Give all lines, in order."""


class Scope(Protocol):
    """What RSGI says of a request: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Headers:
        """The header fields."""


def environ_of(scope: Scope) -> Environ:
    """Make the environment of a request; its body is empty until somebody reads it."""
    path = scope.path
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        **_SAME,
        "REQUEST_METHOD": scope.method,
        # PEP 3333: bytes, each written as the character of its number.
        "PATH_INFO": path if path.isascii() else path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": _PROTOCOLS.get(scope.http_version, f"HTTP/{scope.http_version}"),
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
    }
    for name, value in scope.headers.items():
        key = _key(name) if len(name) < 60 else _key.__wrapped__(name)
        if key is None:
            continue
        # RFC 9110, 5.3: several lines of one name are one list.
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


@lru_cache(maxsize=256)
def _key(name: str) -> str | None:
    if "_" in name:
        # It would be taken for the field with a dash, which a proxy may have set or removed.
        return None
    if name in ("content-type", "content-length"):
        return name.upper().replace("-", "_")
    return "HTTP_" + name.upper().replace("-", "_")
