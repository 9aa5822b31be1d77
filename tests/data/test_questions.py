"""Open questions about the corpus, each answered by a query of its own with the expected answer asserted.

`questions/<id>.rq` is plain SPARQL with the question as a comment in its first line; `questions/<id>.json` says what
must come out and on which lines of which document it rests:

    {"question": "...", "answer": [["Exim Bank of China"]], "ordered": false,
     "rests_on": ["lodz-2021:268-270"], "note": "where and why we disagree with an answer given elsewhere"}
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.rules import INFERRED, infer, read_rules
from kg.vocab import KG, PROLOGUE, iri
from tests.conftest import CHECKOUT

FOLDER = Path(__file__).parent / "questions"
NAMES = sorted(path.stem for path in FOLDER.glob("*.rq"))
_PLACE = re.compile(r"([a-z0-9-]+):(?:fn(\w+)|(\d+)(?:-(\d+))?)")
_EVIDENCE = ox.NamedNode(f"{KG}evidence")


def _case(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _query(name: str) -> str:
    return PROLOGUE + (FOLDER / f"{name}.rq").read_text(encoding="utf-8")


def _answer(store: ox.Store, name: str) -> list[list[str]]:
    result = store.query(_query(name), use_default_graph_as_union=True)
    if isinstance(result, ox.QueryBoolean):
        return [["true" if result else "false"]]
    return [["" if cell is None else _text(cell) for cell in row] for row in result]


def _text(term: ox.NamedNode | ox.Literal) -> str:
    return term.value.rpartition("/")[2] if isinstance(term, ox.NamedNode) else term.value


def test_every_question_has_a_query_and_an_answer() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == NAMES
    assert len(NAMES) >= 140


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_the_expected_answer(name: str, real_store: ox.Store) -> None:
    case = _case(name)
    got, expected = _answer(real_store, name), [[str(cell) for cell in row] for row in case["answer"]]
    if not case.get("ordered", False):
        got, expected = sorted(got), sorted(expected)
    assert got == expected, case["question"]


@pytest.mark.parametrize("name", NAMES)
def test_no_query_contains_its_own_answer(name: str) -> None:
    text = re.sub(r"(?m)^\s*#.*$", "", (FOLDER / f"{name}.rq").read_text(encoding="utf-8"))
    literals = {value.casefold() for value in re.findall(r'"([^"\n]*)"', text)}
    numbers = set(re.findall(r"(?<![\w.:-])\d+(?:\.\d+)?(?![\w.:-])", text)) - {"0", "1"}
    for row in _case(name)["answer"]:
        for cell in map(str, row):
            assert cell.casefold() not in literals, f"{name}: the answer {cell!r} is a literal of the query"
            assert cell not in numbers, f"{name}: the answer {cell} is a number of the query"


@cache
def _quads(path: str) -> tuple[ox.Quad, ...]:
    return tuple(ox.Store.read_only(path))


def _without(path: str, places: list[str]) -> tuple[list[ox.Quad], set[ox.NamedNode]]:
    """Return all quads but those of rows whose evidence touches some lines, and the rows taken away."""
    wanted = [found.groups() for place in places if (found := _PLACE.fullmatch(place))]
    evidence = {
        quad.subject
        for quad in _quads(path)
        if quad.predicate.value == f"{KG}source" and _touches(quad.subject.value, wanted)
    }
    gone = {q.subject for q in _quads(path) if q.predicate == _EVIDENCE and q.object in evidence}
    return [q for q in _quads(path) if q.subject not in gone and q.graph_name != INFERRED], gone


def _touches(evidence: str, wanted: list[tuple[str | None, ...]]) -> bool:
    for source, note, first, last in wanted:
        prefix = iri("evidence", f"{source}-")
        if not evidence.startswith(prefix):
            continue
        rest = evidence[len(prefix) :]
        if note is not None and rest == f"fn{note}":
            return True
        lines = re.fullmatch(r"l(\d+)(?:-l(\d+))?", rest)
        if lines and first is not None:
            low, high = int(lines[1]), int(lines[2] or lines[1])
            if low <= int(last or first) and high >= int(first):
                return True
    return False


@pytest.fixture(scope="module")
def rules() -> Iterator[tuple]:
    yield read_rules(CHECKOUT / "ontology" / "rules")


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_rests_on_its_rows(name: str, real_snapshots: Path, rules: tuple) -> None:
    path = str(real_snapshots / "current" / "store")
    left, gone = _without(path, _case(name)["rests_on"])
    assert gone, f"{name}: no row has evidence at {_case(name)['rests_on']}"
    store = ox.Store()
    store.bulk_extend(left)
    before = sorted(_answer(ox.Store.read_only(path), name))
    infer(store, rules)
    assert sorted(_answer(store, name)) != before, f"{name}: the answer stays without the rows it rests on"
