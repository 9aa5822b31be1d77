"""The records of the catalogue: a saved question and the parts of its header."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from kg.charts.spec import ChartSpec


class ParameterType(StrEnum):
    """What a parameter's value is."""

    IRI = "iri"
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    GYEAR = "gYear"
    DATE = "date"
    ENUM = "enum"


class Form(StrEnum):
    """The query forms that a saved question may have."""

    SELECT = "SELECT"
    CONSTRUCT = "CONSTRUCT"


class InvariantKind(StrEnum):
    """What every answer of a question promises about some columns."""

    UNIQUE = "unique"
    BOUND = "bound"
    NOT_NEGATIVE = "not-negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A hole in a question, `?_name` in its body.

    Attributes:
        class_iri: for an iri, the class whose members may be picked.
        kind: for an iri instead of a class, the kind of resource (`role`, `status`).
        values: for an enum, what may be given, each with the words for a form.
        default: the value, or values, when none is given; empty for an optional parameter.
        optional: without a value the parameter has no effect.
        multi: several values may be given; a row matches any of them.
        minimum, maximum: bounds of a number or year, both included.
        example: a value that is right, for messages.
    """

    name: str
    type: ParameterType
    label: str
    description: str | None = None
    class_iri: str | None = None
    kind: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    default: tuple[str, ...] = ()
    optional: bool = False
    multi: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    example: str

    @property
    def thing(self) -> str:
        """What an iri stands for, in words: `country group` for kg:CountryGroup, `publisher kind` for a code list."""
        if self.class_iri is None:
            return (self.kind or "").replace("-", " ")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.class_iri.rpartition("#")[2]).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the answer.

    Attributes:
        meaning: what stands in it, for people.
        unit: what a number counts, or None.
        list: the list of the things that it counts and the column that narrows it, such as `projects?country`, or None.
    """

    name: str
    meaning: str
    unit: str | None = None
    list: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A promise about every answer: these columns together are unique, or each is bound or not negative."""

    kind: InvariantKind
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the answer with the default values must look like.

    Attributes:
        min_rows: fewest rows.
        max_rows: most rows, or None.
        columns: the columns in their order; empty means those of the header.
    """

    min_rows: int = 0
    max_rows: int | None = None
    columns: tuple[str, ...] = ()
    invariants: tuple[Invariant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One saved question: a header and a body of plain SPARQL 1.1.

    Attributes:
        name: the file's name without its ending; also its URL and its word on the command line.
        tags: what it is about.
        answers: numbers of the competency questions that it answers.
        columns: the variables of SELECT in their order; empty for CONSTRUCT.
        evidence: columns that hold nodes with evidence: an IRI, or several separated by spaces.
        finding: the sentence above the table; `{rows}`, `{count.column}`, `{first.column}`, `{sum.column}`
            and `{param.name}` stand for what the answer says.
        caution: what a reader must know before quoting the answer, or None.
        seconds: how long it may run.
        body: the whole file, header lines included, so that line numbers agree.
        path: the file.
    """

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    answers: tuple[int, ...]
    params: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    chart: ChartSpec | None
    evidence: tuple[str, ...]
    finding: str | None
    caution: str | None
    expect: Expectation
    seconds: float
    form: Form
    body: str
    path: Path

    def param(self, name: str) -> Parameter | None:
        """Return the parameter of that name, or None."""
        return next((parameter for parameter in self.params if parameter.name == name), None)

    def sparql(self) -> str:
        """Return the body without the header lines: what a reader copies into another tool."""
        lines = self.body.splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("#+")).lstrip("\n")
