"""The sentence above a table: every number and name in it comes from the answer."""

import re
from decimal import Decimal
from typing import Final

from kg.catalog.cells import cell_of, number_of
from kg.catalog.choices import Choices
from kg.catalog.records import ParameterType
from kg.catalog.run import QuestionAnswer
from kg.engine import Iri
from kg.vocab import compact

_PLACE: Final = re.compile(r"\{([a-z]+)(?:\.([A-Za-z0-9_]+))?\}")


def finding(answer: QuestionAnswer, choices: Choices | None = None) -> str | None:
    """Return the question's sentence filled from an answer, or None where it has no sentence or no rows.

    The answer must be whole, not one page of it. `choices` gives parameters their labels.
    """
    sentence = answer.question.finding
    if sentence is None or not answer.rows:
        return None
    return _PLACE.sub(lambda match: _fill(answer, choices, match[1], match[2]), sentence)


def _fill(answer: QuestionAnswer, choices: Choices | None, word: str, name: str | None) -> str:
    if word == "rows":
        return f"{answer.total:,}"
    if name is None:
        return ""
    if word == "param":
        return value_words(answer, choices, name)
    place = answer.columns.index(name)
    cells = [row[place] for row in answer.rows]
    if word == "count":
        return f"{len({cell for cell in cells if cell is not None}):,}"
    if word == "sum":
        total = sum((number_of(cell) or Decimal(0) for cell in cells), Decimal(0))
        return f"{total:,f}" if total != total.to_integral_value() else f"{int(total):,}"
    first = next((cell for cell in cells if cell is not None), None)
    return "nothing stated" if first is None else str(cell_of(first))


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
