"""What VoID counts: triples, things, partitions by class and property, and links by outside data set."""

from dataclasses import dataclass
from typing import Final

from kg.engine import Engine, Limits, Literal, Term
from kg.vocab import ID, OUTSIDE, PROLOGUE

# Each of these is the query whose answer a reader must get too; `/.well-known/void` names them in a comment.
TRIPLES: Final = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
SUBJECTS: Final = "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p ?o }"
OBJECTS: Final = "SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE { ?s ?p ?o }"
ENTITIES: Final = f'SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE {{ ?s a ?c FILTER(STRSTARTS(STR(?s), "{ID}")) }}'
CLASSES: Final = "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?c } GROUP BY ?c ORDER BY ?c"
PROPERTIES: Final = "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p ORDER BY ?p"
GRAPHS: Final = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
LINKS: Final = """SELECT ?p ?o WHERE {
  GRAPH graph:links { ?s ?p ?o }
  VALUES ?p { skos:exactMatch skos:closeMatch skos:relatedMatch owl:sameAs }
} ORDER BY ?p ?o ?s"""
SLICES: Final = """SELECT ?g ?p ?o WHERE {
  GRAPH ?g { ?g a dcat:Dataset ; ?p ?o }
  VALUES ?p { rdfs:label dcterms:description dcterms:license dcterms:rightsHolder dcterms:issued dcterms:source }
} ORDER BY ?g ?p ?o"""
# Counting everything takes longer than a stranger's query may.
_COUNTING: Final = Limits(seconds=120.0, rows=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts of one release.

    Attributes:
        triples: distinct triples in the union of all graphs.
        entities: our own things that have a class.
        classes: class IRI and number of its members.
        properties: property IRI and number of triples.
        graphs: graph IRI and number of triples.
        linksets: outside data set, relation IRI and number of links.
        slices: IRI of a slice of outside data, property IRI and value: its title, whose it is, licence and day.
    """

    triples: int
    subjects: int
    objects: int
    entities: int
    classes: tuple[tuple[str, int], ...]
    properties: tuple[tuple[str, int], ...]
    graphs: tuple[tuple[str, int], ...]
    linksets: tuple[tuple[str, str, int], ...]
    slices: tuple[tuple[str, str, Term], ...] = ()


def count(engine: Engine) -> Statistics:
    """Ask an engine for all counts.

    Raises:
        KgError: the engine cannot answer.
    """
    links: dict[tuple[str, str], int] = {}
    for relation, other in engine.rows(PROLOGUE + LINKS, limits=_COUNTING, trusted=True).rows:
        if relation is None or other is None:
            continue
        scheme = next((name for name, base in OUTSIDE.items() if other.value.startswith(base)), "other")
        links[scheme, relation.value] = links.get((scheme, relation.value), 0) + 1
    return Statistics(
        triples=_number(engine, TRIPLES),
        subjects=_number(engine, SUBJECTS),
        objects=_number(engine, OBJECTS),
        entities=_number(engine, ENTITIES),
        classes=_counts(engine, CLASSES),
        properties=_counts(engine, PROPERTIES),
        graphs=_counts(engine, GRAPHS),
        linksets=tuple((scheme, relation, n) for (scheme, relation), n in sorted(links.items())),
        slices=tuple(
            (name.value, predicate.value, value)
            for name, predicate, value in engine.rows(PROLOGUE + SLICES, limits=_COUNTING, trusted=True).rows
            if name is not None and predicate is not None and value is not None
        ),
    )


def _number(engine: Engine, query: str) -> int:
    found = engine.rows(query, limits=_COUNTING, trusted=True).rows[0][0]
    return int(found.value) if isinstance(found, Literal) else 0


def _counts(engine: Engine, query: str) -> tuple[tuple[str, int], ...]:
    rows = engine.rows(query, limits=_COUNTING, trusted=True).rows
    return tuple((row[0].value, int(row[1].value)) for row in rows if row[0] is not None and row[1] is not None)
