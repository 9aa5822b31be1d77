"""The Flask application: the rooms that exist, and what holds for all of them."""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask, Response, request

from kg.errors import NotAcceptableError
from kg.serve import problems
from kg.serve.kept import KeptReleases
from kg.serve.negotiate import best
from kg.serve.replies import COMMON_HEADERS, DATA_POLICY, PAGE_POLICY, preflight
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
    "names",
    "releases",
    "changes",
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
    app.before_request(_let_any_version_match)
    app.before_request(_choose_release)
    app.after_request(_finish)
    problems.register(app)
    for room in ROOMS:
        spec = find_spec(f"kg.serve.{room}")
        # A folder without `__init__` is found as well, but is no module of ours.
        if spec is not None and spec.origin is not None:
            app.register_blueprint(import_module(f"kg.serve.{room}").blueprint)
    return app


def _let_any_version_match() -> None:
    """Take `If-Match: *` as fulfilled, which it is wherever there is an answer: RFC 9110, 13.1.1."""
    if request.headers.get("If-Match", "").strip() == "*":
        # Werkzeug looks for a tag that is called so, and would answer 412.
        del request.environ["HTTP_IF_MATCH"]


def _choose_release() -> None:
    """Refuse a release that cannot be had before anything is answered, also where the answer would not need it."""
    if "release" in request.args:
        site()


def _is_accepted(media_type: str) -> bool:
    """Whether the client takes an answer of this type; a suffix in the address has asked for it already."""
    if request.method not in ("GET", "HEAD") or "." in request.path.rpartition("/")[2]:
        return True
    # Those who watch the service do not negotiate.
    if request.blueprint in ("health", "metrics"):
        return True
    return best(request.headers.get("Accept"), (media_type,)) is not None


def _finish(response: Response) -> Response:
    """Give every answer the headers that all have, without overruling a room that set its own."""
    media_type = str(response.mimetype)
    if response.status_code == 200 and not _is_accepted(media_type):
        error = NotAcceptableError(f"this address has {media_type} only", (media_type,))
        response = problems.as_response(problems.error_reply(error))
    for name, value in COMMON_HEADERS:
        response.headers.setdefault(name, value)
    is_page = response.mimetype == "text/html"
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else DATA_POLICY)
    response.headers.setdefault("KG-Release", site().release)
    is_file = request.endpoint == "static"
    response.headers.setdefault("Vary", "Accept-Encoding" if is_file else "Accept, Accept-Encoding")
    if request.method == "OPTIONS" and "Allow" in response.headers:
        for name, value in preflight(", ".join(sorted(response.allow))):
            response.headers.setdefault(name, value)
    if response.status_code == 200 and request.method in ("GET", "HEAD") and not response.is_streamed:
        # Kept by anyone, asked about each time: a new release must be seen at once, and 304 is cheap.
        response.headers.setdefault("Cache-Control", "no-cache")
        if not response.cache_control.no_store and "ETag" not in response.headers:
            response.add_etag()
            response.make_conditional(request)
    return response
