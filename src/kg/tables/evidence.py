"""Evidence cells: `sosi-2020:2774-2775`, `sosi-2020:2810`, `sosi-2020:fn215`, or a bare source key.

The text of the cell names a place in a source; here it becomes line ranges, a section and an IRI slug.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.tables.cells import CellError

_PLACE = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)(?::(?:([1-9][0-9]*)(?:-([1-9][0-9]*))?|fn([0-9]+[a-z]?)))?")
_RANGE = re.compile(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A range of lines of a source text, both ends included, counted from 1."""

    first: int
    last: int

    @property
    def slug(self) -> str:
        """The part of an evidence slug that names the range."""
        return f"l{self.first}" if self.first == self.last else f"l{self.first}-l{self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footnote:
    """A footnote of a source: where its text stands, and what it names."""

    number: str
    lines: tuple[Lines, ...]
    state: str
    cited_sources: tuple[str, ...]
    fit: str
    flag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a source, by lines; kind table marks a printed table."""

    label: str
    lines: Lines
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """What the tables know about the text of one source; line_count is 0 for a source without lines."""

    key: str
    line_count: int
    sha256: str
    file: str
    footnotes: Mapping[str, Footnote] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()

    def section_of(self, line: int) -> Section | None:
        """Return the smallest section that holds a line."""
        holding = [s for s in self.sections if s.lines.first <= line <= s.lines.last]
        return min(holding, key=lambda s: s.lines.last - s.lines.first, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place in a source: a whole source, a range of lines, or a footnote."""

    source: str
    lines: tuple[Lines, ...]
    footnote: Footnote | None

    @property
    def slug(self) -> str:
        """Slug of the evidence node."""
        if self.footnote is not None:
            return f"{self.source}-fn{self.footnote.number}"
        return f"{self.source}-{self.lines[0].slug}" if self.lines else self.source


def read_lines(item: str) -> Lines:
    """Return a line range written as 12 or 12-14.

    Raises:
        CellError: malformed or backwards.
    """
    found = _RANGE.fullmatch(item)
    if found is None:
        raise CellError("not a range of lines", "Write a line such as 2810 or a range such as 2774-2775")
    lines = Lines(first=int(found[1]), last=int(found[2] or found[1]))
    if lines.last < lines.first:
        raise CellError("the range runs backwards", "Write the smaller line first")
    return lines


def read_place(item: str, sources: Mapping[str, SourceText]) -> Place:
    """Return the place that one item of an evidence cell names.

    Raises:
        CellError: malformed, or a source, line or footnote that does not exist.
    """
    found = _PLACE.fullmatch(item)
    if found is None:
        raise CellError(
            "not an evidence reference",
            "Write source:line, source:first-last, source:fnN, or a bare source key",
        )
    key, first, _, note = found.groups()
    source = sources.get(key)
    if source is None:
        raise CellError(f"the source {key} is not listed", "Add a row to source.csv or correct the key")
    if note is not None:
        footnote = source.footnotes.get(note)
        if footnote is None:
            raise CellError(
                f"footnote {note} of {key} is not listed", "Add it to footnote.csv with the lines of its text"
            )
        return Place(source=key, lines=footnote.lines, footnote=footnote)
    if first is None:
        if source.line_count:
            raise CellError("a source with lines needs a line", f"Write {key}:line or {key}:first-last")
        return Place(source=key, lines=(), footnote=None)
    if not source.line_count:
        raise CellError("this source has no lines", f"Write the bare key {key}")
    lines = read_lines(item.partition(":")[2])
    check_inside(lines, source)
    return Place(source=key, lines=(lines,), footnote=None)


def check_inside(lines: Lines, source: SourceText) -> None:
    """Check that a range lies inside the text of its source.

    Raises:
        CellError: it ends after the last line.
    """
    if lines.last > source.line_count:
        raise CellError(
            f"line {lines.last} lies past the end of {source.key}, which has {source.line_count} lines",
            "Correct the range; lines are counted from 1",
        )
