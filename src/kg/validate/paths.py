"""SHACL property paths as text."""

from collections.abc import Iterator
from typing import Final

from rdflib import RDF, Graph
from rdflib.collection import Collection
from rdflib.namespace import SH
from rdflib.term import Node

_UNARY_PATHS: Final = (
    (SH.zeroOrMorePath, "", "*"),
    (SH.oneOrMorePath, "", "+"),
    (SH.zeroOrOnePath, "", "?"),
    (SH.inversePath, "^", ""),
)


def path_text(graph: Graph, path: Node) -> Iterator[str]:
    """Yield the alternatives of a SHACL path: a plain IRI, or SPARQL property path syntax for longer ways."""
    alternatives = graph.value(path, SH.alternativePath)
    if alternatives is not None:
        for member in Collection(graph, alternatives):
            yield from path_text(graph, member)
        return
    for predicate, before, after in _UNARY_PATHS:
        inner = graph.value(path, predicate)
        if inner is not None:
            yield f"{before}({'|'.join(path_text(graph, inner))}){after}"
            return
    if (path, RDF.first, None) in graph:
        yield "/".join("|".join(path_text(graph, step)) for step in Collection(graph, path))
    else:
        yield str(path)
