"""Puts values into a question: tokens become constants, and the result is proved to differ in nothing else.

Two things change, and only these. `?_name` becomes one constant, or a list of constants between the
parentheses of an IN. `BOUND(?_name)` becomes `true` when there is a value. Without one both stay as they
are: the variable is bound nowhere, BOUND is false, and the filter that must stand around it lets every row
pass. So a body runs unchanged on any SPARQL 1.1 engine, with no value given for what is optional.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kg.catalog.body import is_bound_test
from kg.catalog.records import Question
from kg.catalog.terms import term_text
from kg.catalog.tokens import Kind, Token, parameter_name, significant, tokenize
from kg.engine import Iri, Term
from kg.errors import KgError
from kg.vocab import XSD


class BindingProofError(KgError):
    """A bound query would differ from its template in more than constants. Our fault, never a value's."""

    code = "binding-proof"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token of the result: its kind and, where the template fixes it, its text."""

    kind: Kind
    text: str | None


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is written for one token of the template, the tokens that it must be read as, and what it stands for."""

    text: str
    pieces: tuple[_Piece, ...]
    template: str
    parameter: str


@dataclass(frozen=True, slots=True)
class _Spot:
    """A part of the bound text that the template writes in another way; it tells of one parameter."""

    start: int
    end: int
    template: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A question's SPARQL with values, which still knows what of it the values are."""

    text: str
    spots: tuple[_Spot, ...]

    def parameters(self, start: int, end: int) -> tuple[str, ...]:
        """Return the parameters whose values stand in a part of the text."""
        return tuple(dict.fromkeys(spot.parameter for spot in self.spots if start <= spot.start < end))

    def template(self, start: int, end: int) -> str:
        """Return a part of the text as the template has it."""
        pieces: list[str] = []
        for spot in self.spots:
            if start <= spot.start < end:
                pieces += (self.text[start : spot.start], spot.template)
                start = spot.end
        return "".join((*pieces, self.text[start:end]))


def substitute(question: Question, terms: Mapping[str, tuple[Term, ...]]) -> str:
    """Return the question's SPARQL with these terms in the place of its parameters; see `bound`."""
    return bound(question, terms).text


def bound(question: Question, terms: Mapping[str, tuple[Term, ...]]) -> Bound:
    """Return the question's SPARQL with these terms in the place of its parameters, and where they are.

    `terms` has an entry for each parameter with a value; an optional one without is left out.

    Raises:
        BindingProofError: the proof failed.
        TermError: a term has no written form.
    """
    return fill(question.sparql(), terms)


def fill(template: str, terms: Mapping[str, tuple[Term, ...]]) -> Bound:
    """Return SPARQL of our own with these terms in the place of its parameters, and where they are; see `bound`."""
    tokens = _template(template)
    edits = _edits(significant(tokens), terms)
    written: list[str] = []
    expected: list[_Piece] = []
    spots: list[_Spot] = []
    length = 0
    for token in tokens:
        edit = edits.get(token.start)
        text = token.text if edit is None else edit.text
        if edit is not None:
            expected.extend(edit.pieces)
            if text:
                spots.append(_Spot(length, length + len(text), edit.template, edit.parameter))
        elif token.kind not in (Kind.SPACE, Kind.COMMENT):
            expected.append(_Piece(token.kind, token.text))
        written.append(text)
        length += len(text)
    done = Bound("".join(written), tuple(spots))
    _prove(done.text, expected)
    return done


@lru_cache(maxsize=256)
def _template(sparql: str) -> tuple[Token, ...]:
    return tokenize(sparql)


def _edits(tokens: tuple[Token, ...], terms: Mapping[str, tuple[Term, ...]]) -> dict[int, _Edit]:
    """Return the edits by the offset of the token that they replace."""
    edits: dict[int, _Edit] = {}
    for index, token in enumerate(tokens):
        name = parameter_name(token) or ""
        values = terms.get(name)
        if values is None:
            continue
        if is_bound_test(tokens, index):
            word, opening, closing = tokens[index - 2], tokens[index - 1], tokens[index + 1]
            edits[word.start] = _Edit("true", (_Piece(Kind.WORD, "true"),), f"BOUND({token.text})", name)
            for dropped in (opening, token, closing):
                edits[dropped.start] = _Edit("", (), "", name)
        else:
            pieces: list[_Piece] = []
            for value in values:
                pieces.extend(([_Piece(Kind.MARK, ",")] if pieces else []) + _shape(value))
            text = ", ".join(term_text(value) for value in values)
            edits[token.start] = _Edit(text, tuple(pieces), token.text, name)
    return edits


def _shape(value: Term) -> list[_Piece]:
    """Return the kinds of tokens that one constant of this sort consists of."""
    if isinstance(value, Iri):
        return [_Piece(Kind.IRI, None)]
    if value.language:
        return [_Piece(Kind.STRING, None), _Piece(Kind.LANGUAGE, None)]
    if value.datatype and value.datatype != f"{XSD}string":
        return [_Piece(Kind.STRING, None), _Piece(Kind.MARK, "^^"), _Piece(Kind.IRI, None)]
    return [_Piece(Kind.STRING, None)]


def _prove(text: str, expected: list[_Piece]) -> None:
    found = significant(tokenize(text))
    if len(found) != len(expected):
        raise BindingProofError("the bound query has another number of tokens than its template")
    for token, piece in zip(found, expected, strict=True):
        if token.kind is not piece.kind or (piece.text is not None and token.text != piece.text):
            raise BindingProofError(f"the bound query differs in more than constants at line {token.line}")
