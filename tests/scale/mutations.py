"""Random harm to a graph, the same for the same seed."""

import random
from collections.abc import Callable, Sequence

import pyoxigraph as ox

from kg.vocab import KG, XSD

ODD_LITERALS = (
    ox.Literal("abc", datatype=ox.NamedNode(XSD + "decimal")),
    ox.Literal("-5", datatype=ox.NamedNode(XSD + "decimal")),
    ox.Literal("1e3", datatype=ox.NamedNode(XSD + "integer")),
    ox.Literal("200", datatype=ox.NamedNode(XSD + "decimal")),
    ox.Literal("0", datatype=ox.NamedNode(XSD + "integer")),
    ox.Literal("2020-13-45", datatype=ox.NamedNode(XSD + "date")),
    ox.Literal("0000-01-01", datatype=ox.NamedNode(XSD + "date")),
    ox.Literal("soon", datatype=ox.NamedNode(XSD + "gYear")),
    ox.Literal("2020", datatype=ox.NamedNode(XSD + "gYear")),
    ox.Literal("maybe", datatype=ox.NamedNode(XSD + "boolean")),
    ox.Literal("x", datatype=ox.NamedNode("urn:made-up-type")),
    ox.Literal("RMB"),
    ox.Literal("USD\n"),
    ox.Literal(""),
    ox.Literal("", language="en"),
    ox.Literal("label", language="en"),
    ox.Literal("标签", language="zh"),
)
INFERRED = ("suppliedBy", "country", "memberOf", "earliest", "latest", "amountUsd", "originCount", "ultimateParent")


class Mutator:
    """Changes quads at random."""

    def __init__(self, quads: Sequence[ox.Quad], seed: int) -> None:
        """Draw from these quads."""
        self._quads = list(quads)
        self._random = random.Random(seed)
        self._by_predicate: dict[str, list[ox.Quad]] = {}
        for quad in self._quads:
            self._by_predicate.setdefault(quad.predicate.value, []).append(quad)

    def mutate(self, number: int, *, mild: bool = False) -> list[ox.Quad]:
        """Return the quads after so many changes, each to another quad.

        Arguments:
            mild: leave literals what they are, since the judge cannot compare a date with a word.
        """
        ways: list[Callable[[ox.Quad], list[ox.Quad]]] = [
            lambda quad: [],
            lambda quad: [_with(quad, self._object_like(quad))],
            lambda quad: [quad, _with(quad, self._object_like(quad))],
            lambda quad: [quad, _turned(quad)] if isinstance(quad.object, ox.NamedNode) else [],
            lambda quad: [_with(quad, quad.subject)] if isinstance(quad.object, ox.NamedNode) else [],
            lambda quad: [_with(quad, ox.NamedNode("urn:nobody"))] if isinstance(quad.object, ox.NamedNode) else [],
        ]
        if not mild:
            ways += [
                lambda quad: [_with(quad, self._random.choice(self._quads).object)],
                lambda quad: [quad, _with(quad, self._random.choice(ODD_LITERALS))],
                lambda quad: [_with(quad, self._random.choice(ODD_LITERALS))],
                lambda quad: [_with(quad, self._retyped(quad.object))],
                lambda quad: [quad, self._renamed(quad, self._random.choice(tuple(self._by_predicate)))],
                lambda quad: [quad, self._renamed(quad, KG + self._random.choice(INFERRED))],
            ]
        # Every property gets its turn, however rare: the shapes about rare ones are broken as well.
        names = sorted(self._by_predicate)
        chosen: dict[int, list[ox.Quad]] = {}
        places = {id(quad): place for place, quad in enumerate(self._quads)}
        for turn in range(number):
            quad = self._random.choice(self._by_predicate[names[turn % len(names)]])
            chosen[places[id(quad)]] = self._random.choice(ways)(quad)
        return [new for place, quad in enumerate(self._quads) for new in chosen.get(place, [quad])]

    def _object_like(self, quad: ox.Quad) -> ox.NamedNode | ox.Literal:
        return self._random.choice(self._by_predicate[quad.predicate.value]).object

    def _retyped(self, term: ox.NamedNode | ox.Literal) -> ox.NamedNode | ox.Literal:
        name = self._random.choice(("string", "decimal", "integer", "gYear", "gYearMonth", "date", "boolean"))
        return ox.Literal(term.value, datatype=ox.NamedNode(XSD + name))

    def _renamed(self, quad: ox.Quad, predicate: str) -> ox.Quad:
        return ox.Quad(quad.subject, ox.NamedNode(predicate), quad.object, quad.graph_name)


def _with(quad: ox.Quad, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(quad.subject, quad.predicate, value, quad.graph_name)


def _turned(quad: ox.Quad) -> ox.Quad:
    return ox.Quad(quad.object, quad.predicate, quad.subject, quad.graph_name)
