"""A report that says what nobody can trace stops the build with file and line."""

from pathlib import Path

import pytest

from kg.catalog import Catalog
from kg.report import check_reports, find_report
from kg.report.compose import compose
from kg.report.html import body
from kg.report.markdown import text
from tests.conftest import CHECKOUT
from tests.report.conftest import REPORTS, Desk

HEAD = """---
title: "About {country}"
summary: A test.
params:
  country: {type: iri, class: kg:Country, default: place:alphaland, label: Country}
---
"""
GOOD = '{{count who-finances-what financing country=$country as="sum/sums"}}'


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(CHECKOUT / "queries")


def _faults(folder: Path, catalog: Catalog, written: str, head: str = HEAD) -> list[str]:
    (folder / "test.md").write_text(head + written, encoding="utf-8")
    return [f"{fault.line}: {fault.message}" for fault in check_reports(folder, catalog)]


def test_the_reports_of_the_project_are_sound(catalog: Catalog) -> None:
    assert check_reports(REPORTS, catalog) == ()


def test_a_sound_report_has_no_faults(tmp_path: Path, catalog: Catalog) -> None:
    assert _faults(tmp_path, catalog, f"Text about 5G and COVID-19: {GOOD}.\n") == []


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("Some 42 cameras.\n", "7: the number '42' is typed"),
        ("Some cameras.\n\nA dozen loans.\n", "9: the number 'dozen' is typed"),
        ("It grew by 3.5 percent.\n", "7: the number '3.5' is typed"),
        ("{{count nothing-like-it}}\n", "7: no saved question is named 'nothing-like-it'"),
        ("{{count who-finances-what price}}\n", "7: who-finances-what has no column 'price'"),
        ("{{count who-finances-what financing land=$country}}\n", "7: who-finances-what has no parameter 'land'"),
        ("{{count who-finances-what financing country=$land}}\n", "7: $land is no parameter of the report"),
        ("{{count projects-in-a-country project}}\n", "7: projects-in-a-country needs country"),
        ("{{sum who-finances-what amount}}\n", "7: who-finances-what: amount is in no single unit"),
        ("{{count what-is-in-the-graph class}}\n", "7: what-is-in-the-graph declares no evidence"),
        ("{{guess who-finances-what}}\n", "7: {{guess who-finances-what}} starts with none of"),
        ("{{count who-finances-what\n", "7: {{ without }}"),
        (
            "{{count concerns-about-projects-and-firms claim about=$country}}\n",
            "7: concerns-about-projects-and-firms: about takes string, and $country is iri",
        ),
        ("{{param land}}\n", "7: 'land' is no parameter of the report"),
        ("```question nothing-like-it\n```\n", "7: no saved question is named"),
        ("```question who-finances-what\nshow: picture\n```\n", "7: show: 'picture'"),
        ("```question who-finances-what\ncolumns: price\n```\n", "7: who-finances-what has no column 'price'"),
        ("```question who-finances-what\nland: $country\n```\n", "7: who-finances-what has no parameter 'land'"),
        ("```question who-finances-what\nlimit: many\n```\n", "7: limit is 'many'"),
        ("```question who-finances-what\nlimit: 5\nlimit: 6\n```\n", "9: limit is given twice"),
        ("```question who-finances-what\ncaption: The 7 best\n```\n", "8: the number '7' is typed"),
        ("```question camera-counts\ncaption: In {land}\n```\n", "8: {land} is no parameter of the report"),
        ("```question claims-and-disputes\ndisputed: all\nshow: chart\n```\n", "7: claims-and-disputes has no chart"),
        ("```python\nprint()\n```\n", "7: a report holds no block"),
        ("```question who-finances-what\n", "7: the block ``` is never closed"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, catalog: Catalog, written: str, fault: str) -> None:
    found = _faults(tmp_path, catalog, written)
    assert any(one.startswith(fault) for one in found), found


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("# No front matter\n", "1: the report starts with YAML"),
        ("---\ntitle: A\n---\n", "1: the front matter has no summary"),
        ("---\ntitle: A\nsummary: B\nauthor: C\n---\n", "4: the front matter has the unknown key 'author'"),
        ("---\ntitle: A\nsummary: [\n---\n", "3: the header is no YAML"),
        ("---\ntitle: A\nsummary: B\nparams:\n  c: {type: iri, label: C}\n---\n", "5: parameter c"),
        ('---\ntitle: "About {land}"\nsummary: B\n---\n', "1: title: {land} is no parameter"),
    ],
)
def test_a_fault_of_the_front_matter_is_named_with_its_line(
    tmp_path: Path, catalog: Catalog, head: str, fault: str
) -> None:
    found = _faults(tmp_path, catalog, "Text.\n", head)
    assert any(one.startswith(fault) for one in found), found


def test_markup_in_a_report_is_escaped(tmp_path: Path, tiny: Desk) -> None:
    (tmp_path / "test.md").write_text(HEAD + "A <script>alert()</script> & <b>bold</b>.\n", encoding="utf-8")
    report = find_report(tmp_path, tiny.catalog, "test")
    html = str(body(compose(tiny.engine, tiny.catalog, report, {})))
    assert "<script>" not in html and "&lt;script&gt;" in html


HOSTILE = '"><script>alert(1)</script> [x](javascript:alert(1)) | `code` 智慧'


def test_hostile_words_of_the_data_stay_words(tmp_path: Path, tiny: Desk) -> None:
    written = "# Cases\n\n{{param note}}\n"
    head = 'title: "T {note}"\nsummary: S\nparams:\n  note: {type: string, optional: true, label: Note}\n'
    (tmp_path / "test.md").write_text(f"---\n{head}---\n{written}", encoding="utf-8")
    report = find_report(tmp_path, tiny.catalog, "test")
    composed = compose(tiny.engine, tiny.catalog, report, {"note": HOSTILE})
    html = str(body(composed))
    assert "<script>" not in html and 'href="javascript' not in html
    assert "\\[x\\]\\(javascript:alert\\(1\\)\\) \\| \\`code\\`" in text(composed)
