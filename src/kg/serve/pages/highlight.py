"""SPARQL with its words coloured, for pages; colours are classes of the stylesheet."""

from typing import Final

from markupsafe import Markup, escape

from kg.catalog.tokens import Kind, tokenize
from kg.errors import QuerySyntaxError

_CLASSES: Final = {
    Kind.COMMENT: "cm",
    Kind.IRI: "ns",
    Kind.NAME: "ns",
    Kind.VARIABLE: "va",
    Kind.NUMBER: "nu",
    Kind.STRING: "st",
    Kind.LANGUAGE: "st",
    Kind.WORD: "kw",
}


def sparql(text: str) -> Markup:
    """Return SPARQL as HTML; text that is no SPARQL stays plain."""
    try:
        tokens = tokenize(text)
    except QuerySyntaxError:
        return escape(text)
    parts = []
    for token in tokens:
        name = _CLASSES.get(token.kind)
        parts.append(Markup('<span class="{}">{}</span>').format(name, token.text) if name else escape(token.text))
    return Markup("").join(parts)
