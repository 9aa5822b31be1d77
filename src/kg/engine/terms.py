"""SPARQL JSON results to terms."""

import json
from typing import Any

from kg.engine.types import RDF_LANG_STRING, XSD_STRING, Answer, Iri, Literal, Rows, Term


def rows_of(answer: Answer) -> Rows:
    """Read an answer in `application/sparql-results+json` as rows of terms."""
    document = json.loads(answer.body)
    columns = tuple(document["head"]["vars"])
    rows = tuple(tuple(_term(binding.get(name)) for name in columns) for binding in document["results"]["bindings"])
    return Rows(columns=columns, rows=rows, complete=answer.complete, limit=answer.limit)


def boolean_of(answer: Answer) -> bool:
    """Read an answer in `application/sparql-results+json` as a boolean."""
    return bool(json.loads(answer.body)["boolean"])


def _term(cell: dict[str, Any] | None) -> Term | None:
    if cell is None:
        return None
    if cell["type"] == "uri":
        return Iri(cell["value"])
    if cell["type"] == "bnode":
        return Iri(f"_:{cell['value']}")
    language = cell.get("xml:lang")
    datatype = RDF_LANG_STRING if language else cell.get("datatype", XSD_STRING)
    return Literal(cell["value"], datatype, language)
