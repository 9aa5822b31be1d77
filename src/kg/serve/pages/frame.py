"""What every page knows: the release served, addresses of static files that change with their content."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, render_template, request, url_for

from kg.serve.site import Site, site

HTML: Final = "text/html"


def names() -> dict[str, Any]:
    """Names for all templates."""
    return {"served_release": site().release, "newest_release": _newest(), "asset": asset}


def _newest() -> str:
    served: Site = current_app.extensions["kg"]
    return served.release


def asset(name: str) -> str:
    """Return the address of a static file; the part after `?v=` is made of the content, so browsers may keep it."""
    return url_for("static", filename=name, v=_digest(str(current_app.static_folder), name))


@lru_cache(maxsize=256)
def _digest(folder: str, name: str) -> str:
    path = Path(folder) / name
    return sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "absent"


def page(template: str, status: int = 200, **names: Any) -> Response:
    """Return a page."""
    response = Response(render_template(template, **names), status=status, mimetype=HTML)
    # The tag is made of the page itself: a new release or new software gives a new one.
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    if status == 200:
        response.make_conditional(request.environ)
    return response
