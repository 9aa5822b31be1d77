"""Every kind of page in a browser: no error, nothing refused or fetched from elsewhere, no side scroll, no barrier."""

import pytest

from tests.browser.addresses import FITTING_A_TABLET, PAGES, Address
from tests.browser.axe import barriers_in_light_dark_and_on_a_phone
from tests.browser.conftest import Watched

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
_SCROLLING_TABLES = """
() => [...document.querySelectorAll(".scroll:has(table)")].filter(e => e.scrollWidth > e.clientWidth)
  .map(e => e.getAttribute("aria-label") + " " + e.scrollWidth + " in " + e.clientWidth)
"""


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_page_is_clean_fits_a_phone_and_has_no_barrier(watched: Watched, address: Address) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1280, "height": 900})
    assert watched.open(address.path) == address.status
    assert page.locator("h1").count() == 1
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate(_TOO_WIDE) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert watched.faults(status=address.status) == []
    if address.fold:
        page.evaluate(
            "fold => [...document.querySelectorAll(fold)].slice(0, 4).forEach(e => { e.open = true })", address.fold
        )
    assert barriers_in_light_dark_and_on_a_phone(page) == []


@pytest.mark.parametrize("path", FITTING_A_TABLET)
def test_lists_fit_a_tablet_without_scrolling_in_their_frame(watched: Watched, path: str) -> None:
    for width in (800, 1280):
        watched.page.set_viewport_size({"width": width, "height": 900})
        assert watched.open(path) == 200
        assert watched.page.evaluate(_SCROLLING_TABLES) == [], width


def test_an_address_of_a_term_opens_it(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/ontology#Financing") == 200
    assert page.locator("#Financing").is_visible()
    assert page.locator("details.term[open]").count() == 1
    page.get_by_role("navigation", name="Terms").get_by_role("link", name="Claim", exact=True).click()
    assert page.locator("#Claim").is_visible()
    assert page.locator("details.term:has(> #Claim) > summary").is_visible()
    assert watched.faults() == []


def test_a_page_of_a_named_release_leads_and_suggests_from_that_release(watched: Watched) -> None:
    page = watched.page
    release = page.request.get(f"{watched.base}/readyz").json()["release"]
    assert watched.open(f"/projects?release={release}") == 200
    page.locator("main tbody th a").first.click()
    page.wait_for_url(f"**/page/project/*?release={release}")
    page.locator("#top-search").fill("huawei")
    page.locator(".suggest [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/page/*/*?release={release}")
    page.locator("#top-search").fill("zte")
    page.locator("#top-search").press("Enter")
    page.wait_for_url("**/search?*q=zte*")
    assert f"release={release}" in page.url
    assert watched.faults() == []


def test_chinese_names_come_with_letters_of_their_own(watched: Watched) -> None:
    watched.open("/page/actor/huawei")
    loaded = watched.page.evaluate(
        "[...document.fonts].filter(f => f.family.includes('Noto Sans SC') && f.status === 'loaded').length"
    )
    assert loaded == 1, "the small file is enough for what the data holds"
    assert "Noto Sans SC" in watched.page.evaluate("getComputedStyle(document.querySelector('.zh')).fontFamily")
