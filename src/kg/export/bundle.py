"""The tables as files: a CSV bundle with CSVW metadata and a data package, SQLite, Parquet."""

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from kg.errors import ConfigError
from kg.export.reading import LICENCE, Reading
from kg.export.tables import LINKS, Column, Table, flat_rows, tables
from kg.vocab import ID

TITLE: Final = "CityLedger"
# Zip cannot hold an earlier moment, and the same release must give the same bytes.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_FIELD_TYPES: Final = {"decimal": "number", "integer": "integer", "boolean": "boolean", "date": "date"}


def csv_zip(reading: Reading) -> bytes:
    """A zip of one CSV file a table, `csv-metadata.json` (CSVW) and `datapackage.json` (Data Package)."""
    made = tables(reading)
    files: dict[str, bytes] = {f"{table.name}.csv": _csv(table) for table in made}
    files["csv-metadata.json"] = _json(csvw_metadata(made, reading.release))
    files["datapackage.json"] = _json(data_package(made, reading.release))
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file of these files, equal for equal files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def csvw_metadata(made: tuple[Table, ...], release: str) -> dict[str, Any]:
    """Return the metadata of a table group after CSVW (W3C Metadata Vocabulary for Tabular Data)."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": TITLE,
        "dc:identifier": release,
        "dc:license": {"@id": LICENCE},
        "tables": [
            {
                "url": f"{table.name}.csv",
                "dc:title": table.name,
                "tableSchema": {
                    "aboutUrl": "{+id}" if table.name == LINKS else f"{ID}{table.name}/{{id}}",
                    "primaryKey": "id",
                    "columns": [_csvw_column(column) for column in table.columns],
                    "foreignKeys": [
                        {
                            "columnReference": column.name,
                            "reference": {"resource": f"{column.kind}.csv", "columnReference": "id"},
                        }
                        # Readers of CSVW take an empty cell for a broken key; a data package allows it.
                        for column in _foreign(table, made)
                        if all(row[table.columns.index(column)] for row in table.rows)
                    ],
                },
            }
            for table in made
        ],
    }


def data_package(made: tuple[Table, ...], release: str) -> dict[str, Any]:
    """Return the descriptor of a data package (Frictionless Data)."""
    return {
        "profile": "data-package",
        "name": "cityledger",
        "title": TITLE,
        "version": release,
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": table.name,
                "path": f"{table.name}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "primaryKey": ["id"],
                    "fields": [_field(column) for column in table.columns],
                    "foreignKeys": [
                        {
                            "fields": [column.name],
                            "reference": {
                                "resource": "" if column.kind == table.name else column.kind,
                                "fields": ["id"],
                            },
                        }
                        for column in _foreign(table, made)
                    ],
                },
            }
            for table in made
        ],
    }


def write_sqlite(reading: Reading, path: Path) -> None:
    """Write one table a kind, and one `{table}__{column}` (id, value) for every column that holds lists."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    with connection:
        for table in tables(reading):
            names = ", ".join(f"{_quoted(column.name)} {_affinity(column)}" for column in table.columns)
            connection.execute(f"CREATE TABLE {_quoted(table.name)} ({names}, PRIMARY KEY (id)) WITHOUT ROWID")
            marks = ", ".join("?" * len(table.columns))
            connection.executemany(
                f"INSERT INTO {_quoted(table.name)} VALUES ({marks})",  # noqa: S608  (names are our own)
                ([cell or None for cell in row] for row in flat_rows(table)),
            )
            for position, column in enumerate(table.columns):
                if column.separator:
                    _sqlite_items(connection, table, position)
        connection.execute("CREATE TABLE release (id TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("INSERT INTO release VALUES (?)", (reading.release,))
    connection.close()


def write_parquet(reading: Reading, folder: Path) -> None:
    """Write one Parquet file a table into a folder; lists stay lists, numbers are decimals.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ConfigError("Parquet needs pyarrow: install cityledger[parquet]") from error
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables(reading):
        arrays, fields = [], []
        for position, column in enumerate(table.columns):
            cells = [row[position] for row in table.rows]
            kind = _arrow_type(pa, column, cells)
            items = [[_python(text, column) for text in cell] for cell in cells]
            if column.separator:
                arrays.append(pa.array([item or None for item in items], type=pa.list_(kind)))
            else:
                arrays.append(pa.array([item[0] if item else None for item in items], type=kind))
            metadata = {"property": column.property_iri} if column.property_iri else None
            fields.append(pa.field(column.name, arrays[-1].type, metadata=metadata))
        schema = pa.schema(fields, metadata={"release": reading.release, "license": LICENCE})
        pq.write_table(pa.table(arrays, schema=schema), folder / f"{table.name}.parquet", compression="zstd")


def _csv(table: Table) -> bytes:
    buffer = io.StringIO(newline="")
    # RFC 4180: lines end in CRLF.
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows(flat_rows(table))
    return buffer.getvalue().encode()


def _csvw_column(column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {"name": column.name, "titles": column.name, "datatype": column.datatype}
    if column.name == "id":
        made |= {"required": True, "suppressOutput": True}
    if column.property_iri:
        made["propertyUrl"] = column.property_iri
    if column.kind:
        made["valueUrl"] = f"{ID}{column.kind}/{{{column.name}}}"
    elif column.datatype == "anyURI" and column.property_iri:
        made["valueUrl"] = f"{{+{column.name}}}"
    if column.separator:
        made["separator"] = column.separator
    if column.language:
        made["lang"] = column.language
    if column.description:
        made["dc:description"] = column.description
    if column.inferred:
        made["https://w3id.org/cityledger/ontology#basis"] = "inferred"
    return made


def _field(column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "type": "string" if column.separator else _FIELD_TYPES.get(column.datatype, "string"),
    }
    if column.property_iri:
        made["rdfType"] = column.property_iri
    if column.description:
        made["description"] = column.description + (
            f" Items are separated by {column.separator!r}." if column.separator else ""
        )
    if column.name == "id":
        made["constraints"] = {"required": True, "unique": True}
    return made


def _foreign(table: Table, made: tuple[Table, ...]) -> list[Column]:
    known = {other.name: {row[0][0] for row in other.rows} for other in made}
    found = []
    for position, column in enumerate(table.columns):
        if column.kind not in known or column.separator:
            continue
        if all(item in known[column.kind] for row in table.rows for item in row[position]):
            found.append(column)
    return found


def _sqlite_items(connection: sqlite3.Connection, table: Table, position: int) -> None:
    name = _quoted(f"{table.name}__{table.columns[position].name}")
    affinity = "NUMERIC" if table.columns[position].datatype in {"decimal", "integer"} else "TEXT"
    connection.execute(f"CREATE TABLE {name} (id TEXT, value {affinity}, PRIMARY KEY (id, value)) WITHOUT ROWID")
    connection.executemany(
        f"INSERT INTO {name} VALUES (?, ?)",  # noqa: S608  (names are our own)
        ((row[0][0], item) for row in table.rows for item in row[position]),
    )


def _affinity(column: Column) -> str:
    return "NUMERIC" if column.datatype in {"decimal", "integer"} and not column.separator else "TEXT"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _arrow_type(pa: Any, column: Column, cells: list[tuple[str, ...]]) -> Any:
    if column.datatype == "integer":
        return pa.int64()
    if column.datatype == "boolean":
        return pa.bool_()
    if column.datatype == "decimal":
        exponents = [Decimal(text).as_tuple().exponent for cell in cells for text in cell]
        scale = max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)
        return pa.decimal128(38, max(scale, 0))
    return pa.string()


def _python(text: str, column: Column) -> object:
    if column.datatype == "integer":
        return int(text)
    if column.datatype == "boolean":
        return text == "true"
    return Decimal(text) if column.datatype == "decimal" else text


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
