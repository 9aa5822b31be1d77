"""What a page about a thing is made of: pieces of text that the template sets, and the facts that they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from kg.engine import Iri, Literal, Term


@dataclass(frozen=True, slots=True)
class Node:
    """Everything that is said about one thing.

    Attributes:
        facts: by compact name of the property (`kg:actor`), in a fixed order.
    """

    iri: str
    facts: Mapping[str, tuple[Term, ...]]

    def terms(self, *properties: str) -> tuple[Term, ...]:
        """Return the values of some properties, each once."""
        return tuple(dict.fromkeys(term for name in properties for term in self.facts.get(name, ())))

    def iris(self, *properties: str) -> tuple[str, ...]:
        """Return those values that are things."""
        return tuple(term.value for term in self.terms(*properties) if isinstance(term, Iri))

    def iri_of(self, *properties: str) -> str | None:
        """Return the first value that is a thing."""
        found = self.iris(*properties)
        return found[0] if found else None

    def text(self, *properties: str) -> str | None:
        """Return the first value that is text, English before others."""
        found = [term for term in self.terms(*properties) if isinstance(term, Literal)]
        english = [term for term in found if term.language in (None, "", "en")]
        return (english or found)[0].value if found else None

    def number(self, name: str) -> Decimal | None:
        """Return a value as a number, or None where it is not stated."""
        text = self.text(name)
        try:
            return Decimal(text) if text is not None else None
        except InvalidOperation:
            return None

    def whole(self, name: str) -> int | None:
        """Return a value as a whole number, or None where it is not stated."""
        found = self.number(name)
        return int(found) if found is not None else None

    def has(self, *properties: str) -> bool:
        """Whether one of the properties has a value."""
        return any(self.facts.get(name) for name in properties)


@dataclass(frozen=True, slots=True)
class Bit:
    """A piece of text.

    Attributes:
        href: where it leads, or empty.
        language: of the text, where it is not English.
        look: `chip`, `warn`, `strong`, `code`, `status-…`, or empty.
    """

    text: str
    href: str = ""
    language: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A number, or a range of numbers, that leads to the list of evidence."""

    text: str
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table or a line of a fact; without bits nothing is stated.

    Attributes:
        subs: lines below it, smaller.
    """

    bits: tuple[Bit, ...] = ()
    marks: tuple[Mark, ...] = ()
    subs: tuple[tuple[Bit, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name and its values.

    Attributes:
        lines: one for each value that stands on a line of its own.
        conflict: words over values that compete, or empty.
        silent: what is said where there is no line.
    """

    name: str
    lines: tuple[Cell, ...]
    conflict: str = ""
    silent: str = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column as it is shown; `silent` is what an empty cell says."""

    heading: str
    is_number: bool = False
    silent: str = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A list of things that point at the one of the page.

    Attributes:
        total: how many there are; `rows` may be fewer.
        more_href: where all of them are listed, or empty.
    """

    key: str
    heading: str
    total: int
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more_href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """A place in a source.

    Attributes:
        anchor: the fragment that its marks lead to.
        remarks: what is known about the place, one after the other.
        passages: lines of the source text, where the reader has it: number, text, whether it is one of the lines meant.
    """

    n: int
    anchor: str
    source: Bit
    remarks: tuple[tuple[Bit, ...], ...]
    passages: tuple[tuple[tuple[int, str, bool], ...], ...] = field(default=())
