"""Values that people give, as terms; a wrong one is named with what is expected and an example."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from kg.catalog.records import Parameter, ParameterType, Question
from kg.catalog.terms import TermError, iri_text
from kg.engine import Iri, Literal, Term
from kg.errors import ParameterError
from kg.vocab import XSD, expand, split_iri

MAX_VALUE_CHARACTERS: Final = 500
MAX_VALUES: Final = 200
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}\Z")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\Z")
_YEAR: Final = re.compile(r"[1-9][0-9]{3}\Z")
_DATE: Final = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}\Z")
# XML 1.0, 2.2 (Char): what these ranges hold can stand in no XML result, nor be meant by anybody.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Resolver(Protocol):
    """Knows which things a release has, by every name."""

    def resolve(self, text: str, parameter: Parameter) -> str:
        """Return the IRI of the one thing that a text names.

        Raises:
            ParameterError: nothing has that name, or several things have.
        """


class IriResolver:
    """Takes IRIs and compact names on trust, where no release is at hand."""

    def resolve(self, text: str, parameter: Parameter) -> str:
        """Return the IRI that a text is, or stands for in its compact form."""
        try:
            iri = expand(text)
            iri_text(iri)
        except (KeyError, TermError):
            iri = ""
        if not iri or (split_iri(iri) is None and not text.startswith(("http://", "https://"))):
            raise ParameterError(parameter.name, "an IRI, or its compact form", parameter.example)
        return iri


def read_values(question: Question, given: Mapping[str, object], resolver: Resolver) -> dict[str, tuple[Term, ...]]:
    """Return the terms for a question's parameters; what is not given takes its default.

    A value is a text or anything whose `str` is one; several are a list or tuple. An empty text counts as
    not given, because that is what an untouched field of a form sends.

    Raises:
        ParameterError: an unknown parameter, several values where one is allowed, or a wrong value.
    """
    for name in given:
        if question.param(name) is None:
            known = ", ".join(parameter.name for parameter in question.params)
            expected = f"one of the question's parameters: {known}" if known else "no parameter"
            example = question.params[0].name if question.params else ""
            raise ParameterError(name[:80], expected, example)
    terms: dict[str, tuple[Term, ...]] = {}
    for parameter in question.params:
        texts = _texts(parameter, given.get(parameter.name)) or parameter.default
        if texts:
            terms[parameter.name] = tuple(dict.fromkeys(read_value(parameter, text, resolver) for text in texts))
    return terms


def _texts(parameter: Parameter, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    items: Iterable[object] = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    texts = tuple(text for text in (_text(item) for item in items) if text)
    if len(texts) > 1 and not parameter.multi:
        raise ParameterError(parameter.name, "one value, not several", parameter.example)
    if len(texts) > MAX_VALUES:
        raise ParameterError(parameter.name, f"at most {MAX_VALUES} values", parameter.example)
    return texts


def _text(item: object) -> str:
    if isinstance(item, Iri | Literal):
        return item.value
    if isinstance(item, bool):
        return "true" if item else "false"
    return str(item).strip()


def read_value(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    """Return one value as a term.

    Raises:
        ParameterError: the text is no such value; it says what is expected and gives an example.
    """
    if len(text) > MAX_VALUE_CHARACTERS:
        expected = f"at most {MAX_VALUE_CHARACTERS} characters"
        raise ParameterError(parameter.name, expected, parameter.example)
    if _UNWRITABLE.search(text):
        raise ParameterError(parameter.name, "text without control characters", parameter.example)
    return _READERS[parameter.type](parameter, text, resolver)


def _iri(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    return Iri(resolver.resolve(text, parameter))


def _string(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    return Literal(text)


def _integer(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    if not _INTEGER.match(text):
        raise ParameterError(parameter.name, "a whole number", parameter.example)
    _check_range(parameter, Decimal(text))
    return Literal(str(int(text)), f"{XSD}integer")


def _decimal(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    try:
        number = Decimal(text) if _DECIMAL.match(text) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise ParameterError(parameter.name, "a number with a decimal point, no separators", parameter.example)
    _check_range(parameter, number)
    return Literal(f"{number:f}", f"{XSD}decimal")


def _year(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    if not _YEAR.match(text):
        raise ParameterError(parameter.name, "a year of four digits", parameter.example)
    _check_range(parameter, Decimal(text))
    return Literal(text, f"{XSD}gYear")


def _date(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    try:
        if not _DATE.match(text):
            raise ValueError(text)
        date.fromisoformat(text)
    except ValueError as error:
        raise ParameterError(parameter.name, "a day of the calendar as YYYY-MM-DD", parameter.example) from error
    return Literal(text, f"{XSD}date")


def _enum(parameter: Parameter, text: str, resolver: Resolver) -> Term:
    wanted = text.casefold()
    for value, label in parameter.values:
        if wanted in (value.casefold(), label.casefold()):
            return Literal(value)
    expected = "one of " + ", ".join(value for value, _ in parameter.values)
    raise ParameterError(parameter.name, expected, parameter.example)


def _check_range(parameter: Parameter, number: Decimal) -> None:
    if parameter.minimum is not None and number < parameter.minimum:
        raise ParameterError(parameter.name, f"a number from {parameter.minimum}", parameter.example)
    if parameter.maximum is not None and number > parameter.maximum:
        raise ParameterError(parameter.name, f"a number up to {parameter.maximum}", parameter.example)


_READERS: Final[dict[ParameterType, Callable[[Parameter, str, Resolver], Term]]] = {
    ParameterType.IRI: _iri,
    ParameterType.STRING: _string,
    ParameterType.INTEGER: _integer,
    ParameterType.DECIMAL: _decimal,
    ParameterType.GYEAR: _year,
    ParameterType.DATE: _date,
    ParameterType.ENUM: _enum,
}

_DUMMIES: Final[dict[ParameterType, Term]] = {
    ParameterType.IRI: Iri("urn:x:any"),
    ParameterType.STRING: Literal("any"),
    ParameterType.INTEGER: Literal("1", f"{XSD}integer"),
    ParameterType.DECIMAL: Literal("1.5", f"{XSD}decimal"),
    ParameterType.GYEAR: Literal("2000", f"{XSD}gYear"),
    ParameterType.DATE: Literal("2000-01-01", f"{XSD}date"),
    ParameterType.ENUM: Literal("any"),
}


def dummy_terms(kind: ParameterType) -> tuple[Term, ...]:
    """Return one term of the form that every value of this type has."""
    return (_DUMMIES[kind],)
