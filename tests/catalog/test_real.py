"""The questions on the real release: none is empty that should not be, none is slow."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.catalog import Catalog, Choices, run, with_evidence
from kg.catalog.cells import table_of
from kg.catalog.records import InvariantKind
from kg.charts import render
from kg.engine import Engine, LocalEngine
from kg.snapshot import current
from tests.catalog.test_questions import NAMES

# Ten times what the slowest needs on an idle machine: this finds a query that has gone wrong, not a busy day.
SECONDS = 2.0


@pytest.fixture(scope="module")
def real(real_snapshots: Path) -> Iterator[Engine]:
    engine = LocalEngine(current(real_snapshots))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def real_choices(real: Engine) -> Choices:
    return Choices(real)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_the_rows_that_it_promises(
    name: str, catalog: Catalog, real: Engine, real_choices: Choices
) -> None:
    question = catalog.question(name)
    started = time.thread_time()
    found = run(real, question, {}, choices=real_choices)
    assert time.thread_time() - started < SECONDS
    expect = question.expect
    assert found.total >= expect.min_rows
    assert expect.max_rows is None or found.total <= expect.max_rows
    assert len(set(found.rows)) == len(found.rows), "a row occurs twice"
    for invariant in expect.invariants:
        places = [found.columns.index(column) for column in invariant.columns]
        cells = [tuple(row[place] for place in places) for row in found.rows]
        if invariant.kind is InvariantKind.UNIQUE:
            assert len(set(cells)) == len(cells), invariant
        elif invariant.kind is InvariantKind.BOUND:
            assert all(cell is not None for row in cells for cell in row), invariant
        else:
            assert not any(cell is not None and cell.value.startswith("-") for row in cells for cell in row)
    cited = with_evidence(real, found)
    assert cited.rows == found.rows


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_draws_something_of_the_real_rows(
    name: str, catalog: Catalog, real: Engine, real_choices: Choices
) -> None:
    question = catalog.question(name)
    if question.chart is None:
        return
    found = run(real, question, {}, choices=real_choices)
    drawn = render(question.chart, table_of(found.columns, found.rows))
    assert "Nothing can be drawn" not in drawn and "No row has a place" not in drawn


@pytest.mark.parametrize("text", ["KE", "ken", "kenya", "place:kenya", "肯尼亚"])
def test_kenya_is_found_by_every_name_it_has(text: str, catalog: Catalog, real_choices: Choices) -> None:
    parameter = catalog.question("projects-in-a-country").params[0]
    names = {name for choice in real_choices.of(parameter) for name in choice.names}
    if text == "肯尼亚" and text not in names:
        pytest.skip("the tables give no Chinese name for Kenya")
    assert real_choices.resolve(text, parameter).endswith("/place/kenya")
