"""A thing and its neighbours: one in the middle, at most twelve on an arc on either side, each of them a link.

For so few a fixed layout is clearer than a computed one: no label lies over another, nothing moves, and the same
neighbours give the same picture. Colours come from the page's stylesheet (`.graph`), so it follows its scheme.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.charts.lettering import escaped, shortened, wrapped

MOST: Final = 12
WIDTH: Final = 372
_ROW: Final = 50.0
_REACH: Final = 66.0
_NAME: Final = 11.5
_GAP: Final = 12.0
# Classes of kg.css: actors, technologies, money, places, projects.
GROUPS: Final = ("org", "tec", "fin", "plc", "prj")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Something that a thing is joined to.

    Attributes:
        relation: how, in a word or two, seen from the middle.
        group: one of `GROUPS`, or empty.
    """

    name: str
    relation: str
    href: str
    group: str = ""


def draw(name: str, neighbours: Sequence[Neighbour]) -> str:
    """Return the picture as SVG, or empty text where there is no neighbour.

    Arguments:
        name: of the thing in the middle.
        neighbours: beyond `MOST` they are left out; whoever calls says so.
    """
    shown = neighbours[:MOST]
    if not shown:
        return ""
    right = shown[: (len(shown) + 1) // 2]
    left = shown[len(right) :]
    height = _ROW * max(len(right), len(left), 2) + 16
    middle = (WIDTH / 2, height / 2)
    lines: list[str] = []
    nodes: list[str] = []
    for side, members in ((1, right), (-1, left)):
        for place, one in enumerate(members):
            y = height / 2 + _ROW * (place - (len(members) - 1) / 2)
            # A flat ellipse: those in the middle stand farther out, so that lines do not run along each other.
            turn = (y - middle[1]) / (height / 2 + _ROW)
            x = middle[0] + side * _REACH * math.sqrt(1 - turn * turn)
            lines.append(f'<line x1="{middle[0]:g}" y1="{middle[1]:g}" x2="{x:.1f}" y2="{y:.1f}"/>')
            nodes.append(_node(one, x, y, side))
    return (
        f'<svg class="graph" viewBox="0 0 {WIDTH} {height:g}" role="group" aria-label="Neighbours of {escaped(name)}">'
        f'<g aria-hidden="true">{"".join(lines)}</g>{"".join(nodes)}'
        f'<circle class="me" cx="{middle[0]:g}" cy="{middle[1]:g}" r="9"><title>{escaped(name)}</title></circle></svg>'
    )


def _node(one: Neighbour, x: float, y: float, side: int) -> str:
    start = x + side * _GAP
    room = (WIDTH - start if side > 0 else start) - 6
    names = wrapped(one.name, _NAME, room, 2)
    top = y + (-4.5 if len(names) == 2 else 1.5)
    anchor = "" if side > 0 else ' text-anchor="end"'
    spans = "".join(
        f'<text x="{start:.1f}" y="{top + 12.5 * i:.1f}"{anchor}>{escaped(line)}</text>' for i, line in enumerate(names)
    )
    relation = shortened(one.relation, 10, room)
    below = top + 12.5 * len(names) - 0.5
    look = f' class="{one.group}"' if one.group in GROUPS else ""
    # The title names the link (SVG-AAM 1.0, 8.1): the label on the picture may be cut.
    said = f"{one.relation}: {one.name}"
    return (
        f'<a href="{escaped(one.href)}"><title>{escaped(said)}</title>'
        # The whole label can be hit, not only its letters.
        f'<rect class="hit" x="{min(x, x + side * (room + _GAP)):.1f}" y="{y - 20:.1f}" width="{room + _GAP:.1f}" '
        f'height="44" fill="none" pointer-events="all"/>'
        f'<circle{look} cx="{x:.1f}" cy="{y:.1f}" r="6"/>{spans}'
        f'<text class="l" x="{start:.1f}" y="{below:.1f}"{anchor}>{escaped(relation)}</text></a>'
    )
