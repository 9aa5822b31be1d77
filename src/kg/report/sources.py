"""The works behind a report: what a reader needs to find them, and to weigh them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.catalog.terms import iri_text
from kg.engine import Engine, Limits, Term
from kg.vocab import compact, split_iri

_LIMITS: Final = Limits(seconds=20.0, rows=100_000, keep=True)
_BATCH: Final = 200
_QUERY: Final = """PREFIX kg: <https://w3id.org/cityledger/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX schema: <https://schema.org/>
SELECT ?work ?title ?creator ?publisher ?kind ?language ?issued ?url
WHERE {
  VALUES ?work { %s }
  OPTIONAL { ?work rdfs:label ?title }
  OPTIONAL { ?work dcterms:creator ?creator }
  OPTIONAL { ?work dcterms:publisher/rdfs:label ?publisher FILTER(LANG(?publisher) = "en") }
  OPTIONAL { ?work kg:publisherKind/rdfs:label ?kind FILTER(LANG(?kind) = "en") }
  OPTIONAL { ?work dcterms:language ?language }
  OPTIONAL { ?work dcterms:issued ?issued }
  OPTIONAL { ?work schema:url ?url }
}
ORDER BY ?work ?title ?creator ?publisher ?kind ?language ?issued ?url
"""
_RELEASED: Final = """PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?day WHERE { GRAPH <https://w3id.org/cityledger/graph/release> { ?release dcterms:issued ?day } } ORDER BY ?day
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A source; None where nothing is stated.

    Attributes:
        key: as it is written in the tables, such as `sosi-2020`.
        issued: date of publication as precise as it is known.
        kind: kind of its publisher.
    """

    iri: str
    key: str
    title: str | None
    creators: tuple[str, ...]
    publisher: str | None
    kind: str | None
    language: str | None
    issued: str | None
    url: str | None

    def reference(self) -> str:
        """Return the work as a line of a list of sources."""
        names = ", ".join(self.creators) or self.publisher
        parts = [part for part in (names, self.title or self.key) if part]
        if self.publisher and self.creators and self.publisher not in self.creators:
            parts.append(self.publisher)
        parts.append(self.issued or "no date stated")
        return ". ".join(part.rstrip(".") for part in parts) + "."


def read_works(engine: Engine, iris: Iterable[str]) -> dict[str, Work]:
    """Return the works by their IRIs."""
    wanted = sorted(set(iris))
    found: dict[str, list[tuple[Term | None, ...]]] = {iri: [] for iri in wanted}
    for start in range(0, len(wanted), _BATCH):
        batch = " ".join(iri_text(iri) for iri in wanted[start : start + _BATCH])
        for row in engine.rows(_QUERY % batch, limits=_LIMITS, trusted=True).rows:
            if row[0] is not None:
                found[row[0].value].append(row)
    return {iri: _work(iri, rows) for iri, rows in found.items()}


def released_on(engine: Engine) -> str | None:
    """Return the day on which the release was made, or None where it does not say."""
    for row in engine.rows(_RELEASED, limits=_LIMITS, trusted=True).rows:
        if row[0] is not None:
            return row[0].value
    return None


def _work(iri: str, rows: list[tuple[Term | None, ...]]) -> Work:
    def first(place: int) -> str | None:
        return next((term.value for row in rows if (term := row[place]) is not None), None)

    creators = dict.fromkeys(term.value for row in rows if (term := row[2]) is not None)
    parts = split_iri(iri)
    return Work(
        iri=iri,
        key=parts[1] if parts else compact(iri),
        title=first(1),
        creators=tuple(creators),
        publisher=first(3),
        kind=first(4),
        language=first(5),
        issued=first(6),
        url=first(7),
    )
