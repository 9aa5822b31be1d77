"""The Flask application: the rooms that exist, and what holds for all of them."""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask, Response, request

from kg.serve import problems
from kg.serve.kept import KeptReleases
from kg.serve.replies import COMMON_HEADERS, DATA_POLICY, PAGE_POLICY
from kg.serve.site import Site, open_site, site

# Each is a module of this package that exports `blueprint`.
ROOMS = (
    "editor",
    "health",
    "metrics",
    "catalogue",
    "questions",
    "reports",
    "resources",
    "entities",
    "pages",
    "reconcile",
    "publication",
)
_MOST_BODY_BYTES = 2_000_000


def create_app(site: Site) -> Flask:
    """Build the application for a release; it never runs in debug mode."""
    app = Flask(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=_MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=_MOST_BODY_BYTES,
        MAX_FORM_PARTS=200,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["kg"] = site
    app.extensions["kg.kept"] = KeptReleases(open_site)
    app.after_request(_finish)
    problems.register(app)
    for room in ROOMS:
        spec = find_spec(f"kg.serve.{room}")
        # A folder without `__init__` is found as well, but is no module of ours.
        if spec is not None and spec.origin is not None:
            app.register_blueprint(import_module(f"kg.serve.{room}").blueprint)
    return app


def _finish(response: Response) -> Response:
    """Give every answer the headers that all have, without overruling a room that set its own."""
    for name, value in COMMON_HEADERS:
        response.headers.setdefault(name, value)
    is_page = response.mimetype == "text/html"
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else DATA_POLICY)
    response.headers.setdefault("KG-Release", site().release)
    if "Vary" not in response.headers and request.endpoint != "static":
        response.headers["Vary"] = "Accept, Accept-Encoding"
    return response
