"""How wide words are, how they are shortened and wrapped, and how they are escaped."""

import re
import unicodedata
from typing import Final
from xml.sax.saxutils import escape

FAMILY: Final = "Inter, Noto Sans SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
# Advance widths of Inter Regular for the characters from space to tilde, in thousandths of the font size.
_WIDTHS: Final = (
    281, 288, 466, 633, 642, 982, 644, 300, 365, 365, 501, 662, 288, 460, 288, 360, 631, 407, 610,
    618, 646, 593, 620, 566, 619, 620, 288, 302, 662, 662, 662, 511, 966, 690, 654, 730, 722, 601,
    590, 746, 743, 269, 571, 672, 565, 903, 753, 765, 639, 765, 644, 642, 646, 744, 690, 985, 682,
    679, 629, 365, 360, 365, 471, 456, 323, 562, 612, 571, 612, 583, 370, 613, 591, 242, 242, 549,
    242, 876, 591, 600, 612, 612, 376, 528, 327, 591, 562, 818, 546, 562, 552, 426, 333, 426, 662,
)  # fmt: skip
_DEFAULT_WIDTH: Final = 620
_BOLD: Final = 1.06
# A reader without Inter sees a font that is somewhat wider.
_SPARE: Final = 1.07
# XML 1.0, 2.2 (Char): these cannot stand in XML, not even escaped; the rest are invisible or turn text round.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def clean(text: str) -> str:
    """Return text on one line without characters that XML forbids or nobody can see."""
    return " ".join(_UNPRINTABLE.sub("", text).split())


def escaped(text: str) -> str:
    """Return text as it may stand in SVG, between tags or in an attribute in double quotes."""
    return escape(clean(text), {'"': "&quot;"})


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a text is set in the charts' font, in the unit of `size`."""
    return sum(map(_advance, text)) * size * _SPARE / 1000 * (_BOLD if bold else 1)


def _advance(character: str) -> int:
    code = ord(character)
    if 32 <= code < 127:
        return _WIDTHS[code - 32]
    return 1000 if unicodedata.east_asian_width(character) in "WF" else _DEFAULT_WIDTH


def shortened(text: str, size: float, room: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than `room`."""
    left = room * 1000 / (size * _SPARE)
    fits = 0
    for place, character in enumerate(text):
        left -= _advance(character)
        if left < 0:
            return text[:fits].rstrip() + "…"
        # What is kept of a longer text leaves room for the ellipsis.
        if left >= _advance("…"):
            fits = place + 1
    return text


def wrapped(text: str, size: float, room: float, lines: int) -> list[str]:
    """Return the text on at most `lines` lines that fit into `room`; what is left over is cut with an ellipsis."""
    found: list[str] = []
    rest = _pieces(text)
    while rest and len(found) < lines:
        line = rest.pop(0)
        while rest and width(line + rest[0].rstrip(), size) <= room:
            line += rest.pop(0)
        if len(found) == lines - 1 and rest:
            line += "".join(rest)
            rest = []
        found.append(shortened(line.strip(), size, room))
    return found or [""]


def _pieces(text: str) -> list[str]:
    """Split where a line may break: after a space, and on both sides of a Chinese character."""
    return re.findall(r"[\u2e80-\u9fff\uf900-\ufaff]|[^\s\u2e80-\u9fff\uf900-\ufaff]+\s*|\s+", text) or [text]


def plain_name(column: str) -> str:
    """Return a column's name as words: `partnerCountryLabel` is `partner country`."""
    base = column.removesuffix("Label") or column
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", base).replace("_", " ").lower()
