"""SPARQL 1.1 text as tokens, with nothing lost: joining them gives the text back.

Only the terminals of the grammar (SPARQL 1.1, 19.8) are known here. That is enough to put a value in the
place of a parameter and to prove that nothing else changed, because a parser sees token kinds and not text.
The scan is linear and keeps no state between tokens, so hostile text costs no more than its length.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kg.errors import QuerySyntaxError


class Kind(StrEnum):
    """What a token is to the grammar."""

    SPACE = "space"
    COMMENT = "comment"
    IRI = "iri"
    NAME = "name"
    BLANK = "blank"
    VARIABLE = "variable"
    LANGUAGE = "language"
    NUMBER = "number"
    STRING = "string"
    WORD = "word"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Token:
    """One terminal of the grammar.

    Attributes:
        kind: what it is.
        text: as written.
        start: offset of its first character.
        line: counted from 1.
        column: counted from 1, in characters.
    """

    kind: Kind
    text: str
    start: int
    line: int
    column: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any case."""
        return self.kind is Kind.WORD and self.text.upper() in words

    def is_mark(self, *marks: str) -> bool:
        """Whether it is one of these punctuation marks."""
        return self.kind is Kind.MARK and self.text in marks


_ESCAPE = r"\\(?:[tbnrf\\\"']|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
# PN_CHARS_BASE and its kin as ranges; surrogates stand in no range.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS = _BASE + "_0-9\\-\u00b7\u0300-\u036f\u203f-\u2040"
_PREFIX = f"[{_BASE}](?:[{_CHARS}.]*[{_CHARS}])?"
_ODD = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = f"(?:[{_BASE}_:0-9]|{_ODD})(?:(?:[{_CHARS}.:]|{_ODD})*(?:[{_CHARS}:]|{_ODD}))?"
_TERMINALS: Final = re.compile(
    "|".join(
        (
            r"(?P<space>[ \t\r\n]+)",
            r"(?P<comment>#[^\r\n]*)",
            r"(?P<iri><[^<>\"{}|^`\\\x00-\x20]*>)",
            f"(?P<variable>[?$][{_BASE}_0-9][{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040]*)",
            r"(?P<string>"
            rf'"""(?:"{{0,2}}(?:[^"\\]|{_ESCAPE}))*"""'
            rf"|'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*'''"
            rf'|"(?!"")(?:[^"\\\r\n]|{_ESCAPE})*"'
            rf"|'(?!'')(?:[^'\\\r\n]|{_ESCAPE})*')",
            r"(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)",
            f"(?P<blank>_:[{_BASE}_0-9](?:[{_CHARS}.]*[{_CHARS}])?)",
            f"(?P<name>(?:{_PREFIX})?:(?:{_LOCAL})?)",
            r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)",
            r"(?P<word>[A-Za-z][A-Za-z_0-9]*)",
            r"(?P<mark>\^\^|&&|\|\||!=|<=|>=|[(){}\[\].;,*/|^?+\-!=<>])",
        )
    )
)


_KINDS: Final = {kind.value: kind for kind in Kind}


def tokenize(text: str) -> tuple[Token, ...]:
    """Return all tokens of a query, white space and comments among them.

    Raises:
        QuerySyntaxError: a character starts no token; line and column say where.
    """
    tokens: list[Token] = []
    position, line, line_start = 0, 1, 0
    while position < len(text):
        match = _TERMINALS.match(text, position)
        if match is None or match.lastgroup is None:
            column = position - line_start + 1
            raise QuerySyntaxError(f"no SPARQL token starts with {text[position]!r}", line, column)
        piece = match.group()
        tokens.append(Token(_KINDS[match.lastgroup], piece, position, line, position - line_start + 1))
        if "\n" in piece:
            line += piece.count("\n")
            line_start = position + piece.rindex("\n") + 1
        position = match.end()
    return tuple(tokens)


def significant(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return the tokens that the grammar sees: no white space, no comment."""
    return tuple(token for token in tokens if token.kind not in (Kind.SPACE, Kind.COMMENT))


def parameter_name(token: Token) -> str | None:
    """Return the name in `?_name`, or None for any other token."""
    if token.kind is Kind.VARIABLE and len(token.text) > 2 and token.text.startswith(("?_", "$_")):
        return token.text[2:]
    return None


def matching(tokens: tuple[Token, ...], opening: int) -> int:
    """Return the index of the bracket that closes the one at `opening`.

    Raises:
        QuerySyntaxError: it is never closed.
    """
    pairs = {"(": ")", "{": "}", "[": "]"}
    mark = tokens[opening].text
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].is_mark(mark):
            depth += 1
        elif tokens[index].is_mark(pairs[mark]):
            depth -= 1
            if depth == 0:
                return index
    raise QuerySyntaxError(f"{mark!r} is never closed", tokens[opening].line, tokens[opening].column)
