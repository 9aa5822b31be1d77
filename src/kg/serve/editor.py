"""`/sparql` for a browser: the editor, and answers as a page; `/vocab.json`: what the editor completes.

Everybody else gets the SPARQL Protocol at the same address, see `sparql.respond`. The page works without
JavaScript: its form brings the answer back below it or, with `format`, as a file. With JavaScript the same address
is asked with `view=part` for the answer alone, so that both ways show the same.
"""

import json
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request

from kg.catalog import Question, bind
from kg.catalog.nothing import NOT_EVIDENCE, why_nothing
from kg.engine.formats import CSV, JSON, JSON_LD, N_TRIPLES, RDF_XML, TSV, TURTLE, XML
from kg.errors import ParameterError
from kg.serve import sparql
from kg.serve.pages.holdings import holdings_of
from kg.serve.pages.home import places as places_of
from kg.serve.problems import as_response
from kg.serve.replies import PAGE_POLICY, Reply
from kg.serve.result_view import MOST_SHOWN_BYTES, Places, Shown, shown
from kg.serve.site import Site, site
from kg.serve.vocabulary import vocabulary
from kg.vocab import ID

blueprint = Blueprint("editor", __name__)

# Name in the address and ending of the file, name for people, media type, whether it writes a graph.
FORMATS: Final = (
    ("csv", "CSV", CSV, False),
    ("tsv", "TSV", TSV, False),
    ("srj", "JSON", JSON, False),
    ("srx", "XML", XML, False),
    ("ttl", "Turtle", TURTLE, True),
    ("nt", "N-Triples", N_TRIPLES, True),
    ("jsonld", "JSON-LD", JSON_LD, True),
    ("rdf", "RDF/XML", RDF_XML, True),
)
# What people who come here for the first time learn from; the rest is one link away.
EXAMPLES: Final = (
    "who-finances-what",
    "projects-by-country",
    "differing-amounts",
    "claims-with-one-origin",
    "targets-and-results",
    "suppliers-in-several-countries",
    "projects-on-the-map",
    "everything-about-a-project",
)
_START: Final = """\
# Countries by number of projects
PREFIX kg: <https://w3id.org/cityledger/ontology#>

SELECT ?country (COUNT(DISTINCT ?project) AS ?projects)
WHERE {
  ?project a kg:Project ;
           kg:country ?country .
}
GROUP BY ?country
ORDER BY DESC(?projects) ?country
LIMIT 20
"""
_SHOWN_CLASSES: Final = 8
_KEPT_HEADERS: Final = ("KG-Complete", "KG-Limit", "Retry-After")


@blueprint.route(sparql.PATH, methods=["GET", "HEAD", "POST", "OPTIONS"])
def endpoint() -> Response:
    """The editor for a browser, the protocol for everybody else."""
    if not sparql.wants_page(request.environ):
        return as_response(sparql.respond(site(), request.environ))
    query = request.args.get("query", "")
    if query.strip():
        return _answer(query)
    name = request.args.get("question", "")
    return _page(query=example(site().catalog.question(name)) if name else _START, current=name)


@blueprint.get("/vocab.json")
def vocab() -> Response:
    """Prefixes, classes and properties of the release."""
    here = site()
    response = Response(_vocabulary(here).text, mimetype="application/json")
    response.set_etag(f"{here.release}-vocab")
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request.environ)
    return response


def example(question: Question) -> str:
    """Return a question's SPARQL with its default values, as one edits it."""
    text = bind(question, {})
    lines = [line for line in text.splitlines() if not line.startswith("#+")]
    return f"# {question.summary}\n" + "\n".join(lines).strip("\n") + "\n"


def _answer(query: str) -> Response:
    """Run the query, and show or send what comes of it."""
    wanted = request.args.get("format", "")
    if wanted:
        return _file(wanted)
    page = _page_number(request.args.get("page", "1"))
    began = time.monotonic()
    reply = _ask(f"{JSON}, {TURTLE}")
    names: dict[str, Any] = {"milliseconds": (time.monotonic() - began) * 1_000}
    headers = {name: value for name, value in reply.headers if name in _KEPT_HEADERS}
    if reply.status != 200:
        names["problem"] = json.loads(reply.body)
    elif len(reply.body) > MOST_SHOWN_BYTES:
        names["too_long"] = len(reply.body)
    else:
        names["shown"] = found = _shown(site(), reply, page)
        if found.kind == "rows" and not found.total:
            names["empty"] = _why_empty(query)
    is_graph = dict(reply.headers).get("Content-Type", "").startswith(TURTLE)
    names["limit"] = headers.get("KG-Limit")
    names["downloads"] = [
        (words, f"{sparql.PATH}?{urlencode({'query': query, 'format': ending})}")
        for ending, words, _, writes_graph in FORMATS
        if writes_graph == is_graph
    ]
    names["pages_at"] = f"{sparql.PATH}?{urlencode({'query': query})}&page="
    if request.args.get("view") == "part":
        # The part was made as asked: it says what was wrong with the query. A browser would log any other status.
        response = Response(render_template("editor/result.html", **names), mimetype="text/html")
    else:
        response = _page(query=query, current="", **names)
        response.status_code = reply.status
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _file(wanted: str) -> Response:
    found = next((one for one in FORMATS if one[0] == wanted), None)
    if found is None:
        raise ParameterError("format", f"one of {', '.join(one[0] for one in FORMATS)}", "csv")
    response = as_response(_ask(found[2]))
    if response.status_code == 200:
        response.headers["Content-Disposition"] = f'attachment; filename="cityledger-answer.{found[0]}"'
        response.headers["Cache-Control"] = "no-store"
    return response


def _ask(accept: str) -> Reply:
    """Ask as any client of the protocol does, with its limits and budgets."""
    environ = {name: value for name, value in request.environ.items() if name != "HTTP_IF_NONE_MATCH"}
    # A HEAD is answered like a GET here; the server drops the body.
    return sparql.respond(site(), environ | {"HTTP_ACCEPT": accept, "HTTP_ACCEPT_ENCODING": "identity"})


def _why_empty(query: str) -> str:
    """Return what is said of an answer without rows; a request with a data set of its own asks another graph."""
    if request.args.get("default-graph-uri") or request.args.get("named-graph-uri"):
        return NOT_EVIDENCE
    here = site()
    return why_nothing(here.engine, query, sparql.client_of(request.environ, here.settings.trusted_proxies))


def _shown(here: Site, reply: Reply, page: int) -> Shown:
    held = holdings_of(here)
    media_type = dict(reply.headers)["Content-Type"].partition(";")[0]

    def places() -> Places:
        codes, spots = places_of(held)
        return Places(codes=codes, spots={f"{ID}place/{slug}": spot for slug, spot in spots.items()})

    return shown(reply.body, media_type, page, held.label, places)


def _page(*, query: str, current: str, **names: Any) -> Response:
    here = site()
    # CodeMirror writes one style element; nothing else on any page may.
    nonce = secrets.token_urlsafe(18)
    by_name = {one.name: one for one in here.catalog}
    body = render_template(
        "editor/editor.html",
        room="sparql",
        query=query,
        current=current,
        nonce=nonce,
        script=script_of(str(current_app.static_folder)),
        examples=[by_name[name] for name in EXAMPLES if name in by_name],
        questions=len(here.catalog),
        classes=_vocabulary(here).classes[:_SHOWN_CLASSES],
        **names,
    )
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY.replace(
        "style-src 'self'", f"style-src 'self' 'nonce-{nonce}'"
    )
    # A kept page would bring its nonce back.
    response.headers["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=4)
def script_of(folder: str) -> str | None:
    """Return the name of the bundled editor in a folder of static files, or None where none was built."""
    manifest = Path(folder) / "dist" / "manifest.json"
    if not manifest.is_file():
        return None
    names = json.loads(manifest.read_text("utf-8"))
    return next((f"dist/{name}" for name in names if name.startswith("editor-") and name.endswith(".js")), None)


def _page_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= len(text) <= 6 or int(text) < 1:
        raise ParameterError("page", "a whole number from 1", "1")
    return int(text)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What the editor completes in one release, as text, and its classes for the page."""

    text: str
    classes: list[dict[str, object]]


def _vocabulary(here: Site) -> _Vocabulary:
    """Return the vocabulary of a release."""
    return here.memo.once("editor", lambda: _read_vocabulary(here))


def _read_vocabulary(here: Site) -> _Vocabulary:
    content = vocabulary(here.engine, here.release)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    return _Vocabulary(text, content["classes"])
