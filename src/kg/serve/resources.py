"""Every thing has an address: /id redirects by Accept, /data says what is known in RDF, /context.jsonld names the keys.

HTTP range-14: /id names the thing itself, so it answers 303 See Other to a document about it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kg.diff import vanished_of
from kg.engine import Iri, Query, Term
from kg.errors import NotAcceptableError
from kg.export import jsonld, rdf
from kg.serve.negotiate import best
from kg.serve.problems import problem
from kg.serve.site import Site, site
from kg.vocab import ID, compact, split_iri

blueprint = Blueprint("resources", __name__)

# Suffix to media type; the order is the order of preference between equals.
FORMATS: Final = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "json": "application/json",
}
_HTML: Final = "text/html"
_ALIASES: Final = {
    "application/xhtml+xml": _HTML,
    "text/plain": "application/n-triples",
    "text/n3": "text/turtle",
    "application/x-turtle": "text/turtle",
    "application/xml": "application/rdf+xml",
}

# What is said about a thing, the names of what it points at, its evidence, and what points at it.
_FACTS: Final = """{
  { BIND(<THING> AS ?s) ?s ?p ?o }
  UNION { <THING> ?any ?s . ?s rdfs:label ?o BIND(rdfs:label AS ?p) }
  UNION { <THING> kg:evidence ?s . ?s ?p ?o }
  UNION { VALUES ?p { BACK } ?s ?p <THING> BIND(<THING> AS ?o) }
  UNION { VALUES ?back { BACK } ?s ?back <THING> ; rdfs:label ?o BIND(rdfs:label AS ?p) }
}""".replace(
    "BACK",
    "kg:involvementOf kg:actor kg:about kg:finances kg:disputes kg:partOf kg:parent kg:member kg:group kg:party "
    "kg:issuer kg:target kg:provider kg:recipient kg:claimant kg:variantOf rdf:subject dcterms:isReplacedBy",
)
_PREFIXES: Final = """
PREFIX kg: <https://w3id.org/cityledger/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
_STATE: Final = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT DISTINCT ?withdrawn ?replacement WHERE {
  <THING> ?p ?o .
  OPTIONAL { <THING> owl:deprecated ?withdrawn }
  OPTIONAL { <THING> dcterms:isReplacedBy ?replacement }
}
ORDER BY ?replacement
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an address stands for.

    Attributes:
        known: something is said about the thing.
        withdrawn: it was taken back; its address stays for ever.
        replacement: IRI of the thing that has its place now, be it after several steps, or None.
    """

    known: bool
    withdrawn: bool
    replacement: str | None


def thing_iri(kind: str, slug: str) -> str | None:
    """Return the IRI of an address, or None where it can be none of ours."""
    iri = f"{ID}{kind}/{slug}"
    # These characters end an IRI in SPARQL; none of our slugs has them.
    return None if set(iri) & set('<>"{}|^`\\ \n\r\t') else iri


def state_of(where: Site, iri: str) -> State:
    """Ask whether a thing is known, withdrawn or replaced."""
    rows = where.engine.rows(_STATE.replace("THING", iri), trusted=True).rows
    withdrawn, step = rows[0] if rows else (None, None)
    # Step by step, since a path in an OPTIONAL is beyond some stores.
    taken: list[str] = []
    while isinstance(step, Iri) and step.value not in taken:
        taken.append(step.value)
        later = where.engine.rows(_STATE.replace("THING", step.value), trusted=True).rows
        step = later[0][1] if later else None
    return State(known=bool(rows), withdrawn=_is_true(withdrawn), replacement=taken[-1] if taken else None)


def moved(where: str, replacement: str, suffix: str = "") -> BaseResponse | None:
    """Lead to the thing that took the place of another, or return None where that is none of ours.

    308 as the design has it: the survivor answers from now on, in the form and the release that were asked for.
    """
    parts = split_iri(replacement)
    if parts is None:
        return None
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    answer = redirect(f"/{where}/{parts[0]}/{parts[1]}{suffix}{query}", code=308)
    # Permanent for the reader; but a curator may give the row back, so no cache keeps it for ever.
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.headers["Link"] = f'<{replacement}>; rel="successor-version"'
    return answer


def missing(kind: str, slug: str) -> Response:
    """Answer for an address that names nothing, or nothing any more."""
    here = site()
    if f"{ID}{kind}/{slug}" in here.memo.once("vanished", lambda: vanished_of(here.snapshot)):
        words = f"{kind}:{slug} was in an earlier release and is gone; no reason is recorded."
        return problem(410, "removed-thing", "Removed", words)
    return problem(404, "unknown-thing", "No such thing", f"Nothing is known about {kind}:{slug}.")


@blueprint.get("/id/<kind>/<path:slug>")
def identify(kind: str, slug: str) -> BaseResponse:
    """Send a client to the page or the data about a thing."""
    iri = thing_iri(kind, slug)
    state = state_of(site(), iri) if iri is not None else None
    if iri is None or state is None or not (state.known or state.withdrawn or state.replacement):
        return missing(kind, slug)
    if state.replacement and (answer := moved("id", state.replacement)) is not None:
        return answer
    chosen = best(request.headers.get("Accept"), (_HTML, *FORMATS.values()), _ALIASES)
    if chosen is None:
        raise NotAcceptableError(f"{kind}:{slug} has no such form", (_HTML, *FORMATS.values()))
    suffix = next((suffix for suffix, media in FORMATS.items() if media == chosen), "")
    if state.withdrawn:
        # The tombstone itself: there is no other document to see.
        view, name = (
            ("entities.page", {"slug": slug}) if not suffix else ("resources.describe", {"name": f"{slug}.{suffix}"})
        )
        return make_response(current_app.view_functions[view](kind=kind, **name))
    target = f"/data/{kind}/{slug}.{suffix}" if suffix else f"/page/{kind}/{slug}"
    if kind == "scheme" and not suffix:
        # Lists of codes stand with the terms, the technologies on a page of their own.
        target = "/technologies" if slug == "technology" else f"/ontology#scheme-{slug}"
    answer = redirect(target, code=303)
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    return answer


@blueprint.get("/data/<kind>/<path:name>")
def describe(kind: str, name: str) -> BaseResponse:
    """Say in RDF what is known about a thing: its facts, its evidence, and what points at it."""
    slug, dot, suffix = name.rpartition(".")
    if not dot or suffix not in FORMATS:
        slug = name
        media = best(request.headers.get("Accept"), tuple(FORMATS.values()), _ALIASES)
        if media is None:
            raise NotAcceptableError(f"{kind}:{slug} has no such form", tuple(FORMATS.values()))
    else:
        media = FORMATS[suffix]
    where = site()
    iri = thing_iri(kind, slug)
    state = state_of(where, iri) if iri is not None else None
    if iri is None or state is None or not (state.known or state.withdrawn):
        return missing(kind, slug)
    if state.replacement and (other := moved("data", state.replacement, name.removeprefix(slug))) is not None:
        return other
    body = _body(where, iri, media)
    answer = Response(body, status=410 if state.withdrawn else 200)
    answer.headers["Content-Type"] = f"{media}; charset=utf-8" if media.startswith("text/") else media
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.headers["Link"] = f'<{iri}>; rel="describes"'
    answer.set_etag(hashlib.sha256(f"{where.release} {iri} {media}".encode()).hexdigest()[:32])
    return answer.make_conditional(request) if not state.withdrawn else answer


@blueprint.get("/context.jsonld")
def context() -> Response:
    """Name the keys of our JSON-LD; the version in the address changes when a key changes its meaning."""
    answer = Response(json.dumps({"@context": jsonld.context()}, indent=1), mimetype="application/ld+json")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _body(where: Site, iri: str, media: str) -> bytes:
    facts = _FACTS.replace("THING", iri)
    text = f"{_PREFIXES}CONSTRUCT {{ ?s ?p ?o }} WHERE {facts}"
    if media == "text/turtle":
        return rdf.readable(where.engine.graph(text, trusted=True), iri)
    if media in ("application/n-triples", "application/rdf+xml"):
        return where.engine.answer(Query(text=text, graph_type=media, trusted=True)).body
    rows = where.engine.rows(f"{_PREFIXES}SELECT DISTINCT ?s ?p ?o WHERE {facts}", trusted=True).rows
    document = _framed(rows, iri)
    if media == "application/json":
        document.pop("@context")
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _framed(rows: Sequence[tuple[Term | None, ...]], root: str) -> dict[str, Any]:
    """Return a tree that begins at one thing; everything else is in `@included`, each node once.

    The frame is fixed: keys are prefixed names and every value is a list, so that two releases differ only in facts.
    """
    nodes: dict[str, dict[str, Any]] = {}
    for subject, predicate, value in rows:
        if not isinstance(subject, Iri) or not isinstance(predicate, Iri) or value is None:
            continue
        node = nodes.setdefault(subject.value, {})
        if predicate.value == _TYPE:
            node.setdefault("type", []).append(compact(value.value))
        else:
            node.setdefault(compact(predicate.value), []).append(_value(value))
    framed = {
        iri: {
            "id": compact(iri),
            **{key: sorted(values, key=lambda item: json.dumps(item, sort_keys=True)) for key, values in node.items()},
        }
        for iri, node in nodes.items()
    }
    main = framed.pop(root, {"id": compact(root)})
    address = url_for("resources.context", v=jsonld.CONTEXT_VERSION, _external=True)
    return {"@context": address, **main, "@included": [framed[iri] for iri in sorted(framed)]}


_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def _value(value: Term) -> Any:
    if isinstance(value, Iri):
        return jsonld.reference(value.value)
    return jsonld.literal(value.value, value.datatype, value.language)


def _is_true(term: Term | None) -> bool:
    return term is not None and not isinstance(term, Iri) and term.value in ("true", "1")
