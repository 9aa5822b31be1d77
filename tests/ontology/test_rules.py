"""The rules give what the worked cases say, and nothing that they rule out."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from owlrl import DeductiveClosure, OWLRL_Semantics
from rdflib import RDF, Graph, URIRef

from kg.rules import INFERRED, infer, read_rules
from kg.vocab import KG, PROLOGUE, XSD, expand

HERE = Path(__file__).parent
ONTOLOGY = HERE.parents[1] / "ontology"
CASES = HERE / "cases"
TERMS = ("kg.ttl", "vocabularies.ttl", "alignments.ttl")
NUMBERS = {XSD + "decimal", XSD + "integer"}
TURTLE_PROLOGUE = "".join(f"@prefix {line.removeprefix('PREFIX ')} .\n" for line in PROLOGUE.splitlines())


@cache
def terms() -> tuple[ox.Quad, ...]:
    files = [ONTOLOGY / name for name in TERMS]
    return tuple(quad for path in files for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))


def inferred(*, files: Iterable[Path] = (), turtle: str = "") -> ox.Store:
    """Return a store with the ontology, some stated triples and all that follows from them."""
    store = ox.Store()
    stated = ox.NamedNode("urn:stated")
    store.extend(ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode("urn:terms")) for q in terms())
    for path in files:
        store.load(path=str(path), format=ox.RdfFormat.TURTLE, to_graph=stated)
    store.load(TURTLE_PROLOGUE + turtle, format=ox.RdfFormat.TURTLE, to_graph=stated)
    infer(store, read_rules(ONTOLOGY / "rules"))
    return store


def shown(term: object) -> str:
    if term is None:
        return "-"
    if isinstance(term, ox.NamedNode):
        return term.value.rpartition("/")[2].rpartition("#")[2]
    assert isinstance(term, ox.Literal)
    return f"{Decimal(term.value).normalize():f}" if term.datatype.value in NUMBERS else term.value


def objects(store: ox.Store, subject: str, predicate: str) -> list[str]:
    """Return the inferred objects of a subject and a property of ours, written short and sorted."""
    found = store.quads_for_pattern(ox.NamedNode(expand(subject)), ox.NamedNode(expand(predicate)), None, INFERRED)
    return sorted(shown(quad.object) for quad in found)


def case_files(number: str) -> list[Path]:
    return [CASES / "context.ttl", CASES / f"{number}-stated.ttl"]


NUMBERED = sorted(path.name[:2] for path in CASES.glob("*-stated.ttl"))


def test_there_are_twenty_two_worked_cases() -> None:
    assert [f"{number:02d}" for number in range(1, 23)] == NUMBERED


@pytest.mark.parametrize("number", sorted(path.name[:2] for path in CASES.glob("*-inferred.ttl")))
def test_a_worked_case_gives_its_inferred_triples(number: str) -> None:
    store = inferred(files=case_files(number))
    expected = [q.triple for q in ox.parse(path=str(CASES / f"{number}-inferred.ttl"), format=ox.RdfFormat.TURTLE)]
    assert expected
    assert [t for t in expected if not list(store.quads_for_pattern(t.subject, t.predicate, t.object, INFERRED))] == []


@pytest.mark.parametrize("number", sorted(path.name[:2] for path in CASES.glob("*-question.rq")))
def test_a_worked_case_answers_its_question(number: str) -> None:
    store = inferred(files=case_files(number))
    question = (CASES / f"{number}-question.rq").read_text(encoding="utf-8")
    rows = store.query(question, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    found = sorted(" | ".join(shown(value) for value in row) for row in rows)
    assert found == sorted((CASES / f"{number}-answer.txt").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("number", NUMBERED)
def test_a_second_run_adds_nothing(number: str) -> None:
    store = inferred(files=case_files(number))
    assert infer(store, read_rules(ONTOLOGY / "rules")) == 0


# What must not follow: (case, subject, property, objects that are all there may be).
LIMITS = [
    ("01", "actor:huawei", "kg:suppliesTechnology", []),
    ("01", "project:safe-philippines-1", "kg:operatedBy", []),
    ("05", "project:konza-technology-city", "kg:suppliedBy", []),
    ("05", "project:konza-technology-city", "kg:usesTechnology", []),
    ("06", "project:ecu911", "kg:commissionedBy", []),
    ("07", "project:viettel-5g", "kg:suppliedBy", ["ericsson"]),
    ("07", "project:viettel-5g", "kg:involves", ["ericsson", "viettel"]),
    ("08", "project:bt-4g-network", "kg:suppliedBy", []),
    ("08", "project:bt-4g-network", "kg:involves", ["bt"]),
    ("10", "project:konza-data-center", "kg:financedBy", []),
    ("11", "financing:safe-philippines-1-own-share", "kg:recipient", []),
    ("12", "observation:china-pilots-2016-caict", "kg:earliest", []),
    ("12", "observation:china-pilots-2016-caict", "kg:latest", ["2016-12-31"]),
    ("13", "claim:ecu911-effect-doubted", "kg:disputedBy", []),
    ("17", "observation:kenya-debt-to-china-2017", "kg:amountUsd", []),
    ("21", "restriction:us-ict-supply-chain-order", "dcterms:identifier", ["13873"]),
    ("22", "observation:chinese-smart-city-export-cases", "kg:originCount", ["1"]),
]


@pytest.mark.parametrize(("number", "subject", "predicate", "limit"), LIMITS)
def test_nothing_more_follows(number: str, subject: str, predicate: str, limit: list[str]) -> None:
    assert objects(inferred(files=case_files(number)), subject, predicate) == limit


DATES = [
    # stated, earliest, latest
    ('kg:date "2016"^^xsd:gYear', "2016-01-01", "2016-12-31"),
    ('kg:date "2016-02"^^xsd:gYearMonth', "2016-02-01", "2016-02-29"),
    ('kg:date "2015-02"^^xsd:gYearMonth', "2015-02-01", "2015-02-28"),
    ('kg:date "2000-02"^^xsd:gYearMonth', "2000-02-01", "2000-02-29"),
    ('kg:date "1900-02"^^xsd:gYearMonth', "1900-02-01", "1900-02-28"),
    ('kg:date "2019-04"^^xsd:gYearMonth', "2019-04-01", "2019-04-30"),
    ('kg:date "2019-12"^^xsd:gYearMonth', "2019-12-01", "2019-12-31"),
    ('kg:date "2019-04-15"^^xsd:date', "2019-04-15", "2019-04-15"),
    ('kg:start "2011"^^xsd:gYear ; kg:end "2015-06"^^xsd:gYearMonth', "2011-01-01", "2015-06-30"),
    ('kg:start "2011"^^xsd:gYear', "2011-01-01", None),
    ('kg:end "2011"^^xsd:gYear', None, "2011-12-31"),
    ('kg:notBefore "2014"^^xsd:gYear ; kg:notAfter "2015"^^xsd:gYear', "2014-01-01", "2015-12-31"),
    ('kg:notAfter "2016"^^xsd:gYear', None, "2016-12-31"),
    # A bound narrows a vague date, and never widens it.
    ('kg:date "2019"^^xsd:gYear ; kg:notBefore "2019-03"^^xsd:gYearMonth', "2019-03-01", "2019-12-31"),
    ('kg:date "2019-04"^^xsd:gYearMonth ; kg:notBefore "2018"^^xsd:gYear', "2019-04-01", "2019-04-30"),
    ('kg:date "2019"^^xsd:gYear ; kg:notAfter "2019-06-05"^^xsd:date', "2019-01-01", "2019-06-05"),
    ('kg:start "2011"^^xsd:gYear ; kg:notAfter "2012"^^xsd:gYear', "2011-01-01", "2012-12-31"),
    # Issued first, in force later and still: the end is open.
    ('kg:date "2015"^^xsd:gYear ; kg:start "2016"^^xsd:gYear', "2015-01-01", None),
    ('kg:date "2015"^^xsd:gYear ; kg:start "2016"^^xsd:gYear ; kg:end "2020"^^xsd:gYear', "2015-01-01", "2020-12-31"),
    # When it was said is no date of the thing.
    ('kg:asOf "2018"^^xsd:gYear', None, None),
    ('kg:dateNote "unknown"@en', None, None),
]


@pytest.mark.parametrize(("stated", "earliest", "latest"), DATES)
def test_first_and_last_day_follow_the_precision(stated: str, earliest: str | None, latest: str | None) -> None:
    store = inferred(turtle=f"event:e a kg:Event ; {stated} .")
    assert objects(store, "event:e", "kg:earliest") == ([earliest] if earliest else [])
    assert objects(store, "event:e", "kg:latest") == ([latest] if latest else [])


RATE = """
source:report a kg:Source . source:other a kg:Source .
evidence:report-l1 a kg:Evidence ; kg:source source:report . evidence:other-l1 a kg:Evidence ; kg:source source:other .
observation:rate a kg:Observation ; kg:indicator indicator:exchange-rate ; kg:value 7.14798 ; kg:unit "CNY per USD" ;
  kg:evidence evidence:report-l1 .
"""


@pytest.mark.parametrize(
    ("node", "property_name", "expected"),
    [
        (
            'financing:n a kg:Financing ; kg:amount 714798.0 ; kg:currency "CNY" ; kg:evidence evidence:report-l1 .',
            "n",
            1,
        ),
        (
            'financing:n a kg:Financing ; kg:amount 714798.0 ; kg:currency "EUR" ; kg:evidence evidence:report-l1 .',
            "n",
            0,
        ),
        (
            'financing:n a kg:Financing ; kg:amount 714798.0 ; kg:currency "USD" ; kg:evidence evidence:report-l1 .',
            "n",
            0,
        ),
        (
            'financing:n a kg:Financing ; kg:amount 714798.0 ; kg:currency "CNY" ; kg:evidence evidence:other-l1 .',
            "n",
            0,
        ),
        (
            'financing:n a kg:Financing ; kg:amount 714798.0 ; kg:currency "CNY" ; kg:flag "doubtful"@en ; '
            "kg:evidence evidence:report-l1 .",
            "n",
            0,
        ),
        ("financing:n a kg:Financing ; kg:amount 714798.0 ; kg:evidence evidence:report-l1 .", "n", 0),
    ],
)
def test_a_sum_is_converted_at_the_rate_of_its_own_document_only(node: str, property_name: str, expected: int) -> None:
    store = inferred(turtle=RATE + node)
    assert objects(store, f"financing:{property_name}", "kg:amountUsd") == ["100000"] * expected
    assert objects(store, f"financing:{property_name}", "kg:conversionRate") == ["rate"] * expected


def test_figures_are_converted_like_sums_and_to_the_cent() -> None:
    store = inferred(
        turtle=RATE
        + 'observation:n a kg:Observation ; kg:value 1000.0 ; kg:unit "CNY" ; kg:evidence evidence:report-l1 .'
        + 'claim:n a kg:Forecast ; kg:value 10.0 ; kg:unit "CNY" ; kg:evidence evidence:report-l1 .'
        + 'claim:p a kg:Forecast ; kg:value 10.0 ; kg:unit "percent" ; kg:evidence evidence:report-l1 .'
    )
    assert objects(store, "observation:n", "kg:amountUsd") == ["139.9"]
    assert objects(store, "claim:n", "kg:amountUsd") == ["1.4"]
    assert objects(store, "claim:p", "kg:amountUsd") == []
    assert objects(store, "observation:rate", "kg:amountUsd") == []


def test_a_flagged_rate_converts_nothing() -> None:
    node = 'financing:n a kg:Financing ; kg:amount 5.0 ; kg:currency "CNY" ; kg:evidence evidence:report-l1 .'
    store = inferred(turtle=RATE + 'observation:rate kg:flag "doubtful"@en .' + node)
    assert objects(store, "financing:n", "kg:amountUsd") == []


def test_an_actor_with_a_removed_row_is_no_supplier_any_more_but_was_involved() -> None:
    store = inferred(
        turtle="""
        project:p a kg:Deployment .
        involvement:a a kg:Involvement ; kg:involvementOf project:p ; kg:actor actor:x ; kg:role role:supplier .
        involvement:b a kg:Involvement ; kg:involvementOf project:p ; kg:actor actor:x ; kg:role role:removed .
        involvement:c a kg:Involvement ; kg:involvementOf project:p ; kg:actor actor:y ; kg:role role:integrator .
        involvement:d a kg:Involvement ; kg:involvementOf project:q ; kg:actor actor:x ; kg:role role:supplier .
        """
    )
    assert objects(store, "project:p", "kg:suppliedBy") == ["y"]
    assert objects(store, "project:p", "kg:involves") == ["x", "y"]
    assert objects(store, "project:q", "kg:suppliedBy") == ["x"]


def test_a_project_has_the_technologies_of_those_who_take_part_only() -> None:
    store = inferred(
        turtle="""
        project:p a kg:Deployment .
        involvement:a kg:involvementOf project:p ; kg:actor actor:x ; kg:role role:supplier ;
          kg:usesTechnology technology:5g ; kg:usesProduct product:eye .
        involvement:b kg:involvementOf project:p ; kg:actor actor:y ; kg:role role:not-selected ;
          kg:usesTechnology technology:cctv .
        """
    )
    assert objects(store, "project:p", "kg:usesTechnology") == ["5g"]
    assert objects(store, "project:p", "kg:usesProduct") == ["eye"]
    assert objects(store, "actor:x", "kg:suppliesTechnology") == ["5g", "network-infrastructure"]
    assert objects(store, "actor:y", "kg:suppliesTechnology") == []


def test_a_membership_with_an_end_is_no_membership_now() -> None:
    store = inferred(
        turtle="""
        membership:a a kg:Membership ; kg:member place:x ; kg:group place:union ; kg:start "1973"^^xsd:gYear .
        membership:b a kg:Membership ; kg:member place:y ; kg:group place:union ; kg:end "2020-01-31"^^xsd:date .
        """
    )
    assert objects(store, "place:x", "kg:memberOf") == ["union"]
    assert objects(store, "place:y", "kg:memberOf") == []


def test_a_public_body_takes_the_country_of_its_parent_and_a_company_does_not() -> None:
    store = inferred(
        turtle="""
        place:kenya a kg:Country . place:nairobi a kg:City ; kg:locatedIn place:kenya . place:peru a kg:Country .
        actor:state a kg:GovernmentBody ; kg:locatedIn place:kenya .
        actor:ministry a kg:GovernmentBody ; kg:parent actor:state .
        actor:office a kg:CityGovernment ; kg:parent actor:ministry .
        actor:mission a kg:GovernmentBody ; kg:parent actor:state ; kg:locatedIn place:peru .
        actor:firm a kg:Company ; kg:parent actor:state .
        event:e a kg:Event ; kg:locatedIn place:nairobi .
        """
    )
    assert objects(store, "actor:ministry", "kg:country") == ["kenya"]
    assert objects(store, "actor:office", "kg:country") == ["kenya"]
    assert objects(store, "actor:mission", "kg:country") == ["peru"]
    assert objects(store, "actor:firm", "kg:country") == []
    assert objects(store, "event:e", "kg:country") == ["kenya"]
    assert objects(store, "place:nairobi", "kg:country") == []


def test_a_project_over_two_countries_has_both_and_a_group_gives_none() -> None:
    store = inferred(
        turtle="""
        place:a a kg:Country . place:b a kg:Country . place:g a kg:CountryGroup .
        membership:m a kg:Membership ; kg:member place:a ; kg:group place:g .
        project:p a kg:Programme ; kg:locatedIn place:a , place:b .
        """
    )
    assert objects(store, "project:p", "kg:country") == ["a", "b"]
    assert objects(store, "project:p", "kg:locatedIn") == []


def test_a_joint_venture_has_two_ultimate_parents() -> None:
    store = inferred(turtle="actor:jv kg:parent actor:a , actor:b . actor:a kg:parent actor:top .")
    assert objects(store, "actor:jv", "kg:ultimateParent") == ["b", "top"]
    assert objects(store, "actor:top", "kg:ultimateParent") == []


def test_preferred_statements_beat_normal_ones_and_rejected_ones_never_count() -> None:
    row = (
        "statement:{} a kg:Statement ; rdf:subject project:p ; rdf:predicate kg:status ; "
        'rdf:object status:{} ; kg:rank "{}" .'
    )
    old, new, wrong = (
        row.format("a", "announced", "normal"),
        row.format("b", "completed", "preferred"),
        row.format("c", "cancelled", "rejected"),
    )
    assert objects(inferred(turtle=old + new + wrong), "project:p", "kg:status") == ["completed"]
    assert objects(inferred(turtle=old + wrong), "project:p", "kg:status") == ["announced"]
    assert objects(inferred(turtle=wrong), "project:p", "kg:status") == []


def test_a_place_with_coordinates_has_a_point_longitude_first() -> None:
    store = inferred(turtle="place:x a kg:City ; geo:lat -1.28 ; geo:long 36.82 . place:y a kg:City ; geo:lat 1.0 .")
    geometry = "https://w3id.org/cityledger/id/place/x#geometry"
    assert objects(store, "place:x", "gsp:hasGeometry") == ["geometry"]
    assert objects(store, geometry, "gsp:asWKT") == ["POINT(36.82 -1.28)"]
    assert objects(store, "place:y", "gsp:hasGeometry") == []


ORIGINS = """
source:a a kg:Source . source:b a kg:Source . source:c a kg:Source .
evidence:a kg:source source:a . evidence:b kg:source source:b . evidence:c kg:source source:c .
"""


@pytest.mark.parametrize(
    ("stated", "count"),
    [
        ("claim:n kg:evidence evidence:a , evidence:b .", "2"),
        ("claim:n kg:evidence evidence:a , evidence:b . source:b kg:origin source:a .", "1"),
        ("claim:n kg:evidence evidence:a , evidence:b . evidence:b kg:origin source:a .", "1"),
        # The origin of the place wins over that of the work.
        (
            "claim:n kg:evidence evidence:a , evidence:b . source:b kg:origin source:a . evidence:b kg:origin actor:x.",
            "2",
        ),
        # A copy of a copy has one origin.
        (
            "claim:n kg:evidence evidence:b , evidence:c . source:b kg:origin source:a . source:c kg:origin source:b .",
            "1",
        ),
        ("claim:n kg:evidence evidence:a .", "1"),
    ],
)
def test_documents_that_copy_each_other_are_one_origin(stated: str, count: str) -> None:
    assert objects(inferred(turtle=ORIGINS + stated), "claim:n", "kg:originCount") == [count]


def test_superclasses_include_those_of_other_vocabularies() -> None:
    store = inferred(turtle="actor:b a kg:PolicyBank . evidence:e a kg:Evidence .")
    assert {"Bank", "Actor", "Agent"} <= set(objects(store, "actor:b", "rdf:type"))
    assert "Entity" in objects(store, "evidence:e", "rdf:type")


def test_every_rule_says_what_and_why_and_in_which_stage() -> None:
    for path in sorted((ONTOLOGY / "rules").glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        head = [line for line in text.splitlines() if line.startswith("#")]
        assert head[0].startswith("# rule: "), path.name
        assert any(line.startswith("# reason: ") for line in head), path.name
        assert sum(line.startswith("# stage: ") for line in head) == 1, path.name


def test_a_general_reasoner_finds_nothing_more_in_our_terms() -> None:
    """The rules must be complete for what the ontology declares: OWL RL over the finished graph adds nothing."""
    store = inferred(files=[HERE / "fixtures" / "base.ttl"])
    lines = {f"{q.subject} {q.predicate} {q.object} ." for q in store.quads_for_pattern(None, None, None, None)}
    graph = Graph().parse(data="\n".join(sorted(lines)), format="nt")
    before = set(graph)
    DeductiveClosure(OWLRL_Semantics).expand(graph)
    ours = {
        str(q.subject.value) for q in terms() if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(KG)
    }
    things = {s for s, p, _ in before if p == RDF.type and str(s) not in ours}
    more = {
        (s, p, o)
        for s, p, o in set(graph) - before
        if s in things and (str(p) in ours or (p == RDF.type and isinstance(o, URIRef) and str(o) in ours))
    }
    assert more == set()
