"""The judge: pySHACL over plain rdflib graphs."""

import pyshacl
from pyparsing import ParseBaseException
from pyshacl.errors import ReportableRuntimeError
from rdflib import Graph
from rdflib.namespace import SH
from rdflib.term import Node

from kg.validate.paths import path_text
from kg.validate.violation import SEVERITIES, ShapesError, Violation, order


def validate(data: Graph, shapes: Graph, ontology: Graph) -> tuple[Violation, ...]:
    """Check a graph against shapes; return the violations, sorted and each once.

    Arguments:
        data: what the rows state, and after the rules what they infer.
        ontology: classes, properties and vocabularies. Class checks follow rdfs:subClassOf through it, so that
            they hold before the rules have written superclass types. Its own nodes are checked as well.

    Raises:
        ShapesError: a shape is malformed, or a constraint query fails.
    """
    # One graph of our own: pySHACL would otherwise copy the data once more, and must not write into the caller's.
    everything = Graph()
    for part in (data, ontology):
        everything += part
    try:
        _, report, text = pyshacl.validate(everything, shacl_graph=shapes, inplace=True, inference="none")
    except (ReportableRuntimeError, ParseBaseException, TypeError) as error:
        # pySHACL does not catch what rdflib raises when sh:lessThanOrEquals meets a date and a word.
        raise ShapesError(f"the shapes cannot be run: {error}") from error
    if not isinstance(report, Graph):
        raise ShapesError(f"the shapes cannot be run: {text}")
    # Only results of the report itself: sh:detail holds the inner ones of alternatives and code lists.
    found = {_violation(report, result, shapes) for result in report.objects(None, SH.result)}
    return tuple(sorted(found, key=order))


def _violation(report: Graph, result: Node, shapes: Graph) -> Violation:
    shape = report.value(result, SH.sourceShape)
    focus = report.value(result, SH.focusNode)
    path = report.value(result, SH.resultPath)
    value = report.value(result, SH.value)
    # A shape with a target node looks at the whole graph: its focus is the property that it is about, and the
    # node that a curator must mend is the value.
    if (shape, SH.targetNode, focus) in shapes and value is not None:
        focus, path, value = value, focus, None
    messages = sorted(str(message) for message in report.objects(result, SH.resultMessage))
    return Violation(
        focus=str(focus),
        path=None if path is None else "|".join(path_text(report, path)),
        value=None if value is None else str(value),
        shape=str(shape),
        severity=SEVERITIES.get(report.value(result, SH.resultSeverity) or SH.Violation, "violation"),
        message=" ".join(messages),
    )
