"""Names of the project that are no things: `/problem/NAME` says what a problem means, `/question/NAME` leads to it."""

import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from kg.serve.negotiate import prefers_html
from kg.serve.problem_kinds import KINDS, Kind
from kg.serve.problems import TYPE, problem
from kg.serve.responses import text_response

blueprint = Blueprint("names", __name__)


@blueprint.get("/problem")
def problems() -> Response:
    """Every problem type, as a page or as JSON."""
    if prefers_html(request.headers.get("Accept"), ("application/json",)):
        return text_response(render_template("names/problems.html", kinds=KINDS.values(), type=TYPE), "text/html")
    return _json([_record(kind) for kind in KINDS.values()])


@blueprint.get("/problem/<name>")
def problem_kind(name: str) -> Response:
    """What one problem type means and what to do about it, as a page or as JSON."""
    kind = KINDS.get(name)
    if kind is None:
        return problem(404, "not-found", "No such problem", f"There is no problem type {name!r}; /problem lists all.")
    if prefers_html(request.headers.get("Accept"), ("application/json",)):
        return text_response(render_template("names/problem.html", kind=kind, type=TYPE), "text/html")
    return _json(_record(kind))


@blueprint.get("/question/<path:name>")
def question(name: str) -> BaseResponse:
    """Lead from the permanent name of a saved question to its page."""
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    return redirect(f"/questions/{name}{query}", 308)


def _record(kind: Kind) -> dict[str, Any]:
    return {"type": TYPE + kind.name, **asdict(kind)}


def _json(content: object) -> Response:
    return text_response(json.dumps(content, indent=1) + "\n", "application/json")
