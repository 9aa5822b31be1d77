"""The editor as browsers get it: the page without JavaScript, answers, problems, downloads, the policy, the words."""

import re

import pytest

from tests.serve.service import KG, LABEL, InProcess

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


def test_the_page_works_as_a_form(service: InProcess) -> None:
    """The form leads to the same address, and holds a query to start from."""
    answer = service.client.get("/sparql", headers={"Accept": BROWSER})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert '<form id="editor" action="/sparql" method="get"' in answer.text
    assert "SELECT ?country" in answer.text
    assert re.search(r'<script type="module" src="/static/dist/editor-\w+\.js', answer.text)


def test_an_answer_is_a_table_with_labels_and_links(service: InProcess) -> None:
    """A thing is shown by its label, links to its page, and the answer can be downloaded in every form for rows."""
    text = f"SELECT ?actor ?amount WHERE {{ ?actor <{KG}amount> ?amount FILTER(?amount = 7000) }} # shown"
    page = service.query(text, BROWSER).text
    assert '<a href="/page/actor/a7">actor 7</a>' in page
    assert '<td class="r">7,000</td>' in page
    assert "1 row</h2>" in page
    for ending in ("csv", "tsv", "srj", "srx"):
        assert f"&amp;format={ending}" in page
    assert "FILTER(?amount = 7000)" in page, "the query stays in the field"


def test_the_script_gets_the_answer_alone(service: InProcess) -> None:
    """With `view=part` there is no page around it."""
    part = service.query("ASK {} # part", BROWSER, extra=[("view", "part")])
    assert "<html" not in part.text
    assert "Yes." in part.text


@pytest.mark.parametrize(
    ("ending", "media_type"), [("csv", "text/csv"), ("srj", "application/sparql-results+json"), ("ttl", "text/turtle")]
)
def test_a_download_is_a_file(service: InProcess, ending: str, media_type: str) -> None:
    """A browser gets the format that it names in the address."""
    form = "CONSTRUCT { ?s ?p ?o }" if ending == "ttl" else "SELECT *"
    text = f"{form} WHERE {{ ?s ?p ?o }} LIMIT 3 # file {ending}"
    answer = service.query(text, BROWSER, extra=[("format", ending)])
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert f"cityledger-answer.{ending}" in answer.headers["Content-Disposition"]


def test_a_problem_tells_line_and_column(service: InProcess) -> None:
    """A query with a fault is shown with it, and the status says so as well."""
    answer = service.query("SELECT *\nWHERE { ?s ?p }", BROWSER)
    assert answer.status_code == 400
    assert re.search(r'data-line="2" data-column="\d+"', answer.text)
    assert "Line 2, column" in answer.text
    assert "WHERE { ?s ?p }" in answer.text


def test_what_is_in_the_data_stays_text(service: InProcess) -> None:
    """Markup in literals and in the query is escaped."""
    page = service.query(f"SELECT ?note WHERE {{ ?c <{KG}note> ?note }} # </textarea><script>", BROWSER).text
    assert "<script>alert(1)" not in page
    assert "</textarea><script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_long_answers_come_in_pages(service: InProcess) -> None:
    """A hundred rows at a time; the total is told."""
    page = service.query(f"SELECT ?n WHERE {{ ?a <{LABEL}> ?n }} LIMIT 150", BROWSER, extra=[("page", "2")]).text
    assert "Rows 101–150 of 150" in page
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page


def test_only_the_editor_has_a_nonce_and_never_the_same(service: InProcess) -> None:
    """CodeMirror may write its style element; no other page may write any."""
    nonces = set()
    for _ in range(2):
        answer = service.client.get("/sparql", headers={"Accept": BROWSER})
        found = re.search(r"style-src 'self' 'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
        assert found is not None
        assert f'data-nonce="{found[1]}"' in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        nonces.add(found[1])
    assert len(nonces) == 2
    other = service.client.get("/questions", headers={"Accept": BROWSER})
    assert "nonce" not in other.headers["Content-Security-Policy"]


def test_an_unknown_question_or_format_is_told(service: InProcess) -> None:
    """Mistakes in the address lead to a problem, not to a failure."""
    assert service.client.get("/sparql?question=nothing", headers={"Accept": BROWSER}).status_code == 404
    assert service.query("ASK {}", BROWSER, extra=[("format", "doc")]).status_code == 400
    assert service.query("ASK {}", BROWSER, extra=[("page", "-1")]).status_code == 400


def test_a_question_opens_in_the_editor(service: InProcess) -> None:
    """The field holds its SPARQL under its title."""
    page = service.client.get("/sparql?question=names-of-actors", headers={"Accept": BROWSER}).text
    assert "# What are the actors called?" in page
    assert "SELECT ?actor ?actorLabel" in page


def test_the_words_that_are_completed(service: InProcess) -> None:
    """Prefixes, classes and properties of the release, with the number of uses; unchanged ones are not sent again."""
    answer = service.client.get("/vocab.json")
    words = answer.get_json()
    assert words["release"] == service.snapshot.release
    assert words["prefixes"]["kg"] == KG
    assert {"name": "kg:Actor", "label": None, "comment": None, "count": 200} in words["classes"]
    assert "rdfs:label" in {one["name"] for one in words["properties"]}
    again = service.client.get("/vocab.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_empty_answer_names_the_term_that_nothing_uses(service: InProcess) -> None:
    """A slip of the pen is no statement about the world."""
    page = service.query(f"SELECT * {{ ?s a <{KG}Actr> }} # slip", BROWSER).text
    assert "Nothing in this release uses kg:Actr" in page
    assert "Nearest: kg:Actor" in page
    cut = service.query(f"SELECT * FROM <{KG}nothing> {{ ?s ?p ?o }} # empty", BROWSER).text
    assert "no evidence that there is nothing" in cut
