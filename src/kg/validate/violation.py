"""What a shape has to say about a node."""

from dataclasses import astuple, dataclass
from typing import Final, Literal

from rdflib.namespace import SH
from rdflib.term import Node

from kg.errors import KgError

Severity = Literal["violation", "warning"]

SEVERITIES: Final[dict[Node, Severity]] = {SH.Violation: "violation", SH.Warning: "warning"}


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


def order(one: Violation) -> tuple[tuple[bool, str], ...]:
    """Return what violations are sorted by: focus, path, value, shape. What is missing comes before what is empty."""
    return tuple((part is not None, part or "") for part in astuple(one))
