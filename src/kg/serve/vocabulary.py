"""What the editor completes: prefixes, classes and properties, what they mean and how often they occur."""

from typing import Any, Final

from kg.engine import Engine, Limits, Literal
from kg.vocab import PREFIXES, PROLOGUE, compact

# The whole graph is counted, once for each release.
_READING: Final = Limits(seconds=60.0, rows=100_000)
_WORDS: Final = """
SELECT ?term ?label ?comment WHERE {
  VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty }
  ?term a ?kind .
  OPTIONAL { ?term rdfs:label ?label }
  OPTIONAL { ?term rdfs:comment ?comment }
}
ORDER BY ?term ?label ?comment
"""
_CLASSES: Final = "SELECT ?class (COUNT(DISTINCT ?thing) AS ?number) WHERE { ?thing a ?class } GROUP BY ?class"
_PROPERTIES: Final = "SELECT ?property (COUNT(*) AS ?number) WHERE { ?s ?property ?o } GROUP BY ?property"
_LONGEST_COMMENT: Final = 240


def vocabulary(engine: Engine, release: str) -> dict[str, Any]:
    """Return the content of `/vocab.json`; terms come with ours first, then the most used first.

    Raises:
        KgError: the engine cannot answer.
    """
    words: dict[str, tuple[str | None, str | None]] = {}
    for term, label, comment in engine.rows(PROLOGUE + _WORDS, limits=_READING, trusted=True).rows:
        if term is not None:
            words.setdefault(term.value, (_text(label), _text(comment)))
    return {
        "release": release,
        "prefixes": PREFIXES,
        "classes": _terms(engine, _CLASSES, words),
        "properties": _terms(engine, _PROPERTIES, words),
    }


def _terms(engine: Engine, counting: str, words: dict[str, tuple[str | None, str | None]]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for term, number in engine.rows(PROLOGUE + counting, limits=_READING, trusted=True).rows:
        if term is None or number is None:
            continue
        name = compact(term.value)
        if name == term.value:
            # Without a prefix of ours it would have to be written in full, which nobody completes.
            continue
        label, comment = words.get(term.value, (None, None))
        found.append({"name": name, "label": label, "comment": comment, "count": int(number.value)})
    found.sort(key=lambda one: (not str(one["name"]).startswith("kg:"), -int(str(one["count"])), str(one["name"])))
    return found


def _text(term: object) -> str | None:
    if not isinstance(term, Literal) or term.language not in (None, "en"):
        return None
    text = term.value
    return text if len(text) <= _LONGEST_COMMENT else text[:_LONGEST_COMMENT].rsplit(" ", 1)[0] + " …"
