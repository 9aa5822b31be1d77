"""SVG to PNG, with the fonts of the package, so that a picture is the same on every machine."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kg.charts.palette import LIGHT

FONTS: Final = Path(__file__).resolve().parent / "fonts"
_MARGIN: Final = 18
_BOX: Final = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)" width="[0-9.]+" height="[0-9.]+"')


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG on the light paper; `scale` is pixels for each unit of the drawing."""
    # A picture has no page behind it and no margin around it.
    framed = _BOX.sub(_frame, svg, count=1)
    head, tag, rest = framed.partition(">\n")
    paper = f'<rect x="-{_MARGIN}" y="-{_MARGIN}" width="100%" height="100%" fill="{LIGHT["paper"]}"/>\n'
    drawn: bytes = _converter().svg_to_png(f"{head}{tag}{paper}{rest}", scale=scale)
    return drawn


def _frame(found: re.Match[str]) -> str:
    wide, high = float(found[1]) + 2 * _MARGIN, float(found[2]) + 2 * _MARGIN
    return f'viewBox="-{_MARGIN} -{_MARGIN} {wide:g} {high:g}" width="{wide:g}" height="{high:g}"'


@lru_cache(maxsize=1)
def _converter() -> Any:
    # Imported here: it is large, and few requests need it.
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert
