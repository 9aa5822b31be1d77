# ruff: noqa: E501  the lines of the table of faults say more whole
"""Every fault of a file is reported with its line, all at once."""

from pathlib import Path

import pytest

from kg.catalog import Catalog, CatalogError, parse_question
from tests.catalog.conftest import HEADER, PREFIX

GOOD = HEADER + "#+ columns:\n#+   x: a project\n" + PREFIX + "SELECT ?x WHERE { ?x a kg:Project } ORDER BY ?x\n"


def faults(text: str, known_terms: frozenset[str], name: str = "a-question.rq") -> list[str]:
    question, found = parse_question(text, Path(name), known_terms=known_terms)
    assert (question is None) == bool(found)
    return [f"{fault.line}: {fault.message}" for fault in sorted(found)]


def test_a_good_file_has_no_fault(known_terms: frozenset[str]) -> None:
    assert faults(GOOD, known_terms) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("#+ tags:", "#+ tgas: [x]\n#+ tags:", "3: the header has the unknown key 'tgas'"),
        ("#+ tags: [projects]", "#+ tags:\t[projects]", "3: a tab in the header"),
        ("#+ tags: [projects]", "#+ tags: [projects", "the header is no YAML"),
        ("#+ tags: [projects]", "#+ tags: [Projects]", "3: the tag 'Projects' must be kebab-case"),
        ("#+ summary: A question\n", "", "1: the header has no summary"),
        ("#+ summary:", "#+ summary: x\n#+ summary:", "2: the key 'summary' occurs twice"),
        ("#+ tags: [projects]", "#+ tags: &a [projects]\n#+ answers: *a", "4: aliases (*name) are not read"),
        ("kg:Project", "kg:Projct", "7: the ontology has no term kg:Projct; nearest: kg:Project"),
        ("kg:Project", "gk:Project", "7: prefix 'gk:' is not declared"),
        ("kg:Project", "kg:Project ; kg:amount ?_sum", "7: parameter ?_sum is not declared in the header"),
        (" ORDER BY ?x", "", "7: the outer SELECT has no ORDER BY"),
        ("?x a kg:Project", "{ SELECT ?x WHERE { ?x a kg:Project } LIMIT 3 }", "7: LIMIT without ORDER BY beside it"),
        ("SELECT ?x", "SELECT *", "7: SELECT * hides the columns"),
        ("{ ?x a kg:Project }", "{ ?x a kg:Project", "7: "),
        ("ORDER BY ?x", "ORDER ?x BY", "7: "),
        ("?x a kg:Project", "SERVICE <http://x/> { ?x a kg:Project }", "7: SERVICE has no place in a saved question"),
        ("SELECT ?x WHERE { ?x a kg:Project } ORDER BY ?x", "ASK { ?x a kg:Project }", "7: a saved question is a SELECT"),
        ("#+ columns:\n", "#+ chart: {mark: bar, x: nope}\n#+ columns:\n", "4: chart names the column 'nope'"),
        ("#+ columns:\n", "#+ chart: {mark: pie, x: x}\n#+ columns:\n", "4: the chart's mark is 'pie'"),
        ("#+ columns:\n", "#+ evidence: [nope]\n#+ columns:\n", "4: evidence names the column 'nope'"),
        ("#+ columns:\n", "#+ finding: '{count.nope a/b}'\n#+ columns:\n", "4: finding: {count.nope a/b} stands for nothing"),
        ("#+ columns:\n", "#+ expect: {min_rows: many}\n#+ columns:\n", "4: expect: min_rows must be a number"),
        ("#+   x: a project\n", "#+   y: a project\n", "4: columns names the column 'y'"),
        ("#+   x: a project\n", "", "column x has no meaning"),
        ("#+ columns:\n", "#+ params:\n#+   p: {type: string, default: a, label: P}\n#+ columns:\n", "1: parameter p is declared and never used"),
        ("#+ columns:\n", "#+ params:\n#+   p: {type: text, label: P}\n#+ columns:\n", "5: parameter p: type is 'text'"),
        ("#+ columns:\n", "#+ params:\n#+   p: {type: iri, class: kg:Nope, default: a, label: P}\n#+ columns:\n", "4: parameter p: the ontology has no class kg:Nope"),
        ("#+ columns:\n", "#+ params:\n#+   p: {type: string, label: P}\n#+ columns:\n", "5: parameter p: give a default, or say optional"),
        ("#+ columns:\n", "#+ params:\n#+   page: {type: string, default: a, label: P}\n#+ columns:\n", "5: parameter page: the name must be letters and digits"),
        ("#+ columns:\n", "#+ params:\n#+   at_least: {type: string, default: a, label: P}\n#+ columns:\n", "5: parameter at_least: the name must be letters and digits"),
        ("#+ columns:\n", "#+ finding: '{count.x}'\n#+ columns:\n", "4: finding: {count.x} has no words for one and for many"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(old: str, new: str, expected: str, known_terms: frozenset[str]) -> None:
    assert old in GOOD
    found = faults(GOOD.replace(old, new), known_terms)
    assert any(fault.startswith(expected) or expected in fault for fault in found), found


def with_optional(body: str) -> str:
    header = (
        "#+ params:\n#+   p: {type: string, optional: true, multi: true, label: P}\n#+ columns:\n#+   x: a project\n"
    )
    return HEADER + header + PREFIX + f"SELECT ?x WHERE {{ {body} }} ORDER BY ?x\n"


def test_an_optional_parameter_outside_a_guarded_filter_is_a_fault(known_terms: frozenset[str]) -> None:
    found = faults(with_optional("?x kg:unit ?u FILTER(?u IN (?_p)) FILTER(!BOUND(?_p) || true)"), known_terms)
    assert any("FILTER(!BOUND(?_p) || ...)" in fault for fault in found)


def test_several_values_outside_a_list_are_a_fault(known_terms: frozenset[str]) -> None:
    found = faults(with_optional("?x kg:unit ?u FILTER(!BOUND(?_p) || ?u = ?_p)"), known_terms)
    assert any("IN (?_p)" in fault for fault in found)


def test_a_guard_may_stand_around_a_nested_filter(known_terms: frozenset[str]) -> None:
    body = "?x a kg:Project FILTER(!BOUND(?_p) || EXISTS { ?x kg:unit ?u FILTER(?u IN (?_p)) })"
    assert faults(with_optional(body), known_terms) == []


def test_all_faults_of_all_files_come_at_once(tmp_path: Path, known_terms: frozenset[str]) -> None:
    (tmp_path / "one.rq").write_text(GOOD.replace("#+ tags", "#+ tgas").replace("kg:Project", "kg:Projct"))
    (tmp_path / "Two.rq").write_text(GOOD)
    (tmp_path / "three.rq").write_bytes(b"\xff\xfe")
    (tmp_path / "four.rq").write_text("")
    with pytest.raises(CatalogError) as caught:
        Catalog.load(tmp_path, known_terms=known_terms)
    text = str(caught.value)
    for part in ("one.rq:3: ", "one.rq:7: ", "Two.rq:1: the file's name must be kebab-case", "three.rq:1: the file is not UTF-8", "four.rq:1: "):  # fmt: skip
        assert part in text, text


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="holds no saved question"):
        Catalog.load(tmp_path)
