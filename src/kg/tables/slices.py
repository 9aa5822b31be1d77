"""Dated slices of outside data: CSV tables under `data/links/slices/` to named graphs of their own.

A slice is laid beside our facts, never mixed with them: its subjects are outside IRIs, its class is
`kg:OutsideRecord`, and its graph says whose data it is, under which licence, and of which day.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from kg.tables.faults import Fault
from kg.vocab import DCTERMS, RDF, RDFS, XSD, graph

METADATA: Final = "slices-metadata.json"
_FOLDER: Final = "data/links/slices"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_DATES: Final = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "date"),
    (re.compile(r"\d{4}-\d{2}"), "gYearMonth"),
    (re.compile(r"\d{4}"), "gYear"),
)


def read_slices(folder: Path) -> tuple[tuple[str, ...], tuple[Fault, ...]]:
    """Return the N-Quads lines of every slice of a folder, and what is wrong with its files.

    A folder without slices gives nothing.
    """
    path = folder / METADATA
    if not path.is_file():
        return (), ()
    faults: list[Fault] = []
    lines: list[str] = []
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
        for table in tables:
            lines.extend(_table(folder, table, faults))
    except (ValueError, KeyError, TypeError) as error:
        faults.append(Fault(file=f"{_FOLDER}/{METADATA}", line=0, rule=f"not CSVW metadata: {error}", repair="Mend it"))
    return tuple(lines), tuple(faults)


def _table(folder: Path, table: Mapping[str, Any], faults: list[Fault]) -> Iterator[str]:
    url = str(table["url"])
    name = graph(f"slice-{url.removesuffix('.csv')}")
    for key, predicate in (
        ("dc:license", "license"),
        ("dc:source", "source"),
    ):
        yield f"<{name}> <{DCTERMS}{predicate}> <{table[key]}> <{name}> ."
    yield f"<{name}> <{RDF}type> <http://www.w3.org/ns/dcat#Dataset> <{name}> ."
    yield f"<{name}> <{RDFS}label> {_text(table['dc:title'], 'en')} <{name}> ."
    yield f"<{name}> <{DCTERMS}description> {_text(table['dc:description'], 'en')} <{name}> ."
    yield f"<{name}> <{DCTERMS}rightsHolder> {_text(table['dc:rightsHolder'])} <{name}> ."
    yield f'<{name}> <{DCTERMS}issued> "{table["dc:issued"]}"^^<{XSD}date> <{name}> .'
    columns = {column["name"]: column for column in table["tableSchema"]["columns"]}
    file = f"{_FOLDER}/{url}"
    try:
        with (folder / url).open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle, strict=True)
            if tuple(reader.fieldnames or ()) != tuple(columns):
                faults.append(Fault(file=file, line=1, rule="other columns than the metadata names", repair="Mend one"))
                return
            for row in reader:
                yield from _row(row, table, columns, name, file, reader.line_num, faults)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(Fault(file=file, line=0, rule=f"cannot be read: {error}", repair="Save it as CSV in UTF-8"))


def _row(
    row: Mapping[str, str | None],
    table: Mapping[str, Any],
    columns: Mapping[str, Mapping[str, Any]],
    name: str,
    file: str,
    line: int,
    faults: list[Fault],
) -> Iterator[str]:
    if None in row.values() or None in row:
        faults.append(Fault(file=file, line=line, rule="too few or too many cells", repair="Mend the row"))
        return
    cells = {key: (value or "").strip() for key, value in row.items()}
    key = cells[table["tableSchema"]["primaryKey"]]
    if not re.fullmatch(r"[0-9A-Za-z-]+", key):
        faults.append(Fault(file=file, line=line, value=key, rule="not a key", repair="Write the outside identifier"))
        return
    subject = re.sub(r"\{\w+\}", key, table["aboutUrl"])
    yield f"<{subject}> <{RDF}type> <{table['rowClass']}> <{name}> ."
    for column, spec in columns.items():
        if not cells[column]:
            continue  # Unknown is not zero.
        value = _value(cells[column], spec)
        if value is None:
            faults.append(
                Fault(
                    file=file,
                    line=line,
                    column=column,
                    value=cells[column],
                    rule=f"not a {spec['datatype']}",
                    repair="Write it as the metadata says, or leave it empty",
                )
            )
            continue
        yield f"<{subject}> <{spec['propertyUrl']}> {value} <{name}> ."


def _value(cell: str, spec: Mapping[str, Any]) -> str | None:
    if spec["datatype"] == "decimal":
        try:
            number = Decimal(cell)
        except InvalidOperation:
            return None
        return f'"{number:f}"^^<{XSD}decimal>' if number.is_finite() else None
    if spec["datatype"] == "date":
        kind = next((kind for pattern, kind in _DATES if pattern.fullmatch(cell)), None)
        return f'"{cell}"^^<{XSD}{kind}>' if kind else None
    return _text(cell, spec.get("lang"))


def _text(value: str, language: str | None = None) -> str:
    return f'"{value.translate(_ESCAPES)}"' + (f"@{language}" if language else "")
