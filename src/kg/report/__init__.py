"""Reports: Markdown with saved questions in it, as HTML, Markdown or PDF, every number with its footnote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kg.catalog import Catalog, Choices
from kg.engine import Engine
from kg.errors import NotAcceptableError
from kg.report.check import check_report, check_reports, find_report, load_reports
from kg.report.citation import Reference
from kg.report.compose import Composed, compose
from kg.report.pdf import PdfUnavailableError
from kg.report.read import read_report
from kg.report.records import Report

FORMATS: Final = {"html": "text/html", "md": "text/markdown", "pdf": "application/pdf"}

__all__ = [
    "FORMATS",
    "Composed",
    "PdfUnavailableError",
    "Reference",
    "Report",
    "check_report",
    "check_reports",
    "compose",
    "find_report",
    "load_reports",
    "read_report",
    "report_bytes",
    "write_report",
]


def report_bytes(
    engine: Engine, catalog: Catalog, folder: Path, name: str, values: Mapping[str, object], form: str
) -> bytes:
    """Return a report of a folder in one of `FORMATS`.

    Raises:
        UnknownQuestionError: the folder has no report of that name.
        CatalogError: the report is wrong.
        ParameterError: a value is wrong, or the report has no such parameter.
        NotAcceptableError: there is no such form.
        PdfUnavailableError: a PDF is asked for and cannot be made here.
    """
    report = find_report(folder, catalog, name)
    if form not in FORMATS:
        raise NotAcceptableError(f"a report has no form {form!r}; it has {', '.join(FORMATS)}", tuple(FORMATS.values()))
    return write_report(compose(engine, catalog, report, values, choices=Choices(engine)), form)


def write_report(report: Composed, form: str) -> bytes:
    """Return a composed report in one of `FORMATS`.

    Raises:
        PdfUnavailableError: a PDF is asked for and cannot be made here.
    """
    from kg.report import html, markdown, pdf

    if form == "pdf":
        return pdf.document(report)
    text = html.page(report) if form == "html" else markdown.text(report)
    return text.encode("utf-8")
