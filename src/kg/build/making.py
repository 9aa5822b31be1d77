"""From tables to every quad of a release: quads, shapes before the rules, the rules, shapes after them."""

import contextlib
import errno
import gc
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path

import pyoxigraph as ox
import rdflib

from kg.build.inputs import no_collector, ontology_nquads
from kg.build.lines import load, write_sorted
from kg.catalog.load import Catalog
from kg.catalog.rdf import to_nquads as catalog_to_nquads
from kg.errors import CuratedDataError, ShapeViolationError, SnapshotError
from kg.rules import infer_files, read_rules
from kg.tables.corpus import Corpus, CorpusFaultsError
from kg.tables.faults import Fault
from kg.tables.links import links_to_nquads, read_links
from kg.tables.quads import corpus_to_nquads
from kg.tables.slices import read_slices
from kg.validate import Violation, check_store, validate
from kg.vocab import XSD, compact, iri

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made of the tables: release id, numbers of triples, shapes of severity warning that are broken."""

    release: str
    stated: int
    inferred: int
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Files of N-Quads with all that is stated: of rows and links, of ontology and vocabularies, of the questions."""

    rows: Path
    terms: Path
    catalog: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """All three."""
        return self.rows, self.terms, self.catalog


def write_stated(root: Path, corpus: Corpus, catalog: Catalog, folder: Path) -> Stated:
    """Write what is stated into a folder.

    Raises:
        CorpusFaultsError: links or slices are wrong.
        SnapshotError: there is no room for it.
    """
    # Without a name, because it takes a tenth of a gigabyte while quads are made.
    links, link_faults = read_links(
        root / "data" / "links",
        frozenset(iri(name, row.slug) for name, rows in corpus.tables.items() for row in rows),
    )
    slices, slice_faults = read_slices(root / "data" / "links" / "slices")
    if link_faults or slice_faults:
        raise CorpusFaultsError((*link_faults, *slice_faults))
    stated = Stated(rows=folder / "stated.nq", terms=folder / "terms.nq", catalog=folder / "catalog.nq")
    with _room(folder), no_collector():
        _write_lines(stated.rows, corpus_to_nquads(corpus), links_to_nquads(links), slices)
        _write_lines(stated.terms, ontology_nquads(root / "ontology"))
        _write_lines(stated.catalog, catalog_to_nquads(catalog))
    return stated


def make_graph(
    root: Path,
    stated: Stated,
    corpus: Corpus,
    folder: Path,
    stage: Callable[[str], None],
    *,
    by_judge: bool,
    store: Path | None = None,
) -> Made:
    """Write `all.nq` with every quad of the release, sorted, into a folder, and return what is known about it.

    Shapes are checked in two other processes while the rules run in this one: by pySHACL, the judge, or compiled
    to SPARQL, which says the same (docs/decisions/0060-fast-validation.md).

    Arguments:
        corpus: the rows, of which the cells are not needed.
        store: where to make the store with every quad, in a thread of its own; None makes none.

    Raises:
        SnapshotError: there is no room for it.
    """
    with _room(folder):
        return _make_graph(root, stated, corpus, folder, stage, by_judge=by_judge, store=store)


def _make_graph(
    root: Path,
    stated: Stated,
    corpus: Corpus,
    folder: Path,
    stage: Callable[[str], None],
    *,
    by_judge: bool,
    store: Path | None,
) -> Made:
    inferred = folder / "inferred.nq"
    # The cells are gone, but free objects that the interpreter keeps for later lie all over their memory.
    gc.collect()
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool,
        ThreadPoolExecutor(1) as loader,
    ):
        stage("rules and shapes")
        check_files = validate_files if by_judge else query_files
        stated_shapes = root / "ontology" / "shapes-stated.ttl"
        first = pool.submit(check_files, (stated.rows,), (stated.terms,), stated_shapes)
        loading = [loader.submit(load, stated.files, store)] if store is not None else []
        try:
            infer_files(stated.files, read_rules(root / "ontology" / "rules"), inferred)
        except CuratedDataError:
            # A rule that cannot come to rest often follows from a cycle, which the shapes say better.
            _raise_violations(first.result(), corpus)
            raise
        if store is not None:
            loading.append(loader.submit(load, (inferred,), store))
        inferred_shapes = root / "ontology" / "shapes-inferred.ttl"
        second = pool.submit(check_files, (stated.rows, inferred), (stated.terms,), inferred_shapes)
        lines = write_sorted((*stated.files, inferred), folder / "all.nq", folder)
        _raise_violations(first.result(), corpus)
        warnings = _raise_violations((*first.result(), *second.result()), corpus)
        _wait(loading, folder)
    return Made(release=lines.release, stated=lines.stated, inferred=lines.inferred, warnings=warnings)


def _end_with_parent() -> None:
    """See that this process ends when the build is killed; by itself it would wait for work for ever."""
    build = parent_process()
    assert build is not None  # noqa: S101  (it was started by one)

    def watch() -> None:
        wait([build.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="kg-parent", daemon=True).start()


def _wait(loading: Iterable[Future[None]], folder: Path) -> None:
    try:
        for one in loading:
            one.result()
    except OSError as error:
        # The store's own errors are words without a number.
        raise SnapshotError(
            f"{folder.parent}: the store could not be written: {error}; what is served is unchanged"
        ) from error


@contextlib.contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Say in plain words that a disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise SnapshotError(f"{folder.parent}: {error.strerror}; what is served is unchanged") from error


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


def _write_lines(path: Path, *parts: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for part in parts:
            handle.writelines(line + "\n" for line in part)
