"""The environment of WSGI (PEP 3333), made of what the server says about a request."""

import io
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

Environ = dict[str, Any]

# Heads of more lines are read each time; strangers could else fill the memory with them. A head has 64 kB at most.
_KEPT_LINES = 24

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
    lines = tuple(scope.headers.items())
    return {
        **_SAME,
        **(_fields(lines) if len(lines) < _KEPT_LINES else _fields.__wrapped__(lines)),
        **_address(scope.server, scope.http_version, scope.scheme),
        "REQUEST_METHOD": scope.method,
        # PEP 3333: bytes, each written as the character of its number.
        "PATH_INFO": path if path.isascii() else path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.input": io.BytesIO(),
    }


# A client sends the same header again and again.
@lru_cache(maxsize=256)
def _fields(lines: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in lines:
        key = _key(name) if len(name) < 60 else _key.__wrapped__(name)
        if key is None:
            continue
        # RFC 9110, 5.3: several lines of one name are one list.
        fields[key] = f"{fields[key]},{value}" if key in fields else value
    return fields


@lru_cache(maxsize=64)
def _address(server: str, http_version: str, scheme: str) -> Mapping[str, str]:
    host, _, port = server.rpartition(":")
    return {
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": _PROTOCOLS.get(http_version, f"HTTP/{http_version}"),
        "wsgi.url_scheme": scheme,
    }


@lru_cache(maxsize=256)
def _key(name: str) -> str | None:
    if "_" in name:
        # It would be taken for the field with a dash, which a proxy may have set or removed.
        return None
    if name in ("content-type", "content-length"):
        return name.upper().replace("-", "_")
    return "HTTP_" + name.upper().replace("-", "_")
