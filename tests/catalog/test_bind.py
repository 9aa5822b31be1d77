"""Values change constants and nothing else."""

import random

import pyoxigraph
import pytest
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal as RdfLiteral
from rdflib.term import URIRef, Variable

from kg.catalog import bind
from kg.catalog.tokens import Kind, significant, tokenize
from kg.errors import ParameterError
from tests.catalog.conftest import make_question

ALL = make_question(
    """#+ params:
#+   text: {type: string, default: x, label: Text}
#+   thing: {type: iri, class: kg:Place, default: place:kenya, label: Thing}
#+   many: {type: string, multi: true, optional: true, label: Many}
#+   since: {type: gYear, optional: true, label: Since}
#+   day: {type: date, optional: true, label: Day}
#+   least: {type: integer, default: "1", minimum: 0, maximum: 99, label: Least}
#+   share: {type: decimal, optional: true, label: Share}
#+   kind: {type: enum, values: [loan, grant], default: loan, label: Kind}
#+ columns:
#+   x: a thing
#+   n: its name
""",
    """SELECT ?x ?n WHERE {
  ?x kg:about ?_thing ; kg:unit ?n . # ?_text in a comment
  FILTER(CONTAINS(?n, ?_text) && ?n != "?_text" && ?n != ?_kind)
  FILTER(!BOUND(?_many) || ?n IN (?_many))
  FILTER(!BOUND(?_since) || SUBSTR(STR(?d), 1, 4) >= STR(?_since))
  FILTER(!bound( ?_day ) || ?d >= ?_day)
  FILTER(?v >= ?_least && (!BOUND(?_share) || ?v > ?_share))
}
ORDER BY ?x ?n
""",
)

PIECES = [
    '"', "'", '"""', "'''", "\\", "\\\\", "\\u0022", "\\U00000022", "u0022", "}", "{", ")", "(", ".", ";", ",", "#",
    "\n", "\r", "\t", "\0", "\ud800", "\u2028", "\x85", "\x1b", "<", ">", "<urn:x>", "?_text", "?x", "$x", "^^", "@en",
    "} UNION { ?s ?p ?o", "SERVICE <http://127.0.0.1/>", "DROP ALL", "; DELETE WHERE { ?s ?p ?o }", "FILTER(true)",
    "\u202e", "é", "中", "😀", "％22", "%22", "&quot;", "' OR 1=1", "place:kenya", "xsd:integer", "-1", "1e9", "NaN",
    "2018", "2018-02-30", "0x10", "١٢", "²", " ", "a", "PREFIX kg: <urn:evil>", "BASE <urn:evil>", "\ufeff", "\uffff",
]  # fmt: skip
NAMES = ["text", "thing", "many", "since", "day", "least", "share", "kind"]


def shape(text: str) -> list[tuple[Kind, str]]:
    """Return the kinds of tokens, and the text of all but constants."""
    constants = (Kind.STRING, Kind.IRI)
    return [(token.kind, "" if token.kind in constants else token.text) for token in significant(tokenize(text))]


def algebra(node: object) -> object:
    """Return an rdflib algebra with every constant blanked."""
    if isinstance(node, CompValue):
        return (node.name, tuple((key, algebra(value)) for key, value in sorted(node.items()) if key != "_vars"))
    if isinstance(node, RdfLiteral | URIRef):
        return "constant"
    if isinstance(node, Variable):
        return str(node)
    if isinstance(node, list | tuple):
        return tuple(algebra(item) for item in node)
    return str(type(node))


def test_twenty_thousand_hostile_values_change_constants_only_or_are_refused_by_name() -> None:
    seed = random.randrange(10**9)
    chooser = random.Random(seed)
    plain = {name: shape(bind(ALL, {name: value})) for name, value in
             [("text", "a"), ("thing", "place:kenya"), ("many", "a"), ("since", "2018"), ("day", "2018-01-01"),
              ("least", "1"), ("share", "1"), ("kind", "grant")]}  # fmt: skip
    accepted = refused = 0
    sample: list[tuple[str, str]] = []
    for _ in range(20_000):
        name = chooser.choice(NAMES[:1] * 4 + NAMES)
        value = "".join(chooser.choice(PIECES) for _ in range(chooser.randrange(1, 6)))
        try:
            bound = bind(ALL, {name: value})
        except ParameterError as error:
            assert error.parameter == name and error.expected, (seed, name, value)
            refused += 1
            continue
        accepted += 1
        expected = plain[name] if value.strip() else shape(bind(ALL, {}))
        assert shape(bound) == expected, (seed, name, value)
        if accepted % 200 == 0 and value.strip():
            sample.append((name, bound))
    assert accepted > 3_000 and refused > 3_000
    wanted = {name: algebra(translateQuery(parseQuery(bind(ALL, {name: value}))).algebra) for name, value in
              [("text", "a"), ("many", "a"), ("thing", "place:kenya"), ("kind", "grant"), ("least", "1"),
               ("since", "2018"), ("day", "2018-01-01"), ("share", "1")]}  # fmt: skip
    for name, bound in sample[:40]:
        pyoxigraph.Store().query(bound)
        assert algebra(translateQuery(parseQuery(bound)).algebra) == wanted[name], (seed, bound)


def test_several_values_stand_in_one_list() -> None:
    bound = bind(ALL, {"many": ["a", 'b", "c']})
    assert 'IN ("a", "b\\", \\"c")' in bound
    assert "!true ||" in bound


def test_an_optional_parameter_without_value_has_no_effect() -> None:
    bound = bind(ALL, {"many": "", "since": None})
    assert "!BOUND(?_many)" in bound and "IN (?_many)" in bound


def test_text_in_comments_and_strings_is_left_alone() -> None:
    bound = bind(ALL, {"text": "cam"})
    assert "# ?_text in a comment" in bound and '"?_text"' in bound and 'CONTAINS(?n, "cam")' in bound


@pytest.mark.parametrize(
    ("values", "parameter", "expected"),
    [
        ({"nope": "1"}, "nope", "one of the question's parameters"),
        ({"text": ["a", "b"]}, "text", "one value, not several"),
        ({"since": "18"}, "since", "a year of four digits"),
        ({"day": "2018-02-30"}, "day", "a day of the calendar as YYYY-MM-DD"),
        ({"least": "1.5"}, "least", "a whole number"),
        ({"least": "100"}, "least", "a number up to 99"),
        ({"share": "1,5"}, "share", "a number with a decimal point"),
        ({"kind": "gift"}, "kind", "one of loan, grant"),
        ({"thing": "Kenya"}, "thing", "an IRI, or its compact form"),
        ({"text": "x" * 501}, "text", "at most 500 characters"),
        ({"text": "x" * 10_000_000}, "text", "at most 500 characters"),
        ({"text": "a\x00"}, "text", "text without control characters"),
        ({"many": ["x"] * 201}, "many", "at most 200 values"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(values: dict[str, object], parameter: str, expected: str) -> None:
    with pytest.raises(ParameterError) as caught:
        bind(ALL, values)
    assert caught.value.parameter == parameter
    assert caught.value.expected.startswith(expected)
