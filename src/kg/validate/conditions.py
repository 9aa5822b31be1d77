"""SHACL constraints as SPARQL text.

Shapes are our own files, so their terms become text here; no value from outside ever does.

Where pySHACL decides by Python and not by SPARQL, the condition does as Python does: `$` in a pattern matches before a
final line feed, the year types accept any text, decimals may have an exponent.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, count
from typing import Final

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import SH, XSD
from rdflib.term import Node

from kg.errors import KgError
from kg.validate.paths import path_text

# What a shape may say beside its constraints.
_ABOUT: Final = {RDF.type, SH.path, SH.message, SH.severity, SH.targetClass, SH.targetSubjectsOf}
# Lexical forms that rdflib can turn into a value of the type, the only ill-typed ones that pySHACL knows.
_LEXICAL: Final = {
    XSD.decimal: r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$",
    XSD.integer: r"^[+-]?[0-9]+$",
    XSD.boolean: r"^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|1|0)$",
}
# The value space of rdflib's dates: years 1 to 9999, which Oxigraph's cast does not bound.
_DATE: Final = (
    f'REGEX(STR(?v), "^[0-9]{{4}}-") && !STRSTARTS(STR(?v), "0000") && COALESCE(<{XSD.date}>(STR(?v)) = ?v, false)'
)
_UNCHECKED: Final = {XSD.gYear, XSD.gYearMonth, XSD.string, RDF.langString}


class UnknownConstraintError(KgError):
    """A shape says something that is not known here. Never leaves this package."""

    code = "unknown-constraint"

    def __init__(self, node: Node) -> None:
        super().__init__(str(node))


class ShapeReader:
    """Reads the shapes of a graph."""

    def __init__(self, shapes: Graph, subclasses: Callable[[str], Iterable[str]]) -> None:
        """Read from a graph of shapes; `subclasses` gives a class and all below it."""
        self._shapes = shapes
        self._subclasses = subclasses
        self._numbers = count()

    def path_text(self, shape: Node) -> str:
        """Return the path of a property shape as `Violation.path` has it."""
        return "|".join(path_text(self._shapes, self._one(shape, SH.path)))

    def queries(self, shape: URIRef) -> Iterator[str]:
        """Yield one SELECT for each constraint of a shape with targets."""
        target = self._target(shape)
        if (shape, SH.path, None) not in self._shapes:
            for condition in self._value_conditions(shape, "?this"):
                yield f"SELECT DISTINCT ?this (?this AS ?value) {{ {target} FILTER(!({condition})) }}"
            return
        path = self._path(self._one(shape, SH.path))
        for broken in self._count_conditions(shape, "?this", path):
            yield f"SELECT DISTINCT ?this {{ {target} FILTER({broken}) }}"
        for condition in self._value_conditions(shape, "?value"):
            yield f"SELECT DISTINCT ?this ?value {{ {target} ?this {path} ?value . FILTER(!({condition})) }}"
        for pattern in self._pair_patterns(shape, path):
            yield f"SELECT DISTINCT ?this ?value {{ {target} {pattern} }}"

    def whole_graph_query(self, constraint: Node) -> str:
        """Return the query of a constraint that never uses `$this`, and give it the value as focus."""
        text = str(self._one(constraint, SH.select))
        if set(self._shapes.predicates(constraint)) != {SH.select, SH.message, SH.prefixes}:
            raise UnknownConstraintError(constraint)
        head, brace, body = text.partition("{")
        if head.split() != ["SELECT", "$this", "?value", "WHERE"] or "this" in body:
            raise UnknownConstraintError(constraint)
        prefixes = [
            f"PREFIX {self._one(declared, SH.prefix)}: <{self._one(declared, SH.namespace)}>"
            for owner in self._shapes.objects(constraint, SH.prefixes)
            for declared in sorted(self._shapes.objects(owner, SH.declare), key=str)
        ]
        return "\n".join([*prefixes, f"SELECT DISTINCT (?value AS ?this) WHERE {brace}{body}"])

    # Targets and paths.

    def _target(self, shape: URIRef) -> str:
        parts: list[str] = []
        for name in sorted(self._shapes.objects(shape, SH.targetClass), key=str):
            kind = self._fresh()
            parts.append(f"{{ ?this <{RDF.type}> {kind} . FILTER({kind} IN ({self._class_names(name)})) }}")
        for name in sorted(self._shapes.objects(shape, SH.targetSubjectsOf), key=str):
            parts.append(f"{{ ?this {_term(name)} {self._fresh()} }}")
        if not parts:
            raise UnknownConstraintError(shape)
        return f"{{ SELECT DISTINCT ?this {{ {' UNION '.join(parts)} }} }}"

    def _class_names(self, name: Node) -> str:
        return ", ".join(f"<{sub}>" for sub in self._subclasses(str(name)))

    def _path(self, path: Node) -> str:
        shapes = self._shapes
        if isinstance(path, URIRef):
            return _term(path)
        alternatives = shapes.value(path, SH.alternativePath)
        if alternatives is not None:
            return "(" + "|".join(self._path(part) for part in Collection(shapes, alternatives)) + ")"
        inverse = shapes.value(path, SH.inversePath)
        if inverse is not None:
            return f"^{self._path(inverse)}"
        if (path, RDF.first, None) in shapes:
            return "(" + "/".join(self._path(part) for part in Collection(shapes, path)) + ")"
        raise UnknownConstraintError(path)

    # Conditions on a node.

    def _conforms(self, shape: Node, variable: str) -> str:
        """Return an expression that is true of a variable if its value conforms to a shape without targets."""
        if (shape, SH.path, None) not in self._shapes:
            return _all(self._value_conditions(shape, variable))
        path = self._path(self._one(shape, SH.path))
        parts = [f"!({broken})" for broken in self._count_conditions(shape, variable, path)]
        for condition in self._value_conditions(shape, inner := self._fresh()):
            parts.append(f"NOT EXISTS {{ {variable} {path} {inner} . FILTER(!({condition})) }}")
        if any(True for _ in self._pair_patterns(shape, path)):
            raise UnknownConstraintError(shape)
        return _all(parts)

    def _count_conditions(self, shape: Node, variable: str, path: str) -> Iterator[str]:
        """Yield expressions that are true where a path has too few, too many or the wrong values."""
        for number in self._shapes.objects(shape, SH.minCount):
            if int(str(number)) > 0:
                yield f"NOT EXISTS {{ {self._at_least(variable, path, int(str(number)))} }}"
        for number in self._shapes.objects(shape, SH.maxCount):
            yield f"EXISTS {{ {self._at_least(variable, path, int(str(number)) + 1)} }}"
        for value in self._shapes.objects(shape, SH.hasValue):
            yield f"NOT EXISTS {{ {variable} {path} {_term(value)} }}"
        for flag in self._shapes.objects(shape, SH.uniqueLang):
            if str(flag) == "true":
                one, two = self._fresh(), self._fresh()
                yield (
                    f"EXISTS {{ {variable} {path} {one} , {two} . FILTER(!sameTerm({one}, {two}) && "
                    f'LANG({one}) != "" && LANG({one}) = LANG({two})) }}'
                )

    def _at_least(self, variable: str, path: str, number: int) -> str:
        names = [self._fresh() for _ in range(number)]
        differ = " && ".join(f"!sameTerm({one}, {two})" for one, two in combinations(names, 2))
        values = " ".join(f"{variable} {path} {name} ." for name in names)
        return f"{values} FILTER({differ})" if differ else values

    def _pair_patterns(self, shape: Node, path: str) -> Iterator[str]:
        """Yield patterns that find a value at odds with a value of another property of the same node."""
        for other in self._shapes.objects(shape, SH.disjoint):
            yield f"?this {path} ?value ; {_term(other)} ?value ."
        for other in self._shapes.objects(shape, SH.lessThanOrEquals):
            bound = self._fresh()
            yield (f"?this {path} ?value ; {_term(other)} {bound} . FILTER(!COALESCE(?value <= {bound}, false))")

    def _value_conditions(self, shape: Node, variable: str) -> Iterator[str]:
        """Yield an expression for each constraint of a shape on single values, true of what conforms."""
        counting = {SH.minCount, SH.maxCount, SH.uniqueLang, SH.disjoint, SH.lessThanOrEquals}
        has_path = (shape, SH.path, None) in self._shapes
        for predicate, value in sorted(self._shapes.predicate_objects(shape)):
            if predicate in _ABOUT or (has_path and predicate in counting | {SH.hasValue}):
                continue
            yield self._value_condition(predicate, value, variable)

    def _value_condition(self, predicate: Node, value: Node, variable: str) -> str:
        if predicate == SH["class"]:
            kind = self._fresh()
            names = self._class_names(value)
            return f"EXISTS {{ {variable} <{RDF.type}> {kind} . FILTER({kind} IN ({names})) }}"
        if predicate == SH.datatype:
            return self._datatype(value, variable)
        if predicate == SH["in"]:
            members = ", ".join(_term(member) for member in Collection(self._shapes, value))
            return f"COALESCE({variable} IN ({members}), false)"
        if predicate == SH.pattern:
            return f"COALESCE(REGEX(STR({variable}), {_pattern(str(value))}), false)"
        if predicate == SH.minInclusive:
            return f"COALESCE({variable} >= {_term(value)}, false)"
        if predicate == SH.maxInclusive:
            return f"COALESCE({variable} <= {_term(value)}, false)"
        if predicate == SH.nodeKind and value == SH.IRI:
            return f"isIRI({variable})"
        if predicate == SH["or"]:
            return "(" + " || ".join(self._conforms(part, variable) for part in Collection(self._shapes, value)) + ")"
        if predicate == SH["not"]:
            return f"!({self._conforms(value, variable)})"
        if predicate in (SH.node, SH.property):
            return self._conforms(value, variable)
        raise UnknownConstraintError(predicate)

    def _datatype(self, datatype: Node, variable: str) -> str:
        same = f"COALESCE(DATATYPE({variable}) = {_term(datatype)}, false)"
        if datatype in _UNCHECKED:
            return same
        if datatype == XSD.date:
            return f"({same} && {_DATE.replace('?v', variable)})"
        if datatype in _LEXICAL:
            return f"({same} && REGEX(STR({variable}), {_quote(_LEXICAL[URIRef(str(datatype))])}))"
        raise UnknownConstraintError(datatype)

    def _one(self, node: Node, predicate: Node) -> Node:
        found = list(self._shapes.objects(node, predicate))
        if len(found) != 1:
            raise UnknownConstraintError(node)
        return found[0]

    def _fresh(self) -> str:
        return f"?x{next(self._numbers)}"


def _all(parts: Iterable[str]) -> str:
    return "(" + (" && ".join(parts) or "true") + ")"


def _pattern(pattern: str) -> str:
    # Python's $ matches before a final line feed as well.
    return _quote(pattern[:-1] + "\\n?$" if pattern.endswith("$") else pattern)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _term(node: Node) -> str:
    if isinstance(node, URIRef | Literal):
        return node.n3()
    raise UnknownConstraintError(node)
