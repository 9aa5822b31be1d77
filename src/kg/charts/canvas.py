"""A drawing under construction: elements are added from top to bottom and become one SVG text."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from kg.charts import palette
from kg.charts.lettering import FAMILY, escaped, shortened, width, wrapped

WIDTH: Final = 860
LABEL: Final = 12.5
SMALL: Final = 11.0
TITLE: Final = 16.0


def _n(value: float) -> str:
    """Write a coordinate with at most one decimal, so that the same drawing is the same text everywhere."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


@dataclass(slots=True)
class Canvas:
    """Elements of an SVG, `WIDTH` units wide.

    Attributes:
        parts: the elements as text.
        marks: how many of them stand for data; a chart of rows without a mark is a fault of ours.
        y: where the next block begins.
        notes: sentences at the foot: what is not drawn, and what is not stated.
    """

    parts: list[str] = field(default_factory=list)
    marks: int = 0
    y: float = 0
    notes: list[str] = field(default_factory=list)

    def mark(self, element: str, tip: str) -> None:
        """Add an element that stands for data, with the words that a pointer shows; `{}` takes nothing else."""
        self.marks += 1
        name, _, rest = element.partition(" ")
        self.parts.append(f"<{name} {rest}><title>{escaped(tip)}</title></{name}>")

    def bar(self, x: float, y: float, w: float, h: float, tone: str, tip: str) -> None:
        """Add a filled box that stands for data."""
        self.mark(f'rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(w, 1.5))}" height="{_n(h)}" {palette.fill(tone)}', tip)

    def hollow(self, x: float, y: float, w: float, h: float, tip: str) -> None:
        """Add a dashed box that stands for something no source states."""
        attributes = palette.both(palette.UNSTATED, "faint") + ' stroke-dasharray="3 2"'
        self.mark(f'rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(w, 1.5))}" height="{_n(h)}" {attributes}', tip)

    def dot(self, x: float, y: float, radius: float, tone: str, tip: str) -> None:
        """Add a dot that stands for data."""
        self.mark(f'circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" {palette.fill(tone)}', tip)

    def line(self, x1: float, y1: float, x2: float, y2: float, tone: str = "rule", *, dashes: str = "") -> None:
        """Add a line that is not data: an axis, a rule, a tick."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" {palette.stroke(tone)}{dashed}/>'
        )

    def path(self, steps: str, attributes: str, tip: str | None = None) -> None:
        """Add a path; with words for a pointer it stands for data."""
        if tip is None:
            self.parts.append(f'<path d="{steps}" {attributes}/>')
        else:
            self.mark(f'path d="{steps}" {attributes}', tip)

    def text(
        self, x: float, y: float, words: str, *, tone: str = "ink", size: float = LABEL, anchor: str = "start",
        bold: bool = False, turn: float | None = None,
    ) -> None:  # fmt: skip
        """Add words; `y` is their base line, `turn` degrees clockwise about (x, y)."""
        attributes = [f'x="{_n(x)}" y="{_n(y)}"', palette.fill(tone), f'font-size="{_n(size)}"']
        if anchor != "start":
            attributes.append(f'text-anchor="{anchor}"')
        if bold:
            attributes.append('font-weight="600"')
        if turn is not None:
            attributes.append(f'transform="rotate({_n(turn)} {_n(x)} {_n(y)})"')
        self.parts.append(f"<text {' '.join(attributes)}>{escaped(words)}</text>")

    def legend(self, entries: list[tuple[str, str]]) -> None:
        """Add a line (or more) of tones with their words, and move on below it."""
        if not entries:
            return
        x, size = 0.0, SMALL + 0.5
        self.y += 12
        for tone, words in entries:
            shown = shortened(words, size, 260)
            room = 16 + width(shown, size) + 18
            if x > 0 and x + room > WIDTH:
                x = 0
                self.y += 18
            if tone == palette.UNSTATED:
                attributes = palette.both(tone, "faint") + ' stroke-dasharray="3 2"'
            else:
                attributes = palette.fill(tone)
            self.parts.append(f'<rect x="{_n(x + 0.5)}" y="{_n(self.y - 9)}" width="10" height="10" {attributes}/>')
            self.text(x + 16, self.y, shown, tone="soft", size=size)
            x += room
        self.y += 14

    def heading(self, words: str) -> None:
        """Add the name of a panel."""
        self.y += 16
        self.text(0, self.y, words, tone="ink", size=LABEL, bold=True)
        self.y += 10

    def svg(self, *, kind: str, title: str, description: str, shown_title: str | None, footer: str | None) -> str:
        """Return the whole SVG with its text alternative; `footer` is a last line, such as where it comes from."""
        head = Canvas()
        top = 0.0
        if shown_title:
            lines = wrapped(shown_title, TITLE, WIDTH / 1.08, 2)
            for index, line in enumerate(lines):
                head.text(0, 18 + 21 * index, line, size=TITLE, bold=True)
            top = 8 + 21.0 * len(lines)
        y = self.y
        foot = Canvas()
        for note in self.notes:
            for index, line in enumerate(wrapped(note, SMALL, WIDTH - 10, 3)):
                y += 17 if index == 0 else 14
                foot.text(0, y, line, tone="faint", size=SMALL)
        if footer:
            y += 20
            foot.text(0, y, shortened(footer, SMALL, WIDTH), tone="faint", size=SMALL)
        height = top + y + 8
        body = "\n".join(self.parts)
        rest = "\n".join(foot.parts)
        moved = f'<g transform="translate(0 {_n(top)})">\n{body}\n{rest}\n</g>' if top else f"{body}\n{rest}"
        inside = "\n".join([*head.parts, moved])
        name = "c" + hashlib.sha256((title + description + inside).encode()).hexdigest()[:10]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-{kind}" viewBox="0 0 {WIDTH} {_n(height)}" '
            f'width="{WIDTH}" height="{_n(height)}" role="img" aria-labelledby="{name}-t {name}-d" '
            f'font-family="{FAMILY}" font-size="{_n(LABEL)}">\n'
            f'<title id="{name}-t">{escaped(title)}</title>\n<desc id="{name}-d">{escaped(description)}</desc>\n'
            f"{inside}\n</svg>\n"
        )
