"""Permanent names that are no things: problems and questions; the rules for w3id.org cover every name that is used."""

import re
from pathlib import Path

import pytest

from kg.serve.problem_kinds import KINDS
from tests.conftest import CHECKOUT
from tests.serve.service import InProcess

SERVE = CHECKOUT / "src" / "kg" / "serve"
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("name", KINDS)
def test_a_problem_says_what_it_means_and_what_to_do(service: InProcess, name: str) -> None:
    page = service.client.get(f"/problem/{name}", headers=HTML)
    assert page.status_code == 200
    assert KINDS[name].title in page.text
    assert "What to do" in page.text
    record = service.client.get(f"/problem/{name}", headers={"Accept": "application/json"}).get_json()
    assert record["type"] == f"https://w3id.org/cityledger/problem/{name}"
    assert record["meaning"] == KINDS[name].meaning


def test_all_problems_are_listed_and_others_are_unknown(service: InProcess) -> None:
    listed = set(re.findall(r'href="/problem/([^"]+)"', service.client.get("/problem", headers=HTML).text))
    assert listed == set(KINDS)
    assert service.client.get("/problem/no-such-problem").status_code == 404


def test_every_problem_that_the_service_names_has_a_page() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SERVE.rglob("*.py")))
    named = re.findall(r'(?:problem|problem_reply|_refusal)\(\s*\d{3},\s*"([a-z-]+)"', text)
    assert len(named) > 15
    assert set(named) <= set(KINDS)


def test_the_page_of_an_error_leads_to_its_meaning(service: InProcess) -> None:
    assert 'href="/problem/unknown-thing"' in service.client.get("/page/actor/nobody-at-all", headers=HTML).text


@pytest.mark.parametrize(
    "path", ["/nothing", "/questions/none", "/id/actor/nobody", "/sparql?query=SELEC", "/search?kind=x"]
)
def test_the_type_of_every_problem_leads_to_a_page(service: InProcess, path: str) -> None:
    kind = service.client.get(path, headers={"Accept": "application/problem+json"}).get_json()["type"]
    assert service.client.get("/problem/" + kind.rpartition("/")[2]).status_code == 200


def test_the_name_of_a_question_leads_to_its_page(service: InProcess) -> None:
    answer = service.client.get("/question/names-of-actors?page=2", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/questions/names-of-actors?page=2")


def test_a_rule_for_every_sort_of_name_stands_in_the_rules_for_w3id() -> None:
    rules = re.findall(r"RewriteRule (\S+)", Path(CHECKOUT / "docs" / "w3id.md").read_text(encoding="utf-8"))
    names = {
        found
        for folder, pattern in (("src/kg", "*.py"), ("ontology", "*.ttl"))
        for path in (CHECKOUT / folder).rglob(pattern)
        for found in re.findall(r'https://w3id\.org/cityledger/([^\s"<>`#)]+)', path.read_text(encoding="utf-8"))
    }
    # Graphs of an outside store that hold whole releases there are named so; nobody looks them up.
    names.discard("hosted/")
    uncovered = {name for name in names if not any(re.search(rule, name) for rule in rules)}
    assert uncovered == set()
