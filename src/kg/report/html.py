"""A report as HTML: Markdown by a library, everything that comes from the data escaped."""

import re
from base64 import b64encode
from itertools import groupby
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from kg.charts.lettering import clean
from kg.charts.palette import stylesheet
from kg.report.bias import Bias, Share
from kg.report.compose import CLOSE, NOT_STATED, OPEN, Block, Cell, Composed, Value
from kg.report.notes import Note, Passage
from kg.report.style import read_style

_VALUE: Final = re.compile(f"{OPEN}v([0-9]+){CLOSE}")
_BLOCK: Final = re.compile(f"<p>{OPEN}b([0-9]+){CLOSE}</p>")
_CHINESE: Final = re.compile(r"[\u2e80-\u303f\u31c0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
# From here on a table fills the width of a printed page, and every word of it must be able to wrap.
_MANY_COLUMNS: Final = 9
_LANGUAGES: Final = {"en": "English", "zh": "Chinese", "es": "Spanish", "de": "German", "fr": "French"}


def body(report: Composed, *, charts_as_images: bool = False) -> Markup:
    """Return the report as an `article` that may stand in any page.

    Arguments:
        charts_as_images: charts become `img` elements with a text alternative, which is how a tagged PDF takes
            them; otherwise they are SVG in the page and follow its colours.
    """
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    # Headings of the text stand below the title.
    prose = Markup(markdown.render(re.sub(r"^(#+ )", r"#\1", report.prose, flags=re.MULTILINE)))  # noqa: S704
    prose = Markup(_BLOCK.sub(lambda m: _block(report.blocks[int(m[1])], charts_as_images), prose))  # noqa: S704
    prose = Markup(_VALUE.sub(lambda m: _value(report.values[int(m[1])]), prose))  # noqa: S704
    parts = [
        Markup('<article class="report">'),
        Markup('<header><h1>{}</h1><p class="lead">{}</p>{}</header>').format(
            words(report.title), words(report.summary), _parameters(report)
        ),
        prose,
        _bias(report.bias),
        _notes(report),
        _sources(report),
        _colophon(report),
        Markup("</article>\n"),
    ]
    return Markup("\n").join(parts)


def page(report: Composed) -> str:
    """Return the report as a whole document that needs nothing beside it."""
    style = stylesheet() + read_style("report.css") + read_style("document.css")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(report.title)} · CityLedger</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{body(report)}</body>\n</html>\n"
    )


def words(text: str) -> Markup:
    """Return text escaped, with Chinese marked as such, so that it gets its own font and voice."""
    found = escape(clean(text))
    return Markup(_CHINESE.sub(lambda match: f'<span lang="zh">{match.group()}</span>', found))  # noqa: S704


def _value(value: Value) -> Markup:
    said = words(value.text)
    if value.text == NOT_STATED:
        said = Markup('<span class="unknown">{}</span>').format(said)
    return Markup('<span class="value">{}{}</span>').format(said, _mark(value.note) if value.note else "")


def _mark(number: int) -> Markup:
    # The word is for those who hear the page.
    return Markup('<sup class="mark"><a href="#note-{0}" aria-label="Note {0}">{0}</a></sup>').format(number)


def _parameters(report: Composed) -> Markup:
    entries = [(label, value) for label, value in report.parameters]
    entries.append(
        ("Release", report.reference.release + (f" of {report.reference.issued}" if report.reference.issued else ""))
    )
    items = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(words(label), words(value)) for label, value in entries
    )
    return Markup('<dl class="parameters">{}</dl>').format(items)


def _block(block: Block, as_image: bool) -> Markup:
    parts = [Markup('<section class="answer" aria-label="{}">').format(clean(block.caption))]
    if block.total == 0:
        parts.append(Markup('<p class="missing"><strong>Missing.</strong> {}</p>').format(words(block.empty)))
    else:
        if block.chart is not None:
            caption = "" if block.has_table else Markup("<figcaption>{}</figcaption>").format(words(block.caption))
            parts.append(Markup('<figure class="drawing">{}{}</figure>').format(_chart(block, as_image), caption))
        if block.has_table:
            parts.append(_table(block))
    if block.caution and block.total:
        parts.append(Markup('<p class="caution">{}</p>').format(words(block.caution)))
    parts.append(Markup("</section>"))
    return Markup("\n").join(parts)


def _chart(block: Block, as_image: bool) -> Markup:
    svg = block.chart or ""
    if not as_image:
        return Markup('<div class="chart-scroll">{}</div>').format(Markup(svg))  # noqa: S704
    described = re.search(r"<title[^>]*>(.*?)</title>\s*<desc[^>]*>(.*?)</desc>", svg, re.DOTALL)
    # Escaped already, since it comes from the SVG.
    said = Markup(f"{described[1]}. {described[2]}" if described else "")  # noqa: S704
    data = b64encode(svg.encode("utf-8")).decode("ascii")
    return Markup('<img alt="{}" src="data:image/svg+xml;base64,{}">').format(said, data)


def _table(block: Block) -> Markup:
    heads = [
        Markup('<th scope="col"{}>{}{}</th>').format(
            Markup(' class="number"') if is_number else "",
            words(heading),
            Markup(' <span class="unit">{}</span>').format(words(unit)) if unit and not _refers(unit) else "",
        )
        for (heading, unit), is_number in zip(block.headings, block.numeric, strict=True)
    ]
    heads.append(Markup('<th scope="col" class="mark">Note</th>'))
    rows = [
        Markup("<tr>{}<td class='mark'>{}</td></tr>").format(
            Markup("").join(_cell(cell, numeric) for cell, numeric in zip(row, block.numeric, strict=True)), _mark(note)
        )
        for row, note in zip(block.rows, block.notes, strict=True)
    ]
    kind = Markup(' class="many"') if len(heads) >= _MANY_COLUMNS else ""
    return Markup(
        "<table{}><caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table>\n{}"
    ).format(kind, words(block.caption), Markup("").join(heads), Markup("\n").join(rows), _cut(block))


def _refers(unit: str) -> bool:
    """Whether a unit only names the column that has it."""
    return unit == "currency" or unit.startswith("see ")


def _cell(cell: Cell, numeric: bool) -> Markup:
    kind = Markup(' class="number"') if numeric else ""
    if cell.text is None:
        return Markup('<td{}><span class="unknown">{}</span></td>').format(kind, NOT_STATED)
    return Markup("<td{}>{}</td>").format(kind, words(cell.text))


def _cut(block: Block) -> Markup:
    said = []
    if len(block.rows) < block.total:
        said.append(f"{shown_words(block)}; the question {block.question} has all.")
    if not block.is_complete:
        said.append(f"The answer is not complete: {block.limit}.")
    return Markup('<p class="cut">{}</p>').format(words(" ".join(said))) if said else Markup("")


def number_words(count: int) -> str:
    """Return a count with thousands separated."""
    return f"{count:,}"


def shown_words(block: Block) -> str:
    """Return how many of its rows a table shows, as words."""
    shown = len(block.rows)
    return f"{shown} of {number_words(block.total)} rows {'is' if shown == 1 else 'are'} shown"


def _bias(bias: Bias) -> Markup:
    total = max(bias.places, 1)
    tables = [
        _shares(title, shares, total)
        for title, shares in (
            ("By kind of publisher", bias.by_kind),
            (
                "By language",
                tuple(Share(_LANGUAGES.get(s.name or "", s.name), s.places, s.works) for s in bias.by_language),
            ),
            ("By year of publication", bias.by_year),
        )
    ]
    return Markup(
        '<section class="bias"><h2>Whose words this rests on</h2>\n<p>The notes point at {} in {}. '
        "A place counts once, however many notes point at it. What a source in turn quotes is not counted "
        "here.</p>\n<div class='shares'>{}</div></section>"
    ).format(count_words(bias.places, "place"), count_words(bias.works, "work"), Markup("\n").join(tables))


def count_words(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _shares(title: str, shares: tuple[Share, ...], total: int) -> Markup:
    rows = [
        Markup(
            '<tr><th scope="row">{}</th><td class="number">{:,}</td><td class="number">{:,}</td>'
            '<td class="number">{} %</td></tr>'
        ).format(
            words(share.name) if share.name else Markup('<span class="unknown">{}</span>').format(NOT_STATED),
            share.places,
            share.works,
            round(100 * share.places / total),
        )
        for share in shares
    ]
    return Markup(
        '<table class="share"><caption>{}</caption><thead><tr><th scope="col">Group</th>'
        '<th scope="col" class="number">Places</th><th scope="col" class="number">Works</th>'
        '<th scope="col" class="number">Share</th></tr></thead><tbody>{}</tbody></table>'
    ).format(title, Markup("\n").join(rows))


def _notes(report: Composed) -> Markup:
    items = [
        Markup('<li id="note-{}" value="{}">{}</li>').format(note.number, note.number, _note(report, note))
        for note in report.notes
    ]
    return Markup('<section class="notes"><h2>Notes</h2>\n<ol>\n{}\n</ol></section>').format(Markup("\n").join(items))


def _note(report: Composed, note: Note) -> Markup:
    parts = [words(note.said)] if note.said else []
    parts += [_in_work(report, source, list(found)) for source, found in groupby(note.passages, lambda p: p.source)]
    if note.left_out:
        parts.append(
            words(f"And {count_words(note.left_out, 'more place')}; the question lists them all with its evidence.")
        )
    if not note.places and not note.said.startswith("No row"):
        parts.append(Markup('<span class="missing">No evidence is recorded for this.</span>'))
    return Markup(" ").join(parts)


def _in_work(report: Composed, source: str, passages: list[Passage]) -> Markup:
    work = report.works[source]
    said = Markup('<a href="{}"><cite>{}</cite></a>').format(work.iri, words(work.title or work.key))
    places = [place for passage in passages if (place := passage_words(passage))]
    return said + words(f": {'; '.join(places)}." if places else ".")


def passage_words(passage: Passage) -> str:
    """Return section, lines and doubts of a passage, without its work."""
    flags = f" (doubtful: {'; '.join(passage.flags)})" if passage.flags else ""
    return ", ".join(part for part in (passage.section, passage.lines) if part) + flags


def _sources(report: Composed) -> Markup:
    items = []
    for work in sorted(report.works.values(), key=lambda work: work.reference().casefold()):
        link = Markup(' <a href="{0}">{0}</a>').format(work.url) if _is_address(work.url) else ""
        items.append(Markup("<li>{}{} <code>{}</code></li>").format(words(work.reference()), link, work.key))
    if not items:
        return Markup("")
    return Markup('<section class="works"><h2>Sources</h2>\n<ul>\n{}\n</ul></section>').format(Markup("\n").join(items))


def _is_address(url: str | None) -> bool:
    return url is not None and url.startswith(("http://", "https://"))


def _colophon(report: Composed) -> Markup:
    rows = [
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td class='number'>{}</td></tr>").format(
            asking.question,
            words(asking.summary),
            words(asking.asked or "none"),
            number_words(asking.rows) + (f" (cut: {asking.limit})" if asking.limit else ""),
        )
        for asking in report.askings
    ]
    return Markup(
        '<section class="colophon"><h2>How this report was made</h2>\n<p>Every number above was read from release '
        "<code>{}</code>{} by the saved questions below, with these parameters. A value that no source states is "
        "called not stated and is never counted as zero.</p>\n<table><caption>Questions asked</caption><thead><tr>"
        '<th scope="col">Question</th><th scope="col">What it asks</th><th scope="col">Parameters</th>'
        '<th scope="col" class="number">Rows</th></tr></thead>\n<tbody>\n{}\n</tbody></table>\n'
        '<p class="cite">Cite as: {}</p></section>'
    ).format(
        report.reference.release,
        f" of {report.reference.issued}" if report.reference.issued else "",
        Markup("\n").join(rows),
        words(report.reference.text()),
    )
