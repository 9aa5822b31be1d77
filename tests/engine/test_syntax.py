"""What people are told about a query that cannot be read."""

import pyoxigraph
import pytest

from kg.engine.execute import Job, run
from kg.errors import QuerySyntaxError

KG = "PREFIX kg: <https://w3id.org/cityledger/ontology#>"


@pytest.mark.parametrize(
    ("query", "column", "told"),
    [
        ("SELECT * { ?s a kg:Project }", 17, f"the prefix kg: is not declared; put this line before the query: {KG}"),
        ("SELECT * { ?s foo:bar ?o }", 15, "the prefix foo: is not declared; a line PREFIX foo: <IRI>"),
        ('SELECT * { ?s ?p "2020"^^xsd:gYear }', 26, "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"),
        ("SELECT ?s { ?s ?p ?o", 21, "a { is never closed"),
        ("SELECT ?s ?o, { ?s ?p ?o }", 13, "cannot be read on at “,”"),
        ("SELECT ?s WHERE { OPTIONAL ?s ?p ?o }", 28, "cannot be read on at “?s”; expected {"),
        ("SELECT (COUNT(?s) ?n) { ?s ?p ?o }", 15, "what is worked out needs a name of its own: (COUNT(?x) AS ?name)"),
        ("SELECT ?p (COUNT(?s) AS ?n) { ?s ?p ?o }", 41, "neither in GROUP BY nor inside an aggregate"),
        (
            "SELEC * { ?s ?p ?o }",
            1,
            "a query begins with SELECT, ASK, CONSTRUCT, DESCRIBE, PREFIX, BASE, not with SELEC",
        ),
        ("SELECT * { ?s ?p ?o } ORDER ?s", 29, "cannot be read on at “?s”; expected BY"),
        ("SELECT * { ?s <a b> ?o }", 20, "is no IRI"),
        ("SELECT * { ?s ?p }", 19, "something before the last bracket is missing or too much"),
    ],
)
def test_a_mistake_is_told_in_words_of_sparql(query: str, column: int, told: str) -> None:
    job = Job(
        text=query,
        results_type="text/csv",
        graph_type=None,
        default_graphs=(),
        named_graphs=(),
        own_dataset=False,
        rows=10,
        bytes=1_000,
    )
    with pytest.raises(QuerySyntaxError) as caught:
        run(pyoxigraph.Store(), job)
    assert told in str(caught.value)
    assert (caught.value.line, caught.value.column) == (1, column)
    assert "LATERAL" not in str(caught.value)
    assert "['" not in str(caught.value)
