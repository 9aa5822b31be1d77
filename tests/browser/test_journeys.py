"""What the three kinds of users come for, click by click, and once without JavaScript."""

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FINANCES = "/questions/who-finances-what"


def _heading(page: "Page") -> str:
    return page.locator("h1").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def _follow(page: "Page", path: str) -> None:
    """Click the first link of the main part that leads to a path."""
    page.locator(f'main a[href^="{path}"]:visible').first.click()
    page.wait_for_load_state("load")


def test_analyst_finds_who_finances_and_takes_the_table_along(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/") == 200
    assert page.locator("main svg.map").is_visible(), "the home page has its map"

    # The theme of money leads to the list of its questions, and that to the question.
    _follow(page, "/questions?tag=financing")
    assert "tag=financing" in page.url
    _follow(page, FINANCES)
    assert _heading(page).startswith("Who finances what")
    before = page.locator("main table tbody tr").count()
    assert before > 20

    # Only Ecuador.
    page.get_by_label("Country of the project").select_option("place:ecuador")
    page.locator('form[action^="/questions/"] button[type=submit]').click()
    page.wait_for_url(re.compile("country=place(:|%3A)ecuador"))
    rows = page.locator("main table tbody tr")
    assert 0 < rows.count() < before
    assert "15,400,000" in rows.first.inner_text()
    assert "USD" in rows.first.inner_text()
    assert page.locator(".finding").inner_text().strip(), "a sentence says what was found"
    chart = page.locator("main svg[role=img]").first
    assert chart.is_visible()
    assert "15,400,000 USD" in (chart.text_content() or "")

    # The same rows as CSV.
    with page.expect_download() as waiting:
        page.locator('main a[href*="who-finances-what.csv"]').first.click()
    assert waiting.value.suggested_filename.endswith(".csv")
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    table = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#")]
    assert table[0][0] == "financing"
    assert len(table) == 1 + rows.count()
    assert "15400000" in text

    # From the amount to the lines that state it.
    _follow(page, "/page/evidence/sosi-2020-")
    assert re.search(r"lines? \d+", _heading(page))
    assert page.locator('main a[href^="/page/source/sosi-2020"]').count() > 0
    assert "License plate" in page.locator("main").inner_text(), "the page of the lines says what rests on them"
    assert watched.faults() == []


def test_analyst_reads_a_report_whose_numbers_lead_to_lines(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/") == 200
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Country profile").click()
    assert _heading(page) == "Country profile: Kenya"
    page.get_by_label("Country", exact=True).select_option("place:ecuador")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("country=place(:|%3A)ecuador"))
    assert _heading(page) == "Country profile: Ecuador"

    # A number has a note, and the note names lines of a source that has a page here.
    mark = page.locator("article sup a, .paper sup a").first
    mark.click()
    note = page.locator(page.url.partition("#")[2].join(("#", "")))
    assert re.search(r"lines? \d+", note.inner_text())
    source = note.locator('a[href^="/page/source/"]').first
    title = source.inner_text()
    source.click()
    assert _heading(page) == title
    assert "SHA-256 of the text" in page.locator("#facts").inner_text()
    page.go_back()

    # The same to take along.
    found = page.locator("main a.btn", has_text="PDF").get_attribute("href") or ""
    answer = page.request.get(watched.base + found, timeout=60_000)
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF")
    assert watched.faults() == []


def test_journalist_checks_a_claim_and_gets_a_link_to_cite(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/") == 200
    page.locator("main input[type=search]").fill("ECU911")
    page.locator("main input[type=search]").press("Enter")
    page.wait_for_url("**/search?q=ECU911*")
    assert page.locator("main a[href='/page/project/ecu911']").first.is_visible()

    _follow(page, "/page/project/ecu911")
    assert "ECU911" in _heading(page)
    _follow(page, "/page/claim/ecu911-crime-fall")
    assert "−24 %" in _heading(page)
    facts = page.locator("#facts").inner_text()
    assert "Claimed by" in facts
    assert "China Electronics Corporation" in facts
    assert "Disputed by" in facts
    assert "New York Times" in facts
    assert "doubts" in page.locator("#disputes").inner_text()

    # The mark of a fact leads to its place in the list, and that to the lines.
    page.locator("#facts a.ev").first.click()
    assert page.url.endswith("#e1")
    evidence = page.locator("#evidence")
    assert re.search(r"1 independent origin\b", evidence.inner_text()), "corroboration counts origins"
    assert "lines 2999–3001" in page.locator("#e1").inner_text()
    assert page.locator('#e1 a[href="/page/evidence/sosi-2020-l2999-l3001"]').is_visible()

    # A link that shows the same in years.
    citation = page.locator("dl.record").inner_text()
    found = re.search(r"/page/claim/ecu911-crime-fall\?release=([0-9a-f]{16})", citation)
    assert found is not None, citation
    assert watched.open(found.group(0)) == 200
    assert "−24 %" in _heading(page)
    with page.expect_download() as waiting:
        page.locator("main a", has_text="BibTeX").click()
    assert found.group(1) in Path(waiting.value.path()).read_text(encoding="utf-8")
    assert watched.faults() == []


def test_journalist_reaches_the_claims_about_crime_by_search(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/search?q=crime&kind=claim") == 200
    hits = page.locator("ol.hits a.t")
    assert hits.count() >= 10
    _follow(page, "/page/claim/huawei-showcase-crime")
    assert "Claimed by" in page.locator("#facts").inner_text()
    assert page.locator("#evidence li").count() >= 1
    assert watched.faults() == []


def test_engineer_runs_a_query_in_the_editor(watched: Watched) -> None:
    page = watched.page
    assert watched.open("/sparql") == 200
    query = "SELECT ?n WHERE { VALUES ?n { 11 22 33 } }"
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(query)
    assert page.locator(".cm-content").inner_text().strip() == query
    page.get_by_role("button", name=re.compile("^(Run|Ask)")).first.click()
    page.locator("main table tbody tr").nth(2).wait_for()
    assert re.findall(r"\b(11|22|33)\b", page.locator("main table").first.inner_text()) == ["11", "22", "33"]
    assert watched.faults() == []


def test_engineer_finds_standards_behind_every_page(watched: Watched) -> None:
    page = watched.page
    ask = page.request
    base = watched.base
    query = (
        "SELECT ?project WHERE { ?project a <https://w3id.org/cityledger/ontology#Project> } ORDER BY ?project LIMIT 3"
    )

    # The address of the editor gives the protocol and its description to programs.
    answer = ask.get(f"{base}/sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/sparql-results+json")
    assert len(json.loads(answer.text())["results"]["bindings"]) == 3
    description = ask.get(f"{base}/sparql", headers={"Accept": "text/turtle"})
    assert description.headers["content-type"].startswith("text/turtle")
    assert "sd:Service" in description.text()
    assert "sd:namedGraph" in description.text()

    # What the data set is, and all of it.
    void = ask.get(f"{base}/.well-known/void", headers={"Accept": "text/turtle"})
    assert "void:Dataset" in void.text()
    dumps = re.findall(r"<([^>]+/dump/[^>]+\.nq)>", void.text())
    assert len(dumps) == 1
    assert watched.open("/dump/") == 200
    link = page.locator('main a[href$="/cityledger.nq"]').first
    assert dumps[0].endswith(link.get_attribute("href") or "nothing")
    head = ask.head(dumps[0])
    assert head.status == 200
    assert head.headers["content-type"].startswith("application/n-quads")

    # A name of the graph leads to a page for people and to data for programs.
    thing = f"{base}/id/project/ecu911"
    assert ask.get(thing, headers={"Accept": "text/turtle"}).headers["content-type"].startswith("text/turtle")
    assert ask.get(thing, headers={"Accept": "text/html"}).url.endswith("/page/project/ecu911")
    openapi = ask.get(f"{base}/openapi.json").json()
    assert any("who-finances-what" in path for path in openapi["paths"])

    # A saved question is a call that says whether it is whole.
    called = ask.get(f"{base}/questions/projects-by-country.json")
    assert called.headers["kg-complete"] == "true"
    assert called.json()["release"] == called.headers["kg-release"]

    # Things are joined to what others know of them.
    assert watched.open("/page/place/kenya") == 200
    elsewhere = [link.get_attribute("href") or "" for link in page.locator(".xl a[rel=external]").all()]
    for start in ("http://www.wikidata.org/entity/Q114", "https://sws.geonames.org/192950", "https://www.iso.org/"):
        assert any(href.startswith(start) for href in elsewhere), start
    assert ask.get(f"{base}/reconcile").json()["name"]
    assert watched.faults() == []


def test_everything_works_without_javascript(browser: "Browser", base: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    try:
        page.goto(f"{base}/")
        page.get_by_label("Technology").select_option("surveillance")
        page.locator("form.filters button").click()
        page.wait_for_url("**technology=surveillance**")
        assert page.locator("main svg.map").is_visible()

        page.locator("main input[type=search]").fill("Huawei")
        page.locator("main form[role=search] button").click()
        _follow(page, "/page/actor/huawei")
        assert "Huawei" in _heading(page)
        assert page.locator("#evidence li").count() > 10

        page.goto(f"{base}{FINANCES}")
        page.get_by_label("Country of the project").select_option("place:ecuador")
        page.locator('form[action^="/questions/"] button[type=submit]').click()
        page.wait_for_url("**ecuador**")
        assert page.locator("main svg[role=img]").first.is_visible()
        assert "15,400,000" in page.locator("main table").first.inner_text()

        page.goto(f"{base}/reports/country-profile")
        assert page.locator("main table").count() > 1
    finally:
        context.close()


READ = (
    "/", "/search?q=crime", "/projects", "/technologies", "/page/project/ecu911", "/page/claim/ecu911-crime-fall",
    "/questions", "/questions/projects-on-the-map", "/reports/country-profile", "/ontology", "/quality", "/about",
)  # fmt: skip


def test_a_page_reads_the_same_without_javascript(browser: "Browser", strict: "BrowserContext", base: str) -> None:
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    try:
        without, with_it = plain.new_page(), strict.new_page()
        for path in READ:
            texts = []
            for page in (without, with_it):
                page.goto(base + path)
                # What only a script can do is no text to read.
                words = page.locator("main").inner_text()
                texts.append(re.sub(r"\s+|Copy link", "", words))
            assert texts[0] == texts[1], path
            assert len(texts[0]) > 500, path
        with_it.close()
    finally:
        plain.close()


def test_editor_answers_without_javascript(browser: "Browser", base: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    try:
        page.goto(f"{base}/sparql")
        page.locator("textarea[name=query]").fill("SELECT ?n WHERE { VALUES ?n { 11 22 33 } }")
        page.get_by_role("button", name=re.compile("^(Run|Ask)")).first.click()
        page.wait_for_load_state("load")
        assert page.locator("main table tbody tr").count() == 3
    finally:
        context.close()
