"""World maps as SVG: countries in four steps, places as discs, both of them links; no script, no tiles.

Boundaries are those of Natural Earth, which show who governs; the page that shows a map must say so.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Final

from kg.charts.projection import project

# Upper ends of the steps: 1 to 2, 3 to 5, 6 to 10, more.
STEPS: Final = (2, 5, 10)
DOTS: Final = (1, 3)
_VIEW: Final = (20.0, -2.0, 960.0, 428.0)
_RADII: Final = (2.6, 3.8, 5.6)
_LABEL_SIZE: Final = 10.5
_LABELLED_FROM: Final = 3
_SOUTHERNMOST: Final = -58


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A country with something in it.

    Attributes:
        words: what a reader hears and sees beside the pointer, such as `Kenya: 12 projects`.
    """

    count: int
    words: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place with something in it, in degrees."""

    longitude: float
    latitude: float
    count: int
    name: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A country or territory: ISO 3166-1 alpha-3 code (empty where it has none), short name, path, bounds."""

    code: str
    name: str
    path: str
    box: tuple[float, float, float, float]


def step_of(count: int) -> int:
    """Return the step of a count: 0 for nothing, then 1 to 4."""
    return 0 if count <= 0 else 1 + sum(count > end for end in STEPS)


def on_the_map(code: str) -> bool:
    """Whether a country with that alpha-3 code is drawn."""
    return any(shape.code == code for shape in shapes())


def world_map(areas: Mapping[str, Area], spots: Sequence[Spot], *, title: str, most_labels: int = 7) -> str:
    """Return a map of the world.

    Arguments:
        areas: by ISO 3166-1 alpha-3 code; a code that the map lacks is left out, see `on_the_map`.
        title: says what is shown, for readers who do not see it.
    """
    plain, linked = [], []
    for shape in shapes():
        area = areas.get(shape.code) if shape.code else None
        if area is None or area.count <= 0:
            plain.append(f'<path d="{shape.path}"/>')
        else:
            linked.append(_link(area.href, area.words, f'<path class="q{step_of(area.count)}" d="{shape.path}"/>'))
    ordered = sorted(spots, key=lambda spot: (-spot.count, spot.name))
    discs = [_link(spot.href, spot.words, _disc(spot)) for spot in ordered]
    view = " ".join(f"{number:g}" for number in _VIEW)
    return (
        f'<svg class="map" viewBox="{view}" role="group" aria-label="{escape(title)}">'
        f'<path class="g" d="{_graticule()}"/><g class="c">{"".join(plain)}{"".join(linked)}</g>'
        f'<g class="p">{"".join(discs)}</g><g aria-hidden="true">{_labels(ordered, most_labels)}</g></svg>'
    )


def locator_map(codes: Sequence[str], spots: Sequence[Spot], *, title: str, ratio: float = 1.5) -> str | None:
    """Return a map of the surroundings of some countries or places, or None where nothing of it can be drawn.

    Arguments:
        codes: alpha-3 codes of the countries to bring out.
        ratio: width over height.
    """
    boxes = [shape.box for shape in shapes() if shape.code and shape.code in codes]
    boxes += [(x, y, x, y) for x, y in (project(spot.longitude, spot.latitude) for spot in spots)]
    if not boxes:
        return None
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    height = max(bottom - top, (right - left) / ratio) * 1.35 + 14
    width = height * ratio
    x, y = (left + right - width) / 2, (top + bottom - height) / 2
    shown = [one for one in shapes() if _overlaps(one.box, (x, y, x + width, y + height))]
    paths = [f'<path{_bright(one.code in codes)} d="{one.path}"/>' for one in shown]
    # Everything that has a size on the page is drawn in thousandths of the width of the map.
    unit = width / 372
    discs = []
    for spot in spots:
        across, down = project(spot.longitude, spot.latitude)
        circle = f'<circle cx="{across:.2f}" cy="{down:.2f}" r="{5 * unit:.2f}"/>'
        discs.append(_link(spot.href, spot.words, circle))
    return (
        f'<svg class="map" viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}" role="group" '
        f'aria-label="{escape(title)}">'
        f'<path class="g" d="{_graticule()}" vector-effect="non-scaling-stroke"/><g class="c">{"".join(paths)}</g>'
        f'<g class="p">{"".join(discs)}</g></svg>'
    )


@lru_cache(maxsize=1)
def shapes() -> tuple[Shape, ...]:
    """Return the shapes of the map, in the plane of `kg.charts.projection`."""
    read = json.loads(files("kg.charts").joinpath("world.json").read_text("utf-8"))
    return tuple(Shape(one["code"], one["name"], one["d"], tuple(one["box"])) for one in read)


@lru_cache(maxsize=1)
def _graticule() -> str:
    lines = []
    for longitude in range(-180, 181, 30):
        meridian = min(longitude + 11.0, 190.999)
        points = (project(meridian, latitude) for latitude in range(_SOUTHERNMOST, 85, 2))
        lines.append("L".join(f"{x:.1f},{y:.1f}" for x, y in points))
    for latitude in range(-30, 61, 30):
        points = (project(min(longitude + 11.0, 190.999), latitude) for longitude in range(-180, 181, 6))
        lines.append("L".join(f"{x:.1f},{y:.1f}" for x, y in points))
    return "".join(f"M{line}" for line in lines)


def _link(href: str, words: str, content: str) -> str:
    said = escape(words)
    return f'<a href="{escape(href)}" aria-label="{said}"><title>{said}</title>{content}</a>'


def _disc(spot: Spot) -> str:
    x, y = project(spot.longitude, spot.latitude)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_radius(spot.count):g}"/>'


def _radius(count: int) -> float:
    return _RADII[sum(count > end for end in DOTS)]


def _labels(ordered: Sequence[Spot], most: int) -> str:
    """Write the names of the places with most in them, none over another."""
    taken: list[tuple[float, float, float, float]] = []
    written: list[str] = []
    for spot in ordered:
        if len(written) == most or spot.count < _LABELLED_FROM:
            break
        x, y = project(spot.longitude, spot.latitude)
        width, away = len(spot.name) * _LABEL_SIZE * 0.58, _radius(spot.count) + 3
        box = (x + away, y - _LABEL_SIZE / 2, x + away + width, y + _LABEL_SIZE / 2)
        if box[2] < _VIEW[0] + _VIEW[2] and not any(_overlaps(box, other) for other in taken):
            taken.append(box)
            written.append(f'<text x="{x + away:.1f}" y="{y + 3.6:.1f}">{escape(spot.name)}</text>')
    return "".join(written)


def _overlaps(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _bright(is_bright: bool) -> str:
    return ' class="q3"' if is_bright else ""
