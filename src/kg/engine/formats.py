"""Media types of answers, and what can be told from the bytes of one.

How Oxigraph 0.5 writes each format is relied on here and asserted in tests/engine/test_formats.py.
"""

import re
from types import MappingProxyType
from typing import Final

JSON: Final = "application/sparql-results+json"
XML: Final = "application/sparql-results+xml"
CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
TURTLE: Final = "text/turtle"
N_TRIPLES: Final = "application/n-triples"
JSON_LD: Final = "application/ld+json"
RDF_XML: Final = "application/rdf+xml"

RESULTS_TYPES: Final = (JSON, XML, CSV, TSV)
GRAPH_TYPES: Final = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML)

RESULTS_NAMES: Final = MappingProxyType({JSON: "JSON", XML: "XML", CSV: "CSV", TSV: "TSV"})
GRAPH_NAMES: Final = MappingProxyType(
    {TURTLE: "TURTLE", N_TRIPLES: "N_TRIPLES", JSON_LD: "JSON_LD", RDF_XML: "RDF_XML"}
)

# XML 1.0, 2.2 Char: what no document may hold, not even escaped. U+FFFE and U+FFFF in UTF-8 are EF BF BE and
# EF BF BF.
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_JSON_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_CSV_STRING: Final = re.compile(rb'"(?:[^"]|"")*+"')
# Never more of these than rows (headers aside), and cheap to count in each piece as it is written.
ROW_MARKS: Final = MappingProxyType({JSON: b"},{", XML: b"<result>", CSV: b"\n", TSV: b"\n"})


def xml_cannot_carry(body: bytes) -> bool:
    """Whether an XML document holds a character that XML 1.0 forbids."""
    return _NOT_XML.search(body) is not None


def keep_carriage_returns(body: bytes) -> bytes:
    """Write carriage returns of an XML document as references; else XML 1.0, 2.11 makes them newlines."""
    return body.replace(b"\r", b"&#xD;") if b"\r" in body else body


def row_ends(body: bytes, media_type: str, most: int) -> int | None:
    """Give the offset after row `most`, or None when the (perhaps unfinished) body has no further row begun.

    Used only on the rare answer that may be longer than its limit, so it may take time.
    """
    if media_type == XML:
        start, mark = 0, b"</result>"
        for _ in range(most):
            at = body.find(mark, start)
            if at < 0:
                return None
            start = at + len(mark)
        return start if body.startswith(b"<result>", start) else None
    if media_type == TSV:
        start = body.find(b"\n") + 1
        for _ in range(most):
            at = body.find(b"\n", start)
            if at < 0:
                return None
            start = at + 1
        return start if start < len(body) else None
    if media_type == CSV:
        # Same length, with quoted newlines hidden, so offsets stay true.
        plain = _CSV_STRING.sub(lambda match: b"x" * len(match[0]), body)
        return row_ends(plain, TSV, most)
    plain = _JSON_STRING.sub(lambda match: b"x" * len(match[0]), body)
    # The first row follows `"bindings":[`; only rows are divided by `},{`, since a key follows inner commas.
    start = plain.find(b":[{", plain.find(b"]},")) + 2
    for _ in range(most):
        at = plain.find(b"},{", start)
        if at < 0:
            return None
        start = at + 2
    return start - 1


def cut(body: bytes, media_type: str, at: int) -> bytes:
    """End a document whose first rows stop at `at` so that it is well formed."""
    tail = {JSON: b"]}}", XML: b"</results></sparql>", CSV: b"", TSV: b""}[media_type]
    return body[:at] + tail
