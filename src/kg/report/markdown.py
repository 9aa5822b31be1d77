"""A report as Markdown with footnotes, for those who go on writing."""

import re
from itertools import groupby
from typing import Final

from kg.charts.lettering import clean
from kg.report.bias import Share
from kg.report.compose import CLOSE, NOT_STATED, OPEN, Block, Composed, Value
from kg.report.html import count_words, passage_words, shown_words
from kg.report.notes import Note, Passage

_VALUE: Final = re.compile(f"{OPEN}v([0-9]+){CLOSE}")
_BLOCK: Final = re.compile(f"{OPEN}b([0-9]+){CLOSE}")
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~$])")


def text(report: Composed) -> str:
    """Return the report as Markdown; what comes from the data is escaped."""
    prose = _BLOCK.sub(lambda match: _block(report.blocks[int(match[1])]), report.prose)
    prose = _VALUE.sub(lambda match: _value(report.values[int(match[1])]), prose)
    # Headings of the text stand below the title.
    prose = re.sub(r"^(#+ )", r"#\1", prose, flags=re.MULTILINE)
    parts = [
        f"# {escaped(report.title)}",
        escaped(report.summary),
        "\n".join(f"- {escaped(label)}: {escaped(value)}" for label, value in report.parameters),
        re.sub(r"\n{3,}", "\n\n", prose).strip(),
        _bias(report),
        "## Sources\n\n"
        + "\n".join(
            f"- {escaped(work.reference())} `{work.key}`" + (f" <{work.url}>" if _is_address(work.url) else "")
            for work in sorted(report.works.values(), key=lambda work: work.reference().casefold())
        ),
        _colophon(report),
        "\n".join(_note(report, note) for note in report.notes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(words: str) -> str:
    """Return words so that Markdown takes none of them for a mark."""
    return _SPECIAL.sub(r"\\\1", clean(words))


def _is_address(url: str | None) -> bool:
    return url is not None and re.fullmatch(r"https?://[^\s<>]+", url) is not None


def _value(value: Value) -> str:
    return escaped(value.text) + (f"[^{value.note}]" if value.note else "")


def _block(block: Block) -> str:
    if block.total == 0:
        return f"**Missing.** {escaped(block.empty)}"
    parts: list[str] = []
    if block.chart is not None:
        described = re.search(r"<desc[^>]*>(.*?)</desc>", block.chart, re.DOTALL)
        said = described[1] if described else ""
        for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
            said = said.replace(entity, character)
        parts.append(f"*Chart, not drawn in this form:* {escaped(block.caption)} {escaped(said)}")
    if block.has_table:
        parts.append(_table(block))
    if block.caution:
        parts.append(f"*{escaped(block.caution)}*")
    return "\n\n".join(parts)


def _table(block: Block) -> str:
    heads = [escaped(heading) + (f" ({escaped(unit)})" if unit else "") for heading, unit in block.headings]
    rules = ["---:" if numeric else "---" for numeric in block.numeric]
    lines = [f"**{escaped(block.caption)}**", "", _line([*heads, "Note"]), _line([*rules, "---"])]
    for row, note in zip(block.rows, block.notes, strict=True):
        cells = [NOT_STATED if cell.text is None else escaped(cell.text) for cell in row]
        lines.append(_line([*cells, f"[^{note}]"]))
    if len(block.rows) < block.total:
        lines += ["", f"{shown_words(block)}; the question `{block.question}` has all."]
    if not block.is_complete:
        lines += ["", f"The answer is not complete: {escaped(str(block.limit))}."]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _bias(report: Composed) -> str:
    bias = report.bias
    lines = [
        "## Whose words this rests on",
        "",
        f"The notes point at {count_words(bias.places, 'place')} in {count_words(bias.works, 'work')}. A place counts "
        "once, however many notes point at it. What a source in turn quotes is not counted here.",
    ]
    for title, shares in (
        ("Kind of publisher", bias.by_kind),
        ("Language", bias.by_language),
        ("Year of publication", bias.by_year),
    ):
        lines += ["", _line([title, "Places", "Works", "Share"]), _line(["---", "---:", "---:", "---:"])]
        lines += [_share(share, max(bias.places, 1)) for share in shares]
    return "\n".join(lines)


def _share(share: Share, total: int) -> str:
    name = NOT_STATED if share.name is None else escaped(share.name)
    return _line([name, f"{share.places:,}", f"{share.works:,}", f"{round(100 * share.places / total)} %"])


def _colophon(report: Composed) -> str:
    issued = f" of {report.reference.issued}" if report.reference.issued else ""
    lines = [
        "## How this report was made",
        "",
        f"Every number above was read from release `{report.reference.release}`{issued} by the saved questions below, "
        "with these parameters. A value that no source states is called not stated and is never counted as zero.",
        "",
        _line(["Question", "What it asks", "Parameters", "Rows"]),
        _line(["---", "---", "---", "---:"]),
    ]
    for asking in report.askings:
        rows = f"{asking.rows:,}" + (f" (cut: {escaped(asking.limit)})" if asking.limit else "")
        lines.append(_line([f"`{asking.question}`", escaped(asking.summary), escaped(asking.asked or "none"), rows]))
    return "\n".join([*lines, "", f"Cite as: {escaped(report.reference.text())}"])


def _note(report: Composed, note: Note) -> str:
    parts = [escaped(note.said)] if note.said else []
    parts += [_in_work(report, source, list(found)) for source, found in groupby(note.passages, lambda p: p.source)]
    if note.left_out:
        parts.append(f"And {count_words(note.left_out, 'more place')}; the question lists them all with its evidence.")
    if not note.places and not note.said.startswith("No row"):
        parts.append("No evidence is recorded for this.")
    return f"[^{note.number}]: " + " ".join(parts)


def _in_work(report: Composed, source: str, passages: list[Passage]) -> str:
    work = report.works[source]
    places = [escaped(place) for passage in passages if (place := passage_words(passage))]
    said = f": {'; '.join(places)}" if places else ""
    return f"*{escaped(work.title or work.key)}* `{work.key}`{said}."
