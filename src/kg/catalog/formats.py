"""An answer as bytes, in every form that people and programs ask for; each has the same rows."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from kg.catalog.cells import cell_of, number_of, qualifier_of, readable
from kg.catalog.evidence import Citation
from kg.catalog.records import Form, Question
from kg.catalog.run import QuestionAnswer
from kg.catalog.terms import term_text
from kg.charts.spec import Cell
from kg.engine import Iri, Literal, Term
from kg.engine.types import RDF_LANG_STRING, XSD_STRING
from kg.errors import NotAcceptableError

EVIDENCE_COLUMN: Final = "evidenceAt"
# A spreadsheet takes a cell that begins with one of these for a formula, and tab or return start a new one.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
# XML 1.0, 2.2 (Char): these cannot stand in XML, not even escaped.
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Format:
    """A form of an answer.

    Attributes:
        suffix: how a URL or a file ends, without the dot.
        media_type: without parameters.
        form: the query form that has it.
    """

    suffix: str
    media_type: str
    form: Form


FORMATS: Final = (
    Format("csv", "text/csv", Form.SELECT),
    Format("tsv", "text/tab-separated-values", Form.SELECT),
    Format("json", "application/json", Form.SELECT),
    Format("srj", "application/sparql-results+json", Form.SELECT),
    Format("srx", "application/sparql-results+xml", Form.SELECT),
    Format("geojson", "application/geo+json", Form.SELECT),
    Format("txt", "text/plain", Form.SELECT),
    Format("ttl", "text/turtle", Form.CONSTRUCT),
    Format("jsonld", "application/ld+json", Form.CONSTRUCT),
    Format("nt", "application/n-triples", Form.CONSTRUCT),
)


def media_type(suffix: str) -> str:
    """Return the media type of a suffix; N-Triples for one that is unknown."""
    return next((known.media_type for known in FORMATS if known.suffix == suffix), "application/n-triples")


def has_places(question: Question) -> bool:
    """Whether the rows can stand on a map as points."""
    return _coordinates(question) is not None


def offered(question: Question) -> tuple[Format, ...]:
    """Return the formats that a question's answers have."""
    return tuple(
        known
        for known in FORMATS
        if known.form is question.form and (known.suffix != "geojson" or has_places(question))
    )


def write(answer: QuestionAnswer, suffix: str, *, bom: bool = False) -> bytes:
    """Return an answer in one of the formats that its question offers.

    `bom` puts the mark before CSV and TSV that some spreadsheets need to see UTF-8.

    Raises:
        NotAcceptableError: the question has no such form.
    """
    formats = {known.suffix: known for known in offered(answer.question)}
    if suffix not in formats:
        types = [known.media_type for known in formats.values()]
        raise NotAcceptableError(f"{answer.question.name} has no form .{suffix}", types)
    if answer.graph is not None and formats[suffix].media_type != answer.graph_type:
        raise NotAcceptableError(f"the graph was asked for as {answer.graph_type}", [answer.graph_type])
    text = _WRITERS[suffix](answer)
    if bom and suffix in ("csv", "tsv"):
        text = "\ufeff" + text
    return text.encode("utf-8")


def _csv(answer: QuestionAnswer) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")  # RFC 4180, 2.1
    writer.writerow(_header(answer))
    for index, row in enumerate(answer.rows):
        cells = [_sheet_cell(term) for term in row]
        if answer.citations is not None:
            cells.append(_places(answer.citations[index]))
        writer.writerow(cells)
    return sheet.getvalue()


def _sheet_cell(term: Term | None) -> str:
    if term is None:
        return ""
    number = number_of(term)
    if number is not None:
        return _plain_number(number)
    return "'" + term.value if term.value.startswith(_FORMULA) else term.value


def _plain_number(number: Decimal) -> str:
    return f"{number:f}" if number != number.to_integral_value() else str(int(number))


def _tsv(answer: QuestionAnswer) -> str:
    # SPARQL 1.1 Query Results CSV and TSV Formats, 4: terms in full, so nothing is lost or a formula.
    lines = ["\t".join(f"?{name}" for name in _header(answer))]
    for index, row in enumerate(answer.rows):
        cells = ["" if term is None else term_text(term) for term in row]
        if answer.citations is not None:
            cells.append(json.dumps(_places(answer.citations[index]), ensure_ascii=False))
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def _header(answer: QuestionAnswer) -> list[str]:
    return [*answer.columns, *([EVIDENCE_COLUMN] if answer.citations is not None else [])]


def _places(citations: tuple[Citation, ...]) -> str:
    return "; ".join(dict.fromkeys(citation.short() for citation in citations))


def _json(answer: QuestionAnswer) -> str:
    rows: list[dict[str, object]] = []
    for index, row in enumerate(answer.rows):
        entry: dict[str, object] = {name: _json_cell(term) for name, term in zip(answer.columns, row, strict=True)}
        if answer.citations is not None:
            entry["evidence"] = [_json_citation(citation) for citation in answer.citations[index]]
        rows.append(entry)
    document: dict[str, object] = {
        "question": answer.question.name,
        "parameters": {
            name: [term.value for term in terms] if (_is_multi(answer, name)) else terms[0].value
            for name, terms in answer.values.items()
        },
        "columns": list(answer.columns),
        "rows": rows,
        "complete": answer.complete,
        "release": answer.release,
    }
    if answer.limit is not None:
        document["limit"] = answer.limit
    if answer.page is not None:
        page = answer.page
        document["page"] = {"number": page.number, "size": page.size, "pages": page.count, "rows": page.total}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _is_multi(answer: QuestionAnswer, name: str) -> bool:
    parameter = answer.question.param(name)
    return parameter is not None and parameter.multi


def _json_cell(term: Term | None) -> object:
    if isinstance(term, Iri):
        return term.value
    value: Cell = cell_of(term)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _json_citation(citation: Citation) -> dict[str, object]:
    found: dict[str, object] = {
        "node": citation.node,
        "place": citation.place,
        "at": citation.short(),
        "source": citation.source,
        "title": citation.title,
        "section": citation.section,
        "firstLine": citation.first_line,
        "lastLine": citation.last_line,
        "footnote": citation.footnote,
        "flag": citation.flag,
    }
    return {key: value for key, value in found.items() if value is not None}


def _srj(answer: QuestionAnswer) -> str:
    bindings: list[dict[str, object]] = []
    for index, row in enumerate(answer.rows):
        binding: dict[str, object] = {
            name: _srj_term(term) for name, term in zip(answer.columns, row, strict=True) if term is not None
        }
        if answer.citations is not None:
            binding[EVIDENCE_COLUMN] = {"type": "literal", "value": _places(answer.citations[index])}
        bindings.append(binding)
    document = {"head": {"vars": _header(answer)}, "results": {"bindings": bindings}}
    return json.dumps(document, ensure_ascii=False) + "\n"


def _srj_term(term: Term) -> dict[str, str]:
    if isinstance(term, Iri):
        return {"type": "uri", "value": term.value}
    found = {"type": "literal", "value": term.value}
    if term.language:
        found["xml:lang"] = term.language
    elif term.datatype not in (XSD_STRING, RDF_LANG_STRING):
        found["datatype"] = term.datatype
    return found


def _srx(answer: QuestionAnswer) -> str:
    lines = [
        '<?xml version="1.0"?>',
        '<sparql xmlns="http://www.w3.org/2005/sparql-results#">',
        "<head>" + "".join(f"<variable name={quoteattr(name)}/>" for name in _header(answer)) + "</head>",
        "<results>",
    ]
    for index, row in enumerate(answer.rows):
        cells = [
            f"<binding name={quoteattr(name)}>{_srx_term(term)}</binding>"
            for name, term in zip(answer.columns, row, strict=True)
            if term is not None
        ]
        if answer.citations is not None:
            places = f"<literal>{escape(_places(answer.citations[index]))}</literal>"
            cells.append(f'<binding name="{EVIDENCE_COLUMN}">{places}</binding>')
        lines.append("<result>" + "".join(cells) + "</result>")
    return "\n".join([*lines, "</results>", "</sparql>"]) + "\n"


def _srx_term(term: Term) -> str:
    text = escape(_NO_XML.sub("\ufffd", term.value), {"\r": "&#13;"})
    if isinstance(term, Iri):
        return f"<uri>{text}</uri>"
    if term.language:
        return f"<literal xml:lang={quoteattr(term.language)}>{text}</literal>"
    if term.datatype not in (XSD_STRING, RDF_LANG_STRING):
        return f"<literal datatype={quoteattr(term.datatype)}>{text}</literal>"
    return f"<literal>{text}</literal>"


def node_lists(answer: QuestionAnswer) -> frozenset[str]:
    """Return the columns that only carry nodes for evidence, several in a cell; people need not see them."""
    return frozenset(
        name
        for name in answer.question.evidence
        if any(isinstance(row[answer.columns.index(name)], Literal) for row in answer.rows)
    )


def _coordinates(question: Question) -> tuple[str, str] | None:
    names = [column.name for column in question.columns]
    chart = question.chart
    lat = chart.lat if chart is not None and chart.lat else "lat"
    long = chart.long if chart is not None and chart.long else "long"
    return (lat, long) if lat in names and long in names else None


def _geojson(answer: QuestionAnswer) -> str:
    lat, long = _coordinates(answer.question) or ("lat", "long")
    features: list[dict[str, object]] = []
    for index, row in enumerate(answer.rows):
        named = dict(zip(answer.columns, row, strict=True))
        north, east = number_of(named.get(lat)), number_of(named.get(long))
        properties: dict[str, object] = {
            name: _json_cell(term) for name, term in named.items() if name not in (lat, long)
        }
        if answer.citations is not None:
            properties[EVIDENCE_COLUMN] = _places(answer.citations[index])
        # RFC 7946, 3.1.1 and 3.2: longitude first; a feature without a place has null for its geometry.
        known = north is not None and east is not None
        point = {"type": "Point", "coordinates": [float(east), float(north)]} if known else None  # type: ignore[arg-type]
        features.append({"type": "Feature", "geometry": point, "properties": properties})
    document = {
        "type": "FeatureCollection",
        "features": features,
        "complete": answer.complete,
        "release": answer.release,
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def _text(answer: QuestionAnswer) -> str:
    shown = readable(answer.columns, node_lists(answer))
    table = [[name.removesuffix("Label") for name in shown]]
    for row in answer.rows:
        named = dict(zip(answer.columns, row, strict=True))
        table.append([_text_cell(named[name], named.get(qualifier_of(name, answer.columns) or "")) for name in shown])
    if answer.citations is not None:
        table[0].append("evidence")
        for cells, citations in zip(table[1:], answer.citations, strict=True):
            cells.append(_places(citations))
    widths = [max(_width(cells[column]) for cells in table) for column in range(len(table[0]))]
    lines = [_line(cells, widths) for cells in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    rows = f"{len(answer.rows)} row" + ("" if len(answer.rows) == 1 else "s")
    state = "complete" if answer.complete else f"NOT COMPLETE ({answer.limit})"
    return "\n".join([*lines, "", f"{rows}, {state}, release {answer.release}"]) + "\n"


def _text_cell(term: Term | None, qualifier: Term | None) -> str:
    value = cell_of(term)
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return _plain_number(value) if qualifier is None else f"{_text_cell(qualifier, None)} {_plain_number(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    # A control character could steer a terminal.
    return "".join(c if c.isprintable() else " " for c in value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _line(cells: list[str], widths: list[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in pairs).rstrip()


def _graph(answer: QuestionAnswer) -> str:
    return (answer.graph or b"").decode("utf-8")


_WRITERS: Final[dict[str, Callable[[QuestionAnswer], str]]] = {
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "srj": _srj,
    "srx": _srx,
    "geojson": _geojson,
    "txt": _text,
    "ttl": _graph,
    "jsonld": _graph,
    "nt": _graph,
}
