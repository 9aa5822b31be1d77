"""Barriers for people who see, hear or move otherwise, as far as a program finds them: axe-core, WCAG 2.2 A and AA."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE: Final = Path(__file__).resolve().parent / "vendor" / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# Only what breaks a rule is wanted; the nodes that pass are many.
_RUN: Final = "axe.run(document, {runOnly: %s, resultTypes: ['violations']})"
EVERY_RULE: Final = _RUN % _RULES
# The dark scheme changes colours and nothing else, so only the rules about colours are asked again.
COLOURS: Final = _RUN % "{type: 'rule', values: ['color-contrast', 'link-in-text-block']}"
# On a phone links come closer to each other.
SIZES: Final = _RUN % "{type: 'rule', values: ['target-size']}"


def load_axe(page: "Page") -> None:
    """Put axe into a page. It comes by the browser's own tools, so the policy of the page may stay as it is."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))


def barriers(page: "Page", run: str) -> list[str]:
    """Return what breaks a rule, in words, with the first nodes that do."""
    found = page.evaluate(run)["violations"]
    return [
        f"{fault['id']} x{len(fault['nodes'])}: {node['target']} {node['html'][:140]} {node['failureSummary'][:300]}"
        for fault in found
        for node in fault["nodes"][:3]
    ]


def barriers_in_light_dark_and_on_a_phone(page: "Page") -> list[str]:
    """Return the barriers of the page that is open: all rules in light, those on colours in dark, those on sizes."""
    load_axe(page)
    page.emulate_media(color_scheme="light")
    found = [f"light: {words}" for words in barriers(page, EVERY_RULE)]
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    if page.evaluate("getComputedStyle(document.body).backgroundColor") == light:
        found.append("dark: the page has no dark scheme")
    found += [f"dark: {words}" for words in barriers(page, COLOURS)]
    page.set_viewport_size({"width": 360, "height": 800})
    return found + [f"phone: {words}" for words in barriers(page, SIZES)]
