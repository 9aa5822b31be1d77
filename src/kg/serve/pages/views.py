"""The addresses of the pages."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from flask import Blueprint, Response, request

from kg.errors import ParameterError
from kg.search import KINDS, Hit
from kg.serve.entities.words import day
from kg.serve.negotiate import required
from kg.serve.pages import carry, frame, highlight, home, lists, quality, technologies, terms
from kg.serve.pages.frame import HTML, page
from kg.serve.pages.holdings import holdings_of
from kg.serve.site import Site, site
from kg.vocab import KG

blueprint = Blueprint("pages", __name__)
blueprint.app_context_processor(frame.names)
blueprint.after_app_request(carry.carry)
blueprint.add_app_template_filter(highlight.sparql, "sparql")
lists.register(blueprint)
blueprint.add_app_template_filter(day, "day")

JSON: Final = "application/json"
TURTLE: Final = "text/turtle"
_PAGE_HITS: Final = 20
_MOST_HITS: Final = 100
_Made = TypeVar("_Made")


def _once(name: str, make: Callable[[], _Made]) -> _Made:
    """Make something once for the release of this request."""
    return site().memo.once(f"page:{name}", make)


@blueprint.get("/")
def home_page() -> Response:
    """Title, search, counts, map, questions, changes, gaps."""
    here, held = site(), holdings_of(site())
    read = home.read_in_full(held)
    arguments = request.args
    key = "map " + "&".join(f"{name}={arguments.get(name, '')}" for name, _ in home.FILTERS)
    is_plain = not any(arguments.get(name) for name, _ in home.FILTERS)
    shown = _once(key, lambda: home.map_view(held, arguments)) if is_plain else home.map_view(held, arguments)
    return page(
        "pages/home.html",
        counts=_once("counts", lambda: home.counts(held)),
        map=shown,
        themes=_once("themes", lambda: home.themes(here.catalog)),
        questions=len(here.catalog.questions),
        changes=_once("changes", lambda: home.changes(here, held)),
        sources=_once("sources", lambda: home.newest_sources(held)),
        gaps=_once("gaps", lambda: home.gaps(held)),
        read=read,
        years=home.years_of(read),
        release=here.release,
    )


@blueprint.get("/search")
def search_page() -> Response:
    """What is meant by a text, as a page or as JSON."""
    wanted = required(request.headers.get("Accept"), (JSON, HTML), "a search")
    text = request.args.get("q", "").strip()[:200]
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        raise ParameterError("kind", f"one of {', '.join(KINDS)}", "project")
    limit = _number("limit", _PAGE_HITS, _MOST_HITS)
    number = _number("page", 1, 1_000)
    found = site().search.search(text) if text else ()
    kinds = {name: sum(hit.kind == name for hit in found) for name in KINDS}
    fitting = [hit for hit in found if not kind or hit.kind == kind]
    shown = fitting[(number - 1) * limit : number * limit]
    if wanted == JSON:
        return _json(
            {
                "query": text,
                "release": site().release,
                "total": len(fitting),
                "complete": len(shown) == len(fitting),
                "hits": [_hit(hit) for hit in shown],
            }
        )
    return page(
        "pages/search.html",
        text=text,
        kind=kind,
        kinds=[(name, number) for name, number in kinds.items() if number],
        total=len(found),
        fitting=len(fitting),
        hits=shown,
        page=number,
        limit=limit,
        questions=_fitting_questions(text),
    )


def _hit(hit: Hit) -> Mapping[str, object]:
    return {
        "iri": hit.iri,
        "page": f"/page/{hit.kind}/{hit.slug}",
        "label": hit.label,
        "matched": hit.matched,
        "type": hit.type,
        "kind": hit.kind,
        "countries": list(hit.countries),
        "evidences": hit.evidences,
        "score": hit.score,
    }


def _fitting_questions(text: str) -> list[tuple[str, str]]:
    words = text.casefold().split()
    if not words:
        return []
    return [
        (question.name, question.summary)
        for question in site().catalog
        if all(
            word in f"{question.summary} {question.description} {' '.join(question.tags)}".casefold() for word in words
        )
    ][:5]


def _number(name: str, default: int, most: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= most:
        raise ParameterError(name, f"a whole number from 1 to {most}", str(default))
    return int(text)


@blueprint.get("/technologies")
def technologies_page() -> Response:
    """The tree of technologies."""
    held = holdings_of(site())
    return page("pages/technologies.html", tree=_once("tree", lambda: technologies.tree(held)))


@blueprint.get("/ontology")
def ontology_page() -> Response:
    """The terms, as a page or as Turtle."""
    offered = (HTML, TURTLE)
    aliases = {"application/x-turtle": TURTLE, "text/n3": TURTLE}
    wanted = required(request.headers.get("Accept"), offered, "the ontology", aliases)
    if wanted == TURTLE:
        return ontology_file("kg")
    here, held = site(), holdings_of(site())
    return page(
        "pages/ontology.html", vocabulary=_once("terms", lambda: terms.vocabulary(held, _ontology(here))), base=KG
    )


@blueprint.get("/ontology.ttl")
def ontology_turtle() -> Response:
    """The terms as Turtle."""
    return ontology_file("kg")


@blueprint.get("/ontology/<any(shapes_stated, shapes_inferred, vocabularies, alignments):name>.ttl")
def other_ontology_file(name: str) -> Response:
    """A file that goes with the ontology."""
    return ontology_file(name.replace("_", "-"))


def ontology_file(name: str) -> Response:
    """Return a file of the release's ontology."""
    path = _ontology(site()) / f"{name}.ttl"
    response = Response(path.read_bytes() if path.is_file() else b"", content_type="text/turtle; charset=utf-8")
    response.add_etag()
    response.make_conditional(request.environ)
    return response


def _ontology(here: Site) -> Path:
    return here.snapshot.files / "ontology"


@blueprint.get("/quality")
def quality_page() -> Response:
    """The state of the data."""
    here, held = site(), holdings_of(site())
    tagged = [question for question in here.catalog if "quality" in question.tags]
    return page(
        "pages/quality.html",
        quality=_once("quality", lambda: quality.quality(here, held)),
        questions=tagged,
        release=here.release,
    )


@blueprint.get("/about")
def about_page() -> Response:
    """Method, coverage, licences, and how to report a mistake."""
    here, held = site(), holdings_of(site())
    read = home.read_in_full(held)
    return page(
        "pages/about.html",
        read=read,
        years=home.years_of(read),
        counts=_once("counts", lambda: home.counts(held)),
        release=here.release,
        published=str(here.snapshot.manifest.get("published", ""))[:10],
    )


def _json(content: Mapping[str, object]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False) + "\n", mimetype=JSON)
