"""A list as SPARQL: the query that finds the things which an address asks for, as a reader would write it."""

import re
from typing import Final

from kg.catalog.bind import fill
from kg.catalog.tokens import Kind, tokenize
from kg.engine import Iri, Literal, Term
from kg.serve.pages.holdings import Holdings
from kg.serve.pages.narrowing import NOT_STATED, Found
from kg.serve.pages.room import Room
from kg.vocab import PREFIXES

_SPACES: Final = re.compile(r"\s+")
# The list shows only the classes that say most, so a class is one of a thing that has none below it.
_MOST_SPECIFIC: Final = (
    "?thing a ?type FILTER(?type = ?_type)\n"
    "  FILTER NOT EXISTS { ?thing a ?narrower . ?narrower rdfs:subClassOf ?type FILTER(?narrower != ?type) }"
)
_LABEL: Final = '?thing rdfs:label ?label FILTER(LANG(?label) IN ("", "en"))'


def list_query(room: Room, held: Holdings, found: Found) -> str:
    """Return the query of a list; it gives the same things, in the order of their labels."""
    terms: dict[str, tuple[Term, ...]] = {}
    parts = [f"{room.members} ."]
    for key, value in found.asked.chosen:
        facet = next(one for one in room.facets if one.key == key)
        pattern = _SPACES.sub(" ", next(read.pattern for read in room.reads if read.key == key))
        if value == NOT_STATED:
            # Worked out once, where NOT EXISTS would follow a path for every thing.
            parts.append(f"MINUS {{ {_named(pattern, key)} }}")
            continue
        terms[key] = tuple(one.term for one in held.choices(room, facet)[value] if one.term is not None)
        test = f"= ?_{key}" if len(terms[key]) == 1 else f"IN (?_{key})"
        if key == "type":
            parts.append(_MOST_SPECIFIC)
        else:
            text = f"{_named(pattern, key)} FILTER(?{key} {test})"
            # A BIND ends a group, and what it uses may have its name twice: such a pattern gets braces of its own.
            parts.append(f"{{ {text} }}" if "BIND" in text else text)
    parts += _search(room, held, found, terms)
    body = "\n  ".join(parts)
    template = f"SELECT DISTINCT ?thing ?label\nWHERE {{\n  {body}\n}}\nORDER BY ?label ?thing\n"
    template = re.sub(r"\?thing\b", f"?{room.one}", template)
    return _comment(room, found) + fill(_prologue(template) + template, terms).text


def _named(pattern: str, key: str) -> str:
    return re.sub(r"\?value\b", f"?{key}", pattern)


def _search(room: Room, held: Holdings, found: Found, terms: dict[str, tuple[Term, ...]]) -> list[str]:
    """Return what finds the words that were typed: SPARQL's own search where it finds the same, else the things."""
    words = found.asked.query.lower().split()
    if not words:
        return [f"OPTIONAL {{ {_LABEL} }}"]
    labels = ((item.iri, held.labels.get(item.iri, "").lower()) for item in held.items(room))
    simply = {iri for iri, label in labels if all(word in label for word in words)}
    wanted = {item.iri for item in found.searched}
    if wanted == simply:
        terms.update({f"word{place}": (Literal(word),) for place, word in enumerate(words)})
        return [_LABEL, *(f"FILTER(CONTAINS(LCASE(?label), ?_word{place}))" for place in range(len(words)))]
    # The list reads over accents and Chinese names, and names what has no label.
    terms["found"] = tuple(Iri(iri) for iri in sorted(wanted))
    return [f"OPTIONAL {{ {_LABEL} }}", "FILTER(?thing IN (?_found))"]


def _prologue(text: str) -> str:
    used = {token.text.partition(":")[0] for token in tokenize(text) if token.kind is Kind.NAME}
    return "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items() if prefix in used) + "\n"


def _comment(room: Room, found: Found) -> str:
    headings = {facet.key: facet.heading for facet in room.facets}
    chosen = [f"{headings[key]} {' '.join(found.asked.words[key].split())}" for key, _ in found.asked.chosen]
    chosen += ["by name"] if found.asked.query else []
    return f"# {': '.join([room.title, *(['; '.join(chosen)] if chosen else [])])}\n"
