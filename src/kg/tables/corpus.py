"""All tables together: every row read, every reference resolved, every evidence cell understood."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, overload

from kg.errors import CuratedDataError
from kg.tables.cells import CellError, Reference
from kg.tables.evidence import (
    Footnote,
    Lines,
    Place,
    Section,
    SourceText,
    check_inside,
    read_lines,
    read_place,
)
from kg.tables.faults import Fault
from kg.tables.metadata import METADATA_FILE, Column, Table, read_metadata
from kg.tables.reader import ReadTable, Row, Value, read_table
from kg.tables.withdrawn import TABLE as WITHDRAWN
from kg.tables.withdrawn import check_withdrawn
from kg.vocab import CODE_KINDS, iri


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The curated tables, read and checked.

    Attributes:
        tables: name of the table to its rows.
        specs: name of the table to what its columns mean.
        sources: key to what is known about the text of a source.
        places: text of an evidence item to the place that it names.
        notes: what was unusual but understood.
    """

    tables: Mapping[str, Sequence[Row]]
    specs: Mapping[str, Table]
    sources: Mapping[str, SourceText]
    places: Mapping[str, Place]
    notes: tuple[str, ...]

    def locate(self, thing: str) -> tuple[str, int] | None:
        """Return file and line of the row that a resource IRI comes from, or None."""
        for name, rows in self.tables.items():
            prefix = iri(name, "")
            if thing.startswith(prefix):
                slug = thing[len(prefix) :]
                return next(((f"data/{name}.csv", row.line) for row in rows if row.slug == slug), None)
        return None

    def without_cells(self) -> "Corpus":
        """Return the rows by name and line only; what cells say is most of the memory that a large corpus takes."""
        return replace(self, tables={name: _Named(rows) for name, rows in self.tables.items()}, sources={}, places={})


class _Named(Sequence[Row]):
    """Rows of which name and line are known, each made when it is asked for.

    They are packed: every small object that outlives the cells keeps the page on which it lies among them, and a
    few names to a page kept 1.4 GB of the 1.8 that 650,000 rows take.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._lines = array("Q", (row.line for row in rows))
        self._ends = array("Q", accumulate(len(row.slug) for row in rows))
        self._slugs = "".join(row.slug for row in rows)
        self._nothing: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return tuple(self)[index]
        place = range(len(self))[index]
        slug = self._slugs[self._ends[place - 1] if place else 0 : self._ends[place]]
        return Row(line=self._lines[place], slug=slug, cells=self._nothing, values=self._nothing)

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))


class CorpusFaultsError(CuratedDataError):
    """The tables break their own rules.

    Attributes:
        faults: every fault found, in the order of files and lines.
    """

    code = "curated-data"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def read_corpus(data: Path, codes: Mapping[str, frozenset[str]], *, currencies: frozenset[str]) -> Corpus:
    """Read the folder of tables.

    Arguments:
        codes: kind of vocabulary to its slugs.
        currencies: ISO 4217 codes.

    Raises:
        CuratedDataError: the metadata cannot be read or no table is there.
        CorpusFaultsError: one or more cells are wrong; all of them are in the error.
    """
    specs = read_metadata((data / METADATA_FILE).read_text(encoding="utf-8"), where=f"data/{METADATA_FILE}")
    read: list[ReadTable] = []
    faults: list[Fault] = []
    for spec in specs:
        path = data / spec.file
        if path.is_file():
            read.append(read_table(path.read_bytes(), spec, file=f"data/{spec.file}"))
    if not read:
        raise CuratedDataError(f"data/{METADATA_FILE}:1: none of the tables that it describes is there")
    return _check(specs, read, faults, codes, currencies)


def _check(
    specs: tuple[Table, ...],
    read: list[ReadTable],
    faults: list[Fault],
    codes: Mapping[str, frozenset[str]],
    currencies: frozenset[str],
) -> Corpus:
    for table in read:
        faults.extend(table.faults)
    tables = {table.table.name: table.rows for table in read}
    known: dict[str, set[str] | frozenset[str]] = {name: {row.slug for row in rows} for name, rows in tables.items()}
    known.update({kind: codes.get(kind, frozenset()) for kind in CODE_KINDS})
    resolved: dict[str, tuple[Row, ...]] = {}
    for table in read:
        # What is withdrawn has no row, and what took its place may be withdrawn as well.
        resolved[table.table.name] = (
            table.rows
            if table.table.name == WITHDRAWN
            else tuple(_resolve_row(row, table, known, currencies, faults) for row in table.rows)
        )
    faults.extend(check_withdrawn(resolved))
    sources = _source_texts(resolved, faults)
    places = _read_places(resolved, {spec.name: spec for spec in specs}, sources, faults)
    if faults:
        raise CorpusFaultsError(tuple(sorted(set(faults))))
    return Corpus(
        tables=resolved,
        specs={spec.name: spec for spec in specs},
        sources=sources,
        places=places,
        notes=tuple(note for table in read for note in table.notes),
    )


def _resolve_row(
    row: Row,
    table: ReadTable,
    known: Mapping[str, set[str] | frozenset[str]],
    currencies: frozenset[str],
    faults: list[Fault],
) -> Row:
    """Give every reference its kind and report those that point at nothing."""
    changed: dict[str, tuple[Value, ...]] = {}
    for column in table.table.columns:
        items = row.values.get(column.name)
        if not items:
            continue
        if column.name == "currency" and row.text("currency") not in currencies:
            faults.append(
                _fault(
                    table,
                    row,
                    column,
                    row.text("currency"),
                    "not an ISO 4217 currency",
                    "Write a code such as USD",
                )
            )
        if not column.kinds:
            continue
        targets: list[Value] = []
        for item in items:
            assert isinstance(item, Reference)  # noqa: S101  (columns with kinds hold references only)
            target = _resolve(item, column, known)
            if isinstance(target, str):
                faults.append(_fault(table, row, column, item.slug, target, _repair(item, column)))
            else:
                targets.append(target)
        changed[column.name] = tuple(targets)
    return replace(row, values={**row.values, **changed}) if changed else row


def _resolve(item: Reference, column: Column, known: Mapping[str, set[str] | frozenset[str]]) -> Reference | str:
    if item.kind:
        return item if item.slug in known.get(item.kind, ()) else f"there is no {item.kind} of this name"
    holding = [kind for kind in column.kinds if item.slug in known.get(kind, ())]
    if not holding:
        return f"there is no {' or '.join(column.kinds)} of this name"
    if len(holding) > 1:
        return f"names a {' and a '.join(holding)}"
    return Reference(kind=holding[0], slug=item.slug)


def _repair(item: Reference, column: Column) -> str:
    kind = item.kind or column.kinds[0]
    if kind in CODE_KINDS:
        return f"Use a code of the scheme {kind} in ontology/vocabularies.ttl"
    if not item.kind and len(column.kinds) > 1:
        return f"Write the kind before it, as in {kind}:{item.slug}, and see that {kind}.csv has the row"
    return f"Add a row with this id to {kind}.csv or correct the slug"


def _source_texts(tables: Mapping[str, tuple[Row, ...]], faults: list[Fault]) -> dict[str, SourceText]:
    texts = {
        row.slug: SourceText(
            key=row.slug,
            line_count=int(row.text("line_count") or 0),
            sha256=row.text("text_sha256"),
            file=row.text("text_file"),
        )
        for row in tables.get("source", ())
    }
    footnotes: dict[str, dict[str, Footnote]] = {}
    for row in tables.get("footnote", ()):
        key = row.text("source")
        lines = _lines_of(row, row.cells["lines"], "lines", "data/footnote.csv", texts.get(key), faults)
        footnotes.setdefault(key, {})[row.text("number")] = Footnote(
            number=row.text("number"),
            lines=lines,
            state=row.text("state"),
            cited_sources=row.cells.get("cited_source", ()),
            fit=row.text("fit"),
            flag=row.text("evidence_flag"),
        )
    sections: dict[str, list[Section]] = {}
    for row in tables.get("section", ()):
        key = row.text("source")
        item = f"{row.text('first_line')}-{row.text('last_line')}"
        lines = _lines_of(row, (item,), "last_line", "data/section.csv", texts.get(key), faults)
        sections.setdefault(key, []).extend(
            Section(label=row.text("label"), lines=part, kind=row.text("kind")) for part in lines
        )
    return {
        key: replace(text, footnotes=footnotes.get(key, {}), sections=tuple(sections.get(key, ())))
        for key, text in texts.items()
    }


def _lines_of(
    row: Row, items: tuple[str, ...], column: str, file: str, source: SourceText | None, faults: list[Fault]
) -> tuple[Lines, ...]:
    found: list[Lines] = []
    for item in items:
        try:
            lines = read_lines(item)
            if source is not None:
                check_inside(lines, source)
        except CellError as error:
            faults.append(
                Fault(file=file, line=row.line, column=column, value=item, rule=error.rule, repair=error.repair)
            )
        else:
            found.append(lines)
    return tuple(found)


def _read_places(
    tables: Mapping[str, tuple[Row, ...]],
    specs: Mapping[str, Table],
    sources: Mapping[str, SourceText],
    faults: list[Fault],
) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for name, rows in tables.items():
        if specs[name].column("evidence") is None:
            continue
        for row in rows:
            for item in row.cells.get("evidence", ()):
                if item in places:
                    continue
                try:
                    places[item] = read_place(item, sources)
                except CellError as error:
                    faults.append(
                        Fault(
                            file=f"data/{name}.csv",
                            line=row.line,
                            column="evidence",
                            value=item,
                            rule=error.rule,
                            repair=error.repair,
                        )
                    )
    return places


def _fault(table: ReadTable, row: Row, column: Column, value: str, rule: str, repair: str) -> Fault:
    return Fault(file=table.file, line=row.line, column=column.name, value=value, rule=rule, repair=repair)
