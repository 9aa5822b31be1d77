"""The sentence of a question's header: fixed words, and places that an answer fills.

`{count.project project/projects}` is a number with the noun that fits it; `{param.country}` and
`{first.sourceLabel}` are words; `{most.countryLabel.projects has the most/have the most}` names who has most of a
number, or says that nobody stands out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_INSIDE: Final = re.compile(r"([a-z]+)(?:\.([A-Za-z0-9_]+)(?:\.([A-Za-z0-9_]+))?)?(?: ([^/]+)/([^/]+))?\Z")
_OF_COLUMN: Final = ("count", "sum", "first", "most")
_WITH_FORMS: Final = ("rows", "count", "sum", "most")
# More than these at the top say nothing about any of them.
_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What stands between braces.

    Attributes:
        word: `rows`, `count`, `sum`, `first`, `most` or `param`.
        name: of a column or parameter; None for `rows`.
        measure: for `most`, the column of numbers.
        one, many: what is said after the number one and after any other; None where there is no noun.
    """

    word: str
    name: str | None
    measure: str | None
    one: str | None
    many: str | None


def fill(sentence: str, words: Callable[[Place], str]) -> str:
    """Return a sentence, which has no faults, with every place filled and a capital at its beginning."""
    filled = _PLACE.sub(lambda match: words(_read(match[1])), sentence)
    return filled[:1].upper() + filled[1:]


def counted(number: str, one: str | None, many: str | None) -> str:
    """Return a number with its noun: `1 project`, `12 projects`, `no projects`."""
    if one is None or many is None:
        return number
    if number == "0":
        return f"none {many}" if many.startswith("of ") else f"no {many}"
    return f"{number} {one if number == '1' else many}"


def named(names: tuple[str, ...], one: str | None, many: str | None) -> str:
    """Return names with their verb: `Huawei has the most`, `Huawei and ZTE have the most`."""
    if len(names) > _MOST_NAMES:
        return "none stands out"
    said = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"{said} {one if len(names) == 1 else many}"


def faults(sentence: str, columns: tuple[str, ...], params: tuple[str, ...]) -> Iterator[str]:
    """Say what is wrong with the places of a sentence."""
    for inside in _PLACE.findall(sentence):
        match = _INSIDE.match(inside)
        word, name = (match[1], match[2]) if match else ("", None)
        known = {"rows": (None,), "param": params}.get(word, columns if word in _OF_COLUMN else ())
        measures = columns if word == "most" else (None,)
        if match is None or name not in known or match[3] not in measures:
            yield f"{{{inside}}} stands for nothing"
        elif word in _WITH_FORMS and match[4] is None:
            yield f"{{{inside}}} has no words for one and for many: {{{inside} project/projects}}"


def _read(inside: str) -> Place:
    match = _INSIDE.match(inside)
    if match is None:
        raise ValueError(f"no place of a sentence: {inside!r}")
    return Place(word=match[1], name=match[2], measure=match[3], one=match[4], many=match[5])
