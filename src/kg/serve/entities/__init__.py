"""`/page/{kind}/{slug}`: what is known about a thing, for people, with the evidence for it."""

import hashlib
from typing import Final

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from kg.catalog.terms import TermError
from kg.errors import ParameterError
from kg.serve.entities.page import Page, build
from kg.serve.resources import missing, moved, state_of, thing_iri
from kg.serve.site import address_of, site
from kg.vocab import KINDS

blueprint = Blueprint("entities", __name__)

_CITATIONS: Final = {
    ".bib": "application/x-bibtex; charset=utf-8",
    ".csl.json": "application/vnd.citationstyles.csl+json",
}


@blueprint.get("/page/<kind>/<path:slug>")
def page(kind: str, slug: str) -> BaseResponse:
    """The page of a thing, one list of it (`?list=`), or its citation (`.bib`, `.csl.json`)."""
    suffix = next((each for each in _CITATIONS if slug.endswith(each)), "")
    name = slug.removesuffix(suffix)
    iri = thing_iri(kind, name)
    if kind not in KINDS or iri is None:
        return missing(kind, name)
    where = site()
    # The address of the service is part of the page: in its citation and its description; so is a newer release.
    parts = f"{where.release} {current_app.extensions['kg'].release} {request.host_url} {request.full_path}"
    tag = hashlib.sha256(parts.encode()).hexdigest()[:32]
    if tag in request.if_none_match:
        unchanged = Response(status=304)
        unchanged.set_etag(tag)
        return unchanged
    address = address_of(where)
    only, number = request.args.get("list", ""), _number(request.args.get("page", "1"))
    try:
        found = build(where, iri, address=address, only=only, number=number)
    except TermError:
        found = None
    if found is None:
        return missing(kind, name)
    if found.is_replaced:
        replacement = state_of(where, iri).replacement
        answer = moved("page", replacement, suffix) if replacement else None
        if answer is not None:
            return answer
    if found.is_withdrawn:
        return _answer(render_template("entities/gone.html", page=found), found, 410)
    if suffix == ".bib":
        answer = Response(found.reference.bibtex(), content_type=_CITATIONS[suffix])
    elif suffix:
        answer = Response(found.reference.csl_json(), content_type=_CITATIONS[suffix])
    elif only:
        answer = _answer(render_template("entities/list.html", page=found), found)
    else:
        answer = _answer(render_template("entities/page.html", page=found), found)
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.set_etag(tag)
    return answer


def _answer(body: str, found: Page, status: int = 200) -> Response:
    answer = Response(body, status=status, mimetype="text/html")
    # RFC 8288: other forms of the same description, and the thing that it is about.
    answer.headers["Link"] = f'<{found.iri}>; rel="describes"'
    for name, target in found.downloads:
        if name in ("Turtle", "JSON-LD"):
            media = "text/turtle" if name == "Turtle" else "application/ld+json"
            answer.headers.add("Link", f'<{target}>; rel="alternate"; type="{media}"')
    return answer


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ParameterError("page", "a whole number from 1", "2")
    return int(text)
