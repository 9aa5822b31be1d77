"""Names made comparable: without case, accents, punctuation, legal forms and filler words."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not decompose, though people type them without their stroke.
_STROKES: Final = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "æ": "ae", "œ": "oe"})
_WORD: Final = re.compile(r"[a-z0-9]+")
_BRACKETS: Final = re.compile(r"\([^)]*\)")
# Words that firms carry or drop at will. "Cloud", "Marine" or "International" are not among them: they make
# another firm.
FILLERS: Final = frozenset(
    re.findall(
        r"\w+",
        "co company corp corporation inc incorporated ltd limited llc plc ag gmbh sa nv group holding holdings "
        "technologies technology platforms the of and",
    )
) | {"公司", "有限公司", "股份有限公司", "有限责任公司", "集团", "控股", "股份", "技术", "科技"}
# Chinese writes no spaces: the legal form is told by its place at the end. "Technology" before it is told from a part
# of the name only where the name has two characters: 中国电子 and 中国电子科技集团 are two groups.
_CHINESE_FIRM: Final = re.compile(
    r"(?<=[\u4e00-\u9fff]{2})(?:(?<![\u4e00-\u9fff]{3})(技术|科技))?(控股|股份|集团)?"
    r"(公司|有限公司|股份有限公司|有限责任公司|集团|控股)(?= |$)"
)
# Two ways to write the same: British and American, and a state named or left out at the end.
_SAME: Final = (
    (re.compile(r"\bdefense\b"), "defence"),
    (re.compile(r"\b(?:us|u s)\b"), "united states"),
    (re.compile(r"(?<=\w) of (?:the )?(?:prc|peoples republic of china|china)$"), ""),
)


def fold(text: str) -> str:
    """Return a name in lower-case ASCII words; Chinese characters stay, a legal form at the end as its own word."""
    latin = unicodedata.normalize("NFKD", text.translate(_STROKES).replace("&", " and ")).lower()
    kept = "".join(" " if not character.isalnum() else character for character in latin if not _is_mark(character))
    if not kept.isascii():
        kept = _CHINESE_FIRM.sub(lambda found: " ".join(["", *filter(None, found.groups())]), kept)
    return " ".join(kept.split())


def _is_mark(character: str) -> bool:
    # Apostrophes join what they stand between: People's is one word.
    return unicodedata.combining(character) != 0 or character in "'’ʼ`."


def words(text: str) -> frozenset[str]:
    """Return the words of an organisation's name that tell it from others."""
    folded = fold(_BRACKETS.sub(" ", text))
    for pattern, replacement in _SAME:
        folded = pattern.sub(replacement, folded)
    all_words = frozenset(folded.split())
    return all_words - FILLERS or all_words


def initials(text: str) -> str:
    """Return the first letters of the words of a name, fillers left out, such as itu."""
    return "".join(word[0] for word in _WORD.findall(fold(text)) if word not in {"of", "the", "and", "for", "in"})
