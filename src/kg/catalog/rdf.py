"""The catalogue as RDF: SHACL executables with the vocabulary of the SIB examples, and no blank node.

`sh:select` holds the query with the default values, so that a reader can run it as it stands; the template
with its `?_name` tokens is at the question's address with `.rq`.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from kg.catalog.load import Catalog
from kg.catalog.records import Form, Parameter, ParameterType, Question
from kg.catalog.run import bind
from kg.catalog.terms import term_text
from kg.engine import Iri, Literal, Term
from kg.vocab import PREFIXES, RDF, RDFS, SKOS, XSD, graph

BASE: Final = "https://w3id.org/cityledger/question/"
ENDPOINT: Final = "https://w3id.org/cityledger/sparql"
_SH: Final = PREFIXES["sh"]
_SCHEMA: Final = PREFIXES["schema"]
_DCTERMS: Final = PREFIXES["dcterms"]
_DATATYPES: Final = {
    ParameterType.STRING: f"{XSD}string",
    ParameterType.ENUM: f"{XSD}string",
    ParameterType.INTEGER: f"{XSD}integer",
    ParameterType.DECIMAL: f"{XSD}decimal",
    ParameterType.GYEAR: f"{XSD}gYear",
    ParameterType.DATE: f"{XSD}date",
}
_TURTLE_PREFIXES: Final = {
    "sh": _SH,
    "schema": _SCHEMA,
    "dcterms": _DCTERMS,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
    "kg": PREFIXES["kg"],
}

Triple = tuple[Iri, Iri, Term]


def question_iri(name: str) -> str:
    """Return the IRI of a question in the catalogue."""
    return BASE + name


def triples(catalog: Catalog) -> Iterator[Triple]:
    """Yield what the catalogue says about its questions, in a fixed order."""
    yield from _prefix_triples()
    for question in catalog.questions:
        yield from _question_triples(question)


def to_nquads(catalog: Catalog) -> Iterable[str]:
    """Return the catalogue as lines of N-Quads in `graph/catalog`, without line ends."""
    name = term_text(Iri(graph("catalog")))
    return [f"{' '.join(term_text(term) for term in triple)} {name} ." for triple in triples(catalog)]


def to_turtle(catalog: Catalog) -> str:
    """Return the catalogue as Turtle, one block for each subject."""
    blocks = [
        "\n".join(f"@prefix {prefix}: <{iri}> ." for prefix, iri in sorted(_TURTLE_PREFIXES.items())),
    ]
    for subject, group in groupby(triples(catalog), key=lambda triple: triple[0]):
        pairs = " ;\n  ".join(f"{_short(predicate)} {_short(value)}" for _, predicate, value in group)
        blocks.append(f"{term_text(subject)} {pairs} .")
    return "\n\n".join(blocks) + "\n"


def _short(term: Term) -> str:
    if isinstance(term, Iri):
        for prefix, iri in _TURTLE_PREFIXES.items():
            local = term.value.removeprefix(iri)
            if local != term.value and local.isalnum():
                return f"{prefix}:{local}"
    return term_text(term)


def _prefix_triples() -> Iterator[Triple]:
    prefixes = Iri(BASE + "prefixes")
    for prefix in PREFIXES:
        yield prefixes, Iri(_SH + "declare"), Iri(f"{BASE}prefixes/{prefix}")
    for prefix, iri in PREFIXES.items():
        node = Iri(f"{BASE}prefixes/{prefix}")
        yield node, Iri(_SH + "prefix"), Literal(prefix)
        yield node, Iri(_SH + "namespace"), Literal(iri, f"{XSD}anyURI")


def _question_triples(question: Question) -> Iterator[Triple]:
    subject = Iri(question_iri(question.name))
    is_select = question.form is Form.SELECT
    kind = "SPARQLSelectExecutable" if is_select else "SPARQLConstructExecutable"
    yield subject, Iri(RDF + "type"), Iri(_SH + "SPARQLExecutable")
    yield subject, Iri(RDF + "type"), Iri(_SH + kind)
    yield subject, Iri(RDFS + "label"), _english(question.summary)
    yield subject, Iri(RDFS + "comment"), _english(question.summary)
    yield subject, Iri(_DCTERMS + "description"), _english(question.description)
    yield subject, Iri(_DCTERMS + "identifier"), Literal(question.name)
    yield subject, Iri(_SH + "prefixes"), Iri(BASE + "prefixes")
    yield subject, Iri(_SH + ("select" if is_select else "construct")), Literal(bind(question, {}))
    for tag in question.tags:
        yield subject, Iri(_SCHEMA + "keywords"), Literal(tag)
    yield subject, Iri(_SCHEMA + "target"), Iri(ENDPOINT)
    for parameter in question.params:
        yield subject, Iri(_SH + "parameter"), Iri(f"{subject.value}/parameter/{parameter.name}")
    for parameter in question.params:
        yield from _parameter_triples(question, parameter)


def _parameter_triples(question: Question, parameter: Parameter) -> Iterator[Triple]:
    subject = Iri(f"{question_iri(question.name)}/parameter/{parameter.name}")
    yield subject, Iri(RDF + "type"), Iri(_SH + "Parameter")
    # SHACL, 5.2.1: the local name of the path is the name of the parameter.
    yield subject, Iri(_SH + "path"), Iri(f"{BASE}parameter#{parameter.name}")
    yield subject, Iri(_SH + "name"), _english(parameter.label)
    if parameter.description is not None:
        yield subject, Iri(_SH + "description"), _english(parameter.description)
    if parameter.type is ParameterType.IRI:
        yield subject, Iri(_SH + "class"), Iri(parameter.class_iri or SKOS + "Concept")
    else:
        yield subject, Iri(_SH + "datatype"), Iri(_DATATYPES[parameter.type])
    yield subject, Iri(_SH + "optional"), Literal("true" if parameter.optional else "false", f"{XSD}boolean")
    for value in parameter.default:
        yield subject, Iri(_SH + "defaultValue"), Literal(value)


def _english(text: str) -> Literal:
    return Literal(text, f"{RDF}langString", "en")


def describe(parameter: Parameter) -> str:
    """Return what a parameter takes, in words for people and machines."""
    words = {
        ParameterType.STRING: "text",
        ParameterType.INTEGER: "whole number",
        ParameterType.DECIMAL: "number",
        ParameterType.GYEAR: "year of four digits",
        ParameterType.DATE: "day as YYYY-MM-DD",
    }
    if parameter.type is ParameterType.IRI:
        found = f"one {parameter.thing} by name in any language, alias, ISO code, slug, compact form or IRI"
    elif parameter.type is ParameterType.ENUM:
        found = "one of " + ", ".join(value for value, _ in parameter.values)
    else:
        found = words[parameter.type]
    if parameter.multi:
        found += "; may be given several times"
    return found + ("; without it there is no restriction" if parameter.optional else "")
