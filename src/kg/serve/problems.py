"""Errors as RFC 9457 problem details, or as a page for a browser."""

import json
import logging

from flask import Flask, Response, current_app, has_request_context, render_template, request
from jinja2 import TemplateNotFound
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from kg.catalog.faults import CatalogError
from kg.errors import (
    BadRequestError,
    ClientBudgetError,
    EngineBusyError,
    KgError,
    NotAcceptableError,
    ParameterError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooLargeError,
    ReleaseGoneError,
    SlowRequestError,
    UnknownQuestionError,
    UnknownReleaseError,
)
from kg.report.pdf import PdfUnavailableError
from kg.serve.negotiate import prefers_html
from kg.serve.problem_kinds import KINDS
from kg.serve.replies import Reply

log = logging.getLogger(__name__)

TYPE = "https://w3id.org/cityledger/problem/"
MEDIA_TYPE = "application/problem+json"

# The errors that a client may see as what they are; their code is the problem type, and KINDS has the rest.
_SHOWN: tuple[type[KgError], ...] = (
    BadRequestError,
    SlowRequestError,
    QuerySyntaxError,
    ParameterError,
    QueryRefusedError,
    UnknownQuestionError,
    UnknownReleaseError,
    CatalogError,
    PdfUnavailableError,
    NotAcceptableError,
    ReleaseGoneError,
    QueryTooLargeError,
    ClientBudgetError,
    QueryTimeoutError,
    EngineBusyError,
)


def status_of(error: KgError) -> tuple[int, str]:
    """Give the HTTP status of an error and the title of its problem."""
    if isinstance(error, QueryTooLargeError) and error.limit == "memory":
        return 503, "The query needs too much"
    for shown in _SHOWN:
        if isinstance(error, shown):
            kind = KINDS[shown.code]
            return kind.statuses[0], kind.title
    return 500, KINDS["internal"].title


def problem_reply(
    status: int, slug: str, title: str, detail: str, headers: tuple[tuple[str, str], ...] = (), **extra: object
) -> Reply:
    """Build a problem document."""
    document = {"type": TYPE + slug, "title": title, "status": status, "detail": detail, **extra}
    return Reply(
        status=status,
        body=json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") + b"\n",
        headers=(
            ("Content-Type", MEDIA_TYPE),
            ("Cache-Control", "no-store"),
            ("Vary", "Accept, Accept-Encoding"),
            *headers,
        ),
    )


def error_reply(error: KgError) -> Reply:
    """Build the problem document of an error."""
    status, title = status_of(error)
    if status == 500:
        log.error("unexpected %s: %s", error.code, error.summary)
        return internal_reply()
    extra: dict[str, object] = {}
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(error, QuerySyntaxError):
        if error.line is not None:
            extra = {"line": error.line, "column": error.column}
    elif isinstance(error, ParameterError):
        extra = {"parameter": error.parameter, "expected": error.expected, "example": error.example}
    elif isinstance(error, QueryRefusedError):
        extra = {"reason": error.reason}
    elif isinstance(error, QueryTooLargeError):
        extra = {"limit": error.limit}
        headers = (("KG-Limit", error.limit),)
    elif isinstance(error, QueryTimeoutError):
        extra = {"limit": "seconds", "seconds": error.seconds}
        headers = (("KG-Limit", "seconds"),)
    elif isinstance(error, NotAcceptableError):
        extra = {"offered": list(error.offered)}
    elif isinstance(error, EngineBusyError | ClientBudgetError):
        headers = (("Retry-After", str(error.retry_after_s)),)
    return problem_reply(status, error.code, title, str(error), headers, **extra)


def internal_reply() -> Reply:
    """Build the problem document of what should not have happened."""
    return problem_reply(500, "internal", KINDS["internal"].title, "The service has noted it.")


def problem(status: int, slug: str, title: str, detail: str, **extra: object) -> Response:
    """Build the response for a problem: a page for a browser, problem details for everybody else."""
    return as_response(problem_reply(status, slug, title, detail, (), **extra))


def as_response(reply: Reply) -> Response:
    """Turn a reply into a Flask response; a problem becomes a page when the client is a browser."""
    response = Response(reply.body, status=reply.status)
    for name, value in reply.headers:
        response.headers[name] = value
    if response.mimetype == MEDIA_TYPE and _wants_page():
        response.set_data(_page(json.loads(reply.body)))
        response.content_type = "text/html; charset=utf-8"
    return response


def register(app: Flask) -> None:
    """Let every error leave the application as a problem."""
    app.register_error_handler(KgError, lambda error: as_response(error_reply(error)))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None and error.code is not None and error.code < 400:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    slug = error.name.lower().replace(" ", "-")
    if slug not in KINDS:
        slug = "bad-request" if status < 500 else "internal"
    details = {404: "Nothing has this address.", 405: "This address does not take that method."}
    response = problem(status, slug, error.name, details.get(status, "The request cannot be served."))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "location"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    # The edge of the service: nothing of an unforeseen failure may leave the process but the log.
    log.error("unexpected failure", exc_info=error)
    return problem(500, "internal", "Something went wrong here", "The service has noted it.")


def _wants_page() -> bool:
    return has_request_context() and prefers_html(request.headers.get("Accept"), (MEDIA_TYPE, "application/json"))


def _page(document: dict[str, object]) -> str:
    try:
        return render_template("problem.html", problem=document)
    except TemplateNotFound:
        name = escape(current_app.extensions.get("kg-name", "CityLedger"))
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(str(document["title"]))} · {name}'
            f"</title><h1>{escape(str(document['title']))}</h1><p>{escape(str(document['detail']))}</p>"
        )
