"""Drawing: pure functions from rows to SVG.

`render` draws what a question's header asks for; `png` makes a picture of it; `stylesheet` lets it follow the
colour scheme of the page that it stands in.
"""

from kg.charts.images import FONTS, png
from kg.charts.palette import stylesheet
from kg.charts.render import check, render
from kg.charts.rows import ChartError
from kg.charts.spec import Cell, ChartSpec, Mark, Table

__all__ = ["FONTS", "Cell", "ChartError", "ChartSpec", "Mark", "Table", "check", "png", "render", "stylesheet"]
