"""Cutting a serialised answer after a row leaves a well-formed answer with the first rows."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import pyoxigraph as ox
import pytest

from kg.engine import formats
from kg.engine.execute import Job, run
from tests.serve.service import LABEL, NASTY

SRX = "{http://www.w3.org/2005/sparql-results#}"


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """Nasty literals, each the only value of its subject."""
    store = ox.Store()
    for number, text in enumerate(NASTY):
        store.add(ox.Quad(ox.NamedNode(f"urn:{number:02}"), ox.NamedNode(LABEL), ox.Literal(text)))
    return store


def answer(store: ox.Store, media_type: str, rows: int, text: str) -> tuple[bytes, str | None]:
    done = run(
        store,
        Job(
            text=text,
            results_type=media_type,
            graph_type="application/n-triples",
            default_graphs=(),
            named_graphs=(),
            own_dataset=False,
            rows=rows,
            bytes=10_000_000,
        ),
    )
    return done.body, done.limit


def values(body: bytes, media_type: str) -> list[str]:
    if media_type == formats.JSON:
        return [row["o"]["value"] for row in json.loads(body)["results"]["bindings"]]
    if media_type == formats.XML:
        root = ET.fromstring(body)
        return [cell.text or "" for cell in root.iter(f"{SRX}literal")]
    if media_type == formats.CSV:
        return [row[1] for row in list(csv.reader(io.StringIO(body.decode(), newline="")))[1:]]
    return [line.split("\t")[1] for line in body.decode().split("\n")[1:-1]]


@pytest.mark.parametrize("media_type", formats.RESULTS_TYPES)
@pytest.mark.parametrize("rows", range(1, len(NASTY) + 2))
def test_a_cut_answer_is_whole_and_says_so(store: ox.Store, media_type: str, rows: int) -> None:
    text = f"SELECT ?s ?o {{ ?s <{LABEL}> ?o }} ORDER BY ?s"
    whole, limit = answer(store, media_type, 1_000, text)
    assert limit is None
    body, limit = answer(store, media_type, rows, text)
    assert values(body, media_type) == values(whole, media_type)[:rows]
    assert limit == ("rows" if rows < len(NASTY) else None)


@pytest.mark.parametrize("media_type", formats.RESULTS_TYPES)
def test_a_huge_answer_is_stopped_early(store: ox.Store, media_type: str) -> None:
    body, limit = answer(store, media_type, 50, "SELECT ?s ?o { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    assert limit == "rows"
    assert len(values(body, media_type)) == 50


def test_rows_without_values_are_rows(store: ox.Store) -> None:
    body, limit = answer(store, formats.JSON, 3, "SELECT ?never { ?s ?p ?o }")
    assert limit == "rows"
    assert json.loads(body)["results"]["bindings"] == [{}, {}, {}]


def test_a_graph_is_cut_after_a_triple(store: ox.Store) -> None:
    body, limit = answer(store, formats.JSON, 3, "CONSTRUCT WHERE { ?s ?p ?o }")
    assert limit == "rows"
    assert body.count(b" .\n") == 3


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_what_xml_cannot_carry_is_seen(character: str) -> None:
    assert formats.xml_cannot_carry(f"<a>{character}</a>".encode())


def test_what_xml_can_carry_is_left_alone() -> None:
    assert not formats.xml_cannot_carry("<a>\t\n\r é 智 \ufffd 😀</a>".encode())
    assert formats.keep_carriage_returns(b"a\rb") == b"a&#xD;b"
