"""Make the Chinese letters of the pages: `python ui/chinese_font.py` writes them and `zh.css` into the static folder.

The letters that this checkout's data, ontology, questions and pages use are one small file; all others that
`src/kg/charts/fonts` has are a second one, which a browser gets only for a page that needs them (a passage of a
source, a search). So a reader's machine needs no Chinese font, and few readers get more than the small file.
`tests/serve/test_letters.py` tells when to run it again.
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[1]
WHOLE = ROOT / "src/kg/charts/fonts/NotoSansSC-Regular.ttf"
STATIC = ROOT / "src/kg/serve/static"
USED_IN = ("data/*.csv", "ontology/*.ttl", "queries/**/*.rq", "queries/**/*.md", "src/kg/serve/templates/**/*.html")
# Radicals, punctuation, ideographs, full-width forms: what the Latin fonts of the pages do not have.
FIRST, LAST = 0x2E80, 0xFFEF


def used() -> set[int]:
    """Return the Chinese letters that this checkout uses."""
    texts = (path.read_text("utf-8") for pattern in USED_IN for path in ROOT.glob(pattern))
    return {ord(letter) for text in texts for letter in text if FIRST <= ord(letter) <= LAST}


def ranges(letters: set[int]) -> str:
    """Return letters as a CSS unicode-range, neighbours together."""
    runs: list[list[int]] = []
    for letter in sorted(letters):
        if runs and letter == runs[-1][1] + 1:
            runs[-1][1] = letter
        else:
            runs.append([letter, letter])
    return ",".join(f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}" for first, last in runs)


def _write(letters: set[int], name: str) -> None:
    options = subset.Options(flavor="woff2", hinting=False, name_IDs=["*"], notdef_outline=True)
    font = subset.load_font(str(WHOLE), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    subset.save_font(font, str(STATIC / "fonts" / name), options)


def _face(name: str, letters: str) -> str:
    return (
        f'@font-face{{font-family:"Noto Sans SC";src:url(fonts/{name}) format("woff2");'
        f"font-weight:100 900;font-display:swap;unicode-range:{letters}}}\n"
    )


def main() -> None:
    """Write both files, their stylesheet and their licence."""
    known = {letter for letter in TTFont(WHOLE).getBestCmap() if FIRST <= letter <= LAST}
    common = used() & known
    _write(common, "noto-sans-sc-used.woff2")
    _write(known - common, "noto-sans-sc-more.woff2")
    sheet = "/* Written by ui/chinese_font.py. Of two faces that have a letter, the later one is taken. */\n"
    sheet += _face("noto-sans-sc-more.woff2", f"U+{FIRST:X}-{LAST:X}")
    sheet += _face("noto-sans-sc-used.woff2", ranges(common))
    (STATIC / "zh.css").write_text(sheet, encoding="utf-8")
    licence = (WHOLE.parent / "OFL-noto-sans-sc.txt").read_text("utf-8")
    (STATIC / "fonts" / "OFL-noto-sans-sc.txt").write_text(licence, encoding="utf-8")


if __name__ == "__main__":
    main()
