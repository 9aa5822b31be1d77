"""What a request must be before anybody looks at what it asks: RFC 9112."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kg.errors import BadRequestError

# RFC 3986, 3.2.2, without the comma: the server joins several Host lines with one.
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~!$&'()*+;=%\-]{1,255})(?::[0-9]{0,5})?")


def check(environ: Mapping[str, Any]) -> None:
    """Refuse a request whose head contradicts itself.

    Raises:
        BadRequestError: it names no host or several, or a transfer coding that nobody here decodes.
    """
    # RFC 9112, 3.2: none, several or a malformed one is 400. HTTP/1.0 may leave it out.
    host = environ.get("HTTP_HOST", "")
    if not _is_host(host) and (host or environ.get("SERVER_PROTOCOL") == "HTTP/1.1"):
        raise BadRequestError("a request names one host")
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    # RFC 9112, 6.1: what is not decoded must not be taken for the content.
    if coding is not None and coding.strip().lower() != "chunked":
        raise BadRequestError("chunked is the only transfer coding taken")


@lru_cache(maxsize=256)
def _is_host(host: str) -> bool:
    return len(host) < 300 and _HOST.fullmatch(host) is not None


def check_whole(body: bytes, declared: str) -> None:
    """Refuse a body that ended before its declared length.

    Raises:
        BadRequestError: RFC 9112, 8: an incomplete message must not be taken for a whole one.
    """
    if declared and len(body) < int(declared):
        raise BadRequestError(f"the body ended after {len(body)} of {declared} bytes")
