"""Where the nodes and bands of a Sankey stand: columns from left to right, crossings reduced by their middles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

_ROUNDS: Final = 24
_EASE: Final = 0.8


@dataclass(slots=True)
class Node:
    """A place where flows meet; `column` counts from 0; sizes are in units of the drawing."""

    column: int
    name: str | None
    value: float = 0.0
    y: float = 0.0
    height: float = 0.0
    incoming: list["Band"] = field(default_factory=list)
    outgoing: list["Band"] = field(default_factory=list)


@dataclass(slots=True)
class Band:
    """A flow between two nodes of neighbouring columns; `group` decides its tone."""

    source: Node
    target: Node
    group: str | None
    value: float
    thickness: float = 0.0
    source_y: float = 0.0
    target_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Nodes by column, all bands, and the height of the whole."""

    columns: tuple[tuple[Node, ...], ...]
    bands: tuple[Band, ...]
    height: float


def arrange(
    flows: Sequence[tuple[tuple[str | None, ...], str | None, float]], *, height: float, gap: float, least: float
) -> Layout:
    """Place nodes and bands.

    Arguments:
        flows: for each the names from left to right, its group, and its size above zero.
        height: what the largest column takes without its gaps.
        gap: between two nodes, with room for a name.
        least: height of the smallest node.
    """
    nodes: dict[tuple[int, str | None], Node] = {}
    bands: dict[tuple[int, str | None, str | None, str | None], Band] = {}
    for names, group, value in flows:
        stops = [nodes.setdefault((index, name), Node(index, name)) for index, name in enumerate(names)]
        for index, (source, target) in enumerate(pairwise(stops)):
            key = (index, source.name, target.name, group)
            if key not in bands:
                bands[key] = Band(source, target, group, 0.0)
                source.outgoing.append(bands[key])
                target.incoming.append(bands[key])
            bands[key].value += value
    count = 1 + max(column for column, _ in nodes)
    columns = [[node for node in nodes.values() if node.column == index] for index in range(count)]
    for node in nodes.values():
        node.value = max(sum(band.value for band in node.incoming), sum(band.value for band in node.outgoing))
    scale = min(height / sum(node.value for node in column) for column in columns)
    for band in bands.values():
        band.thickness = max(band.value * scale, 1.0)
    for node in nodes.values():
        node.height = max(node.value * scale, least)
    for column in columns:
        column.sort(key=lambda node: (node.name is None, -node.value, node.name or ""))
        _stack(column, gap)
    for turn in range(_ROUNDS):
        forward = turn % 2 == 0
        for column in columns[1:] if forward else columns[-2::-1]:
            for node in column:
                node.y += _pull(node, forward=forward) * _EASE
            column.sort(key=lambda node: (node.y, node.name is None, node.name or ""))
            _spread(column, gap, _tallest(columns, gap))
    _attach(nodes.values())
    bottom = max(node.y + node.height for node in nodes.values())
    return Layout(tuple(tuple(column) for column in columns), tuple(bands.values()), bottom)


def _tallest(columns: Sequence[Sequence[Node]], gap: float) -> float:
    return max(sum(node.height + gap for node in column) for column in columns)


def _stack(column: list[Node], gap: float) -> None:
    y = gap
    for node in column:
        node.y = y
        y += node.height + gap


def _pull(node: Node, *, forward: bool) -> float:
    """Return how far the middle of a node is from the middle of what it is joined to."""
    bands = node.incoming if forward else node.outgoing
    weight = sum(band.value for band in bands)
    if not weight:
        return 0.0
    ends = ((band.source if forward else band.target, band.value) for band in bands)
    middle = sum((end.y + end.height / 2) * value for end, value in ends) / weight
    return middle - (node.y + node.height / 2)


def _spread(column: list[Node], gap: float, height: float) -> None:
    """Push nodes apart, first downwards, then up again from the lower edge."""
    y = gap
    for node in column:
        node.y = max(node.y, y)
        y = node.y + node.height + gap
    y = height
    for node in reversed(column):
        node.y = min(node.y, y - node.height)
        y = node.y - gap
    y = gap
    for node in column:
        node.y = max(node.y, y)
        y = node.y + node.height + gap


def _attach(nodes: Iterable[Node]) -> None:
    for node in nodes:
        y = node.y
        for band in sorted(node.outgoing, key=lambda band: (band.target.y, band.group or "")):
            band.source_y = y
            y += band.thickness
        y = node.y
        for band in sorted(node.incoming, key=lambda band: (band.source.y, band.group or "")):
            band.target_y = y
            y += band.thickness
