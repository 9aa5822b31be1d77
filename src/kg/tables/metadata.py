"""What each column means: csvw-metadata.json read into frozen records.

The file is CSVW (W3C Tabular Data, 2015). Beside the standard keys, columns carry three annotations of our own:
`ontology#kinds` (which kinds of things a reference may name), `ontology#values` (a closed list of words) and
`ontology#audit` (names, numbers or years: what `kg audit` looks for in the evidence).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kg.errors import CuratedDataError
from kg.vocab import KG

METADATA_FILE = "csvw-metadata.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        datatype: CSVW base type: string, decimal, integer, boolean, anyURI or date.
        pattern: regular expression that the whole cell must match, or None.
        minimum: smallest number allowed, or None.
        maximum: largest number allowed, or None.
        is_list: the cell holds items separated by `;`.
        property_iri: what the cell becomes, or None for a column that is not output.
        kinds: kinds of things that a reference may name, in order of preference; empty for a literal.
        value_template: IRI template of a cell that is neither a reference nor a literal, or None.
        values: closed list of words, or empty.
        audit: names, numbers, years, or empty.
    """

    name: str
    description: str
    datatype: str
    pattern: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    required: bool
    is_list: bool
    language: str | None
    default: str
    property_iri: str | None
    kinds: tuple[str, ...]
    value_template: str | None
    values: tuple[str, ...]
    audit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its columns, its key, and the class of its rows.

    Attributes:
        name: singular noun, also the kind of its rows and the name of its graph.
        class_name: local name of the class, or empty where the type column says it or rows are no things.
        key: columns whose values name a row.
        about: IRI template of a row, or None for a table whose rows are no things.
    """

    name: str
    description: str
    class_name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    about: str | None

    @property
    def file(self) -> str:
        """File name of the table."""
        return f"{self.name}.csv"

    def column(self, name: str) -> Column | None:
        """Return a column by name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def read_metadata(text: str, *, where: str = METADATA_FILE) -> tuple[Table, ...]:
    """Read the tables' description.

    Raises:
        CuratedDataError: the text is not JSON or lacks what a table needs.
    """
    try:
        document = json.loads(text)
        return tuple(_table(entry) for entry in document["tables"])
    except json.JSONDecodeError as error:
        raise CuratedDataError(f"{where}:{error.lineno}: not JSON: {error.msg}") from error
    except (KeyError, TypeError) as error:
        raise CuratedDataError(f"{where}:1: a table or column lacks the key {error}") from error


def _table(entry: Mapping[str, Any]) -> Table:
    schema = entry["tableSchema"]
    key = schema["primaryKey"]
    return Table(
        name=entry["url"].removesuffix(".csv"),
        description=entry["dc:description"],
        class_name=entry.get(KG + "class", ""),
        columns=tuple(_column(column) for column in schema["columns"]),
        key=(key,) if isinstance(key, str) else tuple(key),
        about=schema.get("aboutUrl"),
    )


def _column(entry: Mapping[str, Any]) -> Column:
    datatype = entry["datatype"]
    details: Mapping[str, Any] = datatype if isinstance(datatype, dict) else {"base": datatype}
    kinds = tuple(entry.get(KG + "kinds", ()))
    return Column(
        name=entry["name"],
        description=entry["dc:description"],
        datatype=details["base"],
        pattern=details.get("format"),
        minimum=Decimal(details["minimum"]) if "minimum" in details else None,
        maximum=Decimal(details["maximum"]) if "maximum" in details else None,
        required=bool(entry.get("required", False)),
        is_list="separator" in entry,
        language=entry.get("lang"),
        default=entry.get("default", ""),
        property_iri=entry.get("propertyUrl"),
        kinds=kinds,
        value_template=None if kinds else entry.get("valueUrl"),
        values=tuple(entry.get(KG + "values", ())),
        audit=entry.get(KG + "audit", ""),
    )
