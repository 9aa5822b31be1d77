"""What a release says of its own things, as far as links to the outside need it."""

from collections import defaultdict
from typing import Final

from kg.engine import Engine, Literal
from kg.link.gate import Match, Thing, split_object
from kg.vocab import PROLOGUE, SKOS, split_iri

_NAMES: Final = """
SELECT ?thing ?name WHERE {
  VALUES ?property { rdfs:label skos:altLabel }
  ?thing a ?class ; ?property ?name .
  VALUES ?class { kg:Place kg:Actor kg:Project }
}
ORDER BY ?thing ?property ?name
"""
_LABELS: Final = "SELECT ?thing ?name WHERE { ?thing rdfs:label ?name } ORDER BY ?thing ?name"
_PLACES: Final = """
SELECT ?thing ?class ?code ?lat ?long WHERE {
  ?thing a kg:Place .
  OPTIONAL { VALUES ?class { kg:Country kg:City } ?thing a ?class }
  OPTIONAL { ?thing kg:locatedIn*/kg:isoAlpha2 ?code }
  OPTIONAL { ?thing geo:lat ?lat ; geo:long ?long }
}
ORDER BY ?thing ?class ?code
"""
_COUNTRIES: Final = """
SELECT ?thing ?code WHERE { ?thing kg:country/kg:isoAlpha2 ?code . FILTER NOT EXISTS { ?thing a kg:Place } }
ORDER BY ?thing ?code
"""
_MATCHES: Final = """
SELECT ?thing ?relation ?other WHERE {
  GRAPH graph:links { ?thing ?relation ?other }
  VALUES ?relation { skos:exactMatch skos:closeMatch skos:relatedMatch owl:sameAs }
}
ORDER BY ?thing ?relation ?other
"""


def read_things(engine: Engine) -> dict[str, Thing]:
    """Return places, actors and projects by IRI; the label is the first of the names.

    Raises:
        KgError: the engine cannot answer.
    """
    first = dict(_pairs(engine, _LABELS))
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for iri, name in _pairs(engine, _NAMES):
        if iri in first:
            names[iri].setdefault(first[iri])
        names[iri].setdefault(name)
    codes: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, str] = {}
    spots: dict[str, tuple[float, float]] = {}
    for iri, name, code, lat, long in _texts(engine, _PLACES, 5):
        kinds.setdefault(iri, "country" if name.endswith("Country") else "city" if name.endswith("City") else "place")
        if code:
            codes[iri].add(code)
        if lat and long:
            spots[iri] = (float(lat), float(long))
    for iri, code in _pairs(engine, _COUNTRIES):
        codes[iri].add(code)
    things = {}
    for iri, found in names.items():
        parts = split_iri(iri)
        if parts is None:
            continue
        spot = spots.get(iri)
        things[iri] = Thing(
            iri=iri,
            kind=kinds.get(iri, parts[0]),
            names=tuple(found),
            # A project over three countries is in none alone.
            country=next(iter(codes[iri])) if len(codes[iri]) == 1 else "",
            lat=spot[0] if spot else None,
            long=spot[1] if spot else None,
        )
    return things


def read_matches(engine: Engine) -> tuple[Match, ...]:
    """Return the links of a release to data sets that the gate knows.

    Raises:
        KgError: the engine cannot answer.
    """
    found = []
    for iri, relation, other in _texts(engine, _MATCHES, 3):
        split = split_object(other)
        if split is not None:
            strength = relation.removeprefix(SKOS).rpartition("#")[2]
            found.append(Match(subject=iri, strength=strength, scheme=split[0], identifier=split[1]))
    return tuple(found)


def _texts(engine: Engine, body: str, columns: int) -> list[tuple[str, ...]]:
    rows = engine.rows(PROLOGUE + body, trusted=True).rows
    return [tuple(term.value if term is not None else "" for term in row[:columns]) for row in rows]


def _pairs(engine: Engine, body: str) -> list[tuple[str, str]]:
    rows = engine.rows(PROLOGUE + body, trusted=True).rows
    return [(row[0].value, row[1].value) for row in rows if row[0] is not None and isinstance(row[1], Literal)]
