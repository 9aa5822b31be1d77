"""The SPARQL 1.1 Service Description and its VoID link: only what is true of this endpoint."""

from functools import lru_cache

import pyoxigraph as ox

from kg.engine.formats import CSV, GRAPH_NAMES, GRAPH_TYPES, JSON, JSON_LD, N_TRIPLES, RDF_XML, TSV, TURTLE, XML
from kg.serve.site import Site

_SD = "http://www.w3.org/ns/sparql-service-description#"
_VOID = "http://rdfs.org/ns/void#"
_RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_SEE_ALSO = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#seeAlso")
_VERSION = ox.NamedNode("http://www.w3.org/2002/07/owl#versionInfo")
_INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
_FORMATS = {
    JSON: "SPARQL_Results_JSON",
    XML: "SPARQL_Results_XML",
    CSV: "SPARQL_Results_CSV",
    TSV: "SPARQL_Results_TSV",
    TURTLE: "Turtle",
    N_TRIPLES: "N-Triples",
    JSON_LD: "JSON-LD",
    RDF_XML: "RDF_XML",
}
_PREFIXES = {"sd": _SD, "void": _VOID, "formats": "http://www.w3.org/ns/formats/"}


def serialized(site: Site, base: str, media_type: str) -> bytes:
    """Write the description for the service at `base` in one of the graph formats."""
    if media_type not in GRAPH_TYPES:
        raise ValueError(media_type)
    return _serialized(site.release, site.graph_sizes, base, media_type)


@lru_cache(maxsize=32)
def _serialized(release: str, sizes: tuple[tuple[str, int], ...], base: str, media_type: str) -> bytes:
    return (
        ox.serialize(
            _triples(release, sizes, base),
            format=getattr(ox.RdfFormat, GRAPH_NAMES[media_type]),
            prefixes=_PREFIXES if media_type in (TURTLE, RDF_XML) else None,
        )
        or b""
    )


def _triples(release: str, sizes: tuple[tuple[str, int], ...], base: str) -> list[ox.Triple]:
    def sd(name: str) -> ox.NamedNode:
        return ox.NamedNode(_SD + name)

    service = ox.NamedNode(f"{base}/sparql")
    dataset = ox.NamedNode(f"{base}/sparql#dataset")
    default_graph = ox.NamedNode(f"{base}/sparql#default-graph")
    count = ox.NamedNode(_VOID + "triples")
    triples = [
        ox.Triple(service, _RDF_TYPE, sd("Service")),
        ox.Triple(service, sd("endpoint"), service),
        ox.Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
        # The default graph holds what any named graph holds.
        ox.Triple(service, sd("feature"), sd("UnionDefaultGraph")),
        ox.Triple(service, sd("defaultDataset"), dataset),
        ox.Triple(service, _SEE_ALSO, ox.NamedNode(f"{base}/.well-known/void")),
        ox.Triple(service, _VERSION, ox.Literal(release)),
        ox.Triple(dataset, _RDF_TYPE, sd("Dataset")),
        ox.Triple(dataset, sd("defaultGraph"), default_graph),
        ox.Triple(default_graph, _RDF_TYPE, sd("Graph")),
    ]
    triples += [
        ox.Triple(service, sd("resultFormat"), ox.NamedNode(f"http://www.w3.org/ns/formats/{name}"))
        for name in _FORMATS.values()
    ]
    for number, (name, size) in enumerate(sizes):
        named = ox.NamedNode(f"{base}/sparql#named-{number}")
        graph = ox.NamedNode(f"{base}/sparql#graph-{number}")
        triples += [
            ox.Triple(dataset, sd("namedGraph"), named),
            ox.Triple(named, _RDF_TYPE, sd("NamedGraph")),
            ox.Triple(named, sd("name"), ox.NamedNode(name)),
            ox.Triple(named, sd("graph"), graph),
            ox.Triple(graph, _RDF_TYPE, sd("Graph")),
            ox.Triple(graph, count, ox.Literal(str(size), datatype=_INTEGER)),
        ]
    return triples
