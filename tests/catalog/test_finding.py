"""The sentence above a table: numbers from the answer, with the noun that fits them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from kg.catalog import Catalog, Choices, QuestionAnswer, run
from kg.catalog.finding import finding
from kg.catalog.sentence import counted, faults
from kg.engine import Engine, Iri, Literal, Term
from kg.vocab import XSD


@pytest.fixture
def answer(catalog: Catalog, engine: Engine, choices: Choices) -> QuestionAnswer:
    return run(engine, catalog.question("projects-in-a-country"), {"country": "alphaland"}, choices=choices)


def says(answer: QuestionAnswer, sentence: str, *cells: Term | None) -> str | None:
    """Return what a sentence says of an answer with one column `a` that holds these cells."""
    question = replace(answer.question, finding=sentence)
    rows = tuple((cell,) for cell in cells)
    return finding(replace(answer, question=question, columns=("a",), rows=rows, total=len(rows)))


def test_one_is_singular_and_any_other_number_plural(answer: QuestionAnswer) -> None:
    sentence = "{count.a thing rests/things rest} on {rows row/rows}."
    assert says(answer, sentence, Iri("urn:x:1")) == "1 thing rests on 1 row."
    assert says(answer, sentence, Iri("urn:x:1"), Iri("urn:x:2")) == "2 things rest on 2 rows."


def test_nothing_known_is_no_and_not_zero_of_something(answer: QuestionAnswer) -> None:
    assert says(answer, "{count.a lender/lenders}.", None) == "No lenders."
    assert says(answer, "{rows loan/loans} by {count.a lender/lenders}.", None) == "1 loan by no lenders."


def test_a_sum_keeps_its_fraction_and_its_thousands(answer: QuestionAnswer) -> None:
    cells = [Literal(str(number), f"{XSD}decimal") for number in (Decimal("1200.50"), Decimal("0.5"))]
    assert says(answer, "{sum.a euro/euros}", *cells) == "1,201 euros"
    assert says(answer, "{sum.a euro/euros}", cells[0]) == "1,200.5 euros"


def test_an_answer_that_was_cut_is_not_counted_as_the_whole(answer: QuestionAnswer) -> None:
    cut = replace(answer, complete=False, limit="rows=2")
    assert finding(cut) == f"In the first 2 rows: {finding(answer)}"


def test_the_words_of_a_parameter_are_its_label(answer: QuestionAnswer, choices: Choices) -> None:
    assert finding(answer, choices) == "2 projects in Alphaland, supplied by 2 named firms."


def test_of_them_has_its_own_none() -> None:
    assert [counted(number, "of them", "of them") for number in ("0", "1", "7")] == [
        "none of them", "1 of them", "7 of them",
    ]  # fmt: skip


def test_nobody_has_the_most_where_many_have_as_much(answer: QuestionAnswer) -> None:
    question = replace(answer.question, finding="{most.a.n leads/lead}.")
    numbers = {word: Literal(word, f"{XSD}integer") for word in ("1", "2")}

    def says_of(*rows: tuple[str, str]) -> str | None:
        cells = tuple((Literal(name), numbers[number]) for name, number in rows)
        return finding(replace(answer, question=question, columns=("a", "n"), rows=cells, total=len(rows)))

    assert says_of(("X", "1"), ("Y", "2")) == "Y leads."
    assert says_of(("X", "2"), ("Y", "2"), ("Z", "1")) == "X and Y lead."
    assert says_of(*((name, "1") for name in "VWXYZ")) == "None stands out."


@pytest.mark.parametrize(
    "sentence",
    [
        "{most.a}",
        "{most.a.b leads/lead}",
        "{count.b x/xs}",
        "{rows.a x/xs}",
        "{param.a}",
        "{nope.a x/xs}",
        "{}",
        "{sum.a}",
    ],
)
def test_a_place_that_says_nothing_is_a_fault(sentence: str) -> None:
    assert len(list(faults(sentence, ("a",), ("p",)))) == 1
