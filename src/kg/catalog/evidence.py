"""The places in the sources behind the rows of an answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalog.terms import iri_text
from kg.engine import Engine, Iri, Limits, Literal, Term
from kg.vocab import ID, compact, split_iri

_LIMITS: Final = Limits(seconds=20.0, rows=500_000, keep=True)
# Nodes of one query: long enough to need few queries, short enough for every engine's query length.
_BATCH: Final = 500
_QUERY: Final = """PREFIX kg: <https://w3id.org/cityledger/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?node ?place ?source ?title ?section ?first ?last ?footnote ?flag
WHERE {
  VALUES ?node { %s }
  ?node kg:evidence ?place .
  ?place kg:source ?source .
  OPTIONAL { ?source rdfs:label ?title }
  OPTIONAL { ?place kg:section ?section }
  OPTIONAL { ?place kg:firstLine ?first }
  OPTIONAL { ?place kg:lastLine ?last }
  OPTIONAL { ?place kg:footnote ?footnote }
  OPTIONAL { ?place kg:flag ?flag }
}
ORDER BY ?node ?source ?first ?footnote ?place ?title ?section
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A place in a source.

    Attributes:
        node: IRI of the thing that rests on it.
        place: IRI of the evidence.
        source: IRI of the work.
        title: the work's label, or None.
        section: the section of the work, or None.
        first_line, last_line: counted from 1, both included; None for a work without lines.
        footnote: the note's number or mark, or None.
        flag: why the place is doubtful, or None.
    """

    node: str
    place: str
    source: str
    title: str | None
    section: str | None
    first_line: int | None
    last_line: int | None
    footnote: str | None
    flag: str | None

    def short(self) -> str:
        """Return it as it is written in the tables: `sosi-2020:2774-2775`, `sosi-2020:fn215`."""
        parts = split_iri(self.source)
        key = parts[1] if parts else compact(self.source)
        if self.footnote is not None:
            return f"{key}:fn{self.footnote}"
        if self.first_line is None:
            return key
        if self.last_line in (None, self.first_line):
            return f"{key}:{self.first_line}"
        return f"{key}:{self.first_line}-{self.last_line}"


def cite(
    engine: Engine,
    columns: Sequence[str],
    rows: Sequence[Sequence[Term | None]],
    evidenced: Iterable[str],
) -> tuple[tuple[Citation, ...], ...]:
    """Return the citations of each row, in the order of the rows.

    `evidenced` names the columns whose nodes count. A cell holds one IRI, or several as a text separated by
    spaces, which is how a grouped row keeps its members.
    """
    places = [columns.index(name) for name in evidenced if name in columns]
    nodes = [list(dict.fromkeys(_nodes(row[place] for place in places))) for row in rows]
    known = _citations(engine, sorted({node for found in nodes for node in found}))
    return tuple(tuple(dict.fromkeys(c for node in found for c in known.get(node, ()))) for found in nodes)


def _nodes(cells: Iterable[Term | None]) -> Iterable[str]:
    for cell in cells:
        if isinstance(cell, Iri):
            yield cell.value
        elif isinstance(cell, Literal):
            yield from (word for word in cell.value.split() if word.startswith(ID))


def _citations(engine: Engine, nodes: Sequence[str]) -> dict[str, list[Citation]]:
    found: dict[str, dict[str, Citation]] = {}
    for start in range(0, len(nodes), _BATCH):
        batch = " ".join(iri_text(node) for node in nodes[start : start + _BATCH])
        for row in engine.rows(_QUERY % batch, limits=_LIMITS, trusted=True).rows:
            node, place, source, title, section, first, last, footnote, flag = (
                cell.value if cell is not None else None for cell in row
            )
            if node is None or place is None or source is None:
                continue
            citation = Citation(
                node=node,
                place=place,
                source=source,
                title=title,
                section=section,
                first_line=int(first) if first else None,
                last_line=int(last) if last else None,
                footnote=footnote,
                flag=flag,
            )
            # A work with titles in two languages, or a place in two sections, is still one place.
            found.setdefault(node, {}).setdefault(place, citation)
    return {node: list(places.values()) for node, places in found.items()}
