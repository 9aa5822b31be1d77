"""Asks a report's questions, each only once, with the report's parameters in the place of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalog import Catalog, Choices, ParameterType, QuestionAnswer, run
from kg.catalog.finding import value_words
from kg.catalog.values import read_value
from kg.engine import Engine, Term
from kg.errors import ParameterError
from kg.report.records import Argument, Report

_MOST_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Bound:
    """The value of one of the report's parameters.

    Attributes:
        texts: as they are given on to questions.
        words: as people read them.
    """

    texts: tuple[str, ...]
    words: str


class Inquiry:
    """One report, asked with one set of values of one release."""

    def __init__(
        self, engine: Engine, catalog: Catalog, report: Report, values: Mapping[str, object], choices: Choices
    ) -> None:
        """Read the values.

        Raises:
            ParameterError: a value is wrong, or no parameter of the report has that name.
        """
        self._engine = engine
        self._catalog = catalog
        self.choices = choices
        self.bound = bind_values(report, values, choices)
        self._answers: dict[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], QuestionAnswer] = {}

    @property
    def release(self) -> str:
        """The release that answers."""
        return self._engine.release

    def ask(self, name: str, arguments: Sequence[Argument]) -> QuestionAnswer:
        """Return the whole answer to a question, with the places in the sources behind each row."""
        given: dict[str, tuple[str, ...]] = {}
        for argument in arguments:
            if argument.reference is None:
                given[argument.name] = (argument.text,)
            elif argument.reference in self.bound:
                given[argument.name] = self.bound[argument.reference].texts
        key = (name, tuple(sorted(given.items())))
        if key not in self._answers:
            self._answers[key] = run(
                self._engine,
                self._catalog.question(name),
                given,
                choices=self.choices,
                evidence=True,
                rows=_MOST_ROWS,
            )
        return self._answers[key]

    def answers(self) -> tuple[QuestionAnswer, ...]:
        """Return every answer so far, in the order in which they were asked for."""
        return tuple(self._answers.values())

    def parameters(self, answer: QuestionAnswer) -> str:
        """Return what was asked with, as words; empty where the question takes nothing."""
        return "; ".join(
            f"{parameter.label}: {value_words(answer, self.choices, parameter.name)}"
            for parameter in answer.question.params
            if parameter.name in answer.values
        )


def bind_values(report: Report, given: Mapping[str, object], choices: Choices) -> dict[str, Bound]:
    """Return the values of a report's parameters; one that is optional and not given is absent.

    Raises:
        ParameterError: an unknown parameter, several values where one is allowed, or a wrong value.
    """
    for name in given:
        if report.param(name) is None:
            known = ", ".join(parameter.name for parameter in report.params)
            example = report.params[0].name if report.params else ""
            raise ParameterError(
                name[:80], f"one of the report's parameters: {known}" if known else "no parameter", example
            )
    bound: dict[str, Bound] = {}
    for parameter in report.params:
        value = given.get(parameter.name)
        items = value if isinstance(value, list | tuple) else [value]
        texts = tuple(str(item).strip() for item in items if item is not None and str(item).strip())
        texts = texts or parameter.default
        if len(texts) > 1 and not parameter.multi:
            raise ParameterError(parameter.name, "one value, not several", parameter.example)
        if not texts:
            continue
        terms: list[Term] = [read_value(parameter, text, choices) for text in texts]
        if parameter.type is ParameterType.IRI:
            words = [choices.label(term.value, parameter) for term in terms]
        else:
            labels = dict(parameter.values)
            words = [labels.get(term.value, term.value) for term in terms]
        bound[parameter.name] = Bound(tuple(term.value for term in terms), ", ".join(words))
    return bound
