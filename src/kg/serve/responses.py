"""Flask responses that hold text."""

from typing import Final

from flask import Response

SPARQL_QUERY: Final = "application/sparql-query"


def text_response(text: str, kind: str) -> Response:
    """Return text as UTF-8 of a media type."""
    response = Response(text.encode("utf-8"), mimetype=kind)
    if not kind.startswith("text/"):
        response.headers["Content-Type"] = media_type_header(kind)
    return response


def media_type_header(kind: str) -> str:
    """Return a media type with a character set where its registration has one."""
    has_charset = kind.startswith("text/") or kind == SPARQL_QUERY
    return f"{kind}; charset=utf-8" if has_charset else kind


def not_modified(tag: str) -> Response:
    """Return an answer without a body: the client has this one."""
    response = Response(status=304)
    response.set_etag(tag)
    return response
