"""Why the answer to a saved question is empty, in the words of its form and in the question's own pattern."""

import re
from dataclasses import dataclass

from kg.catalog.bind import bound
from kg.catalog.choices import Choices
from kg.catalog.doctor import diagnose
from kg.catalog.finding import value_words
from kg.catalog.records import Parameter, ParameterType
from kg.catalog.run import QuestionAnswer
from kg.engine import Engine
from kg.vocab import expand


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What emptied an answer.

    Attributes:
        message: for people.
        pattern: the part of the question that lets nothing through, as its file has it.
        parameters: those whose values stand in that part.
        nearest: what comes nearest to what was asked and would give rows, by name.
    """

    message: str
    pattern: str
    parameters: tuple[str, ...]
    nearest: tuple[str, ...]


def explain(engine: Engine, answer: QuestionAnswer, choices: Choices) -> Reason | None:
    """Return why an answer has no rows, or None where that cannot be said in time."""
    asked = bound(answer.question, answer.values)
    found = diagnose(engine, asked.text)
    if found is None:
        return None
    pattern = " ".join(" ".join(asked.template(*span) for span in found.spans).split())
    names = tuple(dict.fromkeys(name for span in found.spans for name in asked.parameters(*span)))
    params = [parameter for name in names if (parameter := answer.question.param(name)) is not None]
    names_near = (_name(text, params, choices) for text in found.nearest)
    nearest = tuple(dict.fromkeys(name for name in names_near if name is not None))
    if found.unknown is not None and not params:
        return Reason(message=found.message, pattern=pattern, parameters=(), nearest=found.nearest)
    if params:
        given = " and ".join(f"{one.label}: {value_words(answer, choices, one.name)}" for one in params)
        message = f"Nothing here fits “{given}”; without that there would be rows."
    else:
        message = f"{'With these values one' if answer.values else 'One'} part of the question lets nothing through."
    if nearest:
        message += f" Nearest with rows: {', '.join(nearest)}."
    return Reason(message=message, pattern=pattern, parameters=names, nearest=nearest)


def _name(text: str, params: list[Parameter], choices: Choices) -> str | None:
    """Return what comes near as somebody may pick or type it; None for a thing of another kind than was asked for."""
    try:
        iri = expand(text)
    except KeyError:
        iri = text
    for parameter in params:
        if parameter.type is ParameterType.IRI and any(choice.iri == iri for choice in choices.of(parameter)):
            return choices.label(iri, parameter)
        if parameter.type is ParameterType.GYEAR and re.match(r"[0-9]{4}(-|\Z)", text):
            return text[:4]
    is_typed = any(parameter.type is not ParameterType.IRI for parameter in params)
    return text if is_typed and iri == text else None
