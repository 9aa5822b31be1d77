"""A query's WHERE as pieces that can be taken out one at a time."""

from dataclasses import dataclass
from enum import StrEnum

from kg.catalog.tokens import Kind, Token, matching, significant, tokenize
from kg.errors import QuerySyntaxError

_GROUP_WORDS = ("OPTIONAL", "MINUS", "GRAPH", "BIND", "VALUES", "FILTER", "SERVICE")


# First offset, and the one after the last.
Span = tuple[int, int]


class PieceKind(StrEnum):
    """What a piece of a group is."""

    TRIPLE = "triple"
    FILTER = "filter"
    OPTIONAL = "optional"
    MINUS = "minus"
    BIND = "bind"
    VALUES = "values"
    UNION = "union"
    GROUP = "group"
    SUBSELECT = "subselect"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a group that stands by itself.

    Attributes:
        text: as it can stand in a group, without a final dot.
        tokens: its tokens; for a triple also those of a subject shared with others.
        spans: where its text comes from in the query; several for a triple whose subject is shared.
    """

    kind: PieceKind
    text: str
    tokens: tuple[Token, ...]
    spans: tuple[Span, ...]

    @property
    def variables(self) -> frozenset[str]:
        """Names of the variables in it, however deep."""
        return frozenset(token.text[1:] for token in self.tokens if token.kind is Kind.VARIABLE)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A query taken apart.

    Attributes:
        prologue: the PREFIX lines.
        pieces: those of the outer group, in their order.
        tail: where what follows the group stands: GROUP BY, HAVING, ORDER BY, LIMIT.
    """

    prologue: str
    pieces: tuple[Piece, ...]
    tail: Span


def take_apart(query: str) -> Pattern:
    """Return the pieces of a SELECT query's outer group.

    Raises:
        QuerySyntaxError: it is no SELECT, or a bracket is never closed.
    """
    tokens = significant(tokenize(query))
    select = next((i for i, token in enumerate(tokens) if token.is_word("SELECT")), None)
    if select is None:
        raise QuerySyntaxError("only a SELECT can be taken apart")
    opening = next((i for i in range(select, len(tokens)) if tokens[i].is_mark("{")), None)
    if opening is None:
        raise QuerySyntaxError("the query has no group")
    closing = matching(tokens, opening)
    return Pattern(
        prologue=query[: tokens[select].start],
        pieces=pieces_of(tokens[opening + 1 : closing], query),
        tail=(tokens[closing].start + 1, len(query)),
    )


def inner_groups(piece: Piece, source: str) -> tuple[tuple[Piece, ...], ...]:
    """Return the pieces of each group directly inside a group, union or subselect."""
    found: list[tuple[Piece, ...]] = []
    index = 0
    tokens = piece.tokens
    while index < len(tokens):
        if tokens[index].is_mark("{"):
            closing = matching(tokens, index)
            inside = tokens[index + 1 : closing]
            if inside and inside[0].is_word("SELECT"):
                opening = next(i for i, token in enumerate(inside) if token.is_mark("{"))
                inside = inside[opening + 1 : matching(inside, opening)]
            found.append(pieces_of(inside, source))
            index = closing
        index += 1
    return tuple(found)


def pieces_of(tokens: tuple[Token, ...], source: str) -> tuple[Piece, ...]:
    """Return the pieces of the group whose inside these tokens are."""
    pieces: list[Piece] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.is_mark("."):
            index += 1
            continue
        if token.is_mark("{"):
            end, kind = _group_end(tokens, index)
        elif token.is_word("FILTER"):
            end, kind = _constraint_end(tokens, index + 1), PieceKind.FILTER
        elif token.is_word("OPTIONAL", "MINUS", "GRAPH", "SERVICE"):
            opening = _next_mark(tokens, index, "{")
            end = matching(tokens, opening) + 1
            kind = {"OPTIONAL": PieceKind.OPTIONAL, "MINUS": PieceKind.MINUS}.get(token.text.upper(), PieceKind.GROUP)
        elif token.is_word("BIND"):
            end, kind = matching(tokens, index + 1) + 1, PieceKind.BIND
        elif token.is_word("VALUES"):
            end, kind = matching(tokens, _next_mark(tokens, index, "{")) + 1, PieceKind.VALUES
        else:
            end = _triples_end(tokens, index)
            pieces.extend(_triples(tokens[index:end], source))
            index = end
            continue
        pieces.append(_piece(kind, source, tokens[index:end]))
        index = end
    return tuple(pieces)


def _piece(kind: PieceKind, source: str, *parts: tuple[Token, ...]) -> Piece:
    spans = tuple((part[0].start, part[-1].start + len(part[-1].text)) for part in parts if part)
    text = " ".join(source[start:end] for start, end in spans)
    return Piece(kind, text, tuple(token for part in parts for token in part), spans)


def _next_mark(tokens: tuple[Token, ...], start: int, mark: str) -> int:
    for index in range(start, len(tokens)):
        if tokens[index].is_mark(mark):
            return index
    raise QuerySyntaxError(f"{mark!r} is missing", tokens[start].line, tokens[start].column)


def _group_end(tokens: tuple[Token, ...], index: int) -> tuple[int, PieceKind]:
    end = matching(tokens, index) + 1
    kind = PieceKind.SUBSELECT if tokens[index + 1].is_word("SELECT") else PieceKind.GROUP
    while end < len(tokens) and tokens[end].is_word("UNION"):
        end = matching(tokens, end + 1) + 1
        kind = PieceKind.UNION
    return end, kind


def _constraint_end(tokens: tuple[Token, ...], index: int) -> int:
    if tokens[index].is_mark("("):
        return matching(tokens, index) + 1
    if tokens[index].is_word("EXISTS", "NOT"):
        return matching(tokens, _next_mark(tokens, index, "{")) + 1
    return matching(tokens, _next_mark(tokens, index, "(")) + 1


def _triples_end(tokens: tuple[Token, ...], start: int) -> int:
    index = start
    while index < len(tokens):
        token = tokens[index]
        if token.is_mark(".", "{") or token.is_word(*_GROUP_WORDS):
            return index
        index = matching(tokens, index) + 1 if token.is_mark("(", "[") else index + 1
    return index


def _triples(tokens: tuple[Token, ...], source: str) -> list[Piece]:
    if tokens[0].is_mark("[", "("):
        return [_piece(PieceKind.TRIPLE, source, tokens)]
    subject, pieces = tokens[:1], []
    for pair in _split(tokens[1:], ";"):
        verb = _path_end(pair)
        for value in _split(pair[verb:], ","):
            pieces.append(_piece(PieceKind.TRIPLE, source, subject, pair[:verb], value))
    return pieces


def _split(tokens: tuple[Token, ...], mark: str) -> list[tuple[Token, ...]]:
    parts: list[tuple[Token, ...]] = []
    start = index = 0
    while index < len(tokens):
        if tokens[index].is_mark("(", "["):
            index = matching(tokens, index)
        elif tokens[index].is_mark(mark):
            parts.append(tokens[start:index])
            start = index + 1
        index += 1
    parts.append(tokens[start:])
    return [part for part in parts if part]


def _path_end(tokens: tuple[Token, ...]) -> int:
    index = 0
    while index < len(tokens):
        while tokens[index].is_mark("^", "!"):
            index += 1
        index = matching(tokens, index) + 1 if tokens[index].is_mark("(") else index + 1
        if index < len(tokens) and tokens[index].is_mark("*", "+", "?"):
            index += 1
        if index < len(tokens) and tokens[index].is_mark("/", "|"):
            index += 1
            continue
        return index
    return index
