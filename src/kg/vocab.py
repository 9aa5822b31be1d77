"""Names: the namespaces, the kinds of resources, and how an IRI is written short.

Everything here is fixed by the ontology; clients rely on it.
"""

from typing import Final

KG: Final = "https://w3id.org/cityledger/ontology#"
ID: Final = "https://w3id.org/cityledger/id/"
GRAPH: Final = "https://w3id.org/cityledger/graph/"
SHAPE: Final = "https://w3id.org/cityledger/shape/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"

# Kinds whose members are rows of a table.
TABLE_KINDS: Final = (
    "actor",
    "place",
    "membership",
    "project",
    "product",
    "involvement",
    "offering",
    "financing",
    "agreement",
    "policy",
    "restriction",
    "event",
    "claim",
    "observation",
    "indicator",
    "statement",
    "source",
)
# Kinds whose members are SKOS concepts of ontology/vocabularies.ttl.
CODE_KINDS: Final = (
    "technology",
    "role",
    "status",
    "instrument",
    "publisher-kind",
    "agreement-kind",
    "policy-kind",
    "restriction-kind",
    "event-kind",
    "facility-kind",
)
KINDS: Final = (*TABLE_KINDS, *CODE_KINDS, "evidence", "section", "release")

PREFIXES: Final[dict[str, str]] = {
    "kg": KG,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "prov": "http://www.w3.org/ns/prov#",
    "org": "http://www.w3.org/ns/org#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "qb": "http://purl.org/linked-data/cube#",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "schema": "https://schema.org/",
    "void": "http://rdfs.org/ns/void#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "sh": "http://www.w3.org/ns/shacl#",
    "graph": GRAPH,
    **{kind: f"{ID}{kind}/" for kind in KINDS},
}

# Outside data sets that our things are linked to: the beginning of their IRIs.
OUTSIDE: Final[dict[str, str]] = {
    "wikidata": "http://www.wikidata.org/entity/",
    "geonames": "https://sws.geonames.org/",
    "iso3166": "https://www.iso.org/obp/ui/#iso:code:3166:",
    "ror": "https://ror.org/",
    "lei": "https://search.gleif.org/#/record/",
    "dbpedia": "http://dbpedia.org/resource/",
    "aiddata": "https://china.aiddata.org/projects/",
}

PROLOGUE: Final = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


def iri(kind: str, slug: str) -> str:
    """Return the IRI of one resource."""
    return f"{ID}{kind}/{slug}"


def graph(name: str) -> str:
    """Return the IRI of one named graph."""
    return f"{GRAPH}{name}"


def split_iri(text: str) -> tuple[str, str] | None:
    """Return kind and slug of a resource IRI of ours, or None for any other IRI."""
    if not text.startswith(ID):
        return None
    kind, separator, slug = text[len(ID) :].partition("/")
    return (kind, slug) if separator and slug and kind in KINDS else None


def compact(text: str) -> str:
    """Return an IRI as prefix:name where a prefix fits, else the IRI itself."""
    parts = split_iri(text)
    if parts is not None:
        return ":".join(parts)
    fits = [(base, prefix) for prefix, base in PREFIXES.items() if text.startswith(base)]
    if not fits:
        return text
    base, prefix = max(fits)
    name = text[len(base) :]
    return f"{prefix}:{name}" if name and not set(name) & set("/#?") else text


def expand(text: str) -> str:
    """Return the IRI that prefix:name stands for; an IRI is returned as it is.

    Raises:
        KeyError: the prefix is not one of PREFIXES.
    """
    if text.startswith(("http://", "https://")):
        return text
    prefix, _, name = text.partition(":")
    return PREFIXES[prefix] + name
