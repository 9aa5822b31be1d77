"""Forms are read as everybody else reads them."""

from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.serve.forms import unquoted

PIECES = st.sampled_from(
    ["%", "%%", "=", "==", "%3D", "%3d", "%41", "%e4", "%BA%ac", "%0A", "%zz", "%4", "+", "_", " "]
)
ENDS = st.sampled_from(["\n", "\r", "\r\n", "%\n", "%\r", "%\r\n", "% \n", "=\n", "\t "])
LETTERS = st.text(st.characters(max_codepoint=127), max_size=4)


@given(st.lists(PIECES | ENDS | LETTERS, max_size=12).map("".join))
def test_any_text_is_what_the_standard_library_makes_of_it(text: str) -> None:
    try:
        expected = unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            unquoted(text)
    else:
        assert unquoted(text) == expected


@given(st.text())
def test_what_was_escaped_comes_back(text: str) -> None:
    assert unquoted(quote(text, safe="")) == text
    assert unquoted(quote_plus(text)) == text
