"""The compiled shapes say what the judge says, result by result, and large tables are checked in a minute."""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import Graph

from kg import build
from kg.build import inputs, making
from kg.errors import ShapeViolationError
from kg.rules import INFERRED, infer, read_rules
from kg.snapshot import current, sorted_nquads
from kg.tables.quads import corpus_to_nquads
from kg.validate import check_store
from kg.validate.compiled import compile_shapes

from .mutations import Mutator

CHECKOUT = Path(__file__).parents[2]
ONTOLOGY = CHECKOUT / "ontology"
STAGES = ("stated", "inferred")
# Another seed tries other changes; the suite keeps one, so that it fails for one reason only.
SEED = 20261124
LEAST_BROKEN = {"stated": 50, "inferred": 10}


def shapes(stage: str) -> Graph:
    return Graph().parse(ONTOLOGY / f"shapes-{stage}.ttl")


def write(path: Path, quads: Iterable[ox.Quad]) -> Path:
    """Write quads as a store spells them, so that both engines see the same literals."""
    store = ox.Store()
    store.bulk_extend(quads)
    path.write_bytes(b"".join(sorted_nquads(store)))
    return path


@pytest.fixture(scope="module")
def stated() -> list[ox.Quad]:
    corpus = build.read_tables(CHECKOUT)
    text = "\n".join(corpus_to_nquads(corpus))
    return list(ox.parse(text, format=ox.RdfFormat.N_QUADS))


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("terms") / "terms.nq"
    path.write_text("".join(f"{line}\n" for line in inputs.ontology_nquads(ONTOLOGY)), encoding="utf-8")
    return path


def inferred(terms: Path, data: Path, path: Path) -> Path:
    store = ox.Store()
    for file in (terms, data):
        store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
    infer(store, read_rules(ONTOLOGY / "rules"))
    ending = f" {INFERRED} .\n".encode()
    path.write_bytes(b"".join(line for line in sorted_nquads(store) if line.endswith(ending)))
    return path


def in_another_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Call as the build does: other libraries change for good how rdflib reads literals in this process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


@pytest.mark.parametrize("stage", STAGES)
def test_every_shape_is_compiled(stage: str, terms: Path) -> None:
    store = ox.Store()
    store.bulk_load(path=str(terms), format=ox.RdfFormat.N_QUADS)
    assert compile_shapes(shapes(stage), store).left == ()


@pytest.mark.parametrize("stage", STAGES)
def test_two_hundred_changes_to_the_corpus_break_the_same_shapes(
    stage: str, stated: list[ox.Quad], terms: Path, tmp_path: Path
) -> None:
    mild = stage == "inferred"
    files = [write(tmp_path / "stated.nq", Mutator(stated, SEED).mutate(200, mild=mild))]
    if stage == "inferred":
        files.append(inferred(terms, files[0], tmp_path / "inferred.nq"))
    judged = in_another_process(making.validate_files, tuple(files), (terms,), ONTOLOGY / f"shapes-{stage}.ttl")
    compiled = in_another_process(making.query_files, tuple(files), (terms,), ONTOLOGY / f"shapes-{stage}.ttl")
    assert compiled == judged
    assert len({one.shape for one in judged}) > LEAST_BROKEN[stage], "the changes must reach many shapes"


def test_a_rebuild_by_the_compiled_shapes_refuses_what_the_judge_refuses(tmp_path: Path) -> None:
    root, snapshots = tmp_path / "root", tmp_path / "snapshots"
    write_small_root(root)
    first = build.build(root, snapshots)
    assert current(snapshots).manifest["shapes_judged"] is not None
    table = root / "data" / "financing.csv"
    # A grant has no lender.
    text = table.read_text(encoding="utf-8").replace(",loan,", ",grant,", 1)
    table.write_text(text, encoding="utf-8")
    messages = []
    for folder in (snapshots, tmp_path / "without-a-judged-release"):
        with pytest.raises(ShapeViolationError) as refused:
            build.build(root, folder)
        messages.append(str(refused.value))
    assert messages[0] == messages[1]
    assert current(snapshots).release == first.snapshot.release


def test_shapes_are_judged_anew_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, snapshots = tmp_path / "root", tmp_path / "snapshots"
    write_small_root(root)
    build.build(root, snapshots)
    judged = current(snapshots).manifest["shapes_judged"]
    assert build._judged_shapes(snapshots) == inputs.shapes_digest(root) == judged
    with (root / "ontology" / "shapes-stated.ttl").open("a", encoding="utf-8") as handle:
        handle.write("# Another shape may follow.\n")
    assert inputs.shapes_digest(root) != judged


def test_a_large_import_is_checked_by_the_compiled_shapes(tmp_path: Path) -> None:
    """A tenth of a million triples; benchmarks/run.py measures a whole one."""
    write_small_root(tmp_path, triples=100_000)
    corpus = build.read_tables(tmp_path)
    data = tmp_path / "stated.nq"
    data.write_text("".join(f"{line}\n" for line in corpus_to_nquads(corpus)), encoding="utf-8")
    terms = tmp_path / "terms.nq"
    terms.write_text("".join(f"{line}\n" for line in inputs.ontology_nquads(ONTOLOGY)), encoding="utf-8")
    store = ox.Store()
    for path in (data, terms):
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    assert check_store(store, shapes("stated")) == ()


def write_small_root(root: Path, triples: int = 4_000) -> None:
    sys.path.insert(0, str(CHECKOUT / "benchmarks"))
    try:
        from generate import write_tables
    finally:
        sys.path.remove(str(CHECKOUT / "benchmarks"))
    write_tables(triples, root, 1)
