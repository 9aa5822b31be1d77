"""How much of each document some evidence touches."""

from dataclasses import dataclass

from kg.tables.corpus import Corpus
from kg.tables.evidence import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One document, section or table.

    Attributes:
        source: key of the document.
        label: empty for the document as a whole.
        kind: document, chapter, section, table, notes or front.
        touched: lines that at least one evidence cell points at.
    """

    source: str
    label: str
    kind: str
    lines: Lines
    touched: int

    @property
    def share_percent(self) -> float:
        """Touched lines in percent of all lines."""
        return 100 * self.touched / (self.lines.last - self.lines.first + 1)


def coverage(corpus: Corpus) -> tuple[Part, ...]:
    """Return every document with its sections, in the order of their lines."""
    touched: dict[str, set[int]] = {}
    for place in corpus.places.values():
        for part in place.lines:
            touched.setdefault(place.source, set()).update(range(part.first, part.last + 1))
    parts: list[Part] = []
    for key, source in sorted(corpus.sources.items()):
        if not source.line_count:
            continue
        lines = touched.get(key, set())
        parts.append(
            Part(
                source=key,
                label="",
                kind="document",
                lines=Lines(first=1, last=source.line_count),
                touched=len(lines),
            )
        )
        for section in sorted(source.sections, key=lambda s: (s.lines.first, -s.lines.last)):
            inside = sum(1 for line in range(section.lines.first, section.lines.last + 1) if line in lines)
            parts.append(Part(source=key, label=section.label, kind=section.kind, lines=section.lines, touched=inside))
    return tuple(parts)


def as_records(parts: tuple[Part, ...]) -> list[dict[str, object]]:
    """Return the parts for JSON."""
    return [
        {
            "source": part.source,
            "section": part.label,
            "kind": part.kind,
            "first_line": part.lines.first,
            "last_line": part.lines.last,
            "touched_lines": part.touched,
            "share_percent": round(part.share_percent, 1),
        }
        for part in parts
    ]


def as_text(parts: tuple[Part, ...]) -> str:
    """Return a table for the terminal; sections that no evidence touches are marked."""
    rows = []
    for part in parts:
        name = part.source if part.kind == "document" else f"  {part.label}"
        mark = "  untouched" if part.touched == 0 else ""
        rows.append(
            f"{name[:70]:70} {part.kind:8} {part.lines.first:5}-{part.lines.last:<5} {part.share_percent:5.1f} %{mark}"
        )
    untouched = sum(1 for part in parts if part.touched == 0)
    return "\n".join([*rows, f"{untouched} of {len(parts)} parts are touched by no evidence"])
