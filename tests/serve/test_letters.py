"""The pages bring the letters of the Chinese names along."""

import re

from fontTools.ttLib import TTFont

from tests.conftest import CHECKOUT

STATIC = CHECKOUT / "src/kg/serve/static"
FIRST, LAST = "\u2e80", "\uffef"


def _letters(*patterns: str) -> set[int]:
    texts = (path.read_text("utf-8") for pattern in patterns for path in CHECKOUT.glob(pattern))
    return {ord(letter) for text in texts for letter in text if FIRST <= letter <= LAST}


def _range_of(name: str) -> set[int]:
    face = re.search(rf"{name}[^}}]*unicode-range:([^}}]+)}}", (STATIC / "zh.css").read_text("utf-8"))
    assert face
    found: set[int] = set()
    for each in face[1].split(","):
        first, _, last = each.removeprefix("U+").partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def test_the_small_file_has_every_chinese_letter_of_the_data_and_the_pages() -> None:
    used = _letters("data/*.csv", "ontology/*.ttl", "queries/**/*.rq", "src/kg/serve/templates/**/*.html")
    has = set(TTFont(STATIC / "fonts/noto-sans-sc-used.woff2").getBestCmap())
    assert sorted(map(chr, used - has)) == [], "run python ui/chinese_font.py"
    assert _range_of("noto-sans-sc-used.woff2") == has, "a browser gets a letter from the file that its range names"


def test_the_second_file_has_the_other_letters() -> None:
    small = set(TTFont(STATIC / "fonts/noto-sans-sc-used.woff2").getBestCmap())
    more = set(TTFont(STATIC / "fonts/noto-sans-sc-more.woff2").getBestCmap())
    assert not small & more
    assert {ord(letter) for letter in "的一是了我不在人有他这"} <= small | more
