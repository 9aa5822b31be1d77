"""Links to outside data sets: SSSOM files (Simple Standard for Sharing Ontological Mappings) to quads.

A file is a TSV table under a YAML block of `#` lines that gives the prefixes. Each row says subject, predicate,
object and how the mapping was found and checked.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from kg.tables.faults import Fault
from kg.vocab import PREFIXES, graph

REQUIRED: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
KNOWN: Final = (
    *REQUIRED,
    "subject_label",
    "object_label",
    "object_source",
    "mapping_date",
    "confidence",
    "reviewer_label",
    "comment",
)
PREDICATES: Final = ("skos:exactMatch", "skos:closeMatch", "skos:relatedMatch", "owl:sameAs")
# What an identifier of each outside data set looks like.
PATTERNS: Final[Mapping[str, str]] = {
    "wikidata": r"Q[1-9][0-9]*",
    "geonames": r"[1-9][0-9]*/",
    "ror": r"0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}",
    "lei": r"[A-Z0-9]{18}[0-9]{2}",
    "aiddata": r"[1-9][0-9]*",
    "dbpedia": r"[^\s<>\"{}|\\^`]+",
    "iso3166": r"[A-Z]{2}",
}
_CURIE = re.compile(r"([A-Za-z0-9-]+):(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One mapping.

    Attributes:
        file: the SSSOM file.
        line: line of the file, counted from 1.
        subject: IRI of our thing.
        predicate: IRI of the relation.
        object: IRI of the outside thing.
        cells: all cells of the row by column.
    """

    file: str
    line: int
    subject: str
    predicate: str
    object: str
    cells: Mapping[str, str]


def read_links(folder: Path, known: frozenset[str]) -> tuple[tuple[Link, ...], tuple[Fault, ...]]:
    """Read every `*.sssom.tsv` of a folder.

    Arguments:
        known: IRIs of our things; a link of anything else is a fault.
    """
    links: list[Link] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.sssom.tsv")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            faults.append(
                Fault(file=f"data/links/{path.name}", line=1, rule="not UTF-8", repair="Save the file as UTF-8")
            )
            continue
        links.extend(_read_file(text, f"data/links/{path.name}", known, faults))
    return tuple(links), tuple(faults)


def links_to_nquads(links: tuple[Link, ...]) -> Iterator[str]:
    """Yield one line of N-Quads a link, in the graph `links`."""
    name = graph("links")
    for triple in sorted({(link.subject, link.predicate, link.object) for link in links}):
        yield f"<{triple[0]}> <{triple[1]}> <{triple[2]}> <{name}> ."


def _read_file(text: str, file: str, known: frozenset[str], faults: list[Fault]) -> Iterator[Link]:
    lines = text.split("\n")
    head = [line[1:].removeprefix(" ") for line in lines if line.startswith("#")]
    try:
        block = yaml.safe_load("\n".join(head)) or {}
        prefixes = {**PREFIXES, **block.get("curie_map", {})}
    except (yaml.YAMLError, AttributeError, TypeError):
        faults.append(
            Fault(
                file=file,
                line=1,
                rule="the # lines are not YAML",
                repair="Write curie_map: with one prefix a line",
            )
        )
        return
    columns: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        cells = [cell.strip() for cell in line.rstrip("\r").split("\t")]
        if not columns:
            columns = cells
            missing = [name for name in REQUIRED if name not in columns]
            if missing:
                faults.append(
                    Fault(
                        file=file,
                        line=number,
                        column=missing[0],
                        rule="the column is missing",
                        repair=f"An SSSOM table needs {', '.join(REQUIRED)}, separated by tabs",
                    )
                )
                return
            unknown = [name for name in columns if name not in KNOWN]
            if unknown:
                faults.append(
                    Fault(
                        file=file,
                        line=number,
                        column=unknown[0],
                        rule="no column that this project uses",
                        repair=f"Columns: {', '.join(KNOWN)}",
                    )
                )
                return
            continue
        if len(cells) != len(columns):
            faults.append(
                Fault(
                    file=file,
                    line=number,
                    value=f"{len(cells)} cells",
                    rule=f"the header has {len(columns)} columns",
                    repair="Separate the cells by single tabs",
                )
            )
            continue
        row = dict(zip(columns, cells, strict=True))
        link = _read_row(row, file, number, prefixes, known, faults)
        if link is not None:
            yield link


def _read_row(
    row: Mapping[str, str],
    file: str,
    line: int,
    prefixes: Mapping[str, str],
    known: frozenset[str],
    faults: list[Fault],
) -> Link | None:
    before = len(faults)

    def fault(column: str, rule: str, repair: str) -> None:
        faults.append(Fault(file=file, line=line, column=column, value=row.get(column, ""), rule=rule, repair=repair))

    iris: dict[str, str] = {}
    for column in ("subject_id", "predicate_id", "object_id"):
        found = _CURIE.fullmatch(row[column])
        if found is None or found[1] not in prefixes:
            fault(
                column,
                "no prefixed name with a known prefix",
                "Declare the prefix in the curie_map of the file",
            )
            continue
        iris[column] = prefixes[found[1]] + found[2]
        pattern = PATTERNS.get(found[1])
        if column == "object_id" and pattern and not re.fullmatch(pattern, found[2]):
            fault(column, f"not an identifier of {found[1]}", f"Write it to match {pattern}")
    if "subject_id" in iris and iris["subject_id"] not in known:
        fault("subject_id", "there is no such thing in the tables", "Add its row or correct the slug")
    if row["predicate_id"] not in PREDICATES:
        fault("predicate_id", "not a relation that this project uses", f"Use one of: {', '.join(PREDICATES)}")
    if not row["mapping_justification"]:
        fault("mapping_justification", "the cell is empty", "Say how the mapping was found, with a semapv: term")
    if row["predicate_id"] == "owl:sameAs" and not row.get("reviewer_label"):
        fault("predicate_id", "identity was not reviewed", "Name the reviewer, or use skos:exactMatch")
    confidence = row.get("confidence", "")
    if confidence and not re.fullmatch(r"0(?:\.[0-9]+)?|1(?:\.0+)?", confidence):
        fault("confidence", "not a number between 0 and 1", "Write it as 0.95")
    if len(faults) > before:
        return None
    return Link(
        file=file,
        line=line,
        subject=iris["subject_id"],
        predicate=iris["predicate_id"],
        object=iris["object_id"],
        cells=row,
    )
