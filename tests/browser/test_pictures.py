"""Eight pages as pictures, compared with those that were looked at and found good.

`KG_BASELINES=1` makes the pictures anew: look at them before you commit them. A new major version of Chromium or of
a font may need that as well. A failing page leaves its picture beside its baseline as `*.new.png`, which Git ignores.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.browser.conftest import Watched

BASELINES = Path(__file__).resolve().parent / "baselines"
# A pixel differs visibly when one of its channels does by more than this, of 255; edges of letters stay below it.
VISIBLE = 40
MOST_SHARE = 0.005
# The name of a release is in each footer and citation, and changes with each change of the data.
_MASK_RELEASE = """
(release) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    node.data = node.data.replaceAll(release, "0".repeat(16)).replaceAll(location.host, "localhost");
  }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A page, and the window and scheme in which it is looked at."""

    name: str
    path: str
    width: int
    height: int
    scheme: str = "light"


PICTURES = (
    Picture(name="home", path="/", width=1280, height=900),
    Picture(name="home-phone-dark", path="/", width=360, height=800, scheme="dark"),
    Picture(name="project", path="/page/project/ecu911", width=1280, height=900),
    Picture(name="claim-phone", path="/page/claim/ecu911-crime-fall", width=360, height=800),
    Picture(name="question-dark", path="/questions/who-finances-what", width=1280, height=900, scheme="dark"),
    Picture(name="list-phone", path="/projects", width=360, height=800),
    Picture(name="report", path="/reports/country-profile", width=1280, height=900),
    Picture(name="editor", path="/sparql", width=1280, height=900),
)


def share_of_visible_difference(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels, 0 to 1, in which two pictures of the same size differ visibly."""
    bands = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).split()
    largest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    differing = sum(largest.histogram()[VISIBLE + 1 :])
    return differing / (one.width * one.height)


def taken(watched: Watched, picture: Picture, style: str = "") -> Image.Image:
    """Return the picture of a page, with a style added for those who want to see that it differs."""
    page = watched.page
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light")
    assert watched.open(picture.path) == 200
    release = page.request.get(f"{watched.base}/readyz").json()["release"]
    page.evaluate(_MASK_RELEASE, release)
    page.evaluate("style => document.styleSheets[0].insertRule(style)", style or "x-none{}")
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    # 128 colours without dither keep a picture small and move no pixel by what VISIBLE would see.
    return shot.convert("RGB").quantize(colors=128, dither=Image.Dither.NONE)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_page_looks_as_it_did(watched: Watched, picture: Picture) -> None:
    small = taken(watched, picture)
    baseline = BASELINES / f"{picture.name}.png"
    if os.environ.get("KG_BASELINES") == "1":
        small.save(baseline, optimize=True)
        return
    assert baseline.exists(), "no baseline: run with KG_BASELINES=1, look at the picture, commit it"
    with Image.open(baseline) as wanted:
        assert wanted.size == small.size
        share = share_of_visible_difference(wanted, small)
    fresh = baseline.with_suffix(".new.png")
    fresh.unlink(missing_ok=True)
    if share > MOST_SHARE:
        small.save(fresh, optimize=True)
    assert share <= MOST_SHARE, f"{share:.1%} of {picture.name} differ; see {fresh.name}"


@pytest.mark.parametrize(
    "style",
    [
        "main{padding-top:6px!important}",
        ":root{--accent:#8a2f5c!important}",
        "main h1{font-family:monospace!important}",
    ],
    ids=["moved", "recoloured", "in another font"],
)
@pytest.mark.parametrize("picture", [PICTURES[2], PICTURES[3]], ids=lambda picture: picture.name)
def test_a_page_that_looks_otherwise_is_told(watched: Watched, picture: Picture, style: str) -> None:
    plain = taken(watched, picture)
    assert share_of_visible_difference(plain, taken(watched, picture)) == 0, "the same page gives the same picture"
    assert share_of_visible_difference(plain, taken(watched, picture, style)) > MOST_SHARE
