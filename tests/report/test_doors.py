"""Reports through the command line and the service, as PDF too."""

import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pytest
from werkzeug.test import Client

from kg import snapshot
from kg.config import Settings
from kg.report import PdfUnavailableError, write_report
from kg.report.citation import Reference
from kg.serve.app import create_app
from kg.serve.site import open_site
from tests.conftest import Result
from tests.report.conftest import Desk

Kg = Callable[..., Result]


def test_the_command_lists_the_reports(kg: Kg, tiny_snapshots: Path) -> None:
    result = kg("report", "--snapshots", tiny_snapshots)
    assert result.code == 0
    assert "country-profile" in result.out and "-p country=…" in result.out


def test_the_command_writes_markdown_to_standard_output(kg: Kg, tiny_snapshots: Path) -> None:
    result = kg("report", "country-profile", "-p", "country=Alphaland", "--snapshots", tiny_snapshots)
    assert result.code == 0, result.err
    assert result.out.startswith("# Country profile: Alphaland")


def test_the_ending_of_the_file_chooses_the_form(kg: Kg, tiny_snapshots: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    result = kg("report", "claims-and-evidence-review", "-o", target, "--snapshots", tiny_snapshots)
    assert result.code == 0, result.err
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["country-profil"], "nearest: country-profile"),
        (["country-profile", "-p", "country=Atlantis"], "country: expected"),
        (["country-profile", "-p", "land=Alphaland"], "one of the report's parameters: country"),
        (["country-profile", "-p", "country=Alphaland", "-p", "country=Betaland"], "one value, not several"),
    ],
)
def test_a_mistake_is_named(kg: Kg, tiny_snapshots: Path, words: list[str], said: str) -> None:
    result = kg("report", *words, "--snapshots", tiny_snapshots)
    assert result.code == 2
    assert said in result.err


def test_a_pdf_is_tagged_and_its_chinese_can_be_read(real: Desk) -> None:
    made = write_report(real.compose("company-profile", company="ZTE"), "pdf")
    document = pypdf.PdfReader(io.BytesIO(made))
    words = "".join(page.extract_text() for page in document.pages)
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert document.trailer["/Root"]["/Lang"] == "en"
    assert document.metadata is not None and document.metadata.title == "Company profile: ZTE"
    assert "中兴" in words
    assert "Whose words this rests on" in words
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in document.pages for font in page["/Resources"]["/Font"].values()
    }
    assert all(any(name in font for name in ("Inter", "Source-Serif", "Noto-Sans-SC")) for font in fonts), fonts


def test_without_the_extra_the_message_says_what_to_install(tiny: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PdfUnavailableError, match=r"cityledger\[pdf\]"):
        write_report(tiny.compose("claims-and-evidence-review"), "pdf")


def test_without_pango_the_message_says_what_to_install(
    tiny: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    with pytest.raises(PdfUnavailableError, match=r"libpango-1\.0-0 libpangoft2-1\.0-0"):
        write_report(tiny.compose("claims-and-evidence-review"), "pdf")


@pytest.fixture(scope="module")
def client(tiny_snapshots: Path) -> Iterator[Client]:
    here = open_site(Settings(root=tiny_snapshots, snapshots_dir=tiny_snapshots), snapshot.current(tiny_snapshots))
    try:
        yield Client(create_app(here))
    finally:
        here.engine.close()


def test_the_list_is_a_page_and_json(client: Client) -> None:
    page = client.get("/reports", headers={"Accept": "text/html"})
    assert page.status_code == 200 and "/reports/country-profile" in page.text
    listed = client.get("/reports", headers={"Accept": "application/json"}).json
    assert listed is not None and {"country-profile"} <= {one["name"] for one in listed}


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".html", "text/html"),
        (".md", "text/markdown"),
        (".bib", "application/x-bibtex"),
        (".csl.json", "application/vnd.citationstyles.csl+json"),
    ],
)
def test_a_report_has_its_forms(client: Client, suffix: str, kind: str) -> None:
    response = client.get(f"/reports/country-profile{suffix}?country=Alphaland")
    assert response.status_code == 200
    assert response.mimetype == kind
    assert "Alphaland" in response.text
    again = client.get(
        f"/reports/country-profile{suffix}?country=Alphaland", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def test_a_pdf_comes_over_http(client: Client) -> None:
    response = client.get("/reports/claims-and-evidence-review.pdf")
    assert response.status_code == 200
    assert response.data.startswith(b"%PDF-")
    assert response.data == client.get("/reports/claims-and-evidence-review.pdf").data


def test_accept_chooses_the_form(client: Client) -> None:
    target = "/reports/claims-and-evidence-review"
    assert client.get(target, headers={"Accept": "text/markdown"}).mimetype == "text/markdown"
    assert client.get(target, headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get(target, headers={"Accept": "image/png"}).status_code == 406


def test_a_page_needs_nothing_inline(client: Client) -> None:
    page = client.get("/reports/country-profile?country=Alphaland", headers={"Accept": "text/html"}).text
    assert " style=" not in page and "<style" not in page
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert "/reports/style/report.css" in page
    assert client.get("/reports/style/report.css").mimetype == "text/css"


def test_a_wrong_value_keeps_the_form_and_says_what_is_wrong(client: Client) -> None:
    page = client.get("/reports/country-profile?country=Atlantis", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert 'role="alert"' in page.text and "<form" in page.text


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/reports/nothing-like-it", 404),
        ("/reports/country-profile.docx", 404),
        ("/reports/country-profile.md?country=Atlantis", 400),
        ("/reports/country-profile.md?country=Alphaland&country=Betaland", 400),
        ("/reports/country-profile.md?release=0000000000000000", 404),
        ("/reports/country-profile.md?country=" + "x" * 70_000, 414),
    ],
)
def test_a_bad_request_is_a_problem(client: Client, target: str, status: int) -> None:
    assert client.get(target, headers={"Accept": "application/json"}).status_code == status


def test_a_citation_survives_hostile_titles() -> None:
    cited = Reference(
        title='50 % of "A_B" & {C}\\', kind="report", url="https://e.org/r", release="a" * 16, issued="2026-11-24"
    )
    assert r"50 \% of" in cited.bibtex() and r"A\_B" in cited.bibtex() and r"\& \{C\}" in cited.bibtex()
    assert cited.text() == 'CityLedger (2026). 50 % of "A_B" & {C}\\. Release ' + "a" * 16 + ". https://e.org/r"
    assert '"date-parts": [' in cited.csl_json()


def test_without_the_extra_a_pdf_is_refused_with_what_to_install(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = client.get("/reports/country-profile.pdf?country=Alphaland")
    assert answer.status_code == 501
    assert "cityledger[pdf]" in answer.get_json(force=True)["detail"]
