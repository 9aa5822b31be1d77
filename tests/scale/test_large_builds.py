"""A large release is made in pieces, and comes out as if it had been made in one."""

import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import build, snapshot
from kg.build import inputs, lines, making
from kg.errors import CuratedDataError, SnapshotError
from kg.rules import INFERRED, Rule, infer, infer_files, read_rules
from kg.rules.patterns import Reach, reach
from kg.tables.quads import corpus_to_nquads
from kg.vocab import RDF

from .mutations import Mutator
from .test_validation import CHECKOUT, ONTOLOGY, SEED, write_small_root

CASES = CHECKOUT / "tests" / "ontology" / "cases"
P = "<https://example.org/{}>"


def inferred_at_once(files: Iterable[Path], rules: Iterable[Rule]) -> list[str]:
    store = ox.Store()
    for path in files:
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    added = infer(store, rules)
    found = sorted(f"{quad} .\n" for quad in store.quads_for_pattern(None, None, None, INFERRED))
    assert len(found) == added
    return found


def inferred_in_slices(files: Iterable[Path], rules: Iterable[Rule], target: Path) -> list[str]:
    added = infer_files(files, rules, target, whole_up_to_bytes=0)
    with target.open(encoding="utf-8") as handle:
        found = sorted(handle)
    assert len(found) == added
    return found


def written(path: Path, quads: Iterable[ox.Quad]) -> Path:
    path.write_text("".join(f"{quad} .\n" for quad in quads), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("terms") / "terms.nq"
    path.write_text("".join(f"{line}\n" for line in inputs.ontology_nquads(ONTOLOGY)), encoding="utf-8")
    return path


def test_rules_infer_from_slices_what_they_infer_from_every_worked_case(terms: Path, tmp_path: Path) -> None:
    stated = ox.NamedNode("urn:stated")
    quads = [
        ox.Quad(quad.subject, quad.predicate, quad.object, stated)
        for path in sorted(CASES.glob("*.ttl"))
        if path.stem == "context" or path.stem.endswith("-stated")
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    ]
    files = (terms, written(tmp_path / "stated.nq", quads))
    rules = read_rules(ONTOLOGY / "rules")
    once = inferred_at_once(files, rules)
    assert len({line.split(" ")[1] for line in once}) > 15, "the cases must use most rules"
    assert inferred_in_slices(files, rules, tmp_path / "inferred.nq") == once


def test_rules_infer_from_slices_what_they_infer_from_the_corpus_with_random_changes(
    terms: Path, tmp_path: Path
) -> None:
    text = "\n".join(corpus_to_nquads(build.read_tables(CHECKOUT)))
    quads = list(ox.parse(text, format=ox.RdfFormat.N_QUADS))
    files = (terms, written(tmp_path / "stated.nq", Mutator(quads, SEED).mutate(2_000)))
    rules = read_rules(ONTOLOGY / "rules")
    assert inferred_in_slices(files, rules, tmp_path / "inferred.nq") == inferred_at_once(files, rules)


def test_rows_without_cells_keep_names_and_lines_in_little_memory() -> None:
    whole = build.read_tables(CHECKOUT)
    tracemalloc.start()
    try:
        named = whole.without_cells()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    count = sum(map(len, whole.tables.values()))
    assert count > 1_000
    # An object for each row took some 200 bytes, and kept the memory of the cells beside it.
    assert held < 100 * count
    assert named.tables.keys() == whole.tables.keys()
    for name, rows in whole.tables.items():
        kept = named.tables[name]
        assert [(row.slug, row.line, row.cells, row.values) for row in kept] == [
            (row.slug, row.line, {}, {}) for row in rows
        ]
        assert len(kept) == len(rows)
        assert [row.slug for row in (*kept[:2], *kept[-1:])] == [row.slug for row in (*rows[:2], *rows[-1:])]
        with pytest.raises(IndexError):
            kept[len(rows)]
    thing = making.iri("project", whole.tables["project"][3].slug)
    assert named.locate(thing) == whole.locate(thing) is not None


# Each says why more than the predicates that stand in the rule must be read.
ODD_RULES = {
    "a predicate that another rule writes": [
        "CONSTRUCT { ?a <urn:q> ?b } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?a <urn:r> ?b } WHERE { ?a <urn:q> ?b }",
    ],
    "a predicate that becomes known while rules run": [
        "CONSTRUCT { <urn:late> <urn:above> <urn:top> } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?a ?top ?b } WHERE { ?how <urn:above> ?top . ?a ?how ?b }",
    ],
    "a predicate that becomes known after its rule has run": [
        "CONSTRUCT { ?a ?top ?b } WHERE { ?how <urn:above> ?top . ?a ?how ?b }",
        "CONSTRUCT { <urn:late> <urn:above> <urn:top> } WHERE { ?a <urn:p> ?b }",
    ],
    "a variable of which nothing is said": ["CONSTRUCT { ?b <urn:is> ?how } WHERE { ?a ?how ?b }"],
    "a path of no steps, which leads from every term to itself": [
        "CONSTRUCT { ?a <urn:self> ?b } WHERE { ?a <urn:p>* ?b }"
    ],
    "all but one predicate": ["CONSTRUCT { ?a <urn:not-p> ?b } WHERE { ?a !<urn:p> ?b }"],
    "a path backwards and another way": ["CONSTRUCT { ?b <urn:r> ?a } WHERE { ?b (^<urn:p>|<urn:late>)+ ?a }"],
    "what must be absent": ["CONSTRUCT { ?a <urn:r> ?b } WHERE { ?a <urn:p> ?b MINUS { ?a <urn:late> ?c } }"],
    "the same name inside and outside of a sub-query": [
        "CONSTRUCT { ?a <urn:r> ?c } WHERE { VALUES ?b { <urn:y> } ?b <urn:p> ?c"
        " { SELECT ?a WHERE { ?a <urn:p> ?b } } }"
    ],
    "an unknown value": ["CONSTRUCT { ?a <urn:r> ?b } WHERE { VALUES (?a ?b) { (<urn:x> UNDEF) } ?a <urn:p> ?b }"],
    "a stated triple that a rule says again": ["CONSTRUCT { ?a <urn:late> ?b } WHERE { ?a <urn:p> ?b }"],
    "classes that are named elsewhere": [
        "CONSTRUCT { ?a a ?above } WHERE { ?a a ?class . ?class <urn:under>+ ?above }",
    ],
    "a class that the rule gave itself": [
        "CONSTRUCT { ?a a ?above } WHERE { ?a a ?class . ?class <urn:under> ?above }",
    ],
    "a class that becomes known while rules run": [
        "CONSTRUCT { ?a a ?above } WHERE { ?a a ?class . ?class <urn:under>+ ?above }",
        "CONSTRUCT { <urn:B> <urn:under> <urn:D> } WHERE { ?a <urn:p> ?b }",
    ],
    "a class that was given before anybody read it": [
        "CONSTRUCT { ?a a <urn:N> } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { <urn:N> <urn:under> <urn:C> } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?a a ?above } WHERE { ?a a ?class . ?class <urn:under> ?above }",
    ],
    "what was written before anybody read it": [
        "CONSTRUCT { ?a <urn:new> ?b } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { <urn:new> <urn:above> <urn:top> } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?a ?top ?b } WHERE { ?how <urn:above> ?top . ?a ?how ?b }",
    ],
    "what one rule reads by itself and others only write": [
        "CONSTRUCT { ?a <urn:r> ?b } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?b <urn:r> ?a } WHERE { ?a <urn:late> ?b }",
        "CONSTRUCT { ?a <urn:r> ?c } WHERE { ?a <urn:r>/<urn:p> ?c }",
    ],
    "a class by a path of no steps": [
        "CONSTRUCT { ?a <urn:k> ?above } WHERE { ?a a ?class . ?class <urn:under>* ?above }"
    ],
    "a number for a class": ["CONSTRUCT { ?a a ?n } WHERE { <urn:x> <urn:n> ?n . ?a <urn:late> ?b }"],
    "a class of which nothing is said": ["CONSTRUCT { ?class <urn:k> ?a } WHERE { ?a a ?class }"],
    "a class in what must be absent": [
        "CONSTRUCT { ?a <urn:k> ?b } WHERE { ?a <urn:p> ?b FILTER NOT EXISTS { ?b a ?class . ?class <urn:under> ?c } }"
    ],
    "the same in another spelling": ['CONSTRUCT { ?a <urn:n> 7 } WHERE { ?a <urn:p> ?b }'],
}  # fmt: skip


@pytest.mark.parametrize("why", ODD_RULES)
def test_a_slice_holds(why: str, tmp_path: Path) -> None:
    stated = tmp_path / "stated.nq"
    stated.write_text(
        "".join(
            f"{line} <urn:g> .\n"
            for line in (
                "<urn:x> <urn:p> <urn:y>",
                "<urn:y> <urn:p> <urn:z>",
                "<urn:x> <urn:late> <urn:y>",
                "<urn:z> <urn:late> <urn:x>",
                '<urn:x> <urn:n> "007"^^<http://www.w3.org/2001/XMLSchema#integer>',
                "<urn:lonely> <urn:other> <urn:alone>",
                f"<urn:x> <{RDF}type> <urn:C>",
                f"<urn:y> <{RDF}type> <urn:B>",
                f"<urn:y> <{RDF}type> <urn:A>",
                f"<urn:x> <{RDF}type> <urn:alone>",
                f'<urn:x> <{RDF}type> "007"^^<http://www.w3.org/2001/XMLSchema#integer>',
                f'<urn:y> <{RDF}type> "7"^^<http://www.w3.org/2001/XMLSchema#integer>',
                "<urn:C> <urn:under> <urn:B>",
                "<urn:B> <urn:under> <urn:A>",
            )
        ),
        encoding="utf-8",
    )
    rules = [Rule(name=f"{number:02d}", stage=1, text=text) for number, text in enumerate(ODD_RULES[why])]
    once = inferred_at_once([stated], rules)
    assert once
    assert inferred_in_slices([stated], rules, tmp_path / "inferred.nq") == once


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("CONSTRUCT { ?a <urn:p> ?b } WHERE { ?a <urn:p> }", "Expected|error"),
        ("SELECT ?a WHERE { ?a <urn:p> ?b }", "not a CONSTRUCT query"),
        ("CONSTRUCT { ?a <urn:p> [] } WHERE { ?a <urn:p> ?b }", "makes a blank node"),
        ("CONSTRUCT { ?b <urn:n> ?m } WHERE { ?a <urn:n> ?n BIND(?n + 1 AS ?m) BIND(?a AS ?b) }", "no rest after"),
    ],
)
def test_a_rule_is_refused_on_slices_as_on_a_store(text: str, rule: str, tmp_path: Path) -> None:
    stated = tmp_path / "stated.nq"
    stated.write_text("<urn:a> <urn:n> 1 <urn:g> .\n".replace("1", f'"1"^^<{making.XSD}integer>'), encoding="utf-8")
    stated.write_text(stated.read_text(encoding="utf-8") + "<urn:a> <urn:p> <urn:b> <urn:g> .\n", encoding="utf-8")
    for most in (0, lines.BATCH):
        with pytest.raises(CuratedDataError, match=rule):
            infer_files(
                [stated],
                [Rule(name="one", stage=1, text=text)],
                tmp_path / "inferred.nq",
                whole_up_to_bytes=most,
            )


def test_most_of_the_corpus_is_read_by_no_rule_of_the_last_stage() -> None:
    last = next(rule for rule in read_rules(ONTOLOGY / "rules") if rule.name == "92-origin-count")
    read, wrote = reach(last.text)
    assert (read.everything, read.questions, read.pairs) == (False, (), frozenset())
    assert {name.rpartition(b"#")[2] for name in read.predicates} == {b"evidence>", b"source>", b"origin>"}
    assert wrote == Reach(predicates=frozenset({b"<https://w3id.org/cityledger/ontology#originCount>"}))


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_lines_sorted_in_batches_are_those_of_one_store(batch: int, tmp_path: Path) -> None:
    first, second = tmp_path / "first.nq", tmp_path / "second.nq"
    first.write_text(
        f'{P.format("b")} {P.format("n")} "007"^^<{making.XSD}integer> <urn:g> .\n'
        f"{P.format('a')} {P.format('p')} {P.format('é')} <urn:g> .\n"
        f'{P.format("a")} {P.format("p")} "a\\tb\\u00e9"@en-GB <urn:g> .\n',
        encoding="utf-8",
    )
    second.write_text(
        f'{P.format("b")} {P.format("n")} "7"^^<{making.XSD}integer> <urn:g> .\n'
        f"{P.format('a')} {P.format('p')} {P.format('é')} <urn:g> .\n"
        f"{P.format('a')} {P.format('p')} <https://example.org/\\u00e9> <urn:g> .\n"
        f"{P.format('a')} {P.format('p')} {P.format('é')} {INFERRED} .\n",
        encoding="utf-8",
    )
    store = ox.Store()
    for path in (first, second):
        store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    expected = snapshot.sorted_nquads(store)
    found = lines.write_sorted((first, second), tmp_path / "all.nq", tmp_path, batch=batch)
    assert (tmp_path / "all.nq").read_bytes() == b"".join(expected)
    assert found == lines.Sorted(release=snapshot.release_id(expected), stated=len(expected) - 1, inferred=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.nq", "first.nq", "second.nq"]


def test_a_build_in_pieces_publishes_the_same_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    write_small_root(root)
    whole = build.build(root, tmp_path / "whole")
    monkeypatch.setattr(lines, "BATCH", 500)
    monkeypatch.setattr(lines.write_sorted, "__kwdefaults__", {"batch": 500})
    monkeypatch.setattr(infer_files, "__kwdefaults__", {"whole_up_to_bytes": 0})
    pieces = build.build(root, tmp_path / "pieces")
    assert pieces.snapshot.release == whole.snapshot.release
    assert (pieces.stated, pieces.inferred) == (whole.stated, whole.inferred)
    assert pieces.snapshot.manifest["quads"] == whole.snapshot.manifest["quads"]
    dumps = [(one.snapshot.files / "dump" / "cityledger.nq").read_bytes() for one in (whole, pieces)]
    assert dumps[0] == dumps[1]


def test_a_store_that_lacks_a_quad_is_not_published(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    nquads = tmp_path / "input.nq"
    nquads.write_text("<urn:a> <urn:p> <urn:b> <urn:g> .\n", encoding="utf-8")
    with snapshot.writer_lock(folder):
        lines.load([nquads], folder / ".build-made")
        loaded = snapshot.Loaded(store=folder / ".build-made", release="0" * 16, quads=2)
        with pytest.raises(SnapshotError, match="the store took 1 of 2 quads; nothing is published"):
            snapshot.publish(folder, loaded, details={})
    assert snapshot.list_snapshots(folder) == ()
    assert list(folder.glob(".build-*")) == []
