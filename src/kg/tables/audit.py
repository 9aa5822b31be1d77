"""Compare every evidence cell with the lines of the source texts.

Checks: the text is the one whose digest is on record; over the union of a row's lines stand the names, numbers and
years of the columns that the metadata marks; no range is longer than LONGEST_RANGE lines unless it lies in a
printed table. A waiver skips one named check of one cell and says why.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

from kg.errors import CuratedDataError
from kg.tables.cells import Reference, Term
from kg.tables.corpus import Corpus
from kg.tables.evidence import SourceText
from kg.tables.faults import Fault
from kg.tables.metadata import Column
from kg.tables.reader import Row
from kg.tables.spelling import Passage, has_name, has_number, has_year, read_passage

LONGEST_RANGE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the audit found.

    Attributes:
        cells: evidence cells in all tables.
        audited: cells whose places were all read in a source text.
        without_text: cells that rest on sources without lines only.
        checks: single checks made (a name, a number, a year, a length).
        waived_cells: cells with at least one waived check.
        misses: checks that failed and are not waived.
        unused_waivers: waivers of checks that do not fail.
        median_lines: median length of the ranges.
        longest: the longest range, as file:line and length.
    """

    cells: int
    audited: int
    without_text: int
    checks: int
    waived_cells: int
    misses: tuple[Fault, ...]
    unused_waivers: tuple[Fault, ...]
    median_lines: float
    longest: str


def read_texts(folder: Path, sources: Mapping[str, SourceText]) -> dict[str, tuple[str, ...]]:
    """Return the lines of each source text, found in a folder by digest.

    Lines are split at LF only, as ONTOLOGY says: form feeds and other separators stay inside a line.

    Raises:
        CuratedDataError: the folder or a text is missing, or a text has other bytes than those on record.
    """
    if not folder.is_dir():
        raise CuratedDataError(f"{folder}: no such folder of source texts; say where they are with --texts DIR")
    by_digest = {
        hashlib.sha256(content).hexdigest(): content
        for content in (path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())
    }
    texts: dict[str, tuple[str, ...]] = {}
    for key, source in sources.items():
        if not source.sha256:
            continue
        content = by_digest.get(source.sha256)
        if content is None:
            raise CuratedDataError(
                f"{folder}: no file has the digest {source.sha256} of {key} ({source.file}); "
                "the text was changed or is missing"
            )
        texts[key] = tuple(content.decode("utf-8").split("\n"))
    return texts


def audit(corpus: Corpus, texts: Mapping[str, tuple[str, ...]]) -> Audit:
    """Audit every evidence cell."""
    waivers = {
        (row.text("table"), row.text("row"), row.text("column"), row.text("check")): row
        for row in corpus.tables.get("waiver", ())
    }
    names = _Names(corpus)
    used: set[tuple[str, str, str, str]] = set()
    misses: list[Fault] = []
    waived: set[tuple[str, str]] = set()
    cells = audited = without_text = checks = 0
    lengths: list[tuple[int, str]] = []
    for table, rows in corpus.tables.items():
        if corpus.specs[table].column("evidence") is None or table == "evidence":
            continue
        columns = [column for column in corpus.specs[table].columns if column.audit]
        for row in rows:
            items = row.cells.get("evidence", ())
            if not items:
                continue
            cells += 1
            lines = _lines_of_row(row, corpus, texts)
            if not lines:
                without_text += 1
                continue
            audited += 1
            passage = read_passage(lines)
            found: list[tuple[str, str, str]] = []
            for column in columns:
                for check, miss in _check_cell(row, column, passage, names, table):
                    checks += 1
                    if miss:
                        found.append((column.name, check, miss))
            for item in items:
                place = corpus.places[item]
                for part in place.lines if place.footnote is None else ():
                    checks += 1
                    length = part.last - part.first + 1
                    lengths.append((length, f"data/{table}.csv:{row.line} {item}"))
                    section = corpus.sources[place.source].section_of(part.first)
                    printed = section is not None and section.kind == "table" and part.last <= section.lines.last
                    if length > LONGEST_RANGE and not printed:
                        found.append(("evidence", "length", item))
            for column_name, check, value in found:
                key = (table, row.slug, column_name, check)
                if key in waivers:
                    used.add(key)
                    waived.add((table, row.slug))
                else:
                    misses.append(_miss(table, row, column_name, check, value))
    lengths.sort()
    return Audit(
        cells=cells,
        audited=audited,
        without_text=without_text,
        checks=checks,
        waived_cells=len(waived),
        misses=tuple(misses),
        unused_waivers=tuple(_unused(row) for key, row in waivers.items() if key not in used),
        median_lines=median(length for length, _ in lengths) if lengths else 0,
        longest=f"{lengths[-1][0]} lines, {lengths[-1][1]}" if lengths else "none",
    )


def _lines_of_row(row: Row, corpus: Corpus, texts: Mapping[str, tuple[str, ...]]) -> list[str]:
    lines: list[str] = []
    for item in row.cells["evidence"]:
        place = corpus.places[item]
        text = texts.get(place.source, ())
        for part in place.lines:
            lines.extend(text[part.first - 1 : part.last])
    return lines


def _check_cell(row: Row, column: Column, passage: Passage, names: "_Names", table: str) -> Iterator[tuple[str, str]]:
    """Yield the check made and, where it failed, what was looked for."""
    for value in row.values.get(column.name, ()):
        if isinstance(value, Reference):
            if column.name == "claimant" and names.is_author(row, value):
                continue
            spellings = names.of(value.kind, value.slug) + names.printed(row, value.slug, column.name)
            yield "names", "" if any(has_name(passage, s) for s in spellings) else value.slug
        elif isinstance(value, Term) and column.audit == "names":
            spellings = names.of(table, row.slug) + names.printed(row, row.slug, column.name)
            yield "names", "" if any(has_name(passage, s) for s in spellings) else value.text
        elif isinstance(value, Term) and column.audit == "numbers":
            if row.text("basis") != "derived":
                yield "numbers", "" if has_number(passage, Decimal(value.text)) else value.text
        elif isinstance(value, Term) and column.audit == "years":
            yield "years", "" if has_year(passage, value.text[:4]) else value.text


class _Names:
    """Every spelling under which a thing may be printed."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        for table, rows in corpus.tables.items():
            for row in rows:
                labels = tuple(
                    item for column in ("label", "alias_en", "alias_zh") for item in row.cells.get(column, ())
                )
                if labels:
                    self._names[table, row.slug] = labels
        self._authors = {row.slug: row.cells.get("publisher", ()) for row in corpus.tables.get("source", ())}

    def of(self, kind: str, slug: str) -> tuple[str, ...]:
        return self._names.get((kind, slug), (slug.replace("-", " "),))

    def printed(self, row: Row, slug: str, column: str) -> tuple[str, ...]:
        """Return what printed_as says for one thing or column; a bare spelling is the row's own label."""
        found = []
        for item in row.cells.get("printed_as", ()):
            key, equals, spelling = item.partition("=")
            if not equals and column == "label":
                found.append(item)
            elif equals and key.strip() in (slug, column):
                found.append(spelling.strip())
        return tuple(found)

    def is_author(self, row: Row, value: Reference) -> bool:
        """A document does not name itself as the claimant of what it says."""
        sources = {self._corpus.places[item].source for item in row.cells.get("evidence", ())}
        return any(value.slug in self._authors.get(source, ()) for source in sources)


def _miss(table: str, row: Row, column: str, check: str, value: str) -> Fault:
    rules = {
        "names": "the name stands on none of the row's evidence lines",
        "numbers": "the number stands on none of the row's evidence lines",
        "years": "the year stands on none of the row's evidence lines",
        "length": f"the range holds more than {LONGEST_RANGE} lines and lies in no printed table",
    }
    repairs = {
        "names": "Add the line that names it, or its spelling to printed_as",
        "numbers": "Correct the number or add the line that prints it",
        "years": "Correct the date or add the line that prints the year",
        "length": "Point at the lines that carry the fact",
    }
    return Fault(
        file=f"data/{table}.csv",
        line=row.line,
        column=column,
        value=value,
        rule=f"{rules[check]} ({', '.join(row.cells.get('evidence', ()))})",
        repair=repairs[check],
    )


def _unused(row: Row) -> Fault:
    return Fault(
        file="data/waiver.csv",
        line=row.line,
        column="check",
        value=row.text("row"),
        rule="this check does not fail, so nothing is waived",
        repair="Remove the waiver",
    )
