"""`/healthz`: the process lives. `/readyz`: a worker answers on the current release."""

from flask import Blueprint, Response, jsonify

from kg.errors import KgError
from kg.serve.problems import problem
from kg.serve.site import site

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Say that the process lives."""
    return _now({"status": "alive"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether a worker answers the golden question."""
    here = site()
    try:
        is_ready = here.is_ready()
    except KgError as error:
        return problem(503, "not-ready", "Not ready", str(error))
    if not is_ready:
        return problem(503, "not-ready", "Not ready", "the release does not answer the golden question")
    return _now({"status": "ready", "release": here.release})


def _now(state: dict[str, str]) -> Response:
    """Tell a state that nobody may keep."""
    response = jsonify(state)
    response.headers["Cache-Control"] = "no-store"
    return response
