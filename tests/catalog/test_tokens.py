"""The tokenizer loses nothing and sees what a SPARQL reader sees."""

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.catalog.terms import TermError, iri_text, string_text
from kg.catalog.tokens import Kind, parameter_name, significant, tokenize
from kg.errors import QuerySyntaxError


def kinds(text: str) -> list[Kind]:
    return [token.kind for token in significant(tokenize(text))]


@given(
    st.lists(
        st.sampled_from(
            [
                "SELECT",
                " ",
                "?x",
                "kg:a",
                "<urn:x>",
                '"a\\"b"',
                "'''x\ny'''",
                "#c\n",
                "\n",
                "{",
                "}",
                "^^",
                "@en",
                "1.5e3",
                "_:b",
                "&&",
                "<=",
                "?_p",
                "a:b.c",
                "\t",
            ]
        ),
        max_size=30,
    )
)
def test_joined_tokens_give_the_text_back(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert "".join(token.text for token in tokenize(text)) == text


@settings(max_examples=2_000)
@given(st.text(max_size=60))
def test_any_text_is_tokens_or_a_syntax_error_with_a_position(text: str) -> None:
    try:
        assert "".join(token.text for token in tokenize(text)) == text
    except QuerySyntaxError as error:
        assert error.line is not None and error.line >= 1 and error.column is not None


def test_a_parameter_inside_a_string_an_iri_or_a_comment_is_none() -> None:
    tokens = tokenize('\'?_a\' <urn:?_b> # ?_c\n ?_d """?_e"""')
    assert [parameter_name(token) for token in tokens if parameter_name(token)] == ["d"]


def test_a_comparison_is_no_iri() -> None:
    assert kinds("?a < ?b && ?c > ?d") == [
        Kind.VARIABLE, Kind.MARK, Kind.VARIABLE, Kind.MARK, Kind.VARIABLE, Kind.MARK, Kind.VARIABLE,
    ]  # fmt: skip


def test_an_unclosed_string_is_refused_with_its_line() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        tokenize('SELECT ?x\nWHERE { ?x ?y "abc }')
    assert (caught.value.line, caught.value.column) == (2, 15)


@settings(max_examples=3_000)
@given(st.text(max_size=40))
def test_a_written_string_is_read_back_as_itself_by_a_real_reader(value: str) -> None:
    try:
        text = string_text(value)
    except TermError:
        assert "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)
        return
    assert kinds(text) == [Kind.STRING]
    solution = next(iter(pyoxigraph.Store().query(f"SELECT ({text} AS ?x) {{}}")))
    assert solution["x"].value == value


@pytest.mark.parametrize("value", ["\\u0022 } #", "\\\\u0022", "\\U00000022", "a\\"])
def test_an_early_decoder_of_codepoint_escapes_finds_nothing_to_break(value: str) -> None:
    import re

    text = string_text(value)
    # SPARQL 1.1, 19.2, taken at its word: escapes are decoded before anything else.
    early = re.sub(r"\\[uU]([0-9A-F]{4}(?:[0-9A-F]{4})?)", lambda match: chr(int(match[1], 16)), text)
    assert kinds(early) == [Kind.STRING]


@pytest.mark.parametrize("value", ["a b", "a>b", "<a", 'a"b', "a\\b", "a\nb", "a{b", "a`b", "\ud800"])
def test_an_iri_with_a_forbidden_character_is_refused(value: str) -> None:
    with pytest.raises(TermError):
        iri_text(value)
