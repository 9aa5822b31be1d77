"""The picture of an answer."""

import logging
from dataclasses import replace
from typing import Final

import kg.charts
from kg.catalog.cells import table_of
from kg.catalog.run import QuestionAnswer
from kg.errors import NotAcceptableError

log = logging.getLogger(__name__)

PICTURES: Final = {"svg": "image/svg+xml", "png": "image/png"}


def draw(answer: QuestionAnswer) -> str | None:
    """Return the chart of an answer as SVG, or None where there is nothing to draw."""
    chart = answer.question.chart
    if chart is None or not answer.rows:
        return None
    if chart.title is None:
        chart = replace(chart, title=answer.question.summary)
    try:
        return kg.charts.render(chart, table_of(answer.columns, answer.rows))
    except kg.charts.ChartError:
        # A table without its picture is still the answer.
        log.exception("chart of %s", answer.question.name)
        return None


def picture(answer: QuestionAnswer, suffix: str) -> bytes:
    """Return the chart of an answer as a file.

    Raises:
        NotAcceptableError: the answer has nothing to draw.
    """
    drawn = draw(answer)
    if drawn is None:
        raise NotAcceptableError(f"{answer.question.name}: there is nothing to draw in this answer")
    # With the fonts of the package, Chinese included.
    return kg.charts.png(drawn) if suffix == "png" else drawn.encode("utf-8")
