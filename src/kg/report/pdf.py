"""A report as a tagged PDF (PDF/UA-1), by WeasyPrint, which is an extra."""

import logging
from typing import Any, Final

from markupsafe import escape

from kg.charts import FONTS
from kg.errors import KgError
from kg.report.compose import Composed
from kg.report.html import body
from kg.report.style import read_style

_FACES: Final = (
    ("Inter", 400, "normal", "Inter-Regular.ttf"),
    ("Inter", 600, "normal", "Inter-SemiBold.ttf"),
    ("Source Serif 4", 400, "normal", "SourceSerif4-Regular.ttf"),
    ("Source Serif 4", 400, "italic", "SourceSerif4-Italic.ttf"),
    ("Source Serif 4", 600, "normal", "SourceSerif4-SemiBold.ttf"),
    ("Noto Sans SC", 400, "normal", "NotoSansSC-Regular.ttf"),
)


class PdfUnavailableError(KgError):
    """This installation cannot make a PDF; the message says what to install."""

    code = "pdf-unavailable"


def document(report: Composed) -> bytes:
    """Return the report as a PDF.

    Raises:
        PdfUnavailableError: WeasyPrint or the libraries that it needs are not installed.
    """
    weasyprint = _weasyprint()
    made: bytes = weasyprint.HTML(string=_html(report), url_fetcher=_fetcher()).write_pdf(
        pdf_variant="pdf/ua-1",
        # The same release and values are the same document.
        pdf_identifier=f"{report.name}-{report.reference.release}".encode(),
    )
    return made


def _weasyprint() -> Any:
    try:
        import weasyprint
    except ImportError as error:
        raise PdfUnavailableError(
            "PDF needs the extra pdf: pip install 'cityledger[pdf]'; HTML and Markdown need nothing more"
        ) from error
    except OSError as error:
        # WeasyPrint loads Pango when it is imported, and says so in many lines.
        raise PdfUnavailableError(
            "PDF needs the library Pango, which is not installed: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0; HTML and Markdown need nothing more"
        ) from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return weasyprint


def _fetcher() -> Any:
    """Return what fetches for a document: the fonts of the package and pictures inside it, nothing else."""
    from weasyprint.urls import URLFetcher

    allowed = {(FONTS / name).as_uri() for *_, name in _FACES}

    class PackageFetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in allowed or url.startswith("data:image/svg+xml;base64,"):
                return super().fetch(url, headers)
            raise ValueError(f"not fetched: {url[:60]}")

    return PackageFetcher(allowed_protocols={"file", "data"})


def _html(report: Composed) -> str:
    faces = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
        f'src:url("{(FONTS / name).as_uri()}")}}\n'
        for family, weight, style, name in _FACES
    )
    style = faces + read_style("report.css") + read_style("print.css")
    running = f"CityLedger · report {report.name} · release {report.reference.release}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(report.title)}</title>'
        f'<meta name="author" content="CityLedger"><meta name="description" content="{escape(report.summary)}">'
        f'<style>{style}\n@page{{@bottom-left{{content:"{running}"}}}}</style></head>'
        f"<body>{body(report, charts_as_images=True)}</body></html>"
    )
