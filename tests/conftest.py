"""What the tests share: a tiny root folder, the command line, and a published snapshot of the tiny tables."""

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pyoxigraph
import pytest

# Hooks of pytest: which store the HTTP tests run on.
from tests.stores.backend import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_unconfigure,
)

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_configure", "pytest_unconfigure"]

CHECKOUT = Path(__file__).resolve().parents[1]
TINY = CHECKOUT / "tests" / "tiny"
SHARED = CHECKOUT.parent / "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one command gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def run_kg(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    from kg.cli import main

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.StringIO()
    code = 0
    with patch.object(sys, "argv", ["kg", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    out.seek(0)
    return Result(code=code, out=out.read(), err=err.getvalue())


def make_tiny_root(target: Path) -> Path:
    """Copy the tiny tables, the ontology and the questions into a folder that commands take as --root."""
    shutil.copytree(TINY / "data", target / "data")
    shutil.copytree(CHECKOUT / "ontology", target / "ontology")
    shutil.copytree(CHECKOUT / "queries", target / "queries")
    return target


@pytest.fixture
def tiny_root(tmp_path: Path) -> Path:
    """A root folder of its own with the tiny tables."""
    return make_tiny_root(tmp_path / "root")


@pytest.fixture
def kg() -> Callable[..., Result]:
    """The command line."""
    return run_kg


@pytest.fixture(scope="session")
def tiny_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of snapshots with one release of the tiny tables; read it only."""
    base = tmp_path_factory.mktemp("tiny")
    root = make_tiny_root(base / "root")
    result = run_kg("build", "--root", root, "--snapshots", base / "snapshots", "--quiet")
    assert result.code == 0, result.err
    return base / "snapshots"


@pytest.fixture(scope="session")
def seeds() -> Iterator[Path]:
    """The source texts, where the neighbour folder has them."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip("SKIPPED LOUDLY: the source texts in ../shared/seeds are not here")
    yield folder


@pytest.fixture(scope="session")
def real_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of snapshots with one release of the real tables; read it only."""
    folder = tmp_path_factory.mktemp("real") / "snapshots"
    result = run_kg("build", "--root", CHECKOUT, "--snapshots", folder, "--quiet")
    assert result.code == 0, result.err
    return folder


@pytest.fixture(scope="session")
def real_store(real_snapshots: Path) -> pyoxigraph.Store:
    """The store of the real release, opened for reading."""
    return pyoxigraph.Store.read_only(str(real_snapshots / "current" / "store"))
