"""The graph as tables: one per kind, one row per thing, columns named after properties."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyoxigraph as ox

from kg.export.reading import TYPE, Reading, Term
from kg.vocab import ID, KG, RDFS, TABLE_KINDS, XSD, split_iri

# What rules add to every thing and what no table needs.
_LEFT_OUT: Final = frozenset({"http://www.opengis.net/ont/geosparql#hasGeometry"})
_SEPARATORS: Final = ("; ", "|", " ¦ ")
_NUMBERS: Final = frozenset({"decimal", "integer", "double"})
KINDS: Final = (*TABLE_KINDS, "evidence")
LINKS: Final = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: snake_case, unique in its table.
        property_iri: what it says; empty for the key.
        datatype: CSVW base type: string, decimal, integer, boolean, date, gYear or anyURI.
        language: language of all its values, or empty.
        kind: kind of the things that it names by slug; empty for other values.
        separator: what stands between the items of a cell; empty when every cell holds one.
        inferred: rules give its values.
        description: what the ontology says of the property.
    """

    name: str
    property_iri: str
    datatype: str
    language: str = ""
    kind: str = ""
    separator: str = ""
    inferred: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; every cell is a tuple of texts, empty where nothing is known."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]


def tables(reading: Reading) -> tuple[Table, ...]:
    """Return the tables of all kinds that have things, and one of the links to outside data."""
    found = [_table(reading, kind) for kind in KINDS if reading.graphs.get(kind)]
    links = _links(reading)
    return (*found, links) if links.rows else tuple(found)


def number(text: str) -> Decimal:
    """Return the number that a cell of datatype decimal or integer holds."""
    return Decimal(text)


def _table(reading: Reading, kind: str) -> Table:
    # A kind's graph may speak of places in a source as parts of each other; rows are its own things only.
    prefix = f"{ID}{kind}/"
    subjects = [subject for subject in reading.of_kind(kind) if subject.startswith(prefix)]
    columns: list[Column] = [
        Column(name="id", property_iri="", datatype="string", description="Permanent slug; the IRI is its aboutUrl")
    ]
    cells: list[list[tuple[str, ...]]] = [[(subject[len(prefix) :],) for subject in subjects]]
    for predicate, language in _properties(reading, subjects):
        column, values = _column(reading, subjects, predicate, language, {column.name for column in columns})
        columns.append(column)
        cells.append(values)
    return Table(name=kind, columns=tuple(columns), rows=tuple(zip(*cells, strict=True)))


def _properties(reading: Reading, subjects: list[str]) -> list[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for subject in subjects:
        for predicate, values in reading.facts[subject].items():
            if predicate not in _LEFT_OUT:
                seen.update(
                    (predicate, (value.language or "") if isinstance(value, ox.Literal) else "") for value in values
                )
    return sorted(seen, key=lambda pair: (pair[0] != TYPE, pair[0] != RDFS + "label", _local(pair[0]), pair))


def _column(
    reading: Reading, subjects: list[str], predicate: str, language: str, taken: set[str]
) -> tuple[Column, list[tuple[str, ...]]]:
    values = [
        [
            value
            for value in reading.facts[subject].get(predicate, ())
            if ((value.language or "") if isinstance(value, ox.Literal) else "") == language
        ]
        for subject in subjects
    ]
    if predicate == TYPE:
        # Superclasses of other vocabularies say nothing that the class does not.
        values = [[term for term in found if term.value.startswith(KG)] for found in values]
    flat = [term for found in values for term in found]
    kind = _common_kind(flat)
    texts = [tuple(_text(term, kind) for term in found) for found in values]
    many = any(len(found) > 1 for found in texts)
    separator = next((s for s in _SEPARATORS if not any(s.strip() in t for f in texts for t in f)), "\u241e")
    name = "type" if predicate == TYPE else _snake(_local(predicate))
    if language and (language != "en" or name in taken):
        name = f"{name}_{language.lower().replace('-', '_')}"
    while name in taken:
        name += "_"
    inferred = predicate != TYPE and all(
        (subject, predicate) in reading.inferred for subject, found in zip(subjects, values, strict=True) if found
    )
    column = Column(
        name=name,
        property_iri=predicate,
        datatype=_datatype(flat, kind),
        language=language,
        kind=kind,
        separator=separator if many else "",
        inferred=inferred,
        description=reading.text(predicate, RDFS + "comment"),
    )
    return column, texts


def _links(reading: Reading) -> Table:
    owl, sssom = "http://www.w3.org/2002/07/owl#", "https://w3id.org/sssom/"
    spec = (
        ("thing", owl + "annotatedSource", "anyURI"),
        ("relation", owl + "annotatedProperty", "anyURI"),
        ("outside", owl + "annotatedTarget", "anyURI"),
        ("justification", sssom + "mapping_justification", "anyURI"),
        ("source", sssom + "object_source", "anyURI"),
        ("confidence", sssom + "confidence", "decimal"),
        ("checked", sssom + "mapping_date", "date"),
        ("review_status", KG + "reviewStatus", "string"),
    )
    axioms = [subject for subject in reading.of_kind("links") if owl + "annotatedSource" in reading.facts[subject]]
    columns = (
        Column(name="id", property_iri="", datatype="anyURI", description="IRI of the mapping"),
        *(Column(name=name, property_iri=iri, datatype=datatype) for name, iri, datatype in spec),
    )
    rows = tuple(((axiom,), *(tuple(reading.texts(axiom, iri)) for _, iri, _ in spec)) for axiom in axioms)
    return Table(name=LINKS, columns=columns, rows=rows)


def _common_kind(terms: list[Term]) -> str:
    kinds = {(split_iri(term.value) or ("",))[0] if isinstance(term, ox.NamedNode) else "" for term in terms}
    return kinds.pop() if len(kinds) == 1 else ""


def _text(term: Term, kind: str) -> str:
    return term.value[len(f"{ID}{kind}/") :] if kind else term.value


def _datatype(terms: list[Term], kind: str) -> str:
    if kind:
        return "string"
    found: set[str] = set()
    for term in terms:
        found.add("anyURI" if isinstance(term, ox.NamedNode) else term.datatype.value.removeprefix(XSD))
    if found <= _NUMBERS:
        return "integer" if found == {"integer"} else "decimal"
    if len(found) == 1 and found <= {"anyURI", "date", "boolean", "gYear"}:
        return found.pop()
    # Dates of mixed precision and texts with a language are strings.
    return "string"


def _local(iri: str) -> str:
    return re.split(r"[#/]", iri)[-1]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def flat_rows(table: Table) -> Iterator[list[str]]:
    """Yield rows whose cells are joined by the separators of their columns."""
    for row in table.rows:
        yield [column.separator.join(cell) for column, cell in zip(table.columns, row, strict=True)]
