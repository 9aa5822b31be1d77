"""Every saved question runs, keeps its promises, and says the same in every form."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from kg.catalog import Catalog, Choices, ParameterType, Question, QuestionAnswer, offered, run, with_evidence, write
from kg.catalog.evidence import Citation
from kg.catalog.records import Form, InvariantKind
from kg.engine import Engine, Iri, Literal, Term
from kg.errors import ParameterError
from kg.vocab import XSD
from tests.catalog.conftest import CHECKOUT

NAMES = sorted(path.stem for path in (CHECKOUT / "queries").glob("*.rq"))


# Things of the tiny release that a question has something to say about.
PICKS: dict[str, str] = {
    "company": "actor:omega-systems",
    "actor": "actor:omega-systems",
    "issuer": "actor:government-of-gammaland",
    "source": "source:tiny-2020",
    "state": "place:deltaland",
    "country": "place:alphaland",
    "project": "project:alphaville-cameras",
    "indicator": "indicator:surveillance-cameras",
}
OWN_PICKS: dict[tuple[str, str], str] = {
    ("restricted-vendors-among-allies", "country"): "place:gammaland",
    ("agreements-of-an-actor", "actor"): "actor:government-of-alphaland",
    ("who-owns-a-company", "company"): "actor:omega-cloud",
    ("suppliers-in-several-countries", "least"): "1",
    ("prices-paid-for-platforms", "technology"): "technology:surveillance",
}


def tiny_values(question: Question, choices: Choices) -> dict[str, object]:
    """Return values for the tiny release where it lacks the things that the defaults name."""
    values: dict[str, object] = {}
    for parameter in question.params:
        own = OWN_PICKS.get((question.name, parameter.name))
        if own is not None:
            values[parameter.name] = own
        elif parameter.type is ParameterType.IRI and not parameter.optional:
            try:
                for text in parameter.default:
                    choices.resolve(text, parameter)
            except ParameterError:
                known = [choice.iri for choice in choices.of(parameter)]
                pick = PICKS.get(parameter.name)
                values[parameter.name] = known if parameter.multi else (pick or known[0])
    return values


def answer(name: str, catalog: Catalog, engine: Engine, choices: Choices) -> QuestionAnswer:
    question = catalog.question(name)
    return run(engine, question, tiny_values(question, choices), choices=choices)


def test_there_are_forty_questions_over_nearly_all_competency_questions(catalog: Catalog) -> None:
    assert len(catalog) >= 40
    # 8, what changed between releases, is no question to one release: kg diff answers it.
    assert {number for question in catalog for number in question.answers} == set(range(1, 41)) - {8}


@pytest.mark.parametrize("name", NAMES)
def test_a_question_keeps_its_promises_on_tiny(name: str, catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = answer(name, catalog, engine, choices)
    question = found.question
    assert found.complete
    if question.form is Form.CONSTRUCT:
        assert found.graph is not None
        return
    assert found.columns == tuple(column.name for column in question.columns)
    assert len(set(found.rows)) == len(found.rows), "a row occurs twice"
    for invariant in question.expect.invariants:
        places = [found.columns.index(column) for column in invariant.columns]
        cells = [tuple(row[place] for place in places) for row in found.rows]
        if invariant.kind is InvariantKind.UNIQUE:
            assert len(set(cells)) == len(cells), invariant
        elif invariant.kind is InvariantKind.BOUND:
            assert all(cell is not None for row in cells for cell in row), invariant
        else:
            assert not any(cell is not None and cell.value.startswith("-") for row in cells for cell in row)


@pytest.mark.parametrize("name", NAMES)
def test_evidence_adds_no_row_and_takes_none(name: str, catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = answer(name, catalog, engine, choices)
    if found.graph is not None:
        return
    cited = with_evidence(engine, found)
    assert cited.rows == found.rows
    assert cited.citations is not None and len(cited.citations) == len(found.rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_form_has_the_same_rows(name: str, catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = answer(name, catalog, engine, choices)
    if found.graph is not None:
        return
    number = len(found.rows)
    assert len(list(csv.reader(io.StringIO(write(found, "csv").decode())))) == number + 1
    assert write(found, "tsv").decode().count("\n") == number + 1
    assert len(json.loads(write(found, "json"))["rows"]) == number
    assert len(json.loads(write(found, "srj"))["results"]["bindings"]) == number
    root = ElementTree.fromstring(write(found, "srx"))
    assert len(root.findall(".//{http://www.w3.org/2005/sparql-results#}result")) == number
    assert f"{number} row" in write(found, "txt").decode()
    if "geojson" in [known.suffix for known in offered(found.question)]:
        assert len(json.loads(write(found, "geojson"))["features"]) == number


def test_a_supplier_is_listed_with_its_project_and_lines(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = run(
        engine, catalog.question("projects-in-a-country"), {"country": "阿尔法"}, choices=choices, evidence=True
    )
    rows = json.loads(write(found, "json"))["rows"]
    assert [(row["projectLabel"], row["places"], row["supplierLabel"], row["role"]) for row in rows] == [
        ("Cameras in Alphaville", "Alphaville", "Omega Systems", "Supplier"),
        ("Data center in Betatown", "Betatown", "Omega Cloud", "Supplier"),
    ]
    assert {place["at"] for place in rows[0]["evidence"]} == {"tiny-2020:3"}


def test_an_unstated_amount_is_counted_and_not_zero(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = run(engine, catalog.question("financing-by-lender-and-year"), {}, choices=choices)
    read = json.loads(write(found, "json"))["rows"]
    rows = {(row["providerLabel"], row["currency"]): row for row in read if row["year"] in ("2017", None)}
    assert rows["Bank of Deltaland", "USD"]["known"] == 120000000
    assert (rows[None, None]["stated"], rows[None, None]["unstated"]) == (0, 1)


def test_a_vendors_result_stands_beside_who_doubts_it(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = run(engine, catalog.question("resting-on-the-vendors-word"), {}, choices=choices)
    rows = json.loads(write(found, "json"))["rows"]
    assert [(row["claimantLabel"], row["value"], row["disputerLabel"]) for row in rows] == [
        ("Omega Systems", -30, "Alphaville Gazette")
    ]


def test_who_was_not_selected_is_no_supplier(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    refused = run(engine, catalog.question("where-vendors-were-refused"), {}, choices=choices)
    assert "Sigma Networks" in write(refused, "csv").decode()
    suppliers = run(engine, catalog.question("suppliers-in-a-country"), {"country": "alphaland"}, choices=choices)
    assert "Sigma Networks" not in write(suppliers, "csv").decode()


def made(rows: tuple[tuple[Term | None, ...], ...], found: QuestionAnswer) -> QuestionAnswer:
    question = replace(found.question, evidence=(), columns=found.question.columns[: len(rows[0])])
    columns = tuple(column.name for column in question.columns)
    return replace(found, question=question, columns=columns, rows=rows, total=len(rows))


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_a_formula_in_a_cell_is_text_to_a_spreadsheet(
    value: str, catalog: Catalog, engine: Engine, choices: Choices
) -> None:
    found = made(((Literal(value),),), answer(NAMES[0], catalog, engine, choices))
    rows = list(csv.reader(io.StringIO(write(found, "csv").decode(), newline="")))
    assert rows[1] == ["'" + value]


def test_a_negative_number_stays_a_number(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = made(((Literal("-46.0", f"{XSD}decimal"),),), answer(NAMES[0], catalog, engine, choices))
    assert write(found, "csv").decode().splitlines()[1] == "-46"
    assert next(iter(json.loads(write(found, "json"))["rows"][0].values())) == -46


def test_a_byte_order_mark_comes_on_request_only(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    found = answer(NAMES[0], catalog, engine, choices)
    assert not write(found, "csv").startswith(b"\xef\xbb\xbf")
    assert write(found, "csv", bom=True).startswith(b"\xef\xbb\xbf")


def test_xml_is_well_formed_whatever_the_text(catalog: Catalog, engine: Engine, choices: Choices) -> None:
    rows = ((Literal("a\x01]]>&<\r\n中"),), (Iri("http://x/?a&b"),), (None,))
    ElementTree.fromstring(write(made(rows, answer(NAMES[0], catalog, engine, choices)), "srx"))


def test_a_place_is_written_as_in_the_tables() -> None:
    place = Citation(
        node="n", place="p", source="https://w3id.org/cityledger/id/source/tiny-2020", title=None, section=None,
        first_line=3, last_line=3, footnote=None, flag=None,
    )  # fmt: skip
    assert place.short() == "tiny-2020:3"
    assert replace(place, last_line=5).short() == "tiny-2020:3-5"
    assert replace(place, footnote="12").short() == "tiny-2020:fn12"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("alphaland", "alphaland"),
        ("place:alphaland", "alphaland"),
        ("https://w3id.org/cityledger/id/place/alphaland", "alphaland"),
        (" ALPHALAND ", "alphaland"),
        ("阿尔法", "alphaland"),
    ],
)
def test_a_thing_is_found_by_every_name(text: str, slug: str, catalog: Catalog, choices: Choices) -> None:
    parameter = catalog.question("projects-in-a-country").params[0]
    assert choices.resolve(text, parameter).endswith(f"/place/{slug}")


def test_an_unknown_thing_is_answered_with_the_nearest(catalog: Catalog, choices: Choices) -> None:
    with pytest.raises(ParameterError, match="nearest to 'Alfaland': Alphaland"):
        choices.resolve("Alfaland", catalog.question("projects-in-a-country").params[0])
