"""The ontology keeps to its profile, explains every term, and names only foreign terms that exist."""

import json
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib import namespace as ns
from rdflib.namespace import DCTERMS, SKOS, DefinedNamespaceMeta

from kg.vocab import KG

ROOT = Path(__file__).parents[2]
ONTOLOGY = ROOT / "ontology"
HEADER = URIRef("https://w3id.org/cityledger/ontology")
VS = "http://www.w3.org/2003/06/sw-vocab-status/ns#"
# OWL 2 RL, and of it only what the design allows; the last line is the header.
ALLOWED_OWL = {
    *(OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty),
    *(OWL.TransitiveProperty, OWL.SymmetricProperty, OWL.FunctionalProperty, OWL.inverseOf, OWL.disjointWith),
    *(OWL.Ontology, OWL.versionIRI, OWL.versionInfo, OWL.deprecated),
}
FOREIGN: tuple[DefinedNamespaceMeta, ...] = (
    *(ns.DCAT, ns.DCTERMS, ns.FOAF, ns.GEO, ns.ORG, ns.OWL, ns.PROV, ns.QB, ns.RDF, ns.RDFS, ns.SDO, ns.SKOS),
    *(ns.TIME, ns.VANN, ns.XSD),
)
# Terms of vocabularies that rdflib does not ship, copied from their specifications; rdflib gives WGS 84 a wrong scheme.
PINNED = {
    "http://www.w3.org/2003/01/geo/wgs84_pos#lat",
    "http://www.w3.org/2003/01/geo/wgs84_pos#long",
    VS + "term_status",
    *(f"https://iatistandard.org/en/iati-standard/203/codelists/activitystatus/#{code}" for code in range(1, 7)),
    *(f"https://iatistandard.org/en/iati-standard/203/codelists/organisationrole/#{code}" for code in range(1, 5)),
    *(f"https://iatistandard.org/en/iati-standard/203/codelists/organisationtype/#{c}" for c in (10, 11, 40, 70, 80)),
    *(f"https://iatistandard.org/en/iati-standard/203/codelists/financetype/#{code}" for code in (110, 421, 510)),
}
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)


@cache
def graph(name: str) -> Graph:
    return Graph().parse(ONTOLOGY / name)


def terms() -> list[URIRef]:
    found = {subject for kind in KINDS for subject in graph("kg.ttl").subjects(RDF.type, kind)}
    return sorted(term for term in found if isinstance(term, URIRef))


def iris(of: Graph) -> Iterable[URIRef]:
    return {term for triple in of for term in triple if isinstance(term, URIRef)}


@pytest.mark.parametrize("name", ["kg.ttl", "vocabularies.ttl", "alignments.ttl"])
def test_only_allowed_owl_constructs_are_used(name: str) -> None:
    used = {iri for iri in iris(graph(name)) if iri.startswith(str(OWL))}
    assert used <= ALLOWED_OWL


@pytest.mark.parametrize("name", ["kg.ttl", "vocabularies.ttl", "alignments.ttl"])
def test_no_blank_node_is_used(name: str) -> None:
    assert not [triple for triple in graph(name) if any(isinstance(term, BNode) for term in triple)]


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.removeprefix(KG))
def test_a_term_explains_itself(term: URIRef) -> None:
    of = graph("kg.ttl")
    assert term.startswith(KG)
    for predicate in (RDFS.label, RDFS.comment):
        texts = [text for text in of.objects(term, predicate) if isinstance(text, Literal)]
        assert [text.language for text in texts] == ["en"], predicate
    assert list(of.objects(term, RDFS.isDefinedBy)) == [HEADER]
    assert list(of.objects(term, URIRef(VS + "term_status"))) == [Literal("stable")]
    assert list(of.objects(term, URIRef(KG + "sinceVersion"))) == [Literal("1.0.0")]


def test_every_term_of_ours_that_is_used_is_defined() -> None:
    known = set(terms())
    for name in ("kg.ttl", "vocabularies.ttl", "alignments.ttl"):
        assert {iri for iri in iris(graph(name)) if iri.startswith(KG)} - known == set(), name


def test_two_classes_on_a_side_are_no_intersection() -> None:
    of = graph("kg.ttl")
    for term in terms():
        for single, several in ((RDFS.domain, ns.SDO.domainIncludes), (RDFS.range, ns.SDO.rangeIncludes)):
            assert len(list(of.objects(term, single))) <= 1, term
            assert not (list(of.objects(term, single)) and list(of.objects(term, several))), term
            assert len(list(of.objects(term, several))) != 1, term


def test_a_property_says_its_domain_or_that_it_has_none() -> None:
    of = graph("kg.ttl")
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty):
        for term in of.subjects(RDF.type, kind):
            assert any((term, p, None) in of for p in (RDFS.domain, ns.SDO.domainIncludes, SKOS.scopeNote)), term
            assert any((term, p, None) in of for p in (RDFS.range, ns.SDO.rangeIncludes, SKOS.editorialNote)), term


def test_the_header_names_version_licence_dates_and_makers() -> None:
    of = graph("kg.ttl")
    for predicate in (DCTERMS.title, DCTERMS.description, DCTERMS.license, DCTERMS.creator, DCTERMS.created):
        assert list(of.objects(HEADER, predicate)), predicate
    version = of.value(HEADER, OWL.versionInfo)
    assert of.value(HEADER, OWL.versionIRI) == URIRef(f"{HEADER}/{version}")
    assert str(of.value(HEADER, ns.VANN.preferredNamespaceUri)) == KG


def test_top_classes_are_pairwise_disjoint_and_kinds_of_projects_are_not() -> None:
    of = graph("kg.ttl")
    tops = [
        c for c in of.subjects(RDF.type, OWL.Class) if not any(o.startswith(KG) for o in of.objects(c, RDFS.subClassOf))
    ]
    apart = {frozenset(pair) for pair in of.subject_objects(OWL.disjointWith)}
    # A release, a record of an outside data set and a part of a document are no rows of ours: nothing is said.
    rows = set(tops) - {URIRef(KG + name) for name in ("Release", "OutsideRecord", "Section")}
    assert {frozenset(pair) for pair in combinations(rows, 2)} - apart == set()
    projects = [URIRef(KG + name) for name in ("Deployment", "Programme", "Facility")]
    assert not apart & {frozenset(pair) for pair in combinations(projects, 2)}


@pytest.mark.parametrize("name", ["kg.ttl", "vocabularies.ttl", "alignments.ttl"])
def test_every_foreign_term_exists(name: str) -> None:
    unknown = set()
    for iri in iris(graph(name)):
        for space in FOREIGN:
            if iri.startswith(str(space)) and iri not in space:
                unknown.add(str(iri))
        if "iatistandard.org" in iri or iri.startswith((VS, "http://www.w3.org/2003/01/geo/")):
            unknown |= {str(iri)} - PINNED
    assert unknown == set()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_check_of_foreign_terms_would_notice_an_invented_one() -> None:
    assert URIRef(str(ns.PROV) + "Agent") in ns.PROV
    assert URIRef(str(ns.PROV) + "Agency") not in ns.PROV


def test_alignments_reach_every_vocabulary_of_the_design() -> None:
    text = " ".join(iris(graph("alignments.ttl")))
    for space in (ns.PROV, ns.ORG, SKOS, ns.SDO, ns.FOAF, ns.DCAT, ns.QB, ns.GEO, ns.TIME):
        assert str(space) in text
    assert "iatistandard.org" in text


def test_alignments_start_from_our_terms_only() -> None:
    known = {str(term) for term in terms()} | {str(s) for s in graph("vocabularies.ttl").subjects()}
    assert {str(subject) for subject in graph("alignments.ttl").subjects()} <= known


def test_every_property_of_the_tables_is_defined() -> None:
    metadata = json.loads((ROOT / "data" / "csvw-metadata.json").read_text(encoding="utf-8"))
    known = {str(term) for term in terms()}
    used: set[str] = set()
    for table in metadata["tables"]:
        used |= {key for key in table if key.startswith("http")}
        used |= {table[KG + "class"]} if (KG + "class") in table and table[KG + "class"].startswith("http") else set()
        for column in table["tableSchema"]["columns"]:
            used |= {key for key in column if key.startswith("http")}
            used |= {column["propertyUrl"]} if "propertyUrl" in column else set()
    assert {name for name in used if name.startswith(KG)} <= known
    foreign = {name for name in used if not name.startswith(KG)}
    assert {n for n in foreign - PINNED if not any(n.startswith(str(s)) and URIRef(n) in s for s in FOREIGN)} == set()


def test_every_class_of_the_tables_is_defined() -> None:
    metadata = json.loads((ROOT / "data" / "csvw-metadata.json").read_text(encoding="utf-8"))
    classes = {str(term).removeprefix(KG) for term in graph("kg.ttl").subjects(RDF.type, OWL.Class)}
    for table in metadata["tables"]:
        named = {table[KG + "class"]} if KG + "class" in table else set()
        for column in table["tableSchema"]["columns"]:
            if column["name"] == "type":
                named |= set(column[KG + "values"])
        assert named <= classes, table["url"]
