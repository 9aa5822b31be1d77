"""Read the bytes of one table into rows, and report every fault at once."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.tables.cells import (
    CellError,
    Reference,
    Term,
    first_day,
    last_day,
    read_literal,
    read_reference,
    read_slug,
    split_list,
)
from kg.tables.faults import Fault
from kg.tables.metadata import Column, Table

Value = Reference | Term | str
# Most cells of a large table say what other cells of their column say: codes, years, firms. They are read once and
# kept once; a column of names is not kept whole.
_MOST_KEPT: Final = 10_000
_Kept = dict[str, tuple[tuple[str, ...], tuple[Value, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: where it stands and what its non-empty cells say.

    Attributes:
        line: physical line of the file on which the row begins, counted from 1.
        slug: identifier of the thing, or the joined key where rows are no things.
        cells: name of the column to the items of the cell, as written.
        values: the same, parsed; only columns that passed.
    """

    line: int
    slug: str
    cells: dict[str, tuple[str, ...]]
    values: dict[str, tuple[Value, ...]]

    def text(self, column: str) -> str:
        """Return the first item of a cell, or the empty string."""
        items = self.cells.get(column)
        return items[0] if items else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """What one file gave.

    Attributes:
        notes: what was unusual but understood, such as a byte-order mark.
    """

    table: Table
    file: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def read_table(content: bytes, table: Table, *, file: str) -> ReadTable:
    """Read one CSV file. Never raises: what is wrong stands in the faults."""
    notes: list[str] = []
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
        notes.append(f"{file}: starts with a byte-order mark; read without it")
    if b"\r\n" in content:
        notes.append(f"{file}: lines end in CR LF; read as LF")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        bad = f"byte 0x{content[error.start]:02x}"
        return _failed(table, file, line, bad, "not UTF-8", "Save the file as UTF-8", notes)
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        return _failed(table, file, line, "", "holds a NUL character", "Save the file as plain CSV text", notes)
    if not text.strip():
        return _failed(table, file, 1, "", "the file is empty", f"Write the header line: {_header(table)}", notes)
    return _read_text(text, table, file, notes)


def _read_text(text: str, table: Table, file: str, notes: list[str]) -> ReadTable:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    faults: list[Fault] = []
    rows: list[Row] = []
    columns: list[Column | None] = []
    kept: list[_Kept] = []
    seen: dict[str, int] = {}
    for line, record in _records(reader, file, faults):
        if not columns:
            columns = _read_header(record, table, file, line, faults)
            if faults:
                break
            kept = [{} for _ in columns]
            continue
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(columns):
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    value=f"{len(record)} cells",
                    rule=f"the header has {len(columns)} columns",
                    repair="Quote cells that hold commas, and give each row as many cells as the header",
                )
            )
            continue
        row = _read_row(record, columns, kept, table, file, line, faults)
        if row is None:
            continue
        if row.slug in seen:
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    column=table.key[-1],
                    value=row.slug,
                    rule=f"stands already in line {seen[row.slug]}",
                    repair="Merge the two rows or give the second another key",
                )
            )
            continue
        seen[row.slug] = line
        rows.append(row)
    return ReadTable(table=table, file=file, rows=tuple(rows), faults=tuple(faults), notes=tuple(notes))


def _records(reader: "csv._reader", file: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:  # type: ignore[name-defined]
    start = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(
                Fault(
                    file=file,
                    line=reader.line_num or start,
                    rule=f"not CSV ({error})",
                    repair="Close each quote, and double a quote inside a quoted cell",
                )
            )
            return
        yield start, record
        start = reader.line_num + 1


def _read_header(record: list[str], table: Table, file: str, line: int, faults: list[Fault]) -> list[Column | None]:
    names = [cell.strip() for cell in record]
    if len(names) == 1 and len(table.columns) > 1 and any(mark in names[0] for mark in "\t;|"):
        faults.append(
            Fault(
                file=file,
                line=line,
                value=names[0][:40],
                rule="the cells are not separated by commas",
                repair="Save the file as comma-separated values",
            )
        )
        return []
    for name in names:
        if table.column(name) is None:
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    column=name,
                    rule="no such column in csvw-metadata.json",
                    repair=f"Columns of this table: {_header(table)}",
                )
            )
        elif names.count(name) > 1:
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    column=name,
                    rule="the column stands twice",
                    repair="Remove one of them",
                )
            )
    for column in table.columns:
        if column.required and column.name not in names:
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    column=column.name,
                    rule="the column is missing",
                    repair="Add it to the header; every row needs it",
                )
            )
    return [table.column(name) for name in names]


def _read_row(
    record: list[str],
    columns: list[Column | None],
    kept: list[_Kept],
    table: Table,
    file: str,
    line: int,
    faults: list[Fault],
) -> Row | None:
    cells: dict[str, tuple[str, ...]] = {}
    values: dict[str, tuple[Value, ...]] = {}
    for column, cell, before in zip(columns, record, kept, strict=True):
        if column is None:
            continue
        if cell in before:
            cells[column.name], values[column.name] = before[cell]
            continue
        text = cell.strip() or column.default
        if not text:
            if column.required:
                faults.append(
                    Fault(
                        file=file,
                        line=line,
                        column=column.name,
                        rule="the cell is empty and the column is required",
                        repair=f"Fill it: {column.description}",
                    )
                )
            continue
        items = split_list(text) if column.is_list else (text,)
        parsed: list[Value] = []
        faults_before = len(faults)
        for item in items:
            try:
                parsed.append(_read_item(item, column))
            except CellError as error:
                faults.append(
                    Fault(
                        file=file,
                        line=line,
                        column=column.name,
                        value=item,
                        rule=error.rule,
                        repair=error.repair,
                    )
                )
        if len(set(items)) < len(items):
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    column=column.name,
                    value=text,
                    rule="an item of the list stands twice",
                    repair="Remove the repetition",
                )
            )
        cells[column.name] = items
        values[column.name] = tuple(parsed)
        if len(faults) == faults_before and len(before) < _MOST_KEPT:
            before[cell] = items, values[column.name]
    key = [cells.get(name, ("",))[0] for name in table.key]
    if not all(key):
        return None
    row = Row(line=line, slug="-".join(key) if table.about else "\t".join(key), cells=cells, values=values)
    _check_dates(row, file, faults)
    _check_money(row, table, file, faults)
    return row


def _read_item(item: str, column: Column) -> Value:
    if column.kinds:
        return read_reference(item, column.kinds)
    if column.name == "id":
        return read_slug(item)
    return read_literal(item, column)


def _check_dates(row: Row, file: str, faults: list[Fault]) -> None:
    """Report a period that ends before it begins. Precision differs, so bounds are compared."""
    for low, high in (("start", "end"), ("not_before", "not_after")):
        first, last = row.values.get(low), row.values.get(high)
        if not first or not last or not isinstance(first[0], Term) or not isinstance(last[0], Term):
            continue
        if first_day(first[0].text) > last_day(last[0].text):
            faults.append(
                Fault(
                    file=file,
                    line=row.line,
                    column=high,
                    value=last[0].text,
                    rule=f"lies before {low} {first[0].text}",
                    repair="Correct one of the two dates",
                )
            )


def _check_money(row: Row, table: Table, file: str, faults: list[Fault]) -> None:
    if table.name == "financing" and "amount" in row.cells and "currency" not in row.cells:
        faults.append(
            Fault(
                file=file,
                line=row.line,
                column="currency",
                rule=f"the amount {row.text('amount')} has no currency",
                repair="Write the ISO 4217 code of the currency that the source names, such as USD",
            )
        )


def _failed(table: Table, file: str, line: int, value: str, rule: str, repair: str, notes: list[str]) -> ReadTable:
    fault = Fault(file=file, line=line, value=value, rule=rule, repair=repair)
    return ReadTable(table=table, file=file, rows=(), faults=(fault,), notes=tuple(notes))


def _header(table: Table) -> str:
    return ",".join(column.name for column in table.columns)
