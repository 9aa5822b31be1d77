"""A release that an older version of this software has checked stays readable under newer rules."""

import logging
import shutil
from pathlib import Path

import pytest

from kg.catalog import Catalog, CatalogError
from tests.conftest import CHECKOUT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("who-finances-what", "projects-by-country", "names-of-a-company"):
        shutil.copy(CHECKOUT / "queries" / f"{name}.rq", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_what_is_only_told_beside_the_answer_is_passed_over(folder: Path) -> None:
    change(folder / "who-finances-what.rq", '#+ finding: "', '#+ finding: "{of.another.age} ')
    with pytest.raises(CatalogError):
        Catalog.load(folder)
    kept = Catalog.of_release(folder)
    assert len(kept) == 3
    assert kept.question("who-finances-what").finding is None
    assert kept.question("projects-by-country").finding is not None


def test_a_question_whose_answer_could_be_another_is_left_out_and_logged(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    change(folder / "who-finances-what.rq", "#+ params:", "#+ parameters:")
    with caplog.at_level(logging.WARNING, "kg"):
        kept = Catalog.of_release(folder)
    assert [question.name for question in kept] == ["names-of-a-company", "projects-by-country"]
    assert "left out: who-finances-what" in caplog.text
