"""Every kind of page in a browser: no error, nothing refused or fetched from elsewhere, no side scroll, no barrier."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.addresses import PAGES, Address
from tests.browser.conftest import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).resolve().parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# Only what breaks a rule is wanted; the nodes that pass are many.
_RUN = f"axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}})"
# The dark scheme changes colours and nothing else, so only the rules about colours are asked again.
_COLOUR_RULES = ["color-contrast", "link-in-text-block"]
_RUN_COLOURS = f"axe.run(document, {{runOnly: {{type: 'rule', values: {_COLOUR_RULES}}}, resultTypes: ['violations']}})"
# On a phone links come closer to each other.
_RUN_SIZES = "axe.run(document, {runOnly: {type: 'rule', values: ['target-size']}, resultTypes: ['violations']})"
# What sticks out on the right, for the message of a failure.
_TOO_WIDE = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const scrolls = e => { for (; e; e = e.parentElement)
    if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX)) return true; return false; };
  return ["page is " + document.documentElement.scrollWidth + " px wide"].concat(
    [...document.body.querySelectorAll("*")]
      .filter(e => e.getBoundingClientRect().right > room + 0.5 && !scrolls(e.parentElement))
      .slice(0, 5).map(e => e.outerHTML.slice(0, 160)));
}
"""


def _name(address: Address) -> str:
    return address.name


@pytest.mark.parametrize("address", PAGES, ids=_name)
def test_page_is_clean_and_fits_a_phone(watched: Watched, address: Address) -> None:
    assert watched.open(address.path) == address.status
    assert watched.page.locator("h1").count() == 1
    watched.page.set_viewport_size({"width": 360, "height": 800})
    assert watched.page.evaluate(_TOO_WIDE) == []
    assert watched.faults(status=address.status) == []


@pytest.fixture(scope="module")
def probed(browser: "Browser") -> Iterator["Page"]:
    """A page into which axe may be put, against the policy of the site; that the policy holds is tested elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def _barriers(page: "Page", run: str) -> list[str]:
    found = page.evaluate(run)["violations"]
    return [
        f"{fault['id']} x{len(fault['nodes'])}: {node['target']} {node['html'][:140]} {node['failureSummary'][:300]}"
        for fault in found
        for node in fault["nodes"][:3]
    ]


@pytest.mark.parametrize("address", PAGES, ids=_name)
def test_page_has_no_barrier_in_light_and_dark(probed: "Page", base: str, address: Address) -> None:
    probed.set_viewport_size({"width": 1280, "height": 900})
    probed.emulate_media(color_scheme="light")
    probed.goto(base + address.path)
    probed.evaluate(AXE.read_text(encoding="utf-8"))
    assert _barriers(probed, _RUN) == [], "light"
    light = probed.evaluate("getComputedStyle(document.body).backgroundColor")
    probed.emulate_media(color_scheme="dark")
    assert probed.evaluate("getComputedStyle(document.body).backgroundColor") != light, "no dark scheme"
    assert _barriers(probed, _RUN_COLOURS) == [], "dark"
    probed.set_viewport_size({"width": 360, "height": 800})
    assert _barriers(probed, _RUN_SIZES) == [], "phone"
