"""`/ontology`: the terms with what they mean, how often they are used, an example, and the shapes in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

from kg.serve.pages.holdings import Holdings
from kg.serve.question_view import page_href
from kg.vocab import KG, compact

_TERMS: Final = """
SELECT ?term ?property ?value WHERE { GRAPH graph:ontology { ?term ?property ?value } }
ORDER BY ?term ?property ?value
"""
_ALIGNED: Final = """
SELECT DISTINCT ?term ?value WHERE {
  GRAPH graph:ontology { ?term ?relation ?value }
  VALUES ?relation { skos:closeMatch skos:broadMatch skos:relatedMatch skos:exactMatch }
}
ORDER BY ?term ?value
"""
_MEMBERS: Final = (
    "SELECT ?class (COUNT(*) AS ?n) (MIN(?s) AS ?one) WHERE { ?s a ?class } GROUP BY ?class ORDER BY ?class"
)
_USES: Final = """
SELECT ?property ?n ?one (MIN(?o) AS ?value) WHERE {
  { SELECT ?property (COUNT(*) AS ?n) (MIN(?s) AS ?one) WHERE {
      ?s ?property ?any FILTER(STRSTARTS(STR(?property), STR(kg:)))
    } GROUP BY ?property }
  ?one ?property ?o
}
GROUP BY ?property ?n ?one
ORDER BY ?property
"""
_SCHEMES: Final = """
SELECT ?scheme ?concept ?note WHERE {
  ?concept skos:inScheme ?scheme . OPTIONAL { ?concept skos:definition ?note FILTER(LANG(?note) = "en") }
}
ORDER BY ?scheme ?concept ?note
"""
_SH: Final = "http://www.w3.org/ns/shacl#"
_SHAPE_FILES: Final = ("shapes-stated.ttl", "shapes-inferred.ttl")
_LONGEST_EXAMPLE: Final = 80
_TECHNOLOGY_SCHEME: Final = "scheme/technology"


_LinkGroups: TypeAlias = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a shape asks, in words; `is_warning` when breaking it does not stop a release."""

    name: str
    words: str
    is_warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A class or property.

    Attributes:
        name: local name, which is also the anchor.
        links: heading and (words, address) of related terms, such as what it stands under.
        used: members of a class, triples of a property.
        example: subject, property and value in short form with their addresses, or empty.
    """

    name: str
    label: str
    comment: str
    note: str
    links: _LinkGroups
    used: int
    example: tuple[tuple[str, str | None], ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A list of codes."""

    name: str
    label: str
    concepts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Everything on the page."""

    version: str
    classes: tuple[Term, ...]
    properties: tuple[Term, ...]
    schemes: tuple[Scheme, ...]
    rules: int


def vocabulary(here: Holdings, ontology: Path) -> Vocabulary:
    """Return the terms of a release; `ontology` is the folder with its files."""
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    version = ""
    for term, prop, value in here.texts(_TERMS):
        if term.startswith(KG):
            facts[term][prop.replace("/", "#").rpartition("#")[2]].append(value)
        elif prop.endswith("versionInfo"):
            version = version or value
    members = {iri: (int(number), one) for iri, number, one in here.texts(_MEMBERS)}
    uses, examples = {}, {}
    for iri, number, one, value in here.texts(_USES):
        uses[iri] = (int(number), one)
        examples[iri] = _example(iri, one, value)
    rules, total = shapes(ontology)
    above = _inverted(facts, "subClassOf")
    of_class = _inverted(facts, "domain", "domainIncludes")
    classes, properties = [], []
    for iri in sorted(facts, key=lambda one: one.casefold()):
        types = {one.rpartition("#")[2] for one in facts[iri]["type"]}
        if "Class" in types:
            links: _LinkGroups = (
                ("Under", _links(facts[iri]["subClassOf"])),
                ("Over it", _links(above[iri])),
                ("Properties", _links(of_class[iri])),
            )
            classes.append(_term(here, iri, facts[iri], links, members.get(iri), (), rules))
        elif types & {"ObjectProperty", "DatatypeProperty", "AnnotationProperty"}:
            links = (
                ("From", _links([*facts[iri]["domain"], *facts[iri]["domainIncludes"]])),
                ("To", _links([*facts[iri]["range"], *facts[iri]["rangeIncludes"]])),
                ("Under", _links(facts[iri]["subPropertyOf"])),
                ("Kind", tuple((words, "") for words in sorted(_KINDS[one] for one in types if one in _KINDS))),
            )
            properties.append(_term(here, iri, facts[iri], links, uses.get(iri), examples.get(iri, ()), rules))
    return Vocabulary(
        version=version,
        classes=tuple(classes),
        properties=tuple(properties),
        schemes=_schemes(here),
        rules=total,
    )


_KINDS: Final = {"TransitiveProperty": "transitive", "FunctionalProperty": "at most one value"}


def shapes(ontology: Path) -> tuple[Mapping[str, tuple[Rule, ...]], int]:
    """Return the rules by the IRI of the class or property that they are about, and how many there are."""
    found: dict[str, dict[str, Rule]] = defaultdict(dict)
    names = set()
    for name in _SHAPE_FILES:
        path = ontology / name
        if not path.is_file():
            continue
        store = ox.Store()
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
        for quad in store.quads_for_pattern(None, ox.NamedNode(f"{_SH}message"), None):
            owner, shape = _named_owner(store, quad.subject), quad.subject
            if owner is None or not isinstance(quad.object, ox.Literal):
                continue
            names.add(owner.value)
            severity = {one for node in (owner, shape) for one in _objects(store, node, "severity")}
            rule = Rule(
                name=owner.value.rpartition("/")[2],
                words=quad.object.value,
                is_warning=any(one.endswith(("Warning", "Info")) for one in severity),
            )
            targets = [
                one
                for key in ("targetClass", "targetSubjectsOf", "targetNode", "path")
                for one in _objects(store, owner, key)
            ]
            for target in targets:
                if target.startswith(KG):
                    found[target].setdefault(rule.name, rule)
    return {iri: tuple(rules.values()) for iri, rules in found.items()}, len(names)


def _named_owner(store: ox.Store, node: object) -> ox.NamedNode | None:
    """Return the shape that a message belongs to: messages of SPARQL constraints stand one node lower."""
    while isinstance(node, ox.BlankNode):
        above = next(iter(store.quads_for_pattern(None, None, node)), None)
        node = above.subject if above is not None else None
    return node if isinstance(node, ox.NamedNode) else None


def _objects(store: ox.Store, subject: object, name: str) -> list[str]:
    if not isinstance(subject, ox.NamedNode | ox.BlankNode):
        return []
    quads = store.quads_for_pattern(subject, ox.NamedNode(_SH + name), None)
    return sorted(quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode))


def _example(prop: str, subject: str, value: str) -> tuple[tuple[str, str | None], ...]:
    is_iri = value.startswith(("http://", "https://"))
    shown = compact(value) if is_iri else f'"{value}"'
    if len(shown) > _LONGEST_EXAMPLE:
        shown = shown[:_LONGEST_EXAMPLE] + "…"
    return (compact(subject), page_href(subject)), (compact(prop), None), (shown, page_href(value) if is_iri else None)


def _inverted(facts: Mapping[str, Mapping[str, list[str]]], *names: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for iri, each in facts.items():
        for name in names:
            for value in each.get(name, ()):
                found[value].append(iri)
    return found


def _links(iris: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((compact(iri), f"#{iri[len(KG) :]}" if iri.startswith(KG) else iri) for iri in sorted(set(iris)))


def _term(
    here: Holdings,
    iri: str,
    facts: Mapping[str, list[str]],
    links: _LinkGroups,
    used: tuple[int, str] | None,
    example: tuple[tuple[str, str | None], ...],
    rules: Mapping[str, tuple[Rule, ...]],
) -> Term:
    matches = [*facts.get("closeMatch", ()), *facts.get("broadMatch", ()), *facts.get("relatedMatch", ())]
    if not example and used is not None:
        example = ((compact(used[1]), page_href(used[1])),)
    every = (*links, ("Elsewhere", _links(matches)))
    return Term(
        name=iri[len(KG) :],
        label=(facts.get("label") or [iri[len(KG) :]])[0],
        comment=(facts.get("comment") or [""])[0],
        note=" ".join(facts.get("scopeNote", ())),
        links=tuple((heading, found) for heading, found in every if found),
        used=used[0] if used is not None else 0,
        example=example,
        rules=rules.get(iri, ()),
    )


def _schemes(here: Holdings) -> tuple[Scheme, ...]:
    concepts: dict[str, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    for scheme, concept, note in here.texts(_SCHEMES):
        if not scheme.endswith(_TECHNOLOGY_SCHEME):
            concepts[scheme].setdefault(concept, (compact(concept), here.label(concept), note))
    return tuple(
        Scheme(name=scheme.rpartition("/")[2], label=here.label(scheme), concepts=tuple(found.values()))
        for scheme, found in sorted(concepts.items())
    )
