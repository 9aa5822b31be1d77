"""A small graph of named things, from left to right along its edges; each edge is one row of the answer."""

from typing import Final

from kg.charts import palette
from kg.charts.canvas import LABEL, WIDTH, Canvas
from kg.charts.lettering import plain_name, shortened, width
from kg.charts.rows import NOT_STATED, Row, counted, listed
from kg.charts.spec import ChartSpec

MOST_NODES: Final = 200
_STEP: Final = 34.0
_MOST_COLUMNS: Final = 6
# How much of a column's room a name may take; the rest is left to the arrow.
_NAME_SHARE: Final = 0.72


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw what the first two steps join and say what they show."""
    ends = [(row.words(spec.steps[0]), row.words(spec.steps[1]), row.words(spec.label)) for row in rows]
    loose = [first or second or NOT_STATED for first, second, _ in ends if first is None or second is None]
    edges = list(dict.fromkeys((a, b, words) for a, b, words in ends if a is not None and b is not None))
    if loose:
        canvas.notes.append(f"{counted(len(loose), 'row')} with one end not stated: {listed(loose)}.")
    columns = _columns([(a, b) for a, b, _ in edges])
    names = sorted(columns, key=lambda name: (columns[name], name))
    if len(names) > MOST_NODES:
        canvas.notes.append(f"Not drawn, but in the table: {listed(names[MOST_NODES:])}.")
    shown = set(names[:MOST_NODES])
    if not shown:
        return f"No joined pair in {counted(len(rows), 'row')}."
    count = min(1 + max(columns[name] for name in shown), _MOST_COLUMNS)
    room = WIDTH / count
    members = [[name for name in names if name in shown and min(columns[name], count - 1) == i] for i in range(count)]
    canvas.y += 14
    tallest = max(len(column) for column in members)
    places: dict[str, tuple[float, float]] = {}
    for index, column in enumerate(members):
        above = (tallest - len(column)) * _STEP / 2
        for line, name in enumerate(column):
            places[name] = (room * index + 8, canvas.y + above + _STEP * (line + 0.5))
    for a, b, words in edges:
        if a in places and b in places:
            _edge(canvas, a, b, places, room, words)
    for name, (x, y) in places.items():
        canvas.dot(x, y, 4.5, "accent", name)
        canvas.text(x + 11, y + 4, shortened(name, LABEL, room * _NAME_SHARE))
    canvas.y += tallest * _STEP + 4
    way = f"from {plain_name(spec.steps[0])} to {plain_name(spec.steps[1])}"
    canvas.notes.append(f"Arrows lead {way}.")
    return f"{counted(len(edges), 'link')} between {counted(len(shown), 'thing')}; arrows lead {way}."


def _columns(edges: list[tuple[str, str]]) -> dict[str, int]:
    """Give each name the length of the longest way to it; a circle is broken where it was entered."""
    before: dict[str, list[str]] = {}
    for a, b in edges:
        before.setdefault(a, [])
        before.setdefault(b, []).append(a)
    depth: dict[str, int] = {}

    def depth_of(name: str, seen: frozenset[str]) -> int:
        if name not in depth:
            ways = [depth_of(other, seen | {name}) for other in sorted(before[name]) if other not in seen | {name}]
            found = 1 + max(ways) if ways else 0
            if seen:
                # Inside a walk the answer may depend on where the walk began; only whole walks are kept.
                return found
            depth[name] = found
        return depth[name]

    for name in sorted(before):
        depth_of(name, frozenset())
    return depth


def _edge(
    canvas: Canvas, a: str, b: str, places: dict[str, tuple[float, float]], room: float, words: str | None
) -> None:
    (x1, y1), (x2, y2) = places[a], places[b]
    x1 += 18 + width(shortened(a, LABEL, room * _NAME_SHARE), LABEL)
    tip = f"{a} → {b}" + (f" ({words})" if words else "")
    end = x2 - 9
    if end < x1:
        # Backwards or within one column: around the outside.
        x1, bend = places[a][0] - 8, 36.0
        steps = f"M{x1:.1f},{y1:.1f}C{x1 - bend:.1f},{y1:.1f} {end - bend:.1f},{y2:.1f} {end:.1f},{y2:.1f}"
    else:
        middle = (x1 + end) / 2
        steps = f"M{x1:.1f},{y1:.1f}C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {end:.1f},{y2:.1f}"
    canvas.path(steps, palette.stroke("other") + ' stroke-width="1.5"', tip)
    canvas.path(f"M{end - 6:.1f},{y2 - 4:.1f}L{end:.1f},{y2:.1f}L{end - 6:.1f},{y2 + 4:.1f}Z", palette.fill("other"))
