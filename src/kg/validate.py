"""SHACL shapes checked over a graph, as a list of violations in people's words.

Pure: graphs in, violations out. The shapes (ontology/shapes-*.ttl) hold the rules and the messages.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Final, Literal

import pyshacl
from pyparsing import ParseBaseException
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, Graph
from rdflib.collection import Collection
from rdflib.namespace import SH
from rdflib.term import Node

from kg.errors import KgError

Severity = Literal["violation", "warning"]

_SEVERITIES: Final[dict[Node, Severity]] = {SH.Violation: "violation", SH.Warning: "warning"}
_UNARY_PATHS: Final = (
    (SH.zeroOrMorePath, "", "*"),
    (SH.oneOrMorePath, "", "+"),
    (SH.zeroOrOnePath, "", "?"),
    (SH.inversePath, "^", ""),
)


class ShapesError(KgError):
    """The shapes themselves cannot be read or run. The message says what pySHACL says."""

    code = "shapes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One node that breaks one shape.

    Attributes:
        focus: IRI of the node that must be mended.
        path: IRI of the property; a SPARQL property path for longer ways; None if the whole node is wrong.
        value: the offending value, an IRI or a lexical form; None if something is missing.
        shape: IRI of the shape.
        severity: a warning does not stop a build.
        message: what is wrong and how to mend it.
    """

    focus: str
    path: str | None
    value: str | None
    shape: str
    severity: Severity
    message: str


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
    except (ReportableRuntimeError, ParseBaseException) as error:
        raise ShapesError(f"the shapes cannot be run: {error}") from error
    if not isinstance(report, Graph):
        raise ShapesError(f"the shapes cannot be run: {text}")
    # Only results of the report itself: sh:detail holds the inner ones of alternatives and code lists.
    found = {_violation(report, result, shapes) for result in report.objects(None, SH.result)}
    return tuple(sorted(found, key=_order))


def _order(one: Violation) -> tuple[str, ...]:
    return tuple(part or "" for part in astuple(one))


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
        path=None if path is None else "|".join(_path_text(report, path)),
        value=None if value is None else str(value),
        shape=str(shape),
        severity=_SEVERITIES.get(report.value(result, SH.resultSeverity) or SH.Violation, "violation"),
        message=" ".join(messages),
    )


def _path_text(graph: Graph, path: Node) -> Iterator[str]:
    """Yield the alternatives of a SHACL path: a plain IRI, or SPARQL property path syntax for longer ways."""
    alternatives = graph.value(path, SH.alternativePath)
    if alternatives is not None:
        for member in Collection(graph, alternatives):
            yield from _path_text(graph, member)
        return
    for predicate, before, after in _UNARY_PATHS:
        inner = graph.value(path, predicate)
        if inner is not None:
            yield f"{before}({'|'.join(_path_text(graph, inner))}){after}"
            return
    if (path, RDF.first, None) in graph:
        yield "/".join("|".join(_path_text(graph, step)) for step in Collection(graph, path))
    else:
        yield str(path)
