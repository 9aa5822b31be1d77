"""Reports say only what questions answer, and every number has its note."""

import re
from html.parser import HTMLParser

import pytest

from kg.catalog import run
from kg.report import write_report
from kg.report.html import body
from tests.report.conftest import NAMES, TINY_VALUES, Desk


class _Text(HTMLParser):
    """The words of the prose paragraphs, with marks for notes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_mark = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_mark = self._in_mark or tag == "sup"

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "sup"

    def handle_data(self, data: str) -> None:
        self.found.append(f"[{data}]" if self._in_mark else data)


def _prose(html: str) -> list[str]:
    """Return the paragraphs that were written by hand, between the head of the report and the panel of bias."""
    text = html[html.index("</header>") : html.index('<section class="bias">')]
    paragraphs = []
    for paragraph in re.findall(r"<p>(.*?)</p>", text, re.DOTALL):
        parser = _Text()
        parser.feed(paragraph)
        paragraphs.append("".join(parser.found))
    return paragraphs


def test_there_are_the_four_reports_that_people_print() -> None:
    assert set(NAMES) >= {"claims-and-evidence-review", "company-profile", "country-profile", "financing-overview"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["html", "md"])
def test_every_report_is_written_from_tiny_data(tiny: Desk, name: str, form: str) -> None:
    composed = tiny.compose(name, **TINY_VALUES.get(name, {}))
    text = write_report(composed, form).decode("utf-8")
    assert composed.title.split(":")[0] in text
    assert composed.reference.release in text
    assert "\ue000" not in text and "{{" not in text


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_written_from_real_data(real: Desk, name: str) -> None:
    composed = real.compose(name)
    assert len(composed.notes) > 20
    assert composed.bias.places > 20
    assert write_report(composed, "html") and write_report(composed, "md")


@pytest.mark.parametrize("name", NAMES)
def test_every_number_in_the_prose_is_followed_by_a_note(real: Desk, name: str) -> None:
    for paragraph in _prose(str(body(real.compose(name)))):
        for figure in re.finditer(r"(?<![\w\[-])[0-9][0-9.,]*", paragraph):
            assert re.match(r"[0-9][0-9.,]*[^.!?\[]*\.?\[[0-9]+\]", paragraph[figure.start() :]), paragraph


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_every_table_has_a_note_with_evidence(real: Desk, name: str) -> None:
    composed = real.compose(name)
    notes = {note.number: note for note in composed.notes}
    for block in composed.blocks:
        if block.has_table:
            assert len(block.notes) == len(block.rows)
            assert all(notes[number].places for number in block.notes), block.question


@pytest.mark.parametrize("name", NAMES)
def test_every_note_that_is_pointed_at_exists_and_the_other_way_round(real: Desk, name: str) -> None:
    html = str(body(real.compose(name)))
    assert set(re.findall(r'href="#note-([0-9]+)"', html)) == set(re.findall(r'id="note-([0-9]+)"', html))


@pytest.mark.parametrize("name", NAMES)
def test_every_markdown_footnote_is_defined_once(real: Desk, name: str) -> None:
    text = write_report(real.compose(name), "md").decode("utf-8")
    defined = re.findall(r"^\[\^([0-9]+)\]:", text, re.MULTILINE)
    assert len(defined) == len(set(defined))
    assert set(re.findall(r"\[\^([0-9]+)\](?!:)", text)) == set(defined)


def test_the_same_release_and_values_give_the_same_report(tiny: Desk) -> None:
    values = TINY_VALUES["country-profile"]
    for form in ("html", "md"):
        first = write_report(tiny.compose("country-profile", **values), form)
        assert first == write_report(tiny.compose("country-profile", **values), form)


def test_a_table_has_the_rows_of_its_question(tiny: Desk) -> None:
    composed = tiny.compose("country-profile", **TINY_VALUES["country-profile"])
    block = next(block for block in composed.blocks if block.question == "who-finances-what")
    answer = run(tiny.engine, tiny.catalog.question("who-finances-what"), {"country": "Alphaland"})
    place = answer.columns.index("financingLabel")
    assert {row[0].text for row in block.rows} == {cell.value for row in answer.rows if (cell := row[place])}


def test_what_nobody_states_is_said_and_is_not_zero(tiny: Desk) -> None:
    composed = tiny.compose("financing-overview", **TINY_VALUES["financing-overview"])
    block = next(block for block in composed.blocks if block.question == "who-finances-what")
    amounts = {row[0].text: row[5].text for row in block.rows}
    assert amounts["Loan for the Betatown data center"] is None
    html = str(body(composed))
    assert '<span class="unknown">not stated</span>' in html
    assert "no amount is stated" in html


def test_a_question_without_rows_is_said_to_be_missing(tiny: Desk) -> None:
    composed = tiny.compose("country-profile", country="Deltaland")
    silent = [block for block in composed.blocks if block.total == 0]
    assert silent
    for block in silent:
        assert f"<strong>Missing.</strong> {block.empty}" in body(composed)


def test_a_note_names_source_section_and_lines(tiny: Desk) -> None:
    composed = tiny.compose("country-profile", **TINY_VALUES["country-profile"])
    text = write_report(composed, "md").decode("utf-8")
    notes = re.findall(r"^\[\^[0-9]+\]: (.*)", text, re.MULTILINE)
    assert any(re.search(r"`tiny-2020`: .*lines? 5", note) for note in notes), notes


def test_the_end_names_release_questions_and_parameters(tiny: Desk) -> None:
    html = str(body(tiny.compose("country-profile", **TINY_VALUES["country-profile"])))
    end = html[html.index("How this report was made") :]
    assert tiny.engine.release in end
    assert "<code>who-finances-what</code>" in end
    assert "Country of the project: Alphaland" in end
    assert "Cite as: CityLedger" in end


def test_the_panel_counts_each_place_once(real: Desk) -> None:
    composed = real.compose("country-profile")
    places = {place for note in composed.notes for place, _ in note.places}
    assert composed.bias.places == len(places)
    for shares in (composed.bias.by_kind, composed.bias.by_language, composed.bias.by_year):
        assert sum(share.places for share in shares) == len(places)


def test_charts_of_a_page_follow_its_colours_and_those_of_print_are_images(real: Desk) -> None:
    composed = real.compose("country-profile")
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart' in body(composed)
    printed = str(body(composed, charts_as_images=True))
    assert "<svg" not in printed
    assert re.search(r'<img alt="Bar chart: [^"]+" src="data:image/svg', printed)


def test_chinese_is_marked_as_chinese(real: Desk) -> None:
    assert '<span lang="zh">华为</span>' in str(body(real.compose("company-profile")))
