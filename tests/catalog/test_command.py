"""`kg query` without rows says on standard error why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Result


@pytest.mark.parametrize("form", ["table", "tsv", "json", "srx"])
def test_a_file_with_a_slip_is_told_the_term(
    kg: Callable[..., Result], tiny_snapshots: Path, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "slip.rq"
    file.write_text("SELECT * { ?s a <https://w3id.org/cityledger/ontology#Projct> }", encoding="utf-8")
    done = kg("query", "--snapshots", tiny_snapshots, "--format", form, file)
    assert done.code == 0
    assert "kg:Projct" in done.err
    assert "kg:Project" in done.err


def test_a_question_is_told_the_parameter(kg: Callable[..., Result], tiny_snapshots: Path) -> None:
    done = kg("query", "--snapshots", tiny_snapshots, "projects-in-a-country", "-p", "country=deltaland")
    assert done.code == 0
    assert done.err.startswith("kg: no rows: ")


def test_a_chart_is_had_as_a_file(kg: Callable[..., Result], tiny_snapshots: Path) -> None:
    done = kg("query", "--snapshots", tiny_snapshots, "--format", "svg", "who-finances-what")
    assert done.code == 0
    assert done.out.startswith("<svg")
    plain = kg("query", "--snapshots", tiny_snapshots, "--format", "png", "agreements-without-a-project")
    assert plain.code == 2
    assert "nothing to draw" in plain.err
