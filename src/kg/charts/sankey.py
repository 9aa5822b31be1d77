"""Flows from left to right: who gives, where it goes, who supplies. The width is an amount or a count of rows."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from kg.charts.canvas import LABEL, SMALL, WIDTH, Canvas
from kg.charts.figures import number, short
from kg.charts.flow_layout import Band, Layout, Node, arrange
from kg.charts.lettering import plain_name, shortened, width
from kg.charts.palette import UNSTATED, both, fill
from kg.charts.rows import NOT_STATED, Row, Series, counted, listed, panels_of, series_of, unit_column, unit_noun
from kg.charts.spec import ChartSpec

MOST_NODES: Final = 16
MOST_PANELS: Final = 4
_NODE_WIDTH: Final = 10.0
_GAP: Final = 19.0


def draw(canvas: Canvas, spec: ChartSpec, rows: list[Row]) -> str:
    """Draw a panel of flows for each unit and say what they show."""
    series = series_of(row.words(spec.steps[0]) for row in rows)
    if spec.size is None:
        return _panel(canvas, spec, rows, [Decimal(1)] * len(rows), series, unit_noun(spec, rows))
    said: list[str] = []
    silent: list[Row] = []
    left_out: list[str] = []
    panels = panels_of(spec, rows)
    for unit, members in panels:
        known = [row for row in members if row.number(spec.size)]
        silent += [row for row in members if not row.number(spec.size)]
        if not known:
            continue
        if len(said) == MOST_PANELS:
            left_out.append(f"{unit or NOT_STATED} ({counted(len(known), 'row')})")
            continue
        if unit_column(spec, rows) is not None:
            canvas.heading(unit or f"unit {NOT_STATED}")
        values = [row.number(spec.size) or Decimal(0) for row in known]
        said.append(_panel(canvas, spec, known, values, series, unit or ""))
    if silent:
        canvas.heading(f"Amount not stated: {counted(len(silent), 'row')}, all drawn with one width")
        said.append(_panel(canvas, spec, silent, [Decimal(1)] * len(silent), series, "rows without an amount"))
    if left_out:
        canvas.notes.append(f"Not drawn, but in the table: {listed(left_out)}.")
    return " ".join(said)


def _side(spec: ChartSpec) -> float:
    """Return the room for names at the left and the right; the bands of few steps need less."""
    return 265.0 if len(spec.steps) == 2 else 205.0


def _panel(
    canvas: Canvas, spec: ChartSpec, rows: list[Row], values: Sequence[Decimal], series: Series, unit: str
) -> str:
    names = [_kept(rows, step) for step in spec.steps]
    flows = []
    for row, value in zip(rows, values, strict=True):
        stops = tuple(_stop(row.words(step), kept) for step, kept in zip(spec.steps, names, strict=True))
        flows.append((stops, row.words(spec.steps[0]), float(value)))
    room = 40.0 + 22.0 * max(len({stops[index] for stops, _, _ in flows}) for index in range(len(spec.steps)))
    layout = arrange(flows, height=min(room, 420.0), gap=_GAP, least=3.0)
    canvas.y += 16
    top = canvas.y
    across = (WIDTH - 2 * _side(spec) - _NODE_WIDTH) / (len(spec.steps) - 1)
    for index, step in enumerate(spec.steps):
        anchor = "end" if index == 0 else "start" if index == len(spec.steps) - 1 else "middle"
        x = _side(spec) + across * index + (_NODE_WIDTH if index == 0 else 0 if anchor == "start" else _NODE_WIDTH / 2)
        canvas.text(x, top - 4, plain_name(step), tone="faint", size=SMALL, anchor=anchor)
    for band in layout.bands:
        _band(canvas, band, series, top, across, unit, spec)
    for column in layout.columns:
        for node in column:
            _node(canvas, node, layout, top, across, unit, spec)
    canvas.y = top + layout.height + 14
    total = sum(values, Decimal(0))
    largest = max(layout.columns[0], key=lambda node: (node.value, node.name or ""))
    return (
        f"{counted(len(rows), 'flow')} from {len(layout.columns[0])} to {len(layout.columns[-1])} ends, "
        f"{number(total)} {unit} drawn; the largest source is {_name(largest, spec)} "
        f"with {number(Decimal(str(largest.value)))}."
    )


def _kept(rows: list[Row], step: str) -> set[str]:
    """Return the names of a column that have nodes of their own; the rest share one."""
    counts = Counter(words for row in rows if (words := row.words(step)) is not None)
    ordered = sorted(counts, key=lambda words: (-counts[words], words))
    return set(ordered if len(ordered) <= MOST_NODES else ordered[: MOST_NODES - 1])


def _stop(words: str | None, kept: set[str]) -> str | None:
    return words if words is None or words in kept else "others (see the table)"


def _name(node: Node, spec: ChartSpec) -> str:
    return node.name or f"{plain_name(spec.steps[node.column])} {NOT_STATED}"


def _band(canvas: Canvas, band: Band, series: Series, top: float, across: float, unit: str, spec: ChartSpec) -> None:
    x1 = _side(spec) + across * band.source.column + _NODE_WIDTH
    x2 = _side(spec) + across * band.target.column
    middle = (x1 + x2) / 2
    a, b = top + band.source_y, top + band.target_y
    steps = (
        f"M{x1:.1f},{a:.1f}C{middle:.1f},{a:.1f} {middle:.1f},{b:.1f} {x2:.1f},{b:.1f}"
        f"v{band.thickness:.1f}C{middle:.1f},{b + band.thickness:.1f} {middle:.1f},{a + band.thickness:.1f} "
        f"{x1:.1f},{a + band.thickness:.1f}Z"
    )
    tone = "other" if band.group is None else series.tone(band.group)
    opacity = "0.28" if band.group is None else "0.45"
    tip = f"{_name(band.source, spec)} → {_name(band.target, spec)}: {number(Decimal(str(band.value)))} {unit}"
    canvas.path(steps, f'{fill(tone)} fill-opacity="{opacity}"', tip.rstrip())


def _node(canvas: Canvas, node: Node, layout: Layout, top: float, across: float, unit: str, spec: ChartSpec) -> None:
    x, y = _side(spec) + across * node.column, top + node.y
    name, value = _name(node, spec), short(Decimal(str(node.value)))
    attributes = fill("ink") if node.name is not None else both(UNSTATED, "faint") + ' stroke-dasharray="3 2"'
    tip = f"{name}: {number(Decimal(str(node.value)))} {unit}".rstrip()
    canvas.mark(f'rect x="{x:.1f}" y="{y:.1f}" width="{_NODE_WIDTH}" height="{node.height:.1f}" {attributes}', tip)
    tone = "ink" if node.name is not None else "faint"
    middle = y + node.height / 2
    if node.column == 0:
        _beside(canvas, x - 8, middle, name, value, tone, "end", _side(spec) - 12)
    elif node.column == len(layout.columns) - 1:
        _beside(canvas, x + _NODE_WIDTH + 8, middle, name, value, tone, "start", _side(spec) - 12)
    else:
        # Between two columns the bands leave no room at the sides; the gap above the node does.
        words = f"{shortened(name, LABEL, across * 0.7)} {value}"
        half = width(words, SMALL + 0.5) / 2 + 3
        canvas.parts.append(
            f'<rect x="{x + _NODE_WIDTH / 2 - half:.1f}" y="{y - 16:.1f}" width="{2 * half:.1f}" height="15" '
            f'{fill("paper")} fill-opacity="0.72"/>'
        )
        canvas.text(x + _NODE_WIDTH / 2, y - 5, words, tone=tone, size=SMALL + 0.5, anchor="middle")


def _beside(
    canvas: Canvas, x: float, middle: float, name: str, value: str, tone: str, anchor: str, room: float
) -> None:
    words = f"{name} {value}"
    if width(words, LABEL) > room:
        words = f"{shortened(name, LABEL, room - width(' ' + value, LABEL))} {value}"
    canvas.text(x, middle + 4, words, tone=tone, anchor=anchor)
