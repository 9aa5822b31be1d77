"""RDF terms as SPARQL text, written so that no reader can see anything but one constant.

Which terms a query may name is read here too, from the ontology files.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kg.engine import Iri, Term
from kg.errors import KgError
from kg.vocab import XSD

_IRI_FORBIDS: Final = re.compile(r"[<>\"{}|^`\\\x00-\x20]")
_SHORT_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LANGUAGE: Final = re.compile(r"[A-Za-z]+(-[A-Za-z0-9]+)*\Z")


class TermError(KgError):
    """A value has no written form as one RDF term."""

    code = "term"


def iri_text(value: str) -> str:
    """Return an IRI in angle brackets.

    Raises:
        TermError: a character that an IRI cannot hold (SPARQL 1.1, 19.8, IRIREF), or a lone surrogate.
    """
    if _IRI_FORBIDS.search(value) or not value.isprintable():
        raise TermError(f"not an IRI: {value!r}")
    return f"<{value}>"


def string_text(value: str) -> str:
    r"""Return a quoted string whose value is exactly `value`.

    A `u` after a backslash is written as an escape of its own. SPARQL 1.1, 19.2 lets a processor decode
    `\uXXXX` before it looks for tokens, and such a one (rdflib) would read `\\u0022` as a backslash and a quote.
    The long form is used, because rdflib takes four hexadecimal digits after a short one for part of it.

    Raises:
        TermError: NUL or a lone surrogate, which no RDF literal can hold.
    """
    pieces: list[str] = []
    before = ""
    for character in value:
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise TermError("a text may hold neither NUL nor half a character")
        if character in "uU" and before == "\\":
            pieces.append(f"\\U{ord(character):08X}")
        elif character in _SHORT_ESCAPES:
            pieces.append(_SHORT_ESCAPES[character])
        elif character < " " or "\x7f" <= character <= "\x9f":
            pieces.append(f"\\U{ord(character):08X}")
        else:
            pieces.append(character)
        before = character
    return '"' + "".join(pieces) + '"'


def term_text(term: Term) -> str:
    """Return a term as SPARQL text: an IRI, a string, a string with a language or with a datatype."""
    if isinstance(term, Iri):
        return iri_text(term.value)
    text = string_text(term.value)
    if term.language:
        if not _LANGUAGE.match(term.language):
            raise TermError(f"not a language tag: {term.language!r}")
        return f"{text}@{term.language}"
    if term.datatype and term.datatype != f"{XSD}string":
        return f"{text}^^{iri_text(term.datatype)}"
    return text


def read_known_terms(files: Iterable[Path]) -> frozenset[str]:
    """Return every IRI that these Turtle files describe: the terms that a saved query may name."""
    from pyoxigraph import NamedNode, RdfFormat, parse

    known: set[str] = set()
    for path in files:
        for quad in parse(path=path, format=RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode):
                known.add(quad.subject.value)
    return frozenset(known)
