"""Links to outside data sets: SSSOM files (Simple Standard for Sharing Ontological Mappings) to quads.

A file is a TSV table under a YAML block of `#` lines that gives the prefixes. Each row says subject, predicate,
object, how the mapping was found, in which table and when it was checked, and whether a person has looked at it.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from kg.errors import CuratedDataError
from kg.tables.faults import Fault
from kg.vocab import KG, PREFIXES, XSD, graph

REQUIRED: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
KNOWN: Final = (
    *REQUIRED,
    "subject_label",
    "object_label",
    "object_source",
    "object_source_version",
    "mapping_date",
    "confidence",
    "review_status",
    "reviewer_label",
    "comment",
)
PREDICATES: Final = ("skos:exactMatch", "skos:closeMatch", "skos:relatedMatch", "owl:sameAs")
# SSSOM allows these and no others, so that its own tools read the files.
JUSTIFICATIONS: Final = tuple(
    f"semapv:{name}"
    for name in (
        "BackgroundKnowledgeBasedMatching",
        "CompositeMatching",
        "InstanceBasedMatching",
        "LexicalMatching",
        "LexicalSimilarityThresholdMatching",
        "LogicalReasoning",
        "ManualMappingCuration",
        "MappingChaining",
        "MappingInversion",
        "MappingReview",
        "SemanticSimilarityThresholdMatching",
        "StructuralMatching",
        "UnspecifiedMatching",
    )
)
# checked: agrees with a published table; reviewed: a person has looked at both sides; later: nobody could decide yet.
REVIEW_STATUSES: Final = ("checked", "reviewed", "later")
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
MAPPINGS: Final = "https://w3id.org/cityledger/links/"
_SSSOM: Final = "https://w3id.org/sssom/"
_OWL: Final = PREFIXES["owl"]
# Two of our things cannot be the same outside thing.
_IDENTITY: Final = ("skos:exactMatch", "owl:sameAs")
_CURIE = re.compile(r"([A-Za-z0-9-]+):(\S+)")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One mapping.

    Attributes:
        file: the SSSOM file.
        line: line of the file, counted from 1.
        subject: IRI of our thing.
        predicate: IRI of the relation.
        object: IRI of the outside thing.
        prefixes: the prefixes of the file, ours included.
        cells: all cells of the row by column.
    """

    file: str
    line: int
    subject: str
    predicate: str
    object: str
    prefixes: Mapping[str, str]
    cells: Mapping[str, str]

    @property
    def iri(self) -> str:
        """The IRI of the mapping itself, made of the file, the slug and the outside identifier."""
        name = Path(self.file).name.removesuffix(".sssom.tsv")
        slug = self.cells["subject_id"].partition(":")[2]
        other = _NOT_IN_NAMES.sub("-", self.cells["object_id"]).strip("-").lower()
        return f"{MAPPINGS}{name}/{slug}-{other}"


def read_links(folder: Path, known: frozenset[str]) -> tuple[tuple[Link, ...], tuple[Fault, ...]]:
    """Read every `*.sssom.tsv` of a folder.

    Arguments:
        known: IRIs of our things; a link of anything else is a fault.
    """
    links: list[Link] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.sssom.tsv")):
        file = f"data/links/{path.name}"
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            faults.append(Fault(file=file, line=1, rule="not UTF-8", repair="Save the file as UTF-8"))
            continue
        links.extend(_read_file(text, file, known, faults))
    faults.extend(_contradictions(links))
    return tuple(links), tuple(faults)


def links_to_nquads(links: tuple[Link, ...]) -> Iterator[str]:
    """Yield the links as N-Quads in the graph `links`: each triple once, and each mapping as an annotated axiom.

    The axiom says how strong the mapping is and how it was found; its form is that of SSSOM in OWL.
    """
    name = graph("links")
    lines: set[str] = set()
    for link in links:
        lines.add(f"<{link.subject}> <{link.predicate}> <{link.object}>")
        lines.update(f"<{link.iri}> <{predicate}> {value}" for predicate, value in _axiom(link))
    for line in sorted(lines):
        yield f"{line} <{name}> ."


def _axiom(link: Link) -> Iterator[tuple[str, str]]:
    yield f"{PREFIXES['rdf']}type", f"<{_OWL}Axiom>"
    yield f"{_OWL}annotatedSource", f"<{link.subject}>"
    yield f"{_OWL}annotatedProperty", f"<{link.predicate}>"
    yield f"{_OWL}annotatedTarget", f"<{link.object}>"
    for column in ("mapping_justification", "object_source"):
        value = link.cells.get(column, "")
        if value:
            prefix, _, name = value.partition(":")
            yield f"{_SSSOM}{column}", f"<{link.prefixes[prefix]}{name}>"
    if link.cells.get("confidence"):
        yield f"{_SSSOM}confidence", f'"{link.cells["confidence"]}"^^<{XSD}decimal>'
    if link.cells.get("mapping_date"):
        yield f"{_SSSOM}mapping_date", f'"{link.cells["mapping_date"]}"^^<{XSD}date>'
    if link.cells.get("review_status"):
        yield f"{KG}reviewStatus", f'"{link.cells["review_status"]}"'


def _read_file(text: str, file: str, known: frozenset[str], faults: list[Fault]) -> Iterator[Link]:
    lines = text.split("\n")
    head = [line[1:].removeprefix(" ") for line in lines if line.startswith("#")]
    try:
        block = yaml.safe_load("\n".join(head)) or {}
        prefixes = {**PREFIXES, **block.get("curie_map", {})}
    except (yaml.YAMLError, AttributeError, TypeError):
        faults.append(
            Fault(file=file, line=1, rule="the # lines are not YAML", repair="Write curie_map: with one prefix a line")
        )
        return
    columns: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        cells = [cell.strip() for cell in line.rstrip("\r").split("\t")]
        if not columns:
            columns = cells
            wrong = _wrong_header(columns, file, number)
            if wrong is not None:
                faults.append(wrong)
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
        link = _read_row(dict(zip(columns, cells, strict=True)), file, number, prefixes, known, faults)
        if link is not None:
            yield link
    if not columns:
        faults.append(
            Fault(
                file=file, line=0, rule="there is no table in the file", repair=f"Begin it with {', '.join(REQUIRED)}"
            )
        )


def _wrong_header(columns: list[str], file: str, number: int) -> Fault | None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        return Fault(
            file=file,
            line=number,
            column=missing[0],
            rule="the column is missing",
            repair=f"An SSSOM table needs {', '.join(REQUIRED)}, separated by tabs",
        )
    unknown = [name for name in columns if name not in KNOWN]
    if unknown:
        return Fault(
            file=file,
            line=number,
            column=unknown[0],
            rule="no column that this project uses",
            repair=f"Columns: {', '.join(KNOWN)}",
        )
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        return Fault(file=file, line=number, column=twice[0], rule="the column stands twice", repair="Keep one of them")
    return None


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
    for column in ("subject_id", "predicate_id", "object_id", "mapping_justification", "object_source"):
        if not row.get(column) and column in {"mapping_justification", "object_source"}:
            continue
        found = _CURIE.fullmatch(row[column])
        if found is None or found[1] not in prefixes:
            fault(column, "no prefixed name with a known prefix", "Declare the prefix in the curie_map of the file")
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
    elif row["mapping_justification"] not in JUSTIFICATIONS:
        fault("mapping_justification", "no justification that SSSOM knows", f"Use one of: {', '.join(JUSTIFICATIONS)}")
    status = row.get("review_status", "")
    if status and status not in REVIEW_STATUSES:
        fault("review_status", "not a state of review", f"Use one of: {', '.join(REVIEW_STATUSES)}")
    if (row["predicate_id"] == "owl:sameAs" or status == "reviewed") and not row.get("reviewer_label"):
        fault("predicate_id", "identity was not reviewed", "Name the reviewer, or use skos:exactMatch")
    confidence = row.get("confidence", "")
    if confidence and not re.fullmatch(r"0(?:\.[0-9]+)?|1(?:\.0+)?", confidence):
        fault("confidence", "not a number between 0 and 1", "Write it as 0.95")
    date = row.get("mapping_date", "")
    if date and not re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", date):
        fault("mapping_date", "not a date", "Write it as 2026-11-24")
    if len(faults) > before:
        return None
    return Link(
        file=file,
        line=line,
        subject=iris["subject_id"],
        predicate=iris["predicate_id"],
        object=iris["object_id"],
        prefixes=prefixes,
        cells=row,
    )


def _contradictions(links: Iterable[Link]) -> Iterator[Fault]:
    """Yield what no two rows may say together: a mapping twice, or one outside thing for two of ours."""
    pairs: dict[tuple[str, str], Link] = {}
    owners: dict[str, Link] = {}
    for link in links:
        first = pairs.setdefault((link.subject, link.object), link)
        if first is not link:
            yield _beside(link, first, "the two things are mapped already")
        if link.cells["predicate_id"] not in _IDENTITY:
            continue
        owner = owners.setdefault(link.object, link)
        if owner.subject != link.subject:
            yield _beside(link, owner, f"the identifier is {owner.cells['subject_id']} already")


def _beside(link: Link, other: Link, rule: str) -> Fault:
    return Fault(
        file=link.file,
        line=link.line,
        column="object_id",
        value=link.cells["object_id"],
        rule=rule,
        repair=f"Compare it with {other.file}:{other.line}; one of the two is wrong",
    )


def add_links(
    folder: Path, rows: Sequence[Mapping[str, str]], known: frozenset[str], outside: Mapping[str, str]
) -> int:
    """Add rows to the SSSOM files of their kinds, all of them or none; what stands there already is not added twice.

    Arguments:
        outside: prefixes that a file may have to declare for the new rows.

    Raises:
        CuratedDataError: the files as they would be have faults; nothing is changed.
    """
    texts: dict[str, str] = {}
    added = 0
    for row in rows:
        kind = row["subject_id"].partition(":")[0]
        path = folder / f"{kind}.sssom.tsv"
        before = texts.get(path.name) or (path.read_text(encoding="utf-8") if path.is_file() else _new_file(kind))
        texts[path.name], fresh = _with_row(before, row, outside)
        added += fresh
    with tempfile.TemporaryDirectory(prefix="kg-link-") as trial:
        for path in folder.glob("*.sssom.tsv"):
            (Path(trial) / path.name).write_bytes(path.read_bytes())
        for name, text in texts.items():
            (Path(trial) / name).write_text(text, encoding="utf-8")
        _, faults = read_links(Path(trial), known)
    if faults:
        raise CuratedDataError("\n".join(map(str, faults)))
    for name, text in texts.items():
        temporary = folder / f".{name}.new"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / name)
    return added


def _new_file(kind: str) -> str:
    head = (
        "#curie_map:",
        f'#  {kind}: "{PREFIXES[kind]}"',
        '#  semapv: "https://w3id.org/semapv/vocab/"',
        f'#mapping_set_id: "{MAPPINGS}{kind}"',
        '#license: "https://creativecommons.org/licenses/by/4.0/"',
        "\t".join(KNOWN),
    )
    return "\n".join(head) + "\n"


def _with_row(text: str, row: Mapping[str, str], outside: Mapping[str, str]) -> tuple[str, bool]:
    """Return a file with one more row, in the order of subject and object, and whether it was missing."""
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    table = [line for line in lines if line.strip() and not line.startswith("#")]
    columns = table[0].split("\t") if table else list(KNOWN)
    for column in ("reviewer_label",):
        if row.get(column) and column not in columns:
            # A new last column, empty in the rows that stand there.
            table = [line + ("\t" + column if place == 0 else "\t") for place, line in enumerate(table)]
            columns = table[0].split("\t")
    prefix = row["object_id"].partition(":")[0]
    if prefix in outside and not any(re.match(rf"#\s*{re.escape(prefix)}:", line) for line in head):
        head.insert(1, f'#  {prefix}: "{outside[prefix]}"')
    subject, other = columns.index("subject_id"), columns.index("object_id")
    pairs = {tuple(line.split("\t")[place] for place in (subject, other)) for line in table[1:]}
    fresh = (row["subject_id"], row["object_id"]) not in pairs
    if fresh:
        table.append("\t".join(" ".join(row.get(column, "").split()) for column in columns))
        table[1:] = sorted(table[1:], key=lambda line: [line.split("\t")[place] for place in (subject, other)])
    return "\n".join((*head, *table)) + "\n", fresh
