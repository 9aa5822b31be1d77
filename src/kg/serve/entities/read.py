"""What a release says about a thing: four or five small queries, whatever the thing is.

Nodes that point at a thing come grouped as one text per property, because the number of rows is what a query costs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kg.catalog.terms import iri_text
from kg.engine import Engine, Iri, Limits, Literal, Term
from kg.serve.entities.records import Node
from kg.vocab import ID, KG, RDF, compact, graph, split_iri

_LIMITS: Final = Limits(seconds=10.0, rows=100_000)
_PREFIXES: Final = """PREFIX kg: <https://w3id.org/cityledger/ontology#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
"""
_OWN: Final = "SELECT ?graph ?property ?value WHERE { GRAPH ?graph { %s ?property ?value } }"
# Worked out by the build from something that has a section of its own, or said again by its inverse.
_UNLISTED: Final = (
    "kg:country, kg:involves, kg:suppliedBy, kg:operatedBy, kg:commissionedBy, kg:financedBy, kg:ultimateParent, "
    "kg:memberOf, kg:disputedBy, kg:lender, kg:borrower, kg:source, skos:broader, skos:narrower, skos:related, "
    "skos:inScheme, skos:hasTopConcept, owl:annotatedSource"
)
_KEY: Final = """OPTIONAL { ?node kg:latest ?when }
  BIND(CONCAT(STRAFTER(STR(?node), "/id/"), "@", COALESCE(STR(?when), "")) AS ?key)"""
_BEHIND: Final = """SELECT ?property (GROUP_CONCAT(?key; SEPARATOR=" ") AS ?keys) WHERE {
  { ?node ?property %(thing)s FILTER(?property NOT IN (%(unlisted)s)) }
  %(more)s
  FILTER(STRSTARTS(STR(?node), "%(id)s"))
  %(key)s
} GROUP BY ?property"""
# A technology has what is narrower than it.
_NARROWER: Final = """UNION { ?narrower skos:broader+ %(thing)s . ?node ?property ?narrower
    FILTER(?property IN (kg:usesTechnology, kg:offersTechnology, kg:technology)) }"""
# What rests on the places of a work, and on the notes that cite it; `kg:rests` is a name for this query only.
_RESTS: Final = """UNION { ?place kg:citedSource %(thing)s . ?node kg:evidence ?place BIND(kg:rests AS ?property) }"""
_RESTS_HERE: Final = """UNION { ?place kg:source %(thing)s . ?node kg:evidence ?place BIND(kg:rests AS ?property) }"""
_PLACES_OF: Final = """SELECT (GROUP_CONCAT(STRAFTER(STR(?place), "/id/"); SEPARATOR=" ") AS ?keys) WHERE {
  ?place kg:source %s }"""
_SECTIONS: Final = """SELECT ?section (COUNT(DISTINCT ?place) AS ?places) (COUNT(DISTINCT ?node) AS ?facts)
       (MIN(?first) AS ?from) (MAX(?last) AS ?to)
WHERE {
  ?place kg:source %s ; kg:section ?section .
  OPTIONAL { ?place kg:firstLine ?first ; kg:lastLine ?last }
  OPTIONAL { ?node kg:evidence ?place }
} GROUP BY ?section"""
_TOTAL: Final = "SELECT (COUNT(DISTINCT ?node) AS ?facts) WHERE { ?node kg:evidence/kg:source %s }"
_FACTS_OF: Final = "SELECT ?node ?property ?value WHERE { VALUES ?node { %s } ?node ?property ?value }"
_PLACES: Final = """SELECT ?node ?property ?value WHERE {
  { VALUES ?node { %(nodes)s } ?node ?property ?value }
  UNION { VALUES ?whole { %(nodes)s } ?whole dcterms:hasPart ?node . ?node ?property ?value }
}"""
_LABELS: Final = """SELECT ?node ?property ?value WHERE {
  { VALUES ?node { %(nodes)s } ?node rdfs:label ?value BIND(rdfs:label AS ?property) }
  UNION { VALUES ?node { %(described)s } ?node dcterms:description ?value BIND(dcterms:description AS ?property) }
  UNION { VALUES ?node { %(whole)s } ?node ?property ?value }
}"""
_TERMS: Final = """SELECT ?term ?label ?comment WHERE {
  { ?term rdfs:isDefinedBy ?ontology } UNION { ?term skos:inScheme ?scheme }
  ?term rdfs:label ?label FILTER(LANG(?label) = "en")
  OPTIONAL { ?term rdfs:comment|skos:definition ?comment FILTER(LANG(?comment) = "en") }
}"""
_ISSUED: Final = "SELECT ?issued WHERE { ?release a dcat:Dataset ; dcterms:identifier ?id ; dcterms:issued ?issued }"
_INFERRED: Final = graph("inferred")
_DIGITS: Final = re.compile(r"(\d+)")
_NAME: Final = re.compile(r"[a-z-]+/[^\s@]+")
Behind = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is said about the thing of a page.

    Attributes:
        worked_out: pairs of property and value that only the build's inference says.
    """

    node: Node
    worked_out: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Terms:
    """Names of classes, properties and codes of one release."""

    labels: Mapping[str, str]
    comments: Mapping[str, str]
    issued: str | None


def read_own(engine: Engine, iri: str) -> Own | None:
    """Return what is said about a thing, or None where nothing is."""
    rows = _rows(engine, _OWN % iri_text(iri))
    if not rows:
        return None
    graphs: dict[tuple[str, str], set[str]] = {}
    for where, name, value in rows:
        if where is not None and name is not None and value is not None:
            graphs.setdefault((short(name.value), value.value), set()).add(where.value)
    return Own(
        node=_nodes([(Iri(iri), name, value) for _, name, value in rows])[iri],
        worked_out=frozenset(pair for pair, found in graphs.items() if found == {_INFERRED}),
    )


def read_behind(engine: Engine, iri: str, kind: str, *, has_text: bool) -> Behind:
    """Return what points at a thing: slugs by property and kind, the newest or the first of the alphabet first."""
    thing = iri_text(iri)
    more = ""
    if kind == "technology":
        more = _NARROWER % {"thing": thing}
    elif kind == "source":
        more = _RESTS % {"thing": thing} + ("" if has_text else _RESTS_HERE % {"thing": thing})
    text = _BEHIND % {"thing": thing, "unlisted": _UNLISTED, "more": more, "id": ID, "key": _KEY}
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, keys in _rows(engine, text):
        if name is not None and keys is not None:
            _sort_in(found, short(name.value), keys.value)
    if kind == "source":
        for (keys,) in _rows(engine, _PLACES_OF % thing):
            if keys is not None:
                _sort_in(found, "kg:source", keys.value)
    return {group: _ordered(group[1], slugs) for group, slugs in found.items()}


def _sort_in(found: dict[tuple[str, str], set[tuple[str, str]]], name: str, keys: str) -> None:
    for key in keys.split(" "):
        path, _, when = key.partition("@")
        if _NAME.fullmatch(path):
            kind, _, slug = path.partition("/")
            found.setdefault((name, kind), set()).add((slug, when))


_NEWEST_FIRST: Final = ("claim", "observation", "financing", "agreement", "policy", "restriction", "event")


def _ordered(kind: str, slugs: set[tuple[str, str]]) -> tuple[str, ...]:
    listed = sorted(slugs, key=lambda one: [(int(p), "") if p.isdigit() else (-1, p) for p in _DIGITS.split(one[0])])
    if kind in _NEWEST_FIRST:
        listed.sort(key=lambda one: one[1], reverse=True)
    return tuple(dict.fromkeys(slug for slug, _ in listed))


def read_nodes(engine: Engine, iris: Iterable[str]) -> dict[str, Node]:
    """Return everything that is said about some things."""
    wanted = sorted(set(iris))
    return _nodes(_rows(engine, _FACTS_OF % _values(wanted))) if wanted else {}


def read_places(engine: Engine, iris: Iterable[str]) -> dict[str, Node]:
    """Return places in sources, and the ranges of lines that a footnote is made of."""
    wanted = sorted(set(iris))
    return _nodes(_rows(engine, _PLACES % {"nodes": _values(wanted)})) if wanted else {}


def read_labels(
    engine: Engine, iris: Iterable[str], *, described: Iterable[str], whole: Iterable[str]
) -> dict[str, Node]:
    """Return the names of things; of the described ones their description, of the whole ones everything."""
    text = _LABELS % {
        "nodes": _values(sorted(set(iris))),
        "described": _values(sorted(set(described))),
        "whole": _values(sorted(set(whole))),
    }
    return _nodes(_rows(engine, text))


def read_sections(engine: Engine, iri: str) -> tuple[tuple[str, int, int, int, int], ...]:
    """Return the sections of a source that evidence lies in: name, places, facts, first and last line."""
    found = []
    for name, *numbers in _rows(engine, _SECTIONS % iri_text(iri)):
        if name is not None:
            places, facts, first, last = (int(each.value) if each is not None else 0 for each in numbers)
            found.append((name.value, places, facts, first, last))
    return tuple(sorted(found, key=lambda one: (one[3], one[0])))


def read_total(engine: Engine, iri: str) -> int:
    """Return how many facts rest on a source."""
    ((total,),) = _rows(engine, _TOTAL % iri_text(iri))
    return int(total.value) if total is not None else 0


def read_terms(engine: Engine) -> Terms:
    """Return the names of classes, properties and codes."""
    rows = _rows(engine, _TERMS)
    issued = [term.value for (term,) in _rows(engine, _ISSUED) if term is not None]
    return Terms(
        {term.value: label.value for term, label, _ in rows if term is not None and label is not None},
        {term.value: comment.value for term, _, comment in rows if term is not None and comment is not None},
        issued[0] if issued else None,
    )


@lru_cache(maxsize=2048)
def short(iri: str) -> str:
    """Return the compact name of a property or class."""
    return compact(iri)


def kind_of(iri: str) -> str:
    """Return the kind of a thing of ours, or empty."""
    parts = split_iri(iri)
    return parts[0] if parts else ""


def _values(iris: Sequence[str]) -> str:
    return " ".join(map(iri_text, iris))


def _rows(engine: Engine, text: str) -> tuple[tuple[Term | None, ...], ...]:
    return tuple(engine.rows(_PREFIXES + text, limits=_LIMITS, trusted=True).rows)


def _nodes(rows: Iterable[Sequence[Term | None]]) -> dict[str, Node]:
    facts: dict[str, dict[str, set[Term]]] = {}
    for node, name, value in rows:
        if node is not None and name is not None and value is not None:
            facts.setdefault(node.value, {}).setdefault(short(name.value), set()).add(value)
    return {
        iri: Node(iri, {name: tuple(sorted(values, key=_order)) for name, values in found.items()})
        for iri, found in facts.items()
    }


def _order(term: Term) -> tuple[str, str]:
    return (term.value, (term.language or "") if isinstance(term, Literal) else "")


TYPE: Final = short(RDF + "type")
CLASS_PREFIX: Final = KG
