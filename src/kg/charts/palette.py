"""The colours of the charts: light ones in the SVG itself, dark ones in a stylesheet that replaces them.

Every coloured element carries both a presentation attribute, which draws it anywhere (a file, a PDF, a
PNG), and a class, by which the page's stylesheet follows the reader's scheme. No `style` attribute is
written, so a strict Content-Security-Policy lets the SVG stand inside a page.
"""

from typing import Final

# Five categories told apart by people with every kind of colour vision, each at least 3.05:1 on its paper.
SERIES: Final = ("s1", "s2", "s3", "s4", "s5")
OTHER: Final = "other"
UNSTATED: Final = "none"
# Four steps from little to much.
STEPS: Final = ("q1", "q2", "q3", "q4")

LIGHT: Final[dict[str, str]] = {
    "s1": "#0f3f5c", "s2": "#bb7725", "s3": "#57998e", "s4": "#ad2c95", "s5": "#504c45",
    "q1": "#c3d7df", "q2": "#8db3c4", "q3": "#4f87a1", "q4": "#1b5675",
    "other": "#8d8a82", "none": "#efece4",
    "ink": "#1b2328", "soft": "#4d575d", "faint": "#626b71",
    "rule": "#dedad0", "paper": "#fcfbf8", "accent": "#1b5675", "mark": "#b8480f",
    "onq1": "#1b2328", "onq2": "#1b2328", "onq3": "#ffffff", "onq4": "#ffffff",
}  # fmt: skip
DARK: Final[dict[str, str]] = {
    "s1": "#80c4e6", "s2": "#eb9d54", "s3": "#cae7e4", "s4": "#a15491", "s5": "#827a6f",
    "q1": "#2f4f5e", "q2": "#41748c", "q3": "#62a0bd", "q4": "#a5d4e8",
    "other": "#6f7578", "none": "#232b30",
    "ink": "#e8e6e0", "soft": "#b4bbbd", "faint": "#939b9f",
    "rule": "#313a3f", "paper": "#14191c", "accent": "#7fbcd8", "mark": "#f0955c",
    "onq1": "#e8e6e0", "onq2": "#ffffff", "onq3": "#14191c", "onq4": "#14191c",
}  # fmt: skip


def fill(tone: str) -> str:
    """Return the attributes that fill an element with a tone."""
    return f'class="f-{tone}" fill="{LIGHT[tone]}"'


def stroke(tone: str) -> str:
    """Return the attributes that draw the line of an element in a tone, without filling it."""
    return f'class="k-{tone}" fill="none" stroke="{LIGHT[tone]}"'


def both(filled: str, drawn: str) -> str:
    """Return the attributes that fill an element with one tone and draw its outline in another."""
    return f'class="f-{filled} k-{drawn}" fill="{LIGHT[filled]}" stroke="{LIGHT[drawn]}"'


def stylesheet() -> str:
    """Return the stylesheet that lets charts inside a page follow the reader's colour scheme."""
    dark = "".join(f"--chart-{tone}:{colour};" for tone, colour in DARK.items())
    rules = [
        "/* Written by kg.charts.palette; a test keeps both the same. */",
        ":root{" + "".join(f"--chart-{tone}:{colour};" for tone, colour in LIGHT.items()) + "}",
        "@media (prefers-color-scheme:dark){:root:not([data-theme=light]){" + dark + "}}",
        ":root[data-theme=dark]{" + dark + "}",
        "@media print{:root,:root[data-theme=dark]{"
        + "".join(f"--chart-{tone}:{colour};" for tone, colour in LIGHT.items())
        + "}}",
        ".chart{display:block;max-width:100%;height:auto;overflow:visible}",
    ]
    rules += [f".chart .f-{tone}{{fill:var(--chart-{tone})}}" for tone in LIGHT]
    rules += [f".chart .k-{tone}{{stroke:var(--chart-{tone})}}" for tone in LIGHT]
    return "\n".join(rules) + "\n"
