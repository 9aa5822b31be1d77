"""The fast way: each constraint of our shapes as one SPARQL query that finds what breaks it.

Says what pySHACL says, result by result (tests/scale/test_validation.py), in a small part of the time. Only what our
shapes use of SHACL is known here; a shape that says anything else is left to the judge.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from kg.errors import KgError
from kg.validate.conditions import ShapeReader, UnknownConstraintError
from kg.validate.violation import SEVERITIES, Severity, ShapesError, Violation, order


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One constraint of one shape.

    Attributes:
        query: a SELECT of `?this`, the node that breaks it, and `?value` where one value is at fault.
        path: as in `Violation`.
    """

    shape: str
    severity: Severity
    message: str
    path: str | None
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shapes became.

    Attributes:
        left: shapes that only the judge understands.
    """

    checks: tuple[Check, ...]
    left: tuple[str, ...]


def compile_shapes(shapes: Graph, store: ox.Store) -> Plan:
    """Turn shapes into queries; the store gives the subclasses of each class that the shapes name."""
    reader = ShapeReader(shapes, lambda name: _subclasses(store, name))
    checks: list[Check] = []
    left: list[str] = []
    for shape in sorted(_targeted(shapes)):
        try:
            checks.extend(_checks(shapes, shape, reader))
        except UnknownConstraintError:
            left.append(str(shape))
    return Plan(checks=tuple(checks), left=tuple(left))


def check_store(store: ox.Store, shapes: Graph) -> tuple[Violation, ...]:
    """Check the union of all graphs of a store against shapes; return the violations, sorted and each once.

    Raises:
        ShapesError: a shape is beyond what is known here, or its query fails.
    """
    plan = compile_shapes(shapes, store)
    if plan.left:
        raise ShapesError(f"only the judge can check: {', '.join(plan.left)}")
    return tuple(sorted({one for check in plan.checks for one in run_check(store, check)}, key=order))


def run_check(store: ox.Store, check: Check) -> Iterator[Violation]:
    """Yield what breaks one constraint; the same violation may come twice.

    Raises:
        ShapesError: the query fails.
    """
    try:
        answer = store.query(check.query, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise ShapesError(f"{check.shape}: the shape cannot be run: {error}") from error
    if not isinstance(answer, ox.QuerySolutions):
        raise ShapesError(f"{check.shape}: its query is no SELECT")
    valued = any(variable.value == "value" for variable in answer.variables)
    for solution in answer:
        value = _text(solution["value"]) if valued else None
        yield Violation(
            focus=_text(solution["this"]) or "",
            path=check.path,
            value=value,
            shape=check.shape,
            severity=check.severity,
            message=check.message,
        )


def _text(term: object) -> str | None:
    if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode):
        return term.value
    return None


def _targeted(shapes: Graph) -> set[URIRef]:
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetNode, SH.targetObjectsOf, SH.target)
    found = {subject for target in targets for subject in shapes.subjects(target)}
    if any(not isinstance(subject, URIRef) for subject in found):
        raise ShapesError("a shape with a target has no name")
    return {subject for subject in found if isinstance(subject, URIRef)}


def _checks(shapes: Graph, shape: URIRef, reader: ShapeReader) -> Iterator[Check]:
    severity = SEVERITIES.get(shapes.value(shape, SH.severity) or SH.Violation, "violation")
    if (shape, SH.sparql, None) in shapes:
        yield from _sparql_checks(shapes, shape, severity, reader)
        return
    message = _message(shapes, shape)
    is_property = (shape, SH.path, None) in shapes
    for query in reader.queries(shape):
        path = reader.path_text(shape) if is_property else None
        yield Check(shape=str(shape), severity=severity, message=message, path=path, query=query)


def _sparql_checks(shapes: Graph, shape: URIRef, severity: Severity, reader: ShapeReader) -> Iterator[Check]:
    """Turn a shape over the whole graph into its own query, whose `?value` is the node to mend."""
    target = shapes.value(shape, SH.targetNode)
    allowed = {RDF.type, SH.targetNode, SH.sparql, SH.severity}
    if target is None or set(shapes.predicates(shape)) - allowed:
        raise UnknownConstraintError(shape)
    for constraint in shapes.objects(shape, SH.sparql):
        yield Check(
            shape=str(shape),
            severity=severity,
            message=_message(shapes, constraint),
            path=str(target),
            query=reader.whole_graph_query(constraint),
        )


def _message(shapes: Graph, node: Node) -> str:
    messages = [str(message) for message in shapes.objects(node, SH.message)]
    # pySHACL makes up a text where there is none, and fills in values between braces.
    if len(messages) != 1 or "{" in messages[0]:
        raise UnknownConstraintError(node)
    return messages[0]


def _subclasses(store: ox.Store, name: str) -> Iterable[str]:
    query = f"SELECT DISTINCT ?sub {{ ?sub <http://www.w3.org/2000/01/rdf-schema#subClassOf>* {ox.NamedNode(name)} }}"
    answer = store.query(query, use_default_graph_as_union=True)
    if not isinstance(answer, ox.QuerySolutions):
        raise KgError("a SELECT gave no solutions")
    return sorted({text for solution in answer if (text := _text(solution["sub"]))} | {name})
