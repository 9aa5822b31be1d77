"""The fonts of the package can show what the data holds."""

from fontTools.ttLib import TTFont

from kg.charts import FONTS
from tests.conftest import CHECKOUT, TINY


def _characters() -> set[str]:
    found: set[str] = set()
    for folder, pattern in ((CHECKOUT / "data", "*.csv"), (TINY / "data", "*.csv"), (CHECKOUT / "ontology", "*.ttl")):
        for path in folder.glob(pattern):
            found |= {c for c in path.read_text(encoding="utf-8") if "\u2e80" <= c <= "\u9fff"}
    return found


def test_every_chinese_character_of_the_data_has_a_glyph() -> None:
    known = TTFont(FONTS / "NotoSansSC-Regular.ttf").getBestCmap()
    missing = sorted(c for c in _characters() if ord(c) not in known)
    assert not missing, f"make the subset again with {''.join(missing)} (see src/kg/charts/fonts/README.md)"


def test_every_font_has_its_licence_beside_it() -> None:
    names = {"Inter": "inter", "SourceSerif4": "source-serif-4", "NotoSansSC": "noto-sans-sc"}
    for path in FONTS.glob("*.ttf"):
        licence = FONTS / f"OFL-{names[path.stem.split('-')[0]]}.txt"
        assert "SIL OPEN FONT LICENSE" in licence.read_text(encoding="utf-8").upper()
