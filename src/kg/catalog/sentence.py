"""The sentence of a question's header: fixed words, and places that an answer fills.

`{count.project project/projects}` is a number with the noun that fits it; `{param.country}` and
`{first.supplierLabel}` are words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_INSIDE: Final = re.compile(r"([a-z]+)(?:\.([A-Za-z0-9_]+))?(?: ([^/]+)/([^/]+))?\Z")
_NUMBERS: Final = ("rows", "count", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What stands between braces.

    Attributes:
        word: `rows`, `count`, `sum`, `first` or `param`.
        name: of a column or parameter; None for `rows`.
        one, many: what is said after the number one and after any other; None where there is no noun.
    """

    word: str
    name: str | None
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


def faults(sentence: str, columns: tuple[str, ...], params: tuple[str, ...]) -> Iterator[str]:
    """Say what is wrong with the places of a sentence."""
    for inside in _PLACE.findall(sentence):
        match = _INSIDE.match(inside)
        word, name = (match[1], match[2]) if match else ("", None)
        known = {"rows": (None,), "param": params}.get(word, columns if word in (*_NUMBERS, "first") else ())
        if match is None or name not in known:
            yield f"{{{inside}}} stands for nothing"
        elif word in _NUMBERS and match[3] is None:
            yield f"{{{inside}}} has no noun for one and for many: {{{inside} project/projects}}"


def _read(inside: str) -> Place:
    match = _INSIDE.match(inside)
    if match is None:
        raise ValueError(f"no place of a sentence: {inside!r}")
    return Place(word=match[1], name=match[2], one=match[3], many=match[4])
