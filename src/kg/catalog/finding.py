"""The sentence above a table: every number and name in it comes from the answer."""

from decimal import Decimal

from kg.catalog.cells import cell_of, number_of
from kg.catalog.choices import Choices
from kg.catalog.records import ParameterType
from kg.catalog.run import QuestionAnswer
from kg.catalog.sentence import Place, counted, fill, named
from kg.engine import Iri, Term
from kg.vocab import compact


def finding(answer: QuestionAnswer, choices: Choices | None = None) -> str | None:
    """Return the question's sentence filled from an answer, or None where it has no sentence or no rows.

    The answer must be whole, not one page of it. `choices` gives parameters their labels.
    """
    sentence = answer.question.finding
    if sentence is None or not answer.rows:
        return None
    said = fill(sentence, lambda place: _words(answer, choices, place))
    return said if answer.complete else f"In the first {answer.total:,} rows: {said}"


def _words(answer: QuestionAnswer, choices: Choices | None, place: Place) -> str:
    if place.word == "param":
        return counted(value_words(answer, choices, place.name or ""), place.one, place.many)
    if place.word == "first":
        first = next((cell for cell in _cells(answer, place.name) if cell is not None), None)
        return "nothing stated" if first is None else str(cell_of(first))
    if place.word == "most":
        return named(_at_the_top(answer, place), place.one, place.many)
    if place.word == "sum":
        number = sum((number_of(cell) or Decimal(0) for cell in _cells(answer, place.name)), Decimal(0))
    elif place.word == "count":
        number = Decimal(len({cell for cell in _cells(answer, place.name) if cell is not None}))
    else:
        number = Decimal(answer.total)
    return counted(f"{number.normalize():,f}", place.one, place.many)


def _at_the_top(answer: QuestionAnswer, place: Place) -> tuple[str, ...]:
    """Return the names in the rows whose number is the largest."""
    numbers = [number_of(cell) or Decimal(0) for cell in _cells(answer, place.measure)]
    names = [
        str(cell_of(cell))
        for cell, number in zip(_cells(answer, place.name), numbers, strict=True)
        if cell is not None and number == max(numbers)
    ]
    return tuple(dict.fromkeys(names)) or ("nothing stated",)


def _cells(answer: QuestionAnswer, name: str | None) -> list[Term | None]:
    column = answer.columns.index(name or "")
    return [row[column] for row in answer.rows]


def value_words(answer: QuestionAnswer, choices: Choices | None, name: str) -> str:
    """Return the value of a parameter in words; several are joined by commas."""
    parameter = answer.question.param(name)
    terms = answer.values.get(name, ())
    if parameter is None or not terms:
        return "any"
    labels: list[str] = []
    for term in terms:
        if isinstance(term, Iri):
            labels.append(choices.label(term.value, parameter) if choices else compact(term.value))
        elif parameter.type is ParameterType.ENUM:
            labels.append(dict(parameter.values).get(term.value, term.value))
        else:
            labels.append(term.value)
    return ", ".join(labels)
