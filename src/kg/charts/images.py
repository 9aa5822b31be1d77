"""SVG to PNG, with the fonts of the package, so that a picture is the same on every machine."""

import re
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kg.charts.palette import LIGHT

FONTS: Final = Path(__file__).resolve().parent / "fonts"
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Beyond this level a picture takes twice the time for a hundredth of the size.
_EFFORT: Final = 4
_MARGIN: Final = 18
_MOST_PIXELS: Final = 3_500_000
_BOX: Final = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)" width="[0-9.]+" height="[0-9.]+"')


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG on the light paper.

    `scale` is pixels for each unit of the drawing; a large drawing gets fewer, so that its picture can be sent.
    """
    box = _BOX.search(svg)
    if box is not None:
        scale = min(scale, max(1.0, (_MOST_PIXELS / (float(box[1]) * float(box[2]))) ** 0.5))
    # A picture has no page behind it and no margin around it.
    framed = _BOX.sub(_frame, svg, count=1)
    head, tag, rest = framed.partition(">\n")
    paper = f'<rect x="-{_MARGIN}" y="-{_MARGIN}" width="100%" height="100%" fill="{LIGHT["paper"]}"/>\n'
    drawn: bytes = _converter().svg_to_png(f"{head}{tag}{paper}{rest}", scale=scale)
    return _pressed(drawn)


def _pressed(png: bytes) -> bytes:
    """Return the same picture with its pixels compressed again; the converter hardly compresses."""
    kept, pixels, at = [png[: len(_SIGNATURE)]], b"", len(_SIGNATURE)
    while at < len(png):
        # PNG, 5.3: length, type, content and checksum.
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            pixels += png[at + 8 : at + 8 + size]
        elif png[at + 4 : at + 8] != b"IEND":
            kept.append(png[at : at + 12 + size])
        at += 12 + size
    content = zlib.compress(zlib.decompress(pixels), _EFFORT)
    return b"".join((*kept, _chunk(b"IDAT", content), _chunk(b"IEND", b"")))


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum


def _frame(found: re.Match[str]) -> str:
    wide, high = float(found[1]) + 2 * _MARGIN, float(found[2]) + 2 * _MARGIN
    return f'viewBox="-{_MARGIN} -{_MARGIN} {wide:g} {high:g}" width="{wide:g}" height="{high:g}"'


@lru_cache(maxsize=1)
def _converter() -> Any:
    # Imported here: it is large, and few requests need it.
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert
