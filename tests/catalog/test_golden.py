"""Each question's answer on the tiny release is the one that is written down."""

import pytest

from kg.catalog import Catalog, Choices
from kg.engine import Engine
from tests.catalog.golden import GOLDEN, golden_path, golden_text
from tests.catalog.test_questions import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_on_tiny_is_the_golden_one(name: str, catalog: Catalog, engine: Engine, choices: Choices) -> None:
    question = catalog.question(name)
    with golden_path(question).open(encoding="utf-8", newline="") as handle:
        assert golden_text(question, engine, choices) == handle.read(), "python -m tests.catalog.golden writes it"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(NAMES)


def test_every_golden_answer_has_rows_to_lose() -> None:
    short = [path.name for path in GOLDEN.iterdir() if len(path.read_text(encoding="utf-8").splitlines()) < 2]
    assert short == [], "tests/tiny has nothing that these questions ask for"
