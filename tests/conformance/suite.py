"""Read the W3C SPARQL 1.1 suite: what is asked, on which graphs, with what expected."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import RDF, RDFS, Graph, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from tests.conftest import SHARED

SUITE = SHARED / "w3c" / "sparql11"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
XSD = "http://www.w3.org/2001/XMLSchema#"
BASE = "http://w3c.test/sparql11/"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
_INCLUDED = ("manifest-sparql11-query.ttl", "manifest-sparql11-results.ttl")
_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A query, the files it is asked of, and the file that holds the answer."""

    name: str
    query: str
    query_iri: str
    data: tuple[str, ...]
    named: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """A text that is or is not a query."""

    name: str
    query: str
    query_iri: str
    is_query: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of a protocol test and what it must give."""

    method: str
    query_string: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statuses: frozenset[str]
    boolean: bool | None
    form: str | None


def path_of(iri: str) -> Path:
    """File that an IRI of the suite names."""
    return SUITE / iri.removeprefix(BASE)


def text_of(iri: str) -> str:
    """Text of a file of the suite."""
    return path_of(iri).read_bytes().decode("utf-8")


def _manifest(name: str) -> Graph:
    return Graph().parse(SUITE / name, publicID=BASE + name, format="turtle")


def _manifests() -> Iterator[tuple[str, Graph]]:
    for start in _INCLUDED:
        graph = _manifest(start)
        for included in Collection(
            graph, graph.value(predicate=MF.include, any=False, default=None) or next(graph.objects(None, MF.include))
        ):
            name = str(included).removeprefix(BASE)
            yield name.partition("/")[0], _manifest(name)


def _entries(graph: Graph) -> Iterator[Node]:
    for head in graph.objects(None, MF.entries):
        yield from Collection(graph, head)


def read_suite() -> tuple[tuple[Evaluation, ...], tuple[Syntax, ...]]:
    """Read the tests of query evaluation and of query syntax."""
    evaluations, syntaxes = [], []
    for folder, graph in _manifests():
        for test in _entries(graph):
            name = f"{folder}/{str(test).partition('#')[2]}"
            kind, action = graph.value(test, RDF.type), graph.value(test, MF.action)
            if kind in (MF.PositiveSyntaxTest11, MF.NegativeSyntaxTest11):
                syntaxes.append(
                    Syntax(
                        name=name,
                        query=text_of(str(action)),
                        query_iri=str(action),
                        is_query=kind == MF.PositiveSyntaxTest11,
                    )
                )
            elif kind in (MF.QueryEvaluationTest, MF.CSVResultFormatTest):
                query = str(graph.value(action, QT.query))
                evaluations.append(
                    Evaluation(
                        name=name,
                        query=text_of(query),
                        query_iri=query,
                        data=tuple(map(str, graph.objects(action, QT.data))),
                        named=tuple(map(str, graph.objects(action, QT.graphData))),
                        result=str(graph.value(test, MF.result)),
                    )
                )
    return tuple(evaluations), tuple(syntaxes)


def read_protocol() -> tuple[dict[str, tuple[Exchange, ...]], dict[str, str]]:
    """Read the protocol tests by name, and the files behind the graph names they use."""
    graph = _manifest("protocol/manifest.ttl")
    data = {
        str(graph.value(node, RDFS.label)): str(graph.value(node, UT.graph))
        for node in graph.objects(None, UT.graphData)
    }
    tests = {}
    for test in _entries(graph):
        requests = Collection(graph, graph.value(graph.value(test, MF.action), HT.requests))
        tests[str(test).partition("#")[2]] = tuple(_exchange(graph, request) for request in requests)
    return tests, data


def _exchange(graph: Graph, request: Node) -> Exchange:
    headers = graph.value(request, HT.headers)
    body = graph.value(request, HT.body)
    answer = graph.value(request, HT.resp)
    boolean = graph.value(answer, MF.expectedBoolean)
    form = graph.value(answer, MF.expectedFormat)
    content = b""
    if body is not None:
        encoding = str(graph.value(body, CNT.characterEncoding) or "UTF-8")
        content = str(graph.value(body, CNT.chars)).encode(encoding)
    return Exchange(
        method=str(graph.value(request, HT.methodName)),
        query_string=str(graph.value(request, HT.absolutePath)).partition("?")[2],
        headers=tuple(
            (str(graph.value(header, HT.fieldName)), str(graph.value(header, HT.fieldValue)))
            for header in (Collection(graph, headers) if headers is not None else ())
        ),
        body=content,
        statuses=frozenset(
            str(status).rpartition("StatusCode")[2] for status in graph.objects(answer, MF.expectedStatus)
        ),
        boolean=None if boolean is None else str(boolean) == "true",
        form=None if form is None else str(form),
    )


def quads_of(iri: str, name: str | None = None) -> Iterator[ox.Quad]:
    """Triples of a file, in a graph named by its IRI or another name."""
    graph = ox.NamedNode(name or iri)
    path = path_of(iri)
    for quad in ox.parse(path=path, format=_FORMATS[path.suffix], base_iri=iri, rename_blank_nodes=True):
        yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


Canonical = bool | tuple[object, ...]


def canonical(result: object) -> Canonical:
    """Bring a result into a form in which equal results are equal, whatever their blank nodes are called."""
    if isinstance(result, ox.QueryBoolean):
        return bool(result)
    dataset = ox.Dataset()
    rows: list[tuple[str, ...]] = []
    if isinstance(result, ox.QuerySolutions):
        names = sorted(variable.value for variable in result.variables)
        for row in result:
            values = [row[name] if name in names else None for name in names]
            if any(isinstance(value, ox.BlankNode) for value in values):
                node = ox.BlankNode()
                for name, value in zip(names, values, strict=True):
                    if value is not None:
                        dataset.add(ox.Quad(node, ox.NamedNode(f"urn:var:{name}"), _by_value(value)))
            else:
                rows.append(tuple(str(_by_value(value)) for value in values))
        head: tuple[object, ...] = tuple(names)
    else:
        head = ("graph",)
        for triple in result:  # type: ignore[attr-defined]
            dataset.add(ox.Quad(triple.subject, triple.predicate, _by_value(triple.object)))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return (*head, *sorted(rows), *sorted(str(quad) for quad in dataset))


def _by_value(term: Any) -> Any:
    """Write numbers in one way. The store normalises them, which is known and said in the report of R10."""
    if not isinstance(term, ox.Literal):
        return term
    kind = term.datatype.value.removeprefix(XSD)
    try:
        if kind in ("double", "float"):
            return ox.Literal(repr(float(term.value.replace("INF", "inf"))), datatype=term.datatype)
        if kind in ("decimal", "integer"):
            return ox.Literal(f"{Decimal(term.value).normalize():f}", datatype=term.datatype)
    except (ValueError, ArithmeticError):
        return term
    if kind == "boolean":
        return ox.Literal({"1": "true", "0": "false"}.get(term.value, term.value), datatype=term.datatype)
    return term


def _result_set(triples: list[Any]) -> Canonical:
    """Read a table written as RDF, as the older tests have it."""
    graph: dict[Any, dict[str, list[Any]]] = {}
    for triple in triples:
        graph.setdefault(triple.subject, {}).setdefault(triple.predicate.value.removeprefix(RS), []).append(
            triple.object
        )
    root = next(node for node, found in graph.items() if "resultVariable" in found)
    columns = sorted(variable.value for variable in graph[root]["resultVariable"])
    rows = []
    for solution in graph[root].get("solution", []):
        cells = {graph[one]["variable"][0].value: graph[one]["value"][0] for one in graph[solution].get("binding", [])}
        rows.append(tuple(str(_by_value(cells.get(column))) for column in columns))
    return (*columns, *sorted(rows))


def expected(test: Evaluation) -> Canonical:
    """Canonical form of the expected result of a test."""
    path = path_of(test.result)
    form = _FORMATS[path.suffix]
    if isinstance(form, ox.QueryResultsFormat):
        return canonical(ox.parse_query_results(path.read_bytes(), format=form))
    triples = list(ox.parse(path=path, format=form, base_iri=test.result))
    if any(triple.object == ox.NamedNode(f"{RS}ResultSet") for triple in triples):
        return _result_set(triples)
    return canonical(iter(triples))
