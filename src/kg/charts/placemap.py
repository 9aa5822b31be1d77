"""Answers on a map: countries toned by how much is there, places as dots. What has no place is said below."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from kg.charts import palette
from kg.charts.canvas import WIDTH, Canvas
from kg.charts.projection import project
from kg.charts.rows import NOT_STATED, Row, counted
from kg.charts.spec import ChartSpec
from kg.charts.worldmap import STEPS, Shape, shapes, step_of

# The part of the plane of the shapes that is shown, as left, top, width and height.
_VIEW: Final = (20.0, -2.0, 960.0, 428.0)
_SCALE: Final = WIDTH / _VIEW[2]
# Natural Earth's short names where they are not the common ones.
_NAMES: Final = {
    "united states": "USA",
    "north macedonia": "MKD",
    "cape verde": "CPV",
    "democratic republic of the congo": "COD",
    "bosnia and herzegovina": "BIH",
    "central african republic": "CAF",
    "south sudan": "SSD",
    "czech republic": "CZE",
    "eswatini": "SWZ",
}


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw countries and places, and say what they show."""
    areas = _areas(spec, rows)
    spots = _spots(spec, rows)
    left, top, _, height = _VIEW
    canvas.parts.append(f'<g transform="scale({_SCALE:.4f}) translate({-left:g} {-top:g})" stroke-width="0.5">')
    for shape in shapes():
        _draw_shape(canvas, shape, areas.get(shape.code, (Decimal(0), "")))
    canvas.parts.append("</g>")
    ordered = sorted(spots.items(), key=lambda item: (-len(item[1]), item[0]))
    for (x, y), names in ordered:
        radius = 2.6 + min(len(names), 6) * 0.7
        tip = (
            names[0] if len(names) == 1 else f"{len(names)}: {', '.join(names[:5])}" + (" …" if len(names) > 5 else "")
        )
        canvas.mark(f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {palette.both("mark", "paper")}', tip)
    canvas.y += height * _SCALE + 6
    if areas:
        _legend(canvas)
    _say_missing(canvas, spec, rows)
    canvas.notes.append("Boundaries: Natural Earth, de facto; no position implied.")
    parts = []
    if areas:
        most = max(areas.values())
        number = "1 country" if len(areas) == 1 else f"{len(areas)} countries"
        parts.append(f"{number}; most in {most[1].rsplit(':', 1)[0]}.")
    if spots:
        parts.append(f"{counted(len(spots), 'place')} with coordinates.")
    return " ".join(parts) or "No row has a place."


def _draw_shape(canvas: Canvas, shape: Shape, area: tuple[Decimal, str]) -> None:
    count, words = area
    if count > 0:
        canvas.path(shape.path, palette.both(f"q{step_of(int(count))}", "paper"), words)
    else:
        canvas.path(shape.path, palette.both("none", "rule"))


def _areas(spec: ChartSpec, rows: Sequence[Row]) -> dict[str, tuple[Decimal, str]]:
    """Return code to what is there: the size column where there is one, else how many rows."""
    sums: dict[str, Decimal] = {}
    names: dict[str, str] = {}
    seen: set[tuple[str, str | None]] = set()
    for row in rows:
        name = row.words(spec.place)
        code = _code(name)
        if name is None or code is None:
            continue
        names[code] = row.words(spec.label) or name if spec.size else name
        if spec.size is None:
            # One thing with two places in a country is one thing there.
            key = (code, row.words(spec.label))
            if key not in seen:
                seen.add(key)
                sums[code] = sums.get(code, Decimal(0)) + 1
        else:
            sums[code] = sums.get(code, Decimal(0)) + (row.number(spec.size) or 0)
    return {code: (value, f"{names[code]}: {value}") for code, value in sums.items() if value > 0}


def _code(name: str | None) -> str | None:
    if name is None:
        return None
    if len(name) == 3 and name.isupper():
        return name if any(shape.code == name for shape in shapes()) else None
    wanted = name.casefold()
    if wanted in _NAMES:
        return _NAMES[wanted]
    return next((shape.code for shape in shapes() if shape.code and shape.name.casefold() == wanted), None)


def _spots(spec: ChartSpec, rows: Sequence[Row]) -> dict[tuple[float, float], list[str]]:
    spots: dict[tuple[float, float], list[str]] = {}
    for row in rows:
        latitude, longitude = row.number(spec.lat), row.number(spec.long)
        if latitude is None or longitude is None:
            continue
        x, y = project(float(longitude), float(latitude))
        name = row.words(spec.label) or NOT_STATED
        names = spots.setdefault((round((x - _VIEW[0]) * _SCALE, 1), round((y - _VIEW[1]) * _SCALE, 1)), [])
        if name not in names:
            names.append(name)
    return spots


def _legend(canvas: Canvas) -> None:
    low = 1
    entries = []
    for step, end in enumerate(STEPS, 1):
        entries.append((f"q{step}", f"{low} to {end}"))
        low = end + 1
    canvas.legend([(palette.UNSTATED, "none recorded"), *entries, ("q4", f"{low} or more")])


def _say_missing(canvas: Canvas, spec: ChartSpec, rows: Sequence[Row]) -> None:
    def is_shown(row: Row) -> bool:
        has_spot = row.number(spec.lat) is not None and row.number(spec.long) is not None
        return has_spot or _code(row.words(spec.place)) is not None

    without = sum(1 for row in rows if not is_shown(row))
    if without:
        words = f"{counted(without, 'row')} not on the map: the place is {NOT_STATED} or has no coordinates."
        canvas.notes.append(words)
