"""Pieces of the pages about things that need no service: words for values, the picture of neighbours, passages."""

import hashlib
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.charts.neighbours import MOST, Neighbour, draw
from kg.engine import Literal
from kg.serve.entities.records import Node
from kg.serve.entities.texts import passage
from kg.serve.entities.words import day, money, number, quantity, scaled, when_words


@pytest.mark.parametrize(
    ("written", "read"), [("2014", "2014"), ("2019-05", "May 2019"), ("2019-11-03", "3 November 2019")]
)
def test_a_date_is_no_more_precise_than_it_is_written(written, read) -> None:
    assert day(written) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("85000000", "85\u00a0million"),
        ("2474630000000", "2.47463\u00a0trillion"),
        ("1000000001", "1,000,000,001"),
        ("1800", "1,800"),
        ("0", "0"),
        ("-1500000", "\u22121.5\u00a0million"),
    ],
)
def test_a_scaled_number_loses_nothing(value, read) -> None:
    assert scaled(Decimal(value)) == read


def test_units_stand_where_readers_expect_them() -> None:
    assert quantity(Decimal("-46"), "percent") == "\u221246\u00a0%"
    assert quantity(Decimal(18), "centers") == "18\u00a0centers"
    assert quantity(Decimal(3), "rank") == "rank\u00a03"
    assert money(Decimal("100727758051.93"), "USD", rounded=True) == "USD\u00a0100.73\u00a0billion"
    assert number(Decimal("7.19")) == "7.19"


@pytest.mark.parametrize(
    ("facts", "read"),
    [
        ({"kg:start": "2011", "kg:end": "2015"}, "2011 to 2015"),
        ({"kg:start": "2001"}, "since 2001"),
        ({"kg:notBefore": "2020", "kg:notAfter": "2021-03"}, "between 2020 and March 2021"),
        ({"kg:notBefore": "2022", "kg:notAfter": "2022"}, "within 2022"),
        ({"kg:date": "2019", "kg:asOf": "2020"}, "2019, as of 2020"),
        ({}, None),
    ],
)
def test_a_time_says_what_is_known_of_it(facts, read) -> None:
    node = Node("x", {name: (Literal(value),) for name, value in facts.items()})
    assert when_words(node) == read


def _neighbours(count: int) -> list[Neighbour]:
    return [
        Neighbour(name=f"Neighbour <{n}> & company", relation="supplier", href=f"/page/actor/n{n}", group="org")
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12, 20])
def test_every_neighbour_is_a_named_link_and_no_label_lies_on_another(count) -> None:
    svg = draw("The middle", _neighbours(count))
    root = ElementTree.fromstring(svg)
    links = root.findall("a")
    assert len(links) == min(count, MOST)
    assert all((link.findtext("title") or "").startswith("supplier: Neighbour") for link in links)
    assert all(link.get("href", "").startswith("/page/") for link in links)
    height = float(root.get("viewBox", "").split()[3])
    for side in ("start", "end"):
        lines = sorted(
            float(text.get("y", "0"))
            for link in links
            for text in link.findall("text")
            if text.get("text-anchor", "start") == side
        )
        assert all(after - before > 8 for before, after in pairwise(lines))
        assert all(8 < y < height for y in lines)
    assert "style=" not in svg


def test_without_neighbours_there_is_no_picture() -> None:
    assert draw("Alone", []) == ""


def test_the_same_neighbours_give_the_same_picture() -> None:
    assert draw("x", _neighbours(5)) == draw("x", _neighbours(5))
    assert not re.search(r"<[0-9]", draw("x", _neighbours(5)))


def test_a_text_is_found_by_its_digest_and_never_by_its_name(tmp_path: Path) -> None:
    content = b"one\ntwo\nthree\nfour\nfive\nsix\n"
    (tmp_path / "whatever.txt").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    shown = passage(str(tmp_path), digest, 3, 4)
    assert [(n, is_meant) for n, _, is_meant in shown] == [
        (1, False),
        (2, False),
        (3, True),
        (4, True),
        (5, False),
        (6, False),
    ]
    assert shown[2][1] == "three"
    assert passage(str(tmp_path), "0" * 64, 3, 4) == ()
    assert passage("", digest, 3, 4) == ()
    assert passage(str(tmp_path / "absent"), digest, 3, 4) == ()
    assert passage(str(tmp_path), digest, 400, 401) == ()
