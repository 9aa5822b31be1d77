"""Answers on a map: what has a place is drawn, what has none is counted below."""

from decimal import Decimal

from kg.charts import ChartSpec, Mark, Table, render

SPEC = ChartSpec(mark=Mark.MAP, lat="lat", long="long", label="name", place="country")
COLUMNS = ("name", "country", "lat", "long")
ROWS = (
    ("Konza", "Kenya", Decimal("-1.7"), Decimal("37.1")),
    ("Nairobi", "Kenya", Decimal("-1.3"), Decimal("36.8")),
    ("Anywhere", None, None, None),
    ("<b>Utica</b>", "United States", Decimal("43.1"), Decimal("-75.2")),
)


def test_each_place_is_a_dot_and_each_country_is_toned() -> None:
    svg = render(SPEC, Table(COLUMNS, ROWS))
    assert svg.count("<circle") == 3
    assert "<title>Kenya: 2</title>" in svg
    assert "<title>United States: 1</title>" in svg


def test_a_row_without_a_place_is_counted_and_not_drawn() -> None:
    assert "1 row not on the map: the place is not stated" in render(SPEC, Table(COLUMNS, ROWS))


def test_the_words_of_a_hostile_label_are_escaped() -> None:
    svg = render(SPEC, Table(COLUMNS, ROWS))
    assert "<b>" not in svg
    assert "&lt;b&gt;Utica" in svg


def test_the_same_rows_give_the_same_map() -> None:
    assert render(SPEC, Table(COLUMNS, ROWS)) == render(SPEC, Table(COLUMNS, ROWS))


def test_a_size_column_is_summed_by_country() -> None:
    spec = ChartSpec(mark=Mark.MAP, place="iso", size="projects", label="name")
    rows = (("Kenya", "KEN", Decimal(12)), ("Ecuador", "ECU", Decimal(1)))
    svg = render(spec, Table(("name", "iso", "projects"), rows))
    assert "<title>Kenya: 12</title>" in svg
    assert 'class="f-q4' in svg
