"""Why an answer is empty: which part of the query let nothing through, and what comes nearest to it.

A few small ASK queries on the same release. First the terms that the release does not know at all, then the
parts that match nothing by themselves, then the parts without which there would be rows.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Protocol

from kg.catalog.pattern import Pattern, Piece, PieceKind, Span, inner_groups, take_apart
from kg.catalog.terms import iri_text
from kg.catalog.tokens import Kind, Token, significant, tokenize
from kg.engine import Iri, Limits, Rows, Term
from kg.errors import KgError, QuerySyntaxError
from kg.vocab import ID, KG, PREFIXES, compact

# A question that asks for less time than this would mostly be stopped while it is being handed over.
_LEAST_SECONDS: Final = 0.02
_MOST_ROWS: Final = 20_000
# Comparing takes time by the square of the length.
_LONGEST_NAME: Final = 120
_CUTS: Final = re.compile(r"\b(HAVING|LIMIT|OFFSET)\b", re.IGNORECASE)
_FIXED: Final = (PieceKind.OPTIONAL, PieceKind.BIND)
_GROUPS: Final = (PieceKind.SUBSELECT, PieceKind.GROUP, PieceKind.UNION)

_Culprit = tuple[Piece, tuple[Piece, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What emptied an answer.

    Attributes:
        text: the part of the query, as written.
        spans: where it stands in the query, in its order.
        unknown: a term in it that the release does not have, compact, or None.
        nearest: existing terms that come nearest to what was asked, compact, the nearest first.
        message: one sentence for people.
    """

    text: str
    spans: tuple[Span, ...]
    unknown: str | None
    nearest: tuple[str, ...]
    message: str


class Asks(Protocol):
    """What the examination needs of an engine."""

    def rows(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> Rows:
        """Answer a SELECT as terms."""

    def ask(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> bool:
        """Answer an ASK."""


class _OutOfTimeError(Exception):
    """The examination has used up its time."""


def diagnose(engine: Asks, sparql: str, *, seconds: float = 0.25) -> Diagnosis | None:
    """Return what emptied the answer to a SELECT, which had no rows, or None where that cannot be said.

    No question to the release begins after `seconds`, and none may take longer than what is left of them; what is
    not clear by then stays unsaid.
    """
    try:
        pattern = take_apart(sparql)
    except QuerySyntaxError:
        return None
    return _Examination(engine, sparql, pattern, time.monotonic() + seconds).find()


@dataclass(slots=True)
class _Examination:
    engine: Asks
    source: str
    pattern: Pattern
    deadline: float
    asked: dict[str, bool] = field(default_factory=dict)
    suspect: _Culprit | None = None

    def find(self) -> Diagnosis | None:
        pieces = self.pattern.pieces
        tail = " ".join(self.source[slice(*self.pattern.tail)].split())
        try:
            unknown = self._unknown_term(pieces)
            if unknown is not None:
                return unknown
            culprit = self._culprit(pieces, is_empty=_CUTS.search(tail) is None)
        except _OutOfTimeError:
            return self._named(self.suspect)
        # A branch that nothing passes says more than the whole group that would have to go.
        if self.suspect is not None and (culprit is None or culprit[0].kind in _GROUPS):
            culprit = self.suspect
        if culprit is None and _CUTS.search(tail):
            message = f"The pattern has rows, but what follows it lets none through: {tail}"
            return Diagnosis(text=tail, spans=(self.pattern.tail,), unknown=None, nearest=(), message=message)
        return self._named(culprit)

    def _named(self, culprit: _Culprit | None) -> Diagnosis | None:
        if culprit is None:
            return None
        piece, context = culprit
        try:
            nearest = self._nearest(piece, context)
        except _OutOfTimeError:
            nearest = ()
        hint = f" Nearest that exists: {', '.join(nearest)}." if nearest else ""
        words = " ".join(piece.text.split())
        return Diagnosis(
            text=words,
            spans=piece.spans,
            unknown=None,
            nearest=nearest,
            message=f"Without this part there would be rows: {words}.{hint}",
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
        missing = self._missing(terms)
        for iri, piece in terms.items():
            if iri in missing:
                return self._unknown(iri, piece)
        for piece in pieces:
            name = self._constant(piece.tokens[1]) if piece.tokens[0].is_word("GRAPH") else None
            if name is not None and not self._ask_text(f"GRAPH {iri_text(name)} {{ ?s ?p ?o }}"):
                return self._unknown(name, piece)
        # A property may be described by the ontology and used by nothing.
        for piece in _demanding(pieces, self.source):
            verb = self._plain_verb(piece)
            if verb is not None and not self._ask_text(f"?s {iri_text(verb)} ?o"):
                return self._unknown(verb, piece)
        return None

    def _missing(self, terms: Iterable[str]) -> frozenset[str]:
        """Return those of some terms that stand nowhere in the release."""
        values = " ".join(iri_text(iri) for iri in terms)
        if not values:
            return frozenset()
        exists = "EXISTS { ?t ?p1 ?o1 } || EXISTS { ?s2 ?t ?o2 } || EXISTS { ?s3 ?p3 ?t }"
        query = f"SELECT ?t WHERE {{ VALUES ?t {{ {values} }} FILTER(!({exists})) }}"
        return frozenset(row[0].value for row in self._rows(query) if row[0] is not None)

    def _unknown(self, iri: str, piece: Piece) -> Diagnosis:
        nearest = _closest(iri, self._candidates(iri, piece))
        hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
        text = " ".join(piece.text.split())
        message = f"Nothing in this release uses {compact(iri)}, which stands in: {text}.{hint}"
        return Diagnosis(text=text, spans=piece.spans, unknown=compact(iri), nearest=nearest, message=message)

    def _candidates(self, iri: str, piece: Piece) -> list[str]:
        base = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
        if piece.tokens[0].is_word("GRAPH"):
            query = "SELECT DISTINCT ?x WHERE { GRAPH ?x { } }"
        elif self._plain_verb(piece) == iri or (base == KG and iri[len(base) :][:1].islower()):
            query = "SELECT DISTINCT ?x WHERE { ?s ?x ?o }"
        elif base.startswith(ID):
            query = f'SELECT DISTINCT ?x WHERE {{ ?x a ?c FILTER(STRSTARTS(STR(?x), "{base}")) }}'
        else:
            query = "SELECT DISTINCT ?x WHERE { ?s a ?x }"
        return [row[0].value for row in self._rows(query) if isinstance(row[0], Iri)]

    # Parts that let nothing through

    def _culprit(self, pieces: tuple[Piece, ...], *, is_empty: bool) -> _Culprit | None:
        """Return the piece of a group that lets nothing through, and the rest; None if the group has rows.

        `is_empty` says that the group is known to have none.
        """
        for piece in pieces:
            if piece.kind in _GROUPS and not self._ask([piece]):
                # A subselect may be emptied by what follows its pattern.
                known = piece.kind is not PieceKind.SUBSELECT
                inside = [self._culprit(inner, is_empty=known) for inner in inner_groups(piece, self.source)]
                return next((found for found in inside if found is not None), (piece, ()))
            if piece.kind is PieceKind.TRIPLE and not _is_always_true(piece) and not self._ask([piece]):
                return piece, tuple(other for other in pieces if other is not piece)
            if piece.kind is PieceKind.UNION:
                self._suspect_branch(piece)
        if not is_empty and self._ask(pieces):
            return None
        # Filters first: taking one out never makes the rest slower.
        for piece in sorted((piece for piece in pieces if piece.kind is PieceKind.FILTER), key=_is_routine):
            if self._ask(_without(pieces, piece)):
                return piece, _without(pieces, piece)
        others = [piece for piece in pieces if piece.kind not in (*_FIXED, PieceKind.FILTER)]
        saving = [piece for piece in others if self._ask(_without(pieces, piece))]
        if not saving:
            return None
        worst = max(saving, key=lambda piece: (self._conflicts(piece, pieces), self._pull(piece)))
        return worst, _without(pieces, worst)

    def _suspect_branch(self, union: Piece) -> None:
        """Remember the culprit of a branch that has no rows, though other branches have some."""
        for branch in inner_groups(union, self.source):
            if self.suspect is None and not self._ask(branch):
                self.suspect = self._culprit(branch, is_empty=True)

    def _conflicts(self, piece: Piece, pieces: Iterable[Piece]) -> int:
        """Return with how many other triples a triple cannot be true at once; the odd one has the most.

        Triples inside OPTIONAL have a voice too: they are about the same things.
        """
        if piece.kind is not PieceKind.TRIPLE:
            return 0
        others: list[Piece] = []
        for other in pieces:
            groups = inner_groups(other, self.source) if other.kind is PieceKind.OPTIONAL else ((other,),)
            others.extend(inner for group in groups for inner in group if inner.kind is PieceKind.TRIPLE)
        pairs = [
            # In the order of the query, so that a pair is asked for only once.
            sorted((piece, other), key=lambda one: one.tokens[-1].start)
            for other in others
            if other is not piece and other.variables & piece.variables
        ]
        return sum(not self._ask(pair) for pair in pairs)

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
        if text not in self.asked:
            limits = self._limits()
            try:
                query = f"{self.pattern.prologue}ASK {{ {text} }}"
                self.asked[text] = self.engine.ask(query, limits=limits, trusted=True)
            except KgError:
                # Too slow is no proof of emptiness.
                self.asked[text] = True
        return self.asked[text]

    def _rows(self, query: str) -> tuple[tuple[Term | None, ...], ...]:
        limits = self._limits()
        try:
            return self.engine.rows(self.pattern.prologue + query, limits=limits, trusted=True).rows
        except KgError:
            return ()

    def _limits(self) -> Limits:
        """Return what the next question may cost.

        Raises:
            _OutOfTimeError: there is no time for one.
        """
        left = self.deadline - time.monotonic()
        if left < _LEAST_SECONDS:
            raise _OutOfTimeError
        return Limits(seconds=left, rows=_MOST_ROWS)

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


def _is_routine(piece: Piece) -> bool:
    """Whether a filter is of a kind that authors write out of habit, so that it is seldom at fault."""
    return any(token.is_word("LANG", "EXISTS") for token in piece.tokens)


def _is_always_true(piece: Piece) -> bool:
    """Whether a triple holds of everything because its path may have no step (SPARQL 1.1, 9.1)."""
    return len(piece.tokens) == 4 and piece.tokens[2].is_mark("*", "?")


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
    target = compact(wanted).casefold()[:_LONGEST_NAME]
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
