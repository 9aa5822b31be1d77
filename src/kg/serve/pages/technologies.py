"""`/technologies`: the scheme as a tree, each concept with what uses it and who supplies it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from kg.serve.pages.holdings import Holdings
from kg.serve.question_view import page_href
from kg.vocab import split_iri

_CONCEPTS: Final = """
SELECT ?concept ?note ?above WHERE {
  ?concept a kg:Technology .
  OPTIONAL { ?concept skos:definition ?note FILTER(LANG(?note) = "en") }
  OPTIONAL { ?concept skos:broader ?above }
}
ORDER BY ?concept ?note ?above
"""
# Counts go up the tree: a project with face recognition is one with surveillance.
_PROJECTS: Final = """
SELECT ?concept (COUNT(DISTINCT ?project) AS ?number) WHERE {
  ?project a kg:Project ; kg:usesTechnology/skos:broader* ?concept
}
GROUP BY ?concept
ORDER BY ?concept
"""
_SUPPLIERS: Final = """
SELECT ?concept (COUNT(DISTINCT ?actor) AS ?number) WHERE {
  ?actor kg:suppliesTechnology/skos:broader* ?concept
}
GROUP BY ?concept
ORDER BY ?concept
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A concept and those under it."""

    slug: str
    label: str
    chinese: str | None
    href: str
    note: str
    projects: int
    suppliers: int
    under: tuple["Node", ...]


def tree(here: Holdings) -> tuple[Node, ...]:
    """Return the top concepts in the order of the projects that use them."""
    notes: dict[str, str] = {}
    under: dict[str, set[str]] = defaultdict(set)
    for concept, note, above in here.texts(_CONCEPTS):
        notes.setdefault(concept, note)
        under[above].add(concept)
    projects = {concept: int(number) for concept, number in here.texts(_PROJECTS)}
    suppliers = {concept: int(number) for concept, number in here.texts(_SUPPLIERS)}

    def node(iri: str, above: tuple[str, ...]) -> Node:
        # A concept under itself would have no end; such data are wrong, and pages must not hang of it.
        lower = [node(one, (*above, iri)) for one in under[iri] if one not in above and one != iri]
        return Node(
            slug=(split_iri(iri) or ("", ""))[1],
            label=here.label(iri),
            chinese=here.chinese.get(iri),
            href=page_href(iri) or iri,
            note=notes.get(iri, ""),
            projects=projects.get(iri, 0),
            suppliers=suppliers.get(iri, 0),
            under=tuple(sorted(lower, key=_order)),
        )

    return tuple(sorted((node(iri, ()) for iri in under[""]), key=_order))


def _order(node: Node) -> tuple[int, int, str]:
    return -node.projects, -node.suppliers, node.label.casefold()
