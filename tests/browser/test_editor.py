"""What the script adds to the editor: completion, faults at their line, stopping, history, sharing, chart and map."""

import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.browser.axe import barriers_in_light_dark_and_on_a_phone
from tests.browser.conftest import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PREFIX = "PREFIX kg: <https://w3id.org/cityledger/ontology#> "
BY_COUNTRY = (
    PREFIX + "SELECT ?country (COUNT(?project) AS ?projects) WHERE { ?project a kg:Project ; kg:country ?country } "
    "GROUP BY ?country ORDER BY DESC(?projects) ?country LIMIT 12"
)
GRAPH = PREFIX + "CONSTRUCT { ?p a kg:Project } WHERE { ?p a kg:Project } LIMIT 3"


def _write(page: "Page", text: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    # Put in as a whole, so that the editor closes no brackets by itself.
    page.keyboard.insert_text(text)


def test_names_are_completed_and_bring_their_prefix(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    _write(page, "SELECT * WHERE { ?s ?p ")
    page.keyboard.type("huawei", delay=20)
    page.locator(".cm-tooltip-autocomplete li", has_text=re.compile("^Huawei *company")).first.wait_for()
    page.locator(".cm-tooltip-autocomplete li", has_text=re.compile("^Huawei *company")).first.click()
    written = page.locator(".cm-content").inner_text()
    assert "actor:huawei" in written
    assert "PREFIX actor: <https://w3id.org/cityledger/id/actor/>" in written

    page.keyboard.type(" ; a kg:Financ", delay=20)
    page.locator(".cm-tooltip-autocomplete li", has_text="kg:Financing").first.wait_for()
    assert watched.faults() == []


def test_a_fault_is_marked_at_its_line(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    _write(page, "SELECT *\nWHERE {\n  ?s ?p\n}")
    page.keyboard.press("Control+Enter")
    alert = page.locator("#result [role=alert]")
    alert.wait_for()
    assert "Line 4" in alert.inner_text()
    assert page.locator(".cm-lint-marker-error").count() == 1
    assert page.locator("[data-status]").inner_text() == "The query did not run."
    # A wrong query is an everyday thing: the console has nothing to say about it.
    assert watched.faults() == []


def test_a_long_query_can_be_stopped_and_the_next_one_runs(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    # A text that was never asked before, so that no kept answer comes back at once.
    _write(page, f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?i) }} # {uuid.uuid4()}")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    page.locator("[data-status]", has_text="Stopped after").wait_for()
    assert page.get_by_role("button", name="Stop").count() == 0
    _write(page, "ASK { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    page.locator("#result .finding", has_text="Yes").wait_for()
    assert watched.faults() == []


def test_an_answer_has_chart_map_and_link_to_share(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    _write(page, BY_COUNTRY)
    page.get_by_role("button", name="Run query").click()
    page.locator("#result tbody tr").nth(11).wait_for()
    assert re.search(r"12 rows in \d+ ms", page.locator("[data-status]").inner_text())
    assert page.locator("#result tbody a").first.get_attribute("href", timeout=1_000) == "/page/place/china"
    page.get_by_text("As a chart").click()
    assert page.locator("#result svg.chart").is_visible()
    page.get_by_text("As a map").click()
    assert page.locator("#result svg.map").is_visible()
    assert page.locator("#result .c a").count() > 5, "countries on the map are links"

    # The address now holds the query; whoever opens it sees the same answer.
    assert parse_qs(urlsplit(page.url).query)["query"] == [BY_COUNTRY]
    page.goto(page.url)
    assert page.locator("#result tbody tr").count() == 12
    for words, ending in (("CSV", "csv"), ("TSV", "tsv"), ("JSON", "srj"), ("XML", "srx")):
        with page.expect_download() as waiting:
            page.locator("#result .dl").get_by_text(words, exact=True).click()
        assert waiting.value.suggested_filename == f"cityledger-answer.{ending}"
    assert watched.faults() == []


def test_history_stays_in_the_browser_and_can_be_forgotten(browser: "Browser", base: str) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        watched = Watched(page, base)
        watched.open("/sparql")
        assert not page.locator("#history").is_visible()
        _write(page, "# Is there anything?\nASK { ?s ?p ?o }")
        page.keyboard.press("Control+Enter")
        page.locator("#history a", has_text="Is there anything?").wait_for()
        watched.open("/sparql")
        assert page.locator("#history a").count() == 1
        assert context.cookies() == []
        page.get_by_role("button", name="Forget them").click()
        assert not page.locator("#history").is_visible()
        assert watched.faults() == []
    finally:
        context.close()


def test_the_keyboard_gets_in_and_out(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    page.locator(".cm-content").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run query"
    page.keyboard.press("Enter")
    page.locator("#result tbody tr").first.wait_for()
    assert watched.faults() == []


@pytest.mark.parametrize("query", [BY_COUNTRY, GRAPH, "SELECT * WHERE {\n ?s ?p }"], ids=["rows", "graph", "fault"])
def test_answers_have_no_barrier_and_fit_a_phone(watched: Watched, query: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 360, "height": 800})
    watched.open(f"/sparql?{urlencode({'query': query})}")
    page.locator(".cm-content").wait_for()
    page.evaluate("document.querySelectorAll('#result details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1280, "height": 900})
    assert barriers_in_light_dark_and_on_a_phone(page) == []


def test_letters_typed_over_a_coloured_word_replace_it_and_break_no_policy(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    _write(page, "SELECT * WHERE { ?s ?p ?o }")
    page.locator(".cm-line .tok-kw", has_text="SELECT").dblclick()
    page.keyboard.type("construct")
    assert page.locator(".cm-content").inner_text().strip() == "construct * WHERE { ?s ?p ?o }"
    page.keyboard.press("Control+a")
    # A bracket goes around what is selected, as everywhere in the editor.
    page.keyboard.type("{")
    assert page.locator(".cm-content").inner_text().strip() == "{construct * WHERE { ?s ?p ?o }}"
    page.keyboard.press("Control+z")
    assert page.locator(".cm-content").inner_text().strip() == "construct * WHERE { ?s ?p ?o }"
    assert watched.faults() == []
