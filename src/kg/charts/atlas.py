"""Make `world.json` from world-atlas: `python -m kg.charts.atlas countries-50m.json > src/kg/charts/world.json`.

The TopoJSON is decoded, turned to the map's meridian, cut at its edge, thinned, projected and written as one SVG path
for each country. Arcs are thinned before they are joined, so that neighbours keep sharing their border.
"""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pycountry

from kg.charts.projection import MERIDIAN, WIDTH, project_turned

_TOLERANCE_DEG: Final = 0.35 * 360 / WIDTH
_SMALLEST_ISLAND: Final = 0.8
_LEFT_OUT: Final = ("Antarctica",)
# Kosovo has no number in ISO 3166-1; XKX is what the World Bank and others write.
_WITHOUT_NUMBER: Final = {"Kosovo": "XKX"}
Point = tuple[float, float]


def make(topology: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the countries: `code` (ISO 3166-1 alpha-3 or empty), `name`, `d` and `box` (left, top, right, bottom)."""
    arcs = [_thinned(arc) for arc in _decoded(topology)]
    made = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        if name in _LEFT_OUT or not geometry.get("arcs"):
            continue
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [piece for polygon in polygons for ring in polygon for piece in _pieces(_joined(ring, arcs))]
        # Thinning leaves nothing of the smallest states but a point.
        rings = rings or [[(x - MERIDIAN, y) for x, y in _joined(polygons[0][0], arcs)]]
        path, box = _path([[project_turned(*point) for point in ring] for ring in rings])
        if path:
            made.append({"code": _code(geometry.get("id", ""), name), "name": name, "d": path, "box": box})
    return sorted(made, key=lambda one: (str(one["code"]), str(one["name"])))


def _code(number: str, name: str) -> str:
    found = pycountry.countries.get(numeric=number) if number else None
    return str(found.alpha_3) if found is not None else _WITHOUT_NUMBER.get(name, "")


def _decoded(topology: dict[str, Any]) -> Iterator[list[Point]]:
    # TopoJSON, 2.1.3: positions are quantised and each but the first is a difference.
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * scale_x + move_x, y * scale_y + move_y))
        yield points


def _thinned(points: list[Point]) -> list[Point]:
    """Leave out points nearer to the line than the tolerance (Douglas and Peucker)."""
    if len(points) < 3:
        return points
    keep = {0, len(points) - 1}
    open_parts = [(0, len(points) - 1)]
    while open_parts:
        start, end = open_parts.pop()
        far, farthest = 0.0, -1
        for place in range(start + 1, end):
            away = _distance(points[place], points[start], points[end])
            if away > far:
                far, farthest = away, place
        if far > _TOLERANCE_DEG:
            keep.add(farthest)
            open_parts += [(start, farthest), (farthest, end)]
    return [point for place, point in enumerate(points) if place in keep]


def _distance(point: Point, start: Point, end: Point) -> float:
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down)
    if length == 0:
        return math.hypot(point[0] - start[0], point[1] - start[1])
    return abs(down * (point[0] - start[0]) - across * (point[1] - start[1])) / length


def _joined(ring: Sequence[int], arcs: list[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc if not points else arc[1:]
    return points


def _pieces(ring: list[Point]) -> Iterator[list[Point]]:
    """Turn a ring to the map's meridian and cut it at the edge, so that no line runs across the map."""
    turned = [(ring[0][0] - MERIDIAN, ring[0][1])]
    for longitude, latitude in ring[1:]:
        x = longitude - MERIDIAN
        while x - turned[-1][0] > 180:
            x -= 360
        while x - turned[-1][0] < -180:
            x += 360
        turned.append((x, latitude))
    for turn in (-360, 0, 360):
        piece = [(x + turn, y) for x, y in turned]
        if min(x for x, _ in piece) >= 180 or max(x for x, _ in piece) <= -180:
            continue
        for edge, side in ((180.0, 1), (-180.0, -1)):
            if any(side * (x - edge) > 0 for x, _ in piece):
                piece = _cut(piece, edge, side)
        if len(piece) > 2:
            yield piece


def _cut(ring: list[Point], edge: float, side: int) -> list[Point]:
    kept: list[Point] = []
    for place, here in enumerate(ring):
        before = ring[place - 1]
        was_in, is_in = side * (before[0] - edge) <= 0, side * (here[0] - edge) <= 0
        if was_in != is_in:
            share = (edge - before[0]) / (here[0] - before[0])
            kept.append((edge, before[1] + share * (here[1] - before[1])))
        if is_in:
            kept.append(here)
    return kept


def _path(rings: list[list[Point]]) -> tuple[str, list[float]]:
    areas = [_extent(ring) for ring in rings]
    largest = max(areas, default=0.0)
    parts, box = [], [math.inf, math.inf, -math.inf, -math.inf]
    for ring, area in zip(rings, areas, strict=True):
        if area < _SMALLEST_ISLAND and area < largest:
            continue
        drawn: list[Point] = []
        for x, y in ring[:-1]:
            point = (round(x, 1), round(y, 1))
            if not drawn or point != drawn[-1]:
                drawn.append(point)
        if len(drawn) >= 3:
            parts.append("M" + "L".join(f"{x:g},{y:g}" for x, y in drawn) + "Z")
        elif area == largest:
            # A small island state is a disc: it must be there to be counted.
            parts.append(f"M{drawn[0][0]:g},{drawn[0][1]:g}m-1.2,0a1.2,1.2 0 1,0 2.4,0a1.2,1.2 0 1,0 -2.4,0")
        for x, y in drawn:
            box = [min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)]
    return "".join(parts), box


def _extent(ring: list[Point]) -> float:
    across, down = [x for x, _ in ring], [y for _, y in ring]
    return (max(across) - min(across)) * (max(down) - min(down))


if __name__ == "__main__":
    atlas = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.stdout.write("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in make(atlas)) + "\n]\n")
