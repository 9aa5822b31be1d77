"""RDF in three syntaxes. The same release gives the same bytes."""

from typing import Final

import pyoxigraph as ox

from kg.export.reading import Reading
from kg.vocab import PREFIXES

_PREFIXES: Final = {prefix: iri for prefix, iri in PREFIXES.items() if prefix != "graph"}


def nquads(reading: Reading) -> bytes:
    """Every quad on a line, sorted: reading it back gives the same release id."""
    return reading.nquads


def trig(reading: Reading) -> bytes:
    """The named graphs, with prefixes."""
    return _serialise(by_graph(reading), ox.RdfFormat.TRIG)


def turtle(reading: Reading) -> bytes:
    """The union of all graphs, each triple once."""
    return _serialise(list(dict.fromkeys(quad.triple for quad in reading.quads)), ox.RdfFormat.TURTLE)


def readable(ntriples: bytes, first: str) -> bytes:
    """Return N-Triples as Turtle with prefixes, one block a subject, that of a thing first."""
    triples = [quad.triple for quad in ox.parse(ntriples, format=ox.RdfFormat.N_TRIPLES)]
    triples.sort(key=lambda triple: (triple.subject.value != first, str(triple)))
    used = {prefix: iri for prefix, iri in _PREFIXES.items() if f"<{iri}".encode() in ntriples}
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b""


def by_graph(reading: Reading) -> list[ox.Quad]:
    """Return the quads graph by graph, sorted by their lines within a graph."""
    # The sort is stable, so quads stay in the order of their lines within a graph.
    return sorted(reading.quads, key=lambda quad: str(quad.graph_name))


def _serialise(content: list[ox.Quad] | list[ox.Triple], form: ox.RdfFormat) -> bytes:
    return ox.serialize(content, format=form, prefixes=_PREFIXES) or b""
