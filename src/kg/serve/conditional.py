"""Requests that depend on what the client has already: RFC 9110, 13."""

import re
from collections.abc import Mapping
from typing import Any

_TAG = re.compile(r'(W/)?"([^"]*)"')


def is_known(environ: Mapping[str, Any], tag: str) -> bool:
    """Whether the client names the entity tag of what it would be given, so that 304 is the whole answer.

    Only reads can be answered so: what a POST would give is no representation of its address (RFC 9110, 13.1.2).
    """
    header = environ.get("HTTP_IF_NONE_MATCH")
    if header is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return False
    # Weak comparison: both encodings of a representation share the part before the suffix.
    return tag in header and any(found in _both(tag) for _, found in _TAG.findall(header))


def status_of(environ: Mapping[str, Any], tag: str) -> int:
    """Give the status for an answer that could be given: 200, or what a precondition makes of it.

    RFC 9110, 13.2.1: a failure of the request itself comes before any precondition, so this is asked last.
    """
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return 200
    wanted = environ.get("HTTP_IF_MATCH")
    # Strong comparison: a weak tag equals none.
    if (
        wanted is not None
        and wanted.strip() != "*"
        and not any(found in _both(tag) and not weak for weak, found in _TAG.findall(wanted))
    ):
        return 412
    return 304 if environ.get("HTTP_IF_NONE_MATCH", "").strip() == "*" else 200


def _both(tag: str) -> tuple[str, str]:
    return tag, f"{tag}-gzip"
