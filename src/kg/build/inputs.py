"""What a build reads: tables, code lists, ontology, questions and reports."""

import contextlib
import gc
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pycountry
import pyoxigraph as ox

from kg import snapshot
from kg.catalog.faults import CatalogError
from kg.catalog.load import Catalog
from kg.catalog.terms import read_known_terms
from kg.errors import ConfigError, CuratedDataError
from kg.report import check_reports
from kg.tables.corpus import Corpus, read_corpus
from kg.tables.metadata import METADATA_FILE
from kg.vocab import CODE_KINDS, ID, graph

ONTOLOGY_GRAPHS: Final = {"ontology": ("kg.ttl", "alignments.ttl"), "vocabularies": ("vocabularies.ttl",)}
TOOLS: Final = ("cityledger", "pyoxigraph", "pyshacl", "rdflib")


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
    codes = read_codes(root / "ontology")
    with no_collector():
        return read_corpus(root / "data", codes, currencies=currencies)


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """Keep the collector of cycles out while millions of objects without cycles are made: it took half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_catalog(root: Path) -> Catalog:
    """Return the questions, with the reports that embed them checked as well.

    Raises:
        CatalogError: questions or reports are wrong; all faults are in the message.
    """
    terms = read_known_terms(root / "ontology" / file for files in ONTOLOGY_GRAPHS.values() for file in files)
    catalog = Catalog.load(root / "queries", known_terms=terms)
    faults = check_reports(root / "queries" / "reports", catalog)
    if faults:
        raise CatalogError(list(faults))
    return catalog


def ontology_nquads(ontology: Path) -> Iterator[str]:
    """Write ontology, alignments and vocabularies as N-Quads, a line each."""
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


def input_digests(root: Path) -> dict[str, str]:
    """Return the digest of every file that a release is made of."""
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


def commit_of(root: Path) -> str | None:
    """Return the git commit of the inputs, with `-dirty` where they differ from it; None where git knows none."""
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*words: str) -> str:
        command = [git, "--no-optional-locks", "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()  # noqa: S603  (no words of strangers)

    try:
        # A folder inside a checkout that git was told to ignore has no commit.
        ask("ls-files", "--error-unmatch", "--", f"data/{METADATA_FILE}")
        commit = ask("rev-parse", "HEAD")
        changed = ask("status", "--porcelain", "--", "data", "ontology", "queries")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}-dirty" if changed else commit


def shapes_digest(root: Path) -> str:
    """Return what the verdict of the shapes depends on beside the rows, as one digest."""
    parts = [f"{path.name} {snapshot.digest_file(path)}" for path in sorted((root / "ontology").glob("*.ttl"))]
    parts += [f"{name} {version(name)}" for name in TOOLS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
