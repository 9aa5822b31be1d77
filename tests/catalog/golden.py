"""Writes tests/golden/: run it when an answer on the tiny release changes for a reason, and say the reason."""

import sys
import tempfile
from pathlib import Path

from kg.catalog import Catalog, Choices, Question, run, write
from kg.engine import Engine
from tests.catalog.test_questions import tiny_values
from tests.conftest import CHECKOUT, make_tiny_root, run_kg

GOLDEN = CHECKOUT / "tests" / "golden"


def golden_text(question: Question, engine: Engine, choices: Choices) -> str:
    """Return the answer on the tiny release as CSV, or as N-Triples for a graph."""
    found = run(engine, question, tiny_values(question, choices), choices=choices)
    return write(found, "csv" if found.graph is None else "nt").decode("utf-8")


def golden_path(question: Question) -> Path:
    """Return the file that holds a question's answer."""
    return GOLDEN / f"{question.name}.{'csv' if question.columns else 'nt'}"


def main() -> None:
    """Write every answer anew."""
    from kg.engine import LocalEngine
    from kg.snapshot import current

    with tempfile.TemporaryDirectory() as folder:
        root, snapshots = make_tiny_root(Path(folder) / "root"), Path(folder) / "snapshots"
        built = run_kg("build", "--root", root, "--snapshots", snapshots, "--quiet")
        if built.code:
            sys.exit(built.err)
        engine = LocalEngine(current(snapshots))
        choices = Choices(engine)
        GOLDEN.mkdir(exist_ok=True)
        for question in Catalog.load(CHECKOUT / "queries"):
            golden_path(question).write_text(golden_text(question, engine, choices), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
