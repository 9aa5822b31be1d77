"""Which triples a rule can read or write: all that its triple patterns can match, and perhaps more, never less.

Most of a large graph is read by no rule, so what no pattern can match need not be in memory while rules run; and a
rule has nothing to add after news that it cannot read.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rdflib import RDF
from rdflib.paths import AlternativePath, InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, URIRef, Variable

Pattern = tuple[Node, Node, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A set of triples; terms are written as in N-Triples.

    Attributes:
        predicates: every triple with one of these predicates.
        pairs: every triple with one of these predicates and objects.
        questions: SELECT queries of one column, whose answers are further predicates.
        kinds: SELECT queries of one column, whose answers are classes; every triple that gives a thing such a class.
        everything: every triple there is.
    """

    predicates: frozenset[bytes] = frozenset()
    pairs: frozenset[tuple[bytes, bytes]] = frozenset()
    questions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    everything: bool = False

    def __or__(self, other: "Reach") -> "Reach":
        """Return the union of both."""
        return Reach(
            predicates=self.predicates | other.predicates,
            pairs=self.pairs | other.pairs,
            questions=tuple(dict.fromkeys((*self.questions, *other.questions))),
            kinds=tuple(dict.fromkeys((*self.kinds, *other.kinds))),
            everything=self.everything or other.everything,
        )

    def holds(self, predicate: bytes, value: bytes) -> bool:
        """Tell whether a triple with this predicate and object is in it, whatever questions may add."""
        return self.everything or predicate in self.predicates or (predicate, value) in self.pairs

    def covers(self, other: "Reach") -> bool:
        """Tell whether all of another set is in it, whatever questions may add to either."""
        return self.everything or (
            not other.everything
            and other.predicates <= self.predicates
            and all(self.holds(predicate, value) for predicate, value in other.pairs)
        )


def reach(text: str) -> tuple[Reach, Reach]:
    """Return what a CONSTRUCT query reads and what it writes.

    Raises:
        Exception: rdflib cannot parse the query; who asks Oxigraph first gets the better message.
    """
    algebra = prepareQuery(text).algebra
    groups = [_Group(scope) for scope in _scopes(algebra.p)]
    uses = Counter(term for group in groups for pattern in group.patterns for term in (pattern[0], pattern[2]))
    read = Reach()
    for group in groups:
        read |= group.reach(group.patterns, uses)
    return read, groups[0].reach(list(_triples(algebra.template)), uses)


@dataclass(slots=True)
class _Scope:
    """What is joined with each other: triple patterns, and the terms that VALUES leaves to a variable."""

    patterns: list[Pattern] = field(default_factory=list)
    values: dict[Node, frozenset[Node]] = field(default_factory=dict)


class _Group:
    """The patterns of one scope, and what they can match."""

    def __init__(self, scope: _Scope) -> None:
        self.patterns = scope.patterns
        self._values = scope.values

    def reach(self, patterns: Iterable[Pattern], uses: Mapping[Node, int]) -> Reach:
        """Return what some patterns can match, whose variables are those of this scope."""
        found = Reach()
        for subject, predicate, value in patterns:
            if isinstance(predicate, Path):
                found |= _path_reach(subject, predicate, value, uses)
            elif isinstance(predicate, Variable) and predicate not in self._values:
                found |= self._question(predicate)
            elif _gives_any_kind((subject, predicate, value)) and value not in self._values:
                found |= self._kind(value)
            else:
                predicates = self._values.get(predicate, frozenset({predicate}))
                objects = self._values.get(value, frozenset({value}))
                if all(isinstance(one, URIRef) for one in objects):
                    found |= Reach(pairs=frozenset((_text(p), _text(o)) for p in predicates for o in objects))
                else:
                    found |= Reach(predicates=frozenset(map(_text, predicates)))
        return found

    def _question(self, variable: Variable) -> Reach:
        """Return what a variable in the place of the predicate can match, by what else is said of the variable."""
        others = [pattern for pattern in self.patterns if not isinstance(pattern[1], Variable)]
        question = _select(variable, others)
        return Reach(questions=(question,)) if question else Reach(everything=True)

    def _kind(self, variable: Node) -> Reach:
        """Return what gives a thing a class that is a variable: most classes of a large graph are read by no rule."""
        # What the question reads must be there before it is asked, so nothing of it may wait for an answer itself.
        others = [
            pattern
            for pattern in self.patterns
            if not isinstance(pattern[1], Variable) and not _gives_any_kind(pattern)
        ]
        question = _select(variable, others)
        return Reach(kinds=(question,)) if question else Reach(predicates=frozenset({_text(RDF.type)}))


def _gives_any_kind(pattern: Pattern) -> bool:
    return pattern[1] == RDF.type and isinstance(pattern[2], Variable)


def _select(variable: Node, patterns: Iterable[Pattern]) -> str | None:
    """Return the query for a variable in some patterns, or None where it stands in none."""
    # A path of no steps matches terms that only the triples know which the answer shall name.
    patterns = [pattern for pattern in patterns if not (isinstance(pattern[1], Path) and _may_stand(pattern[1]))]
    if not any(variable in (subject, value) for subject, _, value in patterns):
        return None
    body = " . ".join(" ".join(term.n3() for term in pattern) for pattern in patterns)
    return f"SELECT DISTINCT {variable.n3()} WHERE {{ {body} }}"


def _scopes(node: Any) -> Iterator[_Scope]:
    """Yield the scopes of a part of the algebra, the outermost first."""
    scope = _Scope()
    waiting: list[Any] = [node]
    apart: list[Any] = []
    while waiting:
        part = waiting.pop()
        name = part.name if isinstance(part, CompValue) else ""
        if name == "Join":
            waiting += (part.p1, part.p2)
        elif name == "LeftJoin":
            # What is optional takes nothing away from the rest, and its own variables may be unbound there.
            waiting.append(part.p1)
            apart += (part.p2, part.expr)
        elif name in ("Filter", "Extend"):
            waiting.append(part.p)
            apart.append(part.expr)
        elif name == "Project":
            waiting.append(part.p)
        elif name == "ToMultiSet" and part.p.name == "values":
            _read_values(part.p.res, scope)
        elif name in ("BGP", "TriplesBlock"):
            scope.patterns += _triples(part.triples)
        else:
            apart += _children(part)
    yield scope
    for part in apart:
        if isinstance(part, CompValue | list | tuple):
            yield from _scopes(part)


def _children(part: Any) -> list[Any]:
    if isinstance(part, CompValue):
        return [value for key, value in part.items() if key not in ("_vars", "PV")]
    return list(part) if isinstance(part, list | tuple) else []


def _read_values(rows: Iterable[Mapping[Node, Node]], scope: _Scope) -> None:
    rows = list(rows)
    for variable in set().union(*rows) if rows else ():
        if all(variable in row for row in rows):
            scope.values[variable] = frozenset(row[variable] for row in rows)


def _triples(found: Iterable[Iterable[Node]]) -> Iterator[Pattern]:
    """Yield patterns; rdflib keeps them as triples or, inside EXISTS, as lists of several triples' terms."""
    for part in found:
        terms = list(part)
        yield from zip(terms[::3], terms[1::3], terms[2::3], strict=True)


def _may_stand(path: Path) -> bool:
    """Tell whether a path or a part of it may have no steps."""
    if isinstance(path, MulPath) and path.zero:
        return True
    parts = path.args if isinstance(path, SequencePath | AlternativePath) else [getattr(path, "path", None)]
    parts = [*parts, getattr(path, "arg", None)]
    return any(isinstance(part, Path) and _may_stand(part) for part in parts)


def _path_reach(subject: Node, path: Path, value: Node, uses: Mapping[Node, int]) -> Reach:
    predicates: set[bytes] = set()
    waiting: list[object] = [path]
    while waiting:
        part = waiting.pop()
        if isinstance(part, URIRef):
            predicates.add(_text(part))
        elif isinstance(part, SequencePath | AlternativePath):
            waiting += part.args
        elif isinstance(part, InvPath):
            waiting.append(part.arg)
        elif isinstance(part, MulPath):
            # A path of no steps leads from each term to itself; which terms there are, all triples tell.
            if part.zero and all(isinstance(end, Variable) and uses[end] < 2 for end in (subject, value)):
                return Reach(everything=True)
            waiting.append(part.path)
        else:
            return Reach(everything=True)
    return Reach(predicates=frozenset(predicates))


def _text(term: Node) -> bytes:
    return f"<{term}>".encode()
