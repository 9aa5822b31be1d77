"""Charts show the rows, the same way every time, and say what nobody states."""

import io
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from PIL import Image

from kg.charts import ChartError, ChartSpec, Mark, png, render, stylesheet
from kg.charts.palette import DARK, LIGHT
from tests.conftest import CHECKOUT

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "</text><script>alert(1)</script>",
    "\" onload='alert(1)'",
    "a\x00b\x1bc\u202ed",
    "&lt;&amp;]]>",
    "智慧城市 <b>",
    "x" * 5000,
)
FLOWS = (("a", "K", "s", Decimal(5)), ("b", "K", "t", Decimal(3)), (None, "L", "s", None))
SPECS = {
    "bar": ChartSpec(mark=Mark.BAR, x="a", y="d", color="b"),
    "count": ChartSpec(mark=Mark.BAR, x="a", color="b"),
    "line": ChartSpec(mark=Mark.LINE, x="year", y="d", color="a"),
    "timeline": ChartSpec(mark=Mark.TIMELINE, label="a", start="year", end="until", color="b"),
    "matrix": ChartSpec(mark=Mark.MATRIX, x="a", y="b", size="d"),
    "sankey": ChartSpec(mark=Mark.SANKEY, steps=("a", "b", "c"), size="d"),
    "graph": ChartSpec(mark=Mark.GRAPH, steps=("a", "b"), label="c"),
}
COLUMNS = ("a", "b", "c", "d", "year", "until")
ROWS = (
    ("one", "K", "s", Decimal(5), "2015", "2017-03"),
    ("two", "K", "t", Decimal("3.5"), "2016-07", None),
    ("three", None, "t", None, None, "2018"),
    (None, "L", None, Decimal(0), None, None),
)


def _root(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def _words(svg: str) -> list[str]:
    return [text.text or "" for text in _root(svg).iter(f"{SVG}text")]


def _tips(svg: str) -> list[str]:
    return [title.text or "" for title in _root(svg).iter(f"{SVG}title")][1:]


def _description(svg: str) -> str:
    found = _root(svg).find(f"{SVG}desc")
    assert found is not None
    return found.text or ""


@pytest.mark.parametrize("name", SPECS)
def test_the_same_rows_give_the_same_bytes(name: str) -> None:
    assert render(SPECS[name], COLUMNS, ROWS) == render(SPECS[name], COLUMNS, ROWS)


@pytest.mark.parametrize("name", SPECS)
def test_a_chart_says_in_words_what_it_shows(name: str) -> None:
    root = _root(render(SPECS[name], COLUMNS, ROWS))
    ids = root.attrib["aria-labelledby"].split()
    assert root.attrib["role"] == "img"
    assert [
        element.attrib["id"] for element in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if element is not None
    ] == ids


@pytest.mark.parametrize("name", SPECS)
def test_a_chart_may_stand_in_a_page_under_a_strict_policy(name: str) -> None:
    for element in _root(render(SPECS[name], COLUMNS, ROWS)).iter():
        assert element.tag not in (f"{SVG}style", f"{SVG}script")
        assert not [key for key in element.attrib if key == "style" or key.startswith("on")]


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_labels_stay_words(name: str, hostile: str) -> None:
    rows = [(hostile, hostile, hostile, Decimal(1), "2015", "2016"), *ROWS]
    root = _root(render(SPECS[name], COLUMNS, rows, title=hostile, footer=hostile))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "circle", "line", "path", "text",
    }  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_every_colour_has_a_class_that_the_stylesheet_knows(name: str) -> None:
    svg, css = render(SPECS[name], COLUMNS, ROWS), stylesheet()
    for element in _root(svg).iter():
        if element.get("fill", "none") != "none" or "stroke" in element.attrib:
            classes = element.get("class", "").split()
            assert classes and all(f".chart .{one}{{" in css for one in classes), element.attrib


@pytest.mark.parametrize("name", SPECS)
def test_no_rows_are_said_and_are_no_error(name: str) -> None:
    assert "no rows" in _description(render(SPECS[name], COLUMNS, ())).lower()


def test_the_stylesheet_of_the_site_is_the_one_of_the_palette() -> None:
    assert (CHECKOUT / "src/kg/serve/static/charts.css").read_text(encoding="utf-8") == stylesheet()


def test_both_schemes_have_the_same_tones() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_bars_draw_each_value_and_name_the_unknown_one() -> None:
    svg = render(SPECS["bar"], COLUMNS, ROWS)
    assert "one (K): 5" in _tips(svg)
    assert "two (K): 3.5" in _tips(svg)
    assert any(tip.startswith("three") and "not stated" in tip for tip in _tips(svg))
    assert "1 value not stated." in _description(svg)


def test_an_unknown_value_is_never_drawn_as_zero() -> None:
    tips = _tips(render(SPECS["bar"], COLUMNS, ROWS))
    assert [tip for tip in tips if tip.endswith(": 0")] == ["not stated (L): 0"]


def test_values_of_one_name_are_not_added_up() -> None:
    rows = [("China", Decimal(176)), ("China", Decimal(200))]
    svg = render(ChartSpec(mark=Mark.BAR, x="a", y="d"), ("a", "d"), rows)
    assert sorted(_tips(svg)) == ["China: 176", "China: 200"]
    assert "376" not in svg


def test_counts_count_every_row_and_the_unknown_name_comes_last() -> None:
    rows = [(name, None) for name in ("x", "y", "x", None)]
    svg = render(ChartSpec(mark=Mark.BAR, x="a"), ("a", "b"), rows)
    assert _tips(svg) == ["x: 2 rows", "y: 1 rows", "not stated: 1 rows"]


def test_currencies_never_share_an_axis() -> None:
    spec = ChartSpec(mark=Mark.BAR, x="year", y="d", unit="currency")
    rows = [("2015", Decimal(7), "USD"), ("2015", Decimal(9), "EUR"), ("2016", None, None)]
    svg = render(spec, ("year", "d", "currency"), rows)
    assert {"USD", "EUR"} <= set(_words(svg))
    assert "2015: 7 USD" in _tips(svg) and "2015: 9 EUR" in _tips(svg)
    assert "1 row with no value stated: 2016." in _description(svg)


def test_a_unit_with_nothing_but_zeros_gets_words_and_no_empty_frame() -> None:
    spec = ChartSpec(mark=Mark.BAR, x="year", y="d", unit="currency")
    svg = render(spec, ("year", "d", "currency"), [("2015", Decimal(7), "USD"), ("2016", Decimal(0), None)])
    assert "currency not stated" not in _words(svg)
    assert "Not drawn: 1 row (currency not stated) with the value 0" in _description(svg)


def test_a_fixed_unit_that_is_also_the_drawn_column_is_a_word() -> None:
    spec = ChartSpec(mark=Mark.BAR, x="a", y="projects", unit="projects")
    assert _tips(render(spec, ("a", "projects"), [("x", Decimal(2)), ("y", Decimal(1))])) == [
        "x: 2 projects",
        "y: 1 projects",
    ]


def test_an_uncertain_date_is_a_range_and_an_open_end_is_dashed() -> None:
    svg = render(SPECS["timeline"], COLUMNS, ROWS)
    assert {"one: 2015–2017 (K)", "two: 2016–? (K)", "three: ?–2018"} <= set(_tips(svg))
    assert len([line for line in _root(svg).iter(f"{SVG}line") if line.get("stroke-dasharray")]) == 2
    assert "1 line without any date" in _description(svg)


def test_a_year_is_as_long_as_a_year() -> None:
    rows = [("a", "2015", "2015"), ("b", "2015-01-01", "2015-12-31"), ("c", "2010", "2020")]
    svg = render(ChartSpec(mark=Mark.TIMELINE, label="a", start="s", end="e"), ("a", "s", "e"), rows)
    widths = {
        (bar.find(f"{SVG}title").text or "")[0]: bar.get("width")  # type: ignore[union-attr]
        for bar in _root(svg).iter(f"{SVG}rect")
    }
    assert widths["a"] == widths["b"] != widths["c"]


def test_a_matrix_shows_the_largest_of_several_rows_and_says_so() -> None:
    rows = [("x", "y", Decimal(2)), ("x", "y", Decimal(3)), ("x", "z", None)]
    svg = render(ChartSpec(mark=Mark.MATRIX, x="a", y="b", size="d"), ("a", "b", "d"), rows)
    assert "3+" in _words(svg) and "?" in _words(svg)
    assert "5" not in _words(svg)
    assert "the largest is shown" in _description(svg)


def test_flows_without_an_amount_have_a_panel_of_their_own() -> None:
    spec = ChartSpec(mark=Mark.SANKEY, steps=("lender", "country", "supplier"), size="amount")
    svg = render(spec, ("lender", "country", "supplier", "amount"), FLOWS)
    assert any(word.startswith("Amount not stated: 1 row") for word in _words(svg))
    assert any("lender not stated" in word for word in _words(svg))
    assert "a → K: 5" in _tips(svg)


def test_a_node_is_as_wide_as_what_flows_through_it() -> None:
    spec = ChartSpec(mark=Mark.SANKEY, steps=("lender", "country", "supplier"), size="amount")
    svg = render(spec, ("lender", "country", "supplier", "amount"), FLOWS[:2])
    heights = {
        tip.text: float(rect.get("height", "0"))
        for rect in _root(svg).iter(f"{SVG}rect")
        if (tip := rect.find(f"{SVG}title")) is not None
    }
    assert heights["K: 8"] == pytest.approx(heights["a: 5"] + heights["b: 3"], abs=0.2)


def test_a_circle_of_owners_ends() -> None:
    rows = [("a", "b"), ("b", "c"), ("c", "a")]
    svg = render(ChartSpec(mark=Mark.GRAPH, steps=("x", "y")), ("x", "y"), rows)
    assert {"a → b", "b → c", "c → a"} <= set(_tips(svg))


def test_what_is_not_drawn_is_said() -> None:
    rows = [(f"name {number:03}", Decimal(number)) for number in range(100)]
    svg = render(ChartSpec(mark=Mark.BAR, x="a", y="d"), ("a", "d"), rows)
    assert "Not drawn, but in the table:" in _description(svg)


@pytest.mark.parametrize(
    "spec",
    [
        ChartSpec(mark=Mark.BAR),
        ChartSpec(mark=Mark.LINE, x="a"),
        ChartSpec(mark=Mark.TIMELINE, label="a"),
        ChartSpec(mark=Mark.SANKEY, steps=("a",)),
        ChartSpec(mark=Mark.BAR, x="nowhere"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_an_error(spec: ChartSpec) -> None:
    with pytest.raises(ChartError):
        render(spec, COLUMNS, ROWS)


def test_a_picture_is_a_png_with_a_margin_and_the_same_every_time() -> None:
    svg = render(SPECS["bar"], COLUMNS, [("智慧城市", "K", "s", Decimal(5), None, None)], title="智慧城市")
    first = png(svg, scale=1)
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert first == png(svg, scale=1)
    wide = int.from_bytes(first[16:20], "big")
    found = re.search(r'width="(\d+)"', svg)
    assert found is not None and wide > int(found[1])


def test_a_map_names_its_places_even_where_no_map_is_installed() -> None:
    spec = ChartSpec(mark=Mark.MAP, lat="lat", long="long", label="name", size="n")
    rows = [("Nairobi", Decimal("-1.3"), Decimal("36.8"), Decimal(3))]
    assert "Nairobi" in render(spec, ("name", "lat", "long", "n"), rows)


def test_a_picture_of_a_large_drawing_has_a_size_that_can_be_sent() -> None:
    """The picture is whole, and smaller than the same without the bound."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 4000" width="900" height="4000">\n</svg>'
    with Image.open(io.BytesIO(png(svg))) as picture:
        picture.load()
        wide, high = picture.size
    assert 900 <= wide < 1_200
    assert wide * high < 4_000_000
