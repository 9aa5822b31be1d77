"""SVG to PNG, with the fonts of the package, so that a picture is the same on every machine."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kg.charts.palette import LIGHT

FONTS: Final = Path(__file__).resolve().parent / "fonts"


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG on the light paper; `scale` is pixels for each unit of the drawing."""
    vl_convert = _converter()
    # A picture has no page behind it.
    head, tag, rest = svg.partition(">\n")
    paper = f'<rect width="100%" height="100%" fill="{LIGHT["paper"]}"/>\n'
    drawn: bytes = vl_convert.svg_to_png(f"{head}{tag}{paper}{rest}", scale=scale)
    return drawn


@lru_cache(maxsize=1)
def _converter() -> Any:
    # Imported here: it is large, and few requests need it.
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert
