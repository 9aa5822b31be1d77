"""JSON-LD with the context of `/context.jsonld`, written node by node."""

import itertools
import json
from collections.abc import Iterator
from typing import Any, Final

import pyoxigraph as ox

from kg.export.rdf import by_graph
from kg.export.reading import TYPE, Reading
from kg.vocab import KG, PREFIXES, XSD, compact

# The version in the address changes when a key changes its meaning.
CONTEXT_VERSION: Final = "1"


def context() -> dict[str, Any]:
    """Return the names of the keys: prefixed names everywhere, `id` and `type` for the two that JSON-LD knows."""
    return {"@version": 1.1, **PREFIXES, "@vocab": KG, "id": "@id", "type": "@type"}


def reference(iri: str) -> dict[str, str]:
    """Return a value that is a thing."""
    return {"id": compact(iri)}


def literal(text: str, datatype: str, language: str | None) -> Any:
    """Return a value that is a text, or a text of some language or datatype; numbers keep their written form."""
    if language:
        return {"@value": text, "@language": language}
    return text if datatype == f"{XSD}string" else {"@value": text, "@type": compact(datatype)}


def lines(reading: Reading) -> Iterator[bytes]:
    """Yield the named graphs, a node a line; reading it fetches nothing."""
    yield f'{{"@context": {json.dumps(context())},\n"@graph": ['.encode()
    before = "\n"
    for graph, quads in itertools.groupby(by_graph(reading), key=lambda quad: quad.graph_name):
        yield f'{before}{{"id": {json.dumps(_name(graph))}, "@graph": ['.encode()
        nodes = (_node(subject, found) for subject, found in itertools.groupby(quads, key=lambda quad: quad.subject))
        yield from (f"{',' if place else ''}\n{node}".encode() for place, node in enumerate(nodes))
        yield b"\n]}"
        before = ",\n"
    yield b"\n]}\n"


def _node(subject: ox.NamedNode | ox.BlankNode | ox.Triple, quads: Iterator[ox.Quad]) -> str:
    node: dict[str, Any] = {"id": _name(subject)}
    for predicate, found in itertools.groupby(quads, key=lambda quad: quad.predicate.value):
        if predicate == TYPE:
            values = [_name(quad.object) for quad in found]
        else:
            values = [_value(quad.object) for quad in found]
        node["type" if predicate == TYPE else compact(predicate)] = values[0] if len(values) == 1 else values
    return json.dumps(node, ensure_ascii=False, separators=(",", ":"))


def _value(term: Any) -> Any:
    if isinstance(term, ox.Literal):
        return literal(term.value, term.datatype.value, term.language)
    return reference(term.value) if isinstance(term, ox.NamedNode) else {"id": str(term)}


def _name(term: Any) -> str:
    return compact(term.value) if isinstance(term, ox.NamedNode) else str(term)
