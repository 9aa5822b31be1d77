"""A report as it is written: prose with places for values, and questions between the paragraphs."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kg.catalog import Parameter


class Verb(StrEnum):
    """What a place in the prose stands for."""

    PARAM = "param"
    VALUE = "value"
    COUNT = "count"
    SUM = "sum"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Argument:
    """A value for a question's parameter: words, or the report's own parameter (`$country`)."""

    name: str
    text: str

    @property
    def reference(self) -> str | None:
        """The report's parameter that is meant, or None for plain words."""
        return self.text[1:] if self.text.startswith("$") else None


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows count: where a column has a value, has any, or has none (`wanted` None, `is_known` says which)."""

    column: str
    wanted: str | None
    is_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A place in the prose, written `{{count who-finances-what financing country=$country}}`.

    Attributes:
        question: its name; empty for a parameter of the report.
        column: of the answer, or the name of the report's parameter.
        one, many: nouns for a count of one and of any other number.
    """

    verb: Verb
    question: str
    column: str | None
    arguments: tuple[Argument, ...]
    condition: Condition | None
    one: str | None
    many: str | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A question between the paragraphs.

    Attributes:
        columns: which columns its table has; empty means those that its page shows.
        limit: most rows of its table; what is left out is said.
        caption: a line above it; None means the question's summary.
        empty: what is said when no row comes back.
    """

    question: str
    arguments: tuple[Argument, ...]
    has_table: bool
    has_chart: bool
    columns: tuple[str, ...]
    limit: int
    caption: str | None
    empty: str | None
    line: int


Piece = str | Inline | Embedded


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A saved report.

    Attributes:
        name: the file's name without its ending; also its URL and its word on the command line.
        title: `{name}` stands for the value of a parameter.
        pieces: Markdown in the order of the file, with values and questions between.
        prose: line numbers and texts of what was written by hand, for checking.
    """

    name: str
    title: str
    summary: str
    params: tuple[Parameter, ...]
    pieces: tuple[Piece, ...]
    prose: tuple[tuple[int, str], ...]
    path: Path

    def param(self, name: str) -> Parameter | None:
        """Return the parameter of that name, or None."""
        return next((parameter for parameter in self.params if parameter.name == name), None)

    def questions(self) -> tuple[str, ...]:
        """Return the names of all questions that it asks, in the order of the text."""
        names = [piece.question for piece in self.pieces if not isinstance(piece, str) and piece.question]
        return tuple(dict.fromkeys(names))
