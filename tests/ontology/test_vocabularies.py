"""The code lists are sound SKOS and hold every code that the tables may name."""

import json
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.namespace import SKOS

from kg.vocab import CODE_KINDS, ID, KG

ROOT = Path(__file__).parents[2]
SCHEMES = f"{ID}scheme/"
SEVEN = {
    *("surveillance", "network-infrastructure", "big-data", "fintech", "energy"),
    *("integrated-platforms", "municipal-services"),
}
BESIDE = {"health", "education", "e-government", "remote-sensing", "e-commerce", "transport"}


@cache
def vocabularies() -> Graph:
    return Graph().parse(ROOT / "ontology" / "vocabularies.ttl")


def concepts() -> set[URIRef]:
    return {c for c in vocabularies().subjects(RDF.type, SKOS.Concept) if isinstance(c, URIRef)}


def above(concept: URIRef) -> set[URIRef]:
    """Return all concepts that are broader over any number of steps."""
    return {
        c for c in vocabularies().transitive_objects(concept, SKOS.broader) if c != concept and isinstance(c, URIRef)
    }


@pytest.mark.parametrize("scheme", CODE_KINDS)
def test_every_scheme_exists_and_holds_codes(scheme: str) -> None:
    iri = URIRef(SCHEMES + scheme)
    assert (iri, RDF.type, SKOS.ConceptScheme) in vocabularies()
    codes = set(vocabularies().subjects(SKOS.inScheme, iri))
    assert codes
    assert all(str(code).startswith(f"{ID}{scheme}/") for code in codes)
    assert vocabularies().value(iri, SKOS.prefLabel)
    assert vocabularies().value(iri, SKOS.definition)


def test_every_code_column_of_the_tables_names_a_scheme_that_exists() -> None:
    metadata = json.loads((ROOT / "data" / "csvw-metadata.json").read_text(encoding="utf-8"))
    tables = {table["url"].removesuffix(".csv") for table in metadata["tables"]}
    for table in metadata["tables"]:
        for column in table["tableSchema"]["columns"]:
            for kind in column.get(KG + "kinds", ()):
                assert kind in tables or (URIRef(SCHEMES + kind), RDF.type, SKOS.ConceptScheme) in vocabularies()


@pytest.mark.parametrize("slug", sorted(SEVEN | BESIDE))
def test_the_categories_are_top_concepts(slug: str) -> None:
    scheme, concept = URIRef(SCHEMES + "technology"), URIRef(f"{ID}technology/{slug}")
    assert (concept, SKOS.topConceptOf, scheme) in vocabularies()
    assert (scheme, SKOS.hasTopConcept, concept) in vocabularies()


def test_technologies_are_typed_and_say_where_they_come_from() -> None:
    for concept in vocabularies().subjects(SKOS.inScheme, URIRef(SCHEMES + "technology")):
        assert (concept, RDF.type, URIRef(KG + "Technology")) in vocabularies()
        assert vocabularies().value(concept, SKOS.note), concept


def test_every_code_has_label_definition_scheme_and_a_place_in_the_tree() -> None:
    for concept in concepts():
        languages = [
            text.language for text in vocabularies().objects(concept, SKOS.prefLabel) if isinstance(text, Literal)
        ]
        assert "en" in languages, concept
        assert set(vocabularies().objects(concept, RDFS.label)) == set(vocabularies().objects(concept, SKOS.prefLabel))
        assert len(list(vocabularies().objects(concept, SKOS.definition))) == 1, concept
        assert len(list(vocabularies().objects(concept, SKOS.inScheme))) == 1, concept
        tops = list(vocabularies().objects(concept, SKOS.topConceptOf))
        broader = list(vocabularies().objects(concept, SKOS.broader))
        assert len(tops) + len(broader) == 1, f"{concept}: a code is a top concept or has one broader one"


def test_labels_do_not_repeat_within_a_scheme() -> None:
    seen: dict[tuple[str, str], URIRef] = {}
    for concept in sorted(concepts()):
        scheme = str(vocabularies().value(concept, SKOS.inScheme))
        for label in vocabularies().objects(concept, SKOS.prefLabel):
            assert seen.setdefault((scheme, str(label).lower()), concept) == concept


def test_names_in_chinese_come_with_the_terms_that_the_corpus_prints() -> None:
    for slug, text in (
        ("internet-of-things", "物联网"),
        ("cloud-computing", "云计算"),
        ("mobile-internet", "移动互联网"),
        ("big-data", "大数据"),
        ("safe-city", "平安城市"),
    ):
        concept = URIRef(f"{ID}technology/{slug}")
        assert (concept, SKOS.prefLabel, Literal(text, lang="zh")) in vocabularies()


# Integrity conditions of the SKOS Reference, by their numbers.


def test_s9_no_scheme_is_a_concept() -> None:
    assert not set(vocabularies().subjects(RDF.type, SKOS.ConceptScheme)) & concepts()


def test_s13_no_label_is_preferred_and_alternative_at_once() -> None:
    for concept in concepts():
        kinds = [set(vocabularies().objects(concept, p)) for p in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)]
        assert not kinds[0] & kinds[1] and not kinds[0] & kinds[2] and not kinds[1] & kinds[2], concept


def test_s14_one_preferred_label_per_language() -> None:
    for concept in concepts():
        languages = [
            text.language for text in vocabularies().objects(concept, SKOS.prefLabel) if isinstance(text, Literal)
        ]
        assert len(languages) == len(set(languages)), concept


def test_s27_related_concepts_are_not_above_each_other() -> None:
    for one, other in vocabularies().subject_objects(SKOS.related):
        assert isinstance(one, URIRef) and isinstance(other, URIRef)
        assert other not in above(one) and one not in above(other)
        assert (other, SKOS.related, one) in vocabularies()


def test_s37_no_collection_is_a_concept_or_a_scheme() -> None:
    collections = set(vocabularies().subjects(RDF.type, SKOS.Collection))
    assert not collections & (concepts() | set(vocabularies().subjects(RDF.type, SKOS.ConceptScheme)))


def test_s46_an_exact_match_is_no_broad_or_related_match() -> None:
    alignments = Graph().parse(ROOT / "ontology" / "alignments.ttl")
    exact = set(alignments.subject_objects(SKOS.exactMatch))
    other = {
        pair for p in (SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch) for pair in alignments.subject_objects(p)
    }
    assert not exact & (other | {(o, s) for s, o in other})


def test_broader_and_narrower_mirror_each_other_within_one_scheme() -> None:
    broader = set(vocabularies().subject_objects(SKOS.broader))
    assert broader == {(child, parent) for parent, child in vocabularies().subject_objects(SKOS.narrower)}
    for child, parent in broader:
        assert vocabularies().value(child, SKOS.inScheme) == vocabularies().value(parent, SKOS.inScheme)


def test_no_concept_is_above_itself() -> None:
    for concept in concepts():
        parents = vocabularies().objects(concept, SKOS.broader)
        assert all(concept not in {parent, *above(parent)} for parent in parents if isinstance(parent, URIRef))
