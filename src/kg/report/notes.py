"""Footnotes made from evidence: source, section and lines, and the question that was asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from kg.catalog import Citation, QuestionAnswer
from kg.report.inquiry import Inquiry

# A count may rest on every row of the release; the answer's own page lists them all.
MOST_PLACES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Places in one section of one work.

    Attributes:
        lines: such as `lines 27–31, 40; note 215`; empty where the work as a whole is meant.
        flags: why places are doubtful.
    """

    source: str
    section: str | None
    lines: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A footnote.

    Attributes:
        number: counted from 1 in the order of the text.
        said: what the number or the row is, such as `Counted from 12 rows of who-finances-what`.
        left_out: places that are not listed because there are so many.
        places: IRIs of all the evidence, listed or not, each with its work.
    """

    number: int
    said: str
    passages: tuple[Passage, ...]
    left_out: int
    places: tuple[tuple[str, str], ...]


class Notes:
    """The footnotes of one report; equal ones are one."""

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        self._known: dict[tuple[str, tuple[str, ...]], Note] = {}

    def all(self) -> tuple[Note, ...]:
        """Return the notes in the order of their numbers."""
        return tuple(self._known.values())

    def row(self, answer: QuestionAnswer, index: int) -> int:
        """Return the number of the note for one row."""
        citations = () if answer.citations is None else answer.citations[index]
        return self._add("", citations)

    def rows(self, answer: QuestionAnswer, indexes: Iterable[int], how: str) -> int:
        """Return the number of the note for what was counted, summed or read from some rows."""
        chosen = list(indexes)
        asked = self._inquiry.parameters(answer)
        name = answer.question.name + (f" ({asked})" if asked else "")
        if not chosen:
            return self._add(f"No row of {name} in release {answer.release}.", ())
        rows = f"{len(chosen):,} row" + ("" if len(chosen) == 1 else "s")
        cut = "" if answer.complete else f", which is not complete ({answer.limit})"
        citations = [citation for index in chosen for citation in (answer.citations or ())[index]]
        return self._add(f"{how} {rows} of {name}{cut}.", citations)

    def _add(self, said: str, citations: Iterable[Citation]) -> int:
        unique = list({citation.place: citation for citation in citations}.values())
        key = (said, tuple(sorted(citation.place for citation in unique)))
        if key not in self._known:
            self._known[key] = Note(
                number=len(self._known) + 1,
                said=said,
                passages=_passages(unique[:MOST_PLACES]),
                left_out=max(0, len(unique) - MOST_PLACES),
                places=tuple((citation.place, citation.source) for citation in unique),
            )
        return self._known[key].number


def _passages(citations: list[Citation]) -> tuple[Passage, ...]:
    ordered = sorted(citations, key=lambda c: (c.source, c.section or "", c.first_line or 0, c.footnote or ""))
    return tuple(
        Passage(source=source, section=section, lines=_lines(list(members)), flags=_flags(citations, source, section))
        for (source, section), members in groupby(ordered, key=lambda c: (c.source, c.section))
    )


def _flags(citations: list[Citation], source: str, section: str | None) -> tuple[str, ...]:
    members = [c for c in citations if (c.source, c.section) == (source, section)]
    return tuple(dict.fromkeys(c.flag for c in members if c.flag))


def _lines(citations: list[Citation]) -> str:
    spans = _merged([(c.first_line, c.last_line or c.first_line) for c in citations if c.first_line is not None])
    feet = list(dict.fromkeys(c.footnote for c in citations if c.footnote is not None))
    parts: list[str] = []
    if spans:
        single = len(spans) == 1 and spans[0][0] == spans[0][1]
        words = [f"{first}" if first == last else f"{first}–{last}" for first, last in spans]
        parts.append(("line " if single else "lines ") + ", ".join(words))
    if feet:
        parts.append(("note " if len(feet) == 1 else "notes ") + ", ".join(feet))
    return "; ".join(parts)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, with those that share lines made one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
