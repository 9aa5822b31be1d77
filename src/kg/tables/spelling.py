"""How names, numbers and years are recognised in the lines of a source.

Print breaks lines, hyphenates, glues footnote marks to numbers and writes numbers as words; these functions undo that.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_HYPHEN_BREAK = re.compile(r"(\w)[-\u00ad\u2010]\s*\n\s*(\w)")
_NUMBER = re.compile(r"\d{1,3}(?:[,\u2009\u00a0]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12, "half": 50, "quarter": 25, "third": 3,
    "first": 1, "second": 2, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "double": 2, "doubled": 2, "twice": 2, "triple": 3, "single": 1, "both": 2, "pair": 2, "decade": 10,
}  # fmt: skip
_SCALES = {
    "hundred": 2, "thousand": 3, "million": 6, "millions": 6, "mn": 6, "m": 6, "billion": 9, "billions": 9, "bn": 9,
    "b": 9, "trillion": 12, "tn": 12, "trn": 12, "万": 4, "亿": 8, "k": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The lines of one row's evidence, prepared for searching."""

    tokens: str
    packed: str
    numbers: frozenset[Decimal]
    digits: frozenset[str]
    scales: frozenset[Decimal]


def read_passage(lines: Iterable[str]) -> Passage:
    """Prepare lines of text for searching."""
    text = unicodedata.normalize("NFKC", "\n".join(lines))
    joined = _HYPHEN_BREAK.sub(r"\1\2", text)
    tokens = " ".join((_tokens(text), _tokens(joined)))
    words = set(tokens.split())
    plain = [Decimal(re.sub(r"[,\u2009\u00a0]", "", found)) for found in _NUMBER.findall(text)]
    numbers = {*plain, *(Decimal(_WORDS[word]) for word in words & _WORDS.keys()), *_compounds(tokens)}
    # "52.15": the note mark 15 may be glued to 52.
    numbers.update(Decimal(int(number)) for number in plain)
    scales = {Decimal(10) ** _SCALES[word] for word in words & _SCALES.keys()}
    scales.update(Decimal(10) ** power for power in (4, 8) if any(mark in text for mark in ("万", "亿")))
    # Column heads such as "100 million USD" or "10,000 persons" scale the numbers under them.
    heads = {number for number in plain if number >= 10 and str(int(number)).rstrip("0") == "1"}
    scales.update({head * scale for head in heads for scale in scales} | heads)
    return Passage(
        tokens=f" {tokens} ",
        packed=re.sub(r"\s+", "", text),
        numbers=frozenset(numbers),
        digits=frozenset(re.findall(r"\d+", re.sub(r"(?<=\d)[,\u2009\u00a0](?=\d{3})", "", text))),
        scales=frozenset(scales),
    )


def has_name(passage: Passage, name: str) -> bool:
    """Tell whether a name stands in the passage, in any case and broken over lines in any way."""
    name = unicodedata.normalize("NFKC", name)
    if _CJK.search(name):
        return re.sub(r"\s+", "", name) in passage.packed
    wanted = _tokens(name)
    if not wanted:
        return False
    # A footnote mark glued to the last word is a token of its own, so whole tokens are compared.
    return f" {wanted} " in passage.tokens


def has_number(passage: Passage, value: Decimal) -> bool:
    """Tell whether a number stands in the passage in digits or words, with any unit that stands there too."""
    size = abs(value)
    if size in passage.numbers:
        return True
    if any(scale * number == size for scale in passage.scales for number in passage.numbers):
        return True
    digits = str(size.normalize().quantize(Decimal(1))) if size == size.to_integral() else ""
    # A glued footnote mark has one to three digits.
    return bool(digits) and any(
        found.startswith(digits) and 1 <= len(found) - len(digits) <= 3 for found in passage.digits
    )


def has_year(passage: Passage, year: str) -> bool:
    """Tell whether a year stands in the passage, whole or with a footnote mark glued to it."""
    if any(found == year or (found.startswith(year) and len(found) <= 7) for found in passage.digits):
        return True
    # "2018-19", "2013/14"
    return year[2:] in passage.digits and any(found[:2] == year[:2] and len(found) == 4 for found in passage.digits)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(_strip_marks(text.casefold())))


def _strip_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _compounds(tokens: str) -> set[Decimal]:
    """Return numbers written in several words: thirty four, three hundred."""
    words = tokens.split()
    found: set[Decimal] = set()
    for first, second in pairwise(words):
        tens, ones = _WORDS.get(first), _WORDS.get(second)
        if tens is not None and tens >= 20 and tens % 10 == 0 and ones is not None and 0 < ones < 10:
            found.add(Decimal(tens + ones))
        if tens is not None and second in ("hundred", "dozen"):
            found.add(Decimal(tens * (100 if second == "hundred" else 12)))
    return found
