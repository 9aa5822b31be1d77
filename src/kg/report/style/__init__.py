"""The stylesheets of reports: `report.css` for the article, `document.css` and `print.css` for whole documents."""

from importlib.resources import files


def read_style(name: str) -> str:
    """Return one of the stylesheets."""
    return (files(__package__ or "kg.report.style") / name).read_text(encoding="utf-8")
