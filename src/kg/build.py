"""From the folder of tables to a published snapshot; the only place that sees both ends.

tables ─► quads ─► stated shapes ─► rules ─► inferred shapes ─► snapshot
"""

import hashlib
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pycountry
import pyoxigraph as ox
import rdflib

from kg import snapshot
from kg.catalog.faults import CatalogError
from kg.catalog.load import Catalog
from kg.catalog.rdf import to_nquads as catalog_to_nquads
from kg.catalog.terms import read_known_terms
from kg.diff import ROWS_FILE
from kg.errors import ConfigError, CuratedDataError, ShapeViolationError, SnapshotError
from kg.export.dumps import FOLDER as DUMPS
from kg.export.dumps import prepare_dumps
from kg.report import check_reports
from kg.rules import INFERRED, infer, read_rules
from kg.tables.corpus import Corpus, CorpusFaultsError, read_corpus
from kg.tables.faults import Fault
from kg.tables.links import links_to_nquads, read_links
from kg.tables.metadata import METADATA_FILE
from kg.tables.quads import corpus_to_nquads
from kg.tables.slices import read_slices
from kg.validate import Violation, check_store, validate
from kg.vocab import CODE_KINDS, DCTERMS, ID, RDF, RDFS, XSD, compact, graph, iri

ONTOLOGY_GRAPHS: Final = {"ontology": ("kg.ttl", "alignments.ttl"), "vocabularies": ("vocabularies.ttl",)}
_TOOLS: Final = ("cityledger", "pyoxigraph", "pyshacl", "rdflib")
# The judge takes about 2 ms a row; larger tables than these go to the compiled shapes at once.
_JUDGE_UP_TO_ROWS: Final = 20_000

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A corpus that passed its checks.

    Attributes:
        rows: table to number of rows.
        warnings: shapes of severity warning that are broken, mapped to rows where possible.
        notes: what was unusual but understood.
        seconds: stage to its wall-clock time.
    """

    rows: Mapping[str, int]
    warnings: tuple[Fault, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build made.

    Attributes:
        stated: triples that rows, ontology, vocabularies, links and catalogue state.
        inferred: triples that the rules added.
        peak_memory_mb: largest resident set of this process.
    """

    snapshot: snapshot.Snapshot
    checked: Checked
    stated: int
    inferred: int
    peak_memory_mb: int


class _Clock:
    """Remembers how long each stage took and tells the stage that begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun: tuple[str, float] | None = None
        self.seconds: dict[str, float] = {}

    def stage(self, name: str) -> None:
        now = time.monotonic()
        if self._begun is not None:
            before, start = self._begun
            self.seconds[before] = round(self.seconds.get(before, 0.0) + now - start, 2)
        self._begun = (name, now)
        if name:
            self._progress(name)


def read_codes(ontology: Path) -> dict[str, frozenset[str]]:
    """Return the slugs of each vocabulary.

    Raises:
        CuratedDataError: the file is missing or not Turtle.
    """
    found: dict[str, set[str]] = {kind: set() for kind in CODE_KINDS}
    for quad in _read_turtle(ontology / "vocabularies.ttl"):
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(ID):
            kind, _, slug = quad.subject.value[len(ID) :].partition("/")
            if kind in found:
                found[kind].add(slug)
    return {kind: frozenset(slugs) for kind, slugs in found.items()}


def read_tables(root: Path) -> Corpus:
    """Read and check the tables of a root folder.

    Raises:
        ConfigError: there are none.
        CuratedDataError: cells are wrong.
    """
    if not (root / "data" / METADATA_FILE).is_file():
        raise ConfigError(
            f"{root / 'data'}: no tables here; run the command in a checkout, or say --root DIR where "
            "ontology/, data/ and queries/ are"
        )
    currencies = frozenset(currency.alpha_3 for currency in pycountry.currencies)
    return read_corpus(root / "data", read_codes(root / "ontology"), currencies=currencies)


def check(root: Path, *, tables_only: bool = False, progress: Progress = lambda stage: None) -> Checked:
    """Check tables, links, questions and shapes without making a snapshot.

    Raises:
        CuratedDataError: tables, links or rules are wrong; all faults are in the message.
        ShapeViolationError: the graph breaks a shape.
    """
    clock = _Clock(progress)
    clock.stage("read tables")
    corpus = read_tables(root)
    if tables_only:
        clock.stage("")
        return _checked(corpus, (), clock)
    clock.stage("read questions")
    catalog = _read_catalog(root)
    with tempfile.TemporaryDirectory(prefix="kg-check-") as folder:
        graph = _make_graph(root, corpus, catalog, Path(folder), clock, by_judge=not _is_large(corpus))
    clock.stage("")
    return _checked(corpus, graph.warnings, clock)


def build(root: Path, snapshots_dir: Path, *, progress: Progress = lambda stage: None) -> Built:
    """Read, check, infer and publish.

    Raises:
        CuratedDataError: tables, links, rules or questions are wrong; all faults are in the message.
        ShapeViolationError: the graph breaks a shape.
        SnapshotError: another build is running, or the snapshot cannot be written.
    """
    clock = _Clock(progress)
    with (
        snapshot.writer_lock(snapshots_dir),
        tempfile.TemporaryDirectory(prefix=".build-", dir=snapshots_dir) as folder,
    ):
        clock.stage("read tables")
        corpus = read_tables(root)
        clock.stage("read questions")
        catalog = _read_catalog(root)
        shapes = _shapes_digest(root)
        # Shapes that the judge has passed before need only the faster of two engines that are proven equal.
        known = _judged_shapes(snapshots_dir) == shapes
        by_judge = not known and not _is_large(corpus)
        made = _make_graph(root, corpus, catalog, Path(folder), clock, by_judge=by_judge)

        def add_files(path: Path, release: str) -> None:
            _add_files(root, path, corpus, made.warnings)
            prepare_dumps((Path(folder) / "all.nq").read_bytes(), path / DUMPS, release)

        published = snapshot.publish(
            snapshots_dir,
            Path(folder) / "all.nq",
            release=made.release,
            details={
                "inputs": _input_digests(root),
                "rows": {name: len(rows) for name, rows in corpus.tables.items()},
                "warnings": len(made.warnings),
                "shapes_judged": shapes if known or by_judge else None,
                "tools": {"python": platform.python_version(), **{name: version(name) for name in _TOOLS}},
            },
            add_files=add_files,
            describe=_describe_release,
            progress=clock.stage,
        )
        clock.stage("")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Built(
        snapshot=published,
        checked=_checked(corpus, made.warnings, clock),
        stated=made.stated,
        inferred=made.inferred,
        peak_memory_mb=peak,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graph:
    """What was made of the tables: release id, numbers of triples, shapes of severity warning that are broken."""

    release: str
    stated: int
    inferred: int
    warnings: tuple[Fault, ...]


def _checked(corpus: Corpus, warnings: tuple[Fault, ...], clock: _Clock) -> Checked:
    return Checked(
        rows={name: len(rows) for name, rows in corpus.tables.items()},
        warnings=warnings,
        notes=corpus.notes,
        seconds=clock.seconds,
    )


def _is_large(corpus: Corpus) -> bool:
    return sum(len(rows) for rows in corpus.tables.values()) > _JUDGE_UP_TO_ROWS


def _shapes_digest(root: Path) -> str:
    """Return what the verdict of the shapes depends on beside the rows, as one digest."""
    parts = [f"{path.name} {snapshot.digest_file(path)}" for path in sorted((root / "ontology").glob("*.ttl"))]
    parts += [f"{name} {version(name)}" for name in _TOOLS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _judged_shapes(snapshots_dir: Path) -> str | None:
    """Return the digest of the shapes that the judge passed for the current release, or None."""
    try:
        return snapshot.current(snapshots_dir).manifest.get("shapes_judged")
    except SnapshotError:
        return None


def _make_graph(root: Path, corpus: Corpus, catalog: Catalog, folder: Path, clock: _Clock, *, by_judge: bool) -> _Graph:
    """Write `all.nq` with every quad of the release into a folder, and return what is known about it.

    Shapes are checked in two other processes while the rules run in this one: by pySHACL, the judge, or compiled
    to SPARQL, which says the same (docs/decisions/0060-fast-validation.md).
    """
    clock.stage("make quads")
    known = frozenset(iri(name, row.slug) for name, rows in corpus.tables.items() for row in rows)
    links, link_faults = read_links(root / "data" / "links", known)
    slices, slice_faults = read_slices(root / "data" / "links" / "slices")
    if link_faults or slice_faults:
        raise CorpusFaultsError((*link_faults, *slice_faults))
    stated = folder / "stated.nq"
    _write_lines(stated, corpus_to_nquads(corpus), links_to_nquads(links), slices)
    terms = folder / "terms.nq"
    _write_lines(terms, _ontology_nquads(root / "ontology"))
    catalog_file = folder / "catalog.nq"
    _write_lines(catalog_file, catalog_to_nquads(catalog))
    inferred = folder / "inferred.nq"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        clock.stage("rules and shapes")
        check_files = validate_files if by_judge else query_files
        stated_shapes = root / "ontology" / "shapes-stated.ttl"
        first = pool.submit(check_files, (stated,), (terms,), stated_shapes)
        store = ox.Store()
        for path in (stated, terms, catalog_file):
            store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
        try:
            infer(store, read_rules(root / "ontology" / "rules"))
        except CuratedDataError:
            # A rule that cannot come to rest often follows from a cycle, which the shapes say better.
            _raise_violations(first.result(), corpus)
            raise
        # What the store gives back, not what was written: it knows one spelling of each literal.
        lines = snapshot.sorted_nquads(store)
        del store
        ending = f" {INFERRED} .\n".encode()
        derived = [line for line in lines if line.endswith(ending)]
        inferred.write_bytes(b"".join(derived))
        inferred_shapes = root / "ontology" / "shapes-inferred.ttl"
        second = pool.submit(check_files, (stated, inferred), (terms,), inferred_shapes)
        (folder / "all.nq").write_bytes(b"".join(lines))
        _raise_violations(first.result(), corpus)
        warnings = _raise_violations((*first.result(), *second.result()), corpus)
        release = snapshot.release_id(lines)
    return _Graph(release=release, stated=len(lines) - len(derived), inferred=len(derived), warnings=warnings)


def validate_files(data_files: tuple[Path, ...], term_files: tuple[Path, ...], shapes: Path) -> tuple[Violation, ...]:
    """Check N-Quads files against a file of shapes. A function of its own because it runs in another process."""
    return validate(_plain_graph(data_files), rdflib.Graph().parse(shapes), _plain_graph(term_files))


def query_files(data_files: tuple[Path, ...], term_files: tuple[Path, ...], shapes: Path) -> tuple[Violation, ...]:
    """Check N-Quads files against a file of shapes compiled to SPARQL; gives what `validate_files` gives."""
    store = ox.Store()
    for path in (*data_files, *term_files):
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    return check_store(store, rdflib.Graph().parse(shapes))


def _plain_graph(files: Iterable[Path]) -> rdflib.Graph:
    """Return the union of all graphs of N-Quads files.

    pySHACL over an Oxigraph-backed rdflib store is slow and wrong about typed strings, so the graph is a plain one.
    """
    union = rdflib.Graph()
    cache: dict[ox.NamedNode | ox.Literal, rdflib.term.Node] = {}

    def node(term: ox.NamedNode | ox.Literal) -> rdflib.term.Node:
        found = cache.get(term)
        if found is None:
            if isinstance(term, ox.NamedNode):
                found = rdflib.URIRef(term.value)
            elif term.language:
                found = rdflib.Literal(term.value, lang=term.language)
            elif term.datatype.value == XSD + "string":
                found = rdflib.Literal(term.value)
            else:
                # As it is written: rdflib would make a false of what is no boolean, and report that.
                found = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
            cache[term] = found
        return found

    for path in files:
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS):
            union.add((node(quad.subject), node(quad.predicate), node(quad.object)))
    return union


def _raise_violations(found: Iterable[Violation], corpus: Corpus) -> tuple[Fault, ...]:
    """Raise for violations; return the warnings, each with the row that it is about."""
    columns = {
        column.property_iri: column.name
        for spec in corpus.specs.values()
        for column in spec.columns
        if column.property_iri
    }
    violations: list[Fault] = []
    warnings: list[Fault] = []
    for one in found:
        where = corpus.locate(one.focus)
        fault = Fault(
            file=where[0] if where else compact(one.focus),
            line=where[1] if where else 0,
            column=columns.get(one.path or "", compact(one.path) if one.path else ""),
            value=compact(one.value) if one.value else "",
            rule=one.message.rstrip("."),
            repair=f"(shape {one.shape.rpartition('/')[2]}, {compact(one.focus)})",
        )
        (warnings if one.severity == "warning" else violations).append(fault)
    if violations:
        raise ShapeViolationError("\n".join(str(fault) for fault in sorted(set(violations))))
    return tuple(sorted(set(warnings)))


def _read_catalog(root: Path) -> Catalog:
    terms = read_known_terms(root / "ontology" / file for files in ONTOLOGY_GRAPHS.values() for file in files)
    catalog = Catalog.load(root / "queries", known_terms=terms)
    faults = check_reports(root / "queries" / "reports", catalog)
    if faults:
        raise CatalogError(list(faults))
    return catalog


def _ontology_nquads(ontology: Path) -> Iterator[str]:
    for name, files in ONTOLOGY_GRAPHS.items():
        for file in files:
            for triple in _read_turtle(ontology / file):
                yield f"{triple.subject} {triple.predicate} {triple.object} <{graph(name)}> ."


def _read_turtle(path: Path) -> list[ox.Quad]:
    try:
        return list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
    except FileNotFoundError as error:
        raise CuratedDataError(f"{path}: missing; the folder ontology/ belongs beside data/") from error
    except SyntaxError as error:
        raise CuratedDataError(f"ontology/{path.name}:{error.lineno or 1}: not Turtle: {error.msg}") from error


def _write_lines(path: Path, *parts: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for part in parts:
            handle.writelines(line + "\n" for line in part)


def _input_digests(root: Path) -> dict[str, str]:
    patterns = (
        "ontology/*.ttl",
        "ontology/rules/*.rq",
        "data/*",
        "data/links/*",
        "data/links/slices/*",
        "queries/*.rq",
        "queries/reports/*",
    )
    return {
        str(path.relative_to(root)): snapshot.digest_file(path)
        for pattern in patterns
        for path in sorted(root.glob(pattern))
        if path.is_file()
    }


def _add_files(root: Path, target: Path, corpus: Corpus, warnings: tuple[Fault, ...]) -> None:
    """Put beside the store what serving needs, so that a release answers from its own questions for ever."""
    for pattern in ("queries/*.rq", "queries/reports/*.md", "ontology/*.ttl", "ontology/rules/*.rq"):
        for path in sorted(root.glob(pattern)):
            copy = target / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    rows = (
        f"{iri(name, row.slug)}\tdata/{name}.csv:{row.line}\n"
        for name, table in corpus.tables.items()
        if corpus.specs[name].about is not None
        for row in table
    )
    (target / ROWS_FILE).write_text("".join(rows), encoding="utf-8")
    (target / "warnings.txt").write_text("".join(f"{fault}\n" for fault in warnings), encoding="utf-8")


def _describe_release(release: str) -> Iterator[str]:
    name = graph("release")
    subject = f"<{iri('release', release)}>"
    today = time.strftime("%Y-%m-%d", time.gmtime())
    yield f"{subject} <{RDF}type> <http://www.w3.org/ns/dcat#Dataset> <{name}> ."
    yield f'{subject} <{RDFS}label> "CityLedger release {release}"@en <{name}> .'
    yield f'{subject} <{DCTERMS}identifier> "{release}" <{name}> .'
    yield f'{subject} <{DCTERMS}issued> "{today}"^^<{XSD}date> <{name}> .'
    for tool in _TOOLS:
        yield f'{subject} <{DCTERMS}provenance> "{tool} {version(tool)}" <{name}> .'
