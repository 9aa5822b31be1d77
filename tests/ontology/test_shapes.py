"""Every shape lets its good fixture pass and reports its bad fixture, and nothing else."""

import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SH

from kg.rules import infer, read_rules
from kg.validate import ShapesError, Violation, check_store, validate
from kg.vocab import SHAPE, expand

HERE = Path(__file__).parent
ONTOLOGY = HERE.parents[1] / "ontology"
FIXTURES = HERE / "fixtures"
TERMS = ("kg.ttl", "vocabularies.ttl", "alignments.ttl")
STAGES = ("stated", "inferred")
DATA = ox.NamedNode("urn:g0")
# Shapes that others point at: what they refuse is reported under the name of those.
INNER = re.compile(r"code-of-|known-thing$")


@cache
def terms() -> Graph:
    graph = Graph()
    for name in TERMS:
        graph.parse(ONTOLOGY / name)
    return graph


@cache
def shapes(stage: str) -> Graph:
    return Graph().parse(ONTOLOGY / f"shapes-{stage}.ttl")


def check(stage: str, path: Path) -> tuple[Violation, ...]:
    """Return what one fixture, added to the base, breaks; the rules run first for the inferred shapes."""
    data = Graph().parse(FIXTURES / "base.ttl").parse(path)
    if stage == "inferred":
        data = with_inferred(data)
    store = store_of(data, terms())
    # As the store spells literals, so that both engines see the same ones.
    lines = {f"{q.subject} {q.predicate} {q.object} ." for q in store.quads_for_pattern(None, None, None, DATA)}
    found = validate(Graph().parse(data="\n".join(sorted(lines)), format="nt"), shapes(stage), terms())
    assert check_store(store, shapes(stage)) == found, "the compiled shapes say something else than the judge"
    return found


def store_of(*graphs: Graph) -> ox.Store:
    store = ox.Store()
    for number, graph in enumerate(graphs):
        store.load(graph.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(f"urn:g{number}"))
    return store


def with_inferred(data: Graph) -> Graph:
    store = store_of(data, terms())
    infer(store, read_rules(ONTOLOGY / "rules"))
    lines = {f"{q.subject} {q.predicate} {q.object} ." for q in store.quads_for_pattern(None, None, None, None)}
    return Graph().parse(data="\n".join(sorted(lines)), format="nt")


def fixtures(kind: str) -> list[tuple[str, Path]]:
    return [(stage, path) for stage in STAGES for path in sorted((FIXTURES / stage).glob(f"{kind}-*.ttl"))]


def expected(path: Path) -> set[tuple[str, str]]:
    """Return (shape, focus) of each `# expect:` line of a bad fixture."""
    found = re.findall(r"^# expect: (shape:\S+) (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {(SHAPE + shape.removeprefix("shape:"), expand(focus)) for shape, focus in found}


def name_of(argument: object) -> str:
    return argument.stem if isinstance(argument, Path) else str(argument)


def reporting_shapes(stage: str) -> dict[str, list[str]]:
    """Return the shapes that report under their own name, with their messages."""
    graph = shapes(stage)
    found: dict[str, list[str]] = {}
    for kind in (SH.PropertyShape, SH.NodeShape):
        for shape in graph.subjects(RDF.type, kind):
            if isinstance(shape, URIRef) and not INNER.match(shape.removeprefix(SHAPE)):
                queries = list(graph.objects(shape, SH.sparql))
                found[str(shape)] = [str(m) for part in (shape, *queries) for m in graph.objects(part, SH.message)]
    return found


@pytest.mark.parametrize(("stage", "path"), fixtures("good"), ids=name_of)
def test_a_good_fixture_passes(stage: str, path: Path) -> None:
    assert check(stage, path) == ()


@pytest.mark.parametrize(("stage", "path"), fixtures("bad"), ids=name_of)
def test_a_bad_fixture_breaks_what_it_says_and_nothing_else(stage: str, path: Path) -> None:
    assert expected(path), "a bad fixture starts with # expect: shape:… focus"
    assert {(one.shape, one.focus) for one in check(stage, path)} == expected(path)


@pytest.mark.parametrize("stage", STAGES)
def test_every_shape_has_a_bad_fixture(stage: str) -> None:
    covered = {shape for path in (FIXTURES / stage).glob("bad-*.ttl") for shape, _ in expected(path)}
    assert set(reporting_shapes(stage)) - covered == set()


@pytest.mark.parametrize("stage", STAGES)
def test_every_bad_fixture_has_a_good_one(stage: str) -> None:
    names = {
        kind: {path.stem.removeprefix(f"{kind}-") for path in (FIXTURES / stage).glob(f"{kind}-*.ttl")}
        for kind in ("good", "bad")
    }
    assert names["good"] == names["bad"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_shape_says_what_to_do(stage: str) -> None:
    for shape, messages in reporting_shapes(stage).items():
        assert len(messages) == 1, shape
        assert messages[0].endswith("."), shape
        assert ":" in messages[0], f"{shape}: the part after the colon says how to mend it"


@pytest.mark.parametrize("stage", STAGES)
def test_every_name_in_the_shapes_exists(stage: str) -> None:
    ours = {str(subject) for subject in terms().subjects()}
    used = {str(term) for triple in shapes(stage) for term in triple if isinstance(term, URIRef)}
    unknown = {
        term
        for term in used
        if term.startswith(("https://w3id.org/cityledger/ontology#", "https://w3id.org/cityledger/id/"))
        and term not in ours
    }
    assert unknown == set()


@pytest.mark.parametrize("stage", STAGES)
def test_ontology_and_vocabularies_break_no_shape(stage: str) -> None:
    assert validate(Graph(), shapes(stage), terms()) == ()


def test_a_warning_is_no_violation() -> None:
    found = check("inferred", FIXTURES / "inferred" / "bad-country-without-code.ttl")
    assert [one.severity for one in found] == ["warning"]


def test_a_violation_names_node_path_value_and_message() -> None:
    found = check("stated", FIXTURES / "stated" / "bad-currency.ttl")
    assert found == (
        Violation(
            focus="https://w3id.org/cityledger/id/financing/f",
            path="https://w3id.org/cityledger/ontology#currency",
            value="RMB",
            shape="https://w3id.org/cityledger/shape/currency",
            severity="violation",
            message="The currency is not one code of ISO 4217: write three capitals such as USD, EUR, CNY, KES.",
        ),
    )


def test_a_shape_over_the_whole_graph_reports_the_row_and_its_property() -> None:
    found = check("stated", FIXTURES / "stated" / "bad-parent-cycle.ttl")
    assert [one.focus.rpartition("/")[2] for one in found] == ["bank", "county", "institute"]
    assert {one.path for one in found} == {"https://w3id.org/cityledger/ontology#parent"}


def test_a_path_of_several_steps_reads_as_sparql() -> None:
    (found,) = check("stated", FIXTURES / "stated" / "bad-variant-of-variant.ttl")
    variant = "https://w3id.org/cityledger/ontology#variantOf"
    assert found.path == f"{variant}/{variant}"


def test_validation_leaves_its_graphs_alone_and_repeats_itself() -> None:
    data = Graph().parse(FIXTURES / "base.ttl").parse(FIXTURES / "stated" / "bad-label.ttl")
    before = set(data), set(terms()), set(shapes("stated"))
    first = validate(data, shapes("stated"), terms())
    assert validate(data, shapes("stated"), terms()) == first
    assert list(first) == sorted(first, key=lambda one: (one.focus, one.path or "", one.value or "", one.shape))
    assert (set(data), set(terms()), set(shapes("stated"))) == before


def test_broken_shapes_are_an_error_and_no_pass() -> None:
    broken = Graph().parse(
        format="turtle",
        data="""
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        <urn:shape> a sh:NodeShape ; sh:targetNode <urn:node> ; sh:sparql [ sh:select "SELECT $this WHERE {" ] .
        """,
    )
    with pytest.raises(ShapesError):
        validate(Graph(), broken, terms())
