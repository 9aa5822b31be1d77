"""Query errors as they travel from a worker to the web process."""

from collections.abc import Mapping
from typing import Any

from kg.errors import KgError, NotAcceptableError, QueryRefusedError, QuerySyntaxError, QueryTooLargeError


def failure_head(error: KgError) -> dict[str, Any]:
    """Write an error as the head of a reply."""
    head: dict[str, Any] = {"error": error.code, "message": str(error)}
    if isinstance(error, QuerySyntaxError):
        head["line"], head["column"] = error.line, error.column
    elif isinstance(error, QueryRefusedError):
        head["reason"] = error.reason
    elif isinstance(error, QueryTooLargeError):
        head["limit"] = error.limit
    elif isinstance(error, NotAcceptableError):
        head["offered"] = tuple(error.offered)
    return head


def failure_of(head: Mapping[str, Any]) -> KgError:
    """Turn the head of a reply back into the error it tells of."""
    code, message = head["error"], str(head["message"])
    if code == QuerySyntaxError.code:
        return QuerySyntaxError(message, head.get("line"), head.get("column"))
    if code == QueryTooLargeError.code:
        return QueryTooLargeError(message, str(head.get("limit")))
    if code == NotAcceptableError.code:
        return NotAcceptableError(message, head.get("offered", ()))
    return QueryRefusedError(message, str(head.get("reason", "evaluation")))
