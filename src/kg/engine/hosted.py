"""How a release lives in a store that holds several: graphs of its own, and one triple that says which is current.

Graph `…/graph/actor` of release 0123456789abcdef is `…/hosted/0123456789abcdef/actor` there, and `…/_all` is the
union of all of them, since stores differ in what their default graph is. Queries and answers are translated, so
nobody outside this folder sees these names; two releases never mix, and the switch is one small update.
"""

from typing import Final

from kg.vocab import GRAPH, KG

BASE: Final = "https://w3id.org/cityledger/hosted/"
POINTER_GRAPH: Final = f"{BASE}current"
POINTER: Final = "https://w3id.org/cityledger/dataset"
CURRENT: Final = f"{KG}hostsRelease"
_UNION: Final = "_all"


def prefix(release: str) -> str:
    """Return the beginning of the names of a release's graphs."""
    return f"{BASE}{release}/"


def union(release: str) -> str:
    """Return the name of the graph that holds all triples of a release."""
    return prefix(release) + _UNION


def to_hosted(text: str, release: str) -> str:
    """Return a query or N-Quads with the names that a store knows."""
    return text.replace(GRAPH, prefix(release))


def from_hosted(body: bytes, release: str) -> bytes:
    """Return an answer with the names that everybody knows."""
    return body.replace(prefix(release).encode(), GRAPH.encode())


def switch(release: str) -> str:
    """Return the update that makes a release the current one, in one request."""
    # SPARQL 1.1 Update, 2.2: the operations of one request are atomic where the store can make them so. A single
    # DELETE INSERT WHERE { OPTIONAL } would do nothing on Virtuoso when no release is current yet.
    return (
        f"DELETE WHERE {{ GRAPH <{POINTER_GRAPH}> {{ <{POINTER}> <{CURRENT}> ?old }} }} ;\n"
        f'INSERT DATA {{ GRAPH <{POINTER_GRAPH}> {{ <{POINTER}> <{CURRENT}> "{release}" }} }}'
    )


def current() -> str:
    """Return the query for the current release."""
    return f"SELECT ?release WHERE {{ GRAPH <{POINTER_GRAPH}> {{ <{POINTER}> <{CURRENT}> ?release }} }}"


def sizes(release: str) -> str:
    """Return the query for the graphs of a release and their numbers of triples."""
    return (
        "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } "
        f'FILTER(STRSTARTS(STR(?g), "{prefix(release)}")) }} GROUP BY ?g ORDER BY ?g'
    )
