"""Why an answer is empty: which part of the query let nothing through, and what comes nearest to it.

A few small ASK queries on the same release. First the terms that the release does not know at all, then the
parts that match nothing by themselves, then the parts without which there would be rows.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from kg.catalog.pattern import Pattern, Piece, PieceKind, inner_groups, take_apart
from kg.catalog.terms import iri_text
from kg.catalog.tokens import Kind, Token, significant, tokenize
from kg.engine import Engine, Iri, Limits, Term
from kg.errors import KgError, QuerySyntaxError
from kg.vocab import ID, KG, PREFIXES, compact

_LIMITS: Final = Limits(seconds=0.5, rows=20_000)
_CUTS: Final = re.compile(r"\b(HAVING|LIMIT|OFFSET)\b", re.IGNORECASE)
_FIXED: Final = (PieceKind.OPTIONAL, PieceKind.BIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What emptied an answer.

    Attributes:
        text: the part of the query, as written.
        unknown: a term in it that the release does not have, compact, or None.
        nearest: existing terms that come nearest to what was asked, compact, the nearest first.
        message: one sentence for people.
    """

    text: str
    unknown: str | None
    nearest: tuple[str, ...]
    message: str


class _OutOfTimeError(Exception):
    """The examination has used up its time."""


def diagnose(engine: Engine, sparql: str, *, seconds: float = 0.3) -> Diagnosis | None:
    """Return what emptied the answer to a SELECT, or None where that cannot be said.

    No question to the release begins after `seconds`; what is not clear by then stays unsaid.
    """
    try:
        pattern = take_apart(sparql)
        return _Examination(engine, sparql, pattern, time.monotonic() + seconds).find()
    except (QuerySyntaxError, _OutOfTimeError):
        return None


@dataclass(slots=True)
class _Examination:
    engine: Engine
    source: str
    pattern: Pattern
    deadline: float

    def find(self) -> Diagnosis | None:
        pieces = self.pattern.pieces
        unknown = self._unknown_term(pieces)
        if unknown is not None:
            return unknown
        culprit = self._culprit(pieces)
        if culprit is None:
            tail = " ".join(self.pattern.tail.split())
            if _CUTS.search(tail) and self._ask(pieces):
                message = f"The pattern has rows, but what follows it lets none through: {tail}"
                return Diagnosis(text=tail, unknown=None, nearest=(), message=message)
            return None
        piece, context = culprit
        nearest = self._nearest(piece, context)
        hint = f" Nearest that exists: {', '.join(nearest)}." if nearest else ""
        words = " ".join(piece.text.split())
        return Diagnosis(
            text=words, unknown=None, nearest=nearest, message=f"Without this part there would be rows: {words}.{hint}"
        )

    # Terms that do not exist

    def _unknown_term(self, pieces: Iterable[Piece]) -> Diagnosis | None:
        terms: dict[str, Piece] = {}
        for piece in _demanding(pieces, self.source):
            # What stands before * or ? need not match anything, but the thing at the end must exist.
            tokens = piece.tokens[-1:] if _is_loose(piece) else piece.tokens
            for iri in self._iris(tokens):
                terms.setdefault(iri, piece)
        for piece in pieces:
            if piece.kind is PieceKind.VALUES:
                for iri in self._iris(piece.tokens):
                    terms.setdefault(iri, piece)
        if not terms:
            return None
        values = " ".join(iri_text(iri) for iri in terms)
        exists = "EXISTS { ?t ?p1 ?o1 } || EXISTS { ?s2 ?t ?o2 } || EXISTS { ?s3 ?p3 ?t }"
        query = f"SELECT ?t WHERE {{ VALUES ?t {{ {values} }} FILTER(!({exists})) }}"
        missing = {row[0].value for row in self._rows(query) if row[0] is not None}
        for iri, piece in terms.items():
            if iri in missing:
                return self._unknown(iri, piece)
        # A property may be described by the ontology and used by nothing.
        for piece in _demanding(pieces, self.source):
            verb = self._plain_verb(piece)
            if verb is not None and not self._ask_text(f"?s {iri_text(verb)} ?o"):
                return self._unknown(verb, piece)
        return None

    def _unknown(self, iri: str, piece: Piece) -> Diagnosis:
        nearest = _closest(iri, self._candidates(iri, piece))
        hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
        text = " ".join(piece.text.split())
        message = f"Nothing in this release uses {compact(iri)}, which stands in: {text}.{hint}"
        return Diagnosis(text=text, unknown=compact(iri), nearest=nearest, message=message)

    def _candidates(self, iri: str, piece: Piece) -> list[str]:
        base = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
        if self._plain_verb(piece) == iri or (base == KG and iri[len(base) :][:1].islower()):
            query = "SELECT DISTINCT ?x WHERE { ?s ?x ?o }"
        elif base.startswith(ID):
            query = f'SELECT DISTINCT ?x WHERE {{ ?x a ?c FILTER(STRSTARTS(STR(?x), "{base}")) }}'
        else:
            query = "SELECT DISTINCT ?x WHERE { ?s a ?x }"
        return [row[0].value for row in self._rows(query) if isinstance(row[0], Iri)]

    # Parts that let nothing through

    def _culprit(self, pieces: tuple[Piece, ...]) -> tuple[Piece, tuple[Piece, ...]] | None:
        for piece in pieces:
            if piece.kind in (PieceKind.SUBSELECT, PieceKind.GROUP, PieceKind.UNION) and not self._ask([piece]):
                inside = [self._culprit(inner) for inner in inner_groups(piece, self.source)]
                return next((found for found in inside if found is not None), (piece, ()))
            if piece.kind is PieceKind.TRIPLE and not self._ask([piece]):
                return piece, tuple(other for other in pieces if other is not piece)
        if self._ask(pieces):
            return None
        # Filters first: taking one out never makes the rest slower.
        for is_filter in (True, False):
            saving = [
                piece
                for piece in pieces
                if piece.kind not in _FIXED
                and (piece.kind is PieceKind.FILTER) == is_filter
                and self._ask(_without(pieces, piece))
            ]
            if saving:
                worst = max(saving, key=lambda piece: (self._conflicts(piece, pieces), self._pull(piece)))
                return worst, _without(pieces, worst)
        return None

    def _conflicts(self, piece: Piece, pieces: Iterable[Piece]) -> int:
        """Return with how many other triples a triple cannot be true at once; the odd one has the most."""
        if piece.kind is not PieceKind.TRIPLE:
            return 0
        others = [
            other
            for other in pieces
            if other is not piece and other.kind is PieceKind.TRIPLE and other.variables & piece.variables
        ]
        return sum(not self._ask([piece, other]) for other in others)

    def _pull(self, piece: Piece) -> int:
        """Return how likely people got a part wrong: a chosen thing before another constant, then variables."""
        last = piece.tokens[-1]
        if last.kind is Kind.VARIABLE:
            return 0
        return 2 if (self._constant(last) or "").startswith(ID) else 1

    # What comes nearest

    def _nearest(self, piece: Piece, context: tuple[Piece, ...]) -> tuple[str, ...]:
        constants = [token for token in piece.tokens if token.kind in (Kind.IRI, Kind.NAME, Kind.STRING)]
        if piece.kind is PieceKind.TRIPLE:
            value = self._value(piece)
            if value is None:
                return ()
            open_text = piece.text[: len(piece.text) - len(value[1])] + "?nearestValue"
            found = self._values("nearestValue", [open_text, *(other.text for other in context)])
            return _closest(value[0], found)
        # A pattern is no value that could be near to another.
        has_pattern = any(token.is_word("REGEX", "REPLACE") for token in piece.tokens)
        if piece.kind is PieceKind.FILTER and constants and not has_pattern:
            bound = {name for other in context for name in other.variables}
            for name in sorted(piece.variables & bound):
                found = self._values(name, [other.text for other in context])
                wanted = self._constant(constants[-1])
                if found and wanted:
                    return _closest(wanted, found)
        return ()

    def _value(self, piece: Piece) -> tuple[str, str] | None:
        """Return the constant object of a triple, in full and as written."""
        last = piece.tokens[-1]
        if last.kind in (Kind.IRI, Kind.NAME) and not piece.tokens[-2].is_mark("^^"):
            return self._constant(last) or "", last.text
        if last.kind is Kind.LANGUAGE:
            string = piece.tokens[-2]
            return string.text[1:-1], piece.text[piece.text.rindex(string.text) :]
        if last.kind is Kind.STRING:
            return last.text[1:-1], last.text
        return None

    def _values(self, name: str, texts: list[str]) -> list[str]:
        query = f"SELECT DISTINCT ?{name} WHERE {{ {' . '.join(texts)} }} ORDER BY ?{name} LIMIT 2000"
        return [row[0].value for row in self._rows(query) if row[0] is not None]

    # Small questions to the release

    def _ask(self, pieces: Iterable[Piece]) -> bool:
        return self._ask_text(_joined(pieces))

    def _ask_text(self, text: str) -> bool:
        return self._try(lambda query: self.engine.ask(query, limits=_LIMITS, trusted=True), f"ASK {{ {text} }}")

    def _rows(self, query: str) -> tuple[tuple[Term | None, ...], ...]:
        self._check_time()
        try:
            return self.engine.rows(self.pattern.prologue + query, limits=_LIMITS, trusted=True).rows
        except KgError:
            return ()

    def _try(self, ask: Callable[[str], bool], query: str) -> bool:
        self._check_time()
        try:
            return ask(self.pattern.prologue + query)
        except KgError:
            # Too slow is no proof of emptiness.
            return True

    def _check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise _OutOfTimeError

    # Reading tokens

    def _iris(self, tokens: Iterable[Token]) -> list[str]:
        return [iri for iri in map(self._constant, tokens) if iri is not None and "://" in iri]

    def _constant(self, token: Token) -> str | None:
        if token.kind is Kind.IRI:
            return token.text[1:-1]
        if token.kind is Kind.NAME:
            prefix, _, local = token.text.partition(":")
            base = _prefixes(self.pattern.prologue).get(prefix, PREFIXES.get(prefix))
            return None if base is None else base + local.replace("\\", "")
        return token.text[1:-1] if token.kind is Kind.STRING else None

    def _plain_verb(self, piece: Piece) -> str | None:
        """Return the property of a triple whose verb is one IRI and not `a`."""
        if piece.kind is not PieceKind.TRIPLE or len(piece.tokens) < 3:
            return None
        verb, follower = piece.tokens[1], piece.tokens[2]
        if verb.kind not in (Kind.IRI, Kind.NAME) or follower.is_mark("/", "|", "*", "+", "?"):
            return None
        return self._constant(verb)


def _demanding(pieces: Iterable[Piece], source: str) -> list[Piece]:
    """Return the triples that every row must match, inside subselects and groups too."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.kind is PieceKind.TRIPLE:
            found.append(piece)
        elif piece.kind in (PieceKind.SUBSELECT, PieceKind.GROUP):
            for inner in inner_groups(piece, source):
                found.extend(_demanding(inner, source))
    return found


def _is_loose(piece: Piece) -> bool:
    return any(token.is_mark("*", "?", "|") for token in piece.tokens)


def _without(pieces: tuple[Piece, ...], gone: Piece) -> tuple[Piece, ...]:
    """Return the rest, less the filters that ask about variables which only the removed piece bound."""
    rest = [piece for piece in pieces if piece is not gone]
    if gone.kind is PieceKind.FILTER:
        return tuple(rest)
    bound = {name for piece in rest if piece.kind is not PieceKind.FILTER for name in piece.variables}
    lost = gone.variables - bound
    return tuple(piece for piece in rest if piece.kind is not PieceKind.FILTER or not piece.variables & lost)


def _joined(pieces: Iterable[Piece]) -> str:
    listed = list(pieces)
    asked = {name for piece in listed if piece.kind in (PieceKind.FILTER, PieceKind.BIND) for name in piece.variables}
    kept = [piece for piece in listed if piece.kind is not PieceKind.OPTIONAL or piece.variables & asked]
    return " ".join(piece.text + (" ." if piece.kind is PieceKind.TRIPLE else "") for piece in kept)


def _closest(wanted: str, candidates: Iterable[str], count: int = 3) -> tuple[str, ...]:
    target = compact(wanted).casefold()
    shown = {compact(candidate): None for candidate in candidates}
    scored = sorted(
        ((SequenceMatcher(None, target, text.casefold(), autojunk=False).ratio(), text) for text in shown),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return tuple(text for _, text in scored[:count])


def _prefixes(prologue: str) -> dict[str, str]:
    tokens = significant(tokenize(prologue))
    return {
        tokens[index + 1].text.rstrip(":"): tokens[index + 2].text[1:-1]
        for index, token in enumerate(tokens)
        if token.is_word("PREFIX") and index + 2 < len(tokens)
    }
