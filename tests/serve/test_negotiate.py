"""Content negotiation as RFC 9110 has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.serve.negotiate import best, gzip_from, prefers_html

OFFERED = ("a/json", "a/xml", "text/csv")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "a/json"),
        ("", "a/json"),
        ("*/*", "a/json"),
        ("a/*", "a/json"),
        ("text/*", "text/csv"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("a/json;q=0.1, a/xml;q=0.9", "a/xml"),
        ("a/json;q=0, */*;q=0.5", "a/xml"),
        ("a/json; q=0.2; x=y, text/csv; q=0.3", "text/csv"),
        # The specific range decides although the wider one has the higher quality.
        ("*/*, a/json;q=0.1, a/xml;q=0.2, text/csv;q=0.3", "text/csv"),
        ("image/png", None),
        ("a/json;q=0", None),
        ("a/json;q=banana", None),
        ("a/json;q=nan", None),
        ("alias/json", "a/json"),
        (";;;,", None),
        (", a/xml ,", "a/xml"),
    ],
)
def test_the_best_type_is_chosen(accept: str | None, chosen: str | None) -> None:
    assert best(accept, OFFERED, {"alias/json": "a/json"}) == chosen


def test_a_browser_is_told_from_a_program() -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
    assert prefers_html(browser, OFFERED)
    assert not prefers_html("*/*", OFFERED)
    assert not prefers_html(None, OFFERED)
    assert not prefers_html("a/json, text/html;q=0.5", OFFERED)


def test_gzip_is_given_to_those_who_like_it_at_least_as_much() -> None:
    for takes in ("gzip, deflate, br", "br, GZIP;q=0.5", "x-gzip", "*", "gzip;q=0.3, identity;q=0.3"):
        assert gzip_from(takes) == 1_000, takes
    for refuses in ("gzip;q=0", "identity", "notgzip", "gzip;q=0, *", "gzip;q=0.1, identity", "", None):
        assert gzip_from(refuses) is None, refuses


def test_who_refuses_plain_text_gets_even_a_short_answer_compressed() -> None:
    assert gzip_from("gzip, identity;q=0") == 1
    assert gzip_from("gzip, *;q=0") == 1
    assert gzip_from("gzip, identity, *;q=0") == 1_000


@given(st.text(max_size=2_000))
def test_no_header_breaks_it(accept: str) -> None:
    assert best(accept, OFFERED) in (*OFFERED, None)
    gzip_from(accept)
    prefers_html(accept, OFFERED)
