"""Thirty mistakes made by a seeded generator: the doctor names the right part of at least 27."""

import random
from dataclasses import dataclass, field

import pytest

from kg.catalog import Catalog, Choices, doctor, run
from kg.catalog.doctor import diagnose
from kg.catalog.pattern import PieceKind, take_apart
from kg.catalog.records import Form
from kg.catalog.tokens import Kind, Token, matching, significant, tokenize
from kg.engine import Engine, Limits, Rows
from kg.errors import QueryTimeoutError
from kg.vocab import ID, PROLOGUE, compact, split_iri
from tests.catalog.test_questions import tiny_values

MISTAKES = ("typo", "property", "thing", "class", "filter")
ELSEWHERE = ("kg:shareOfCost", "kg:footnote", "kg:lineCount", "kg:isoAlpha3")


def demanding_places(tokens: tuple[Token, ...]) -> list[int]:
    """Return the indexes of terms that every row must match: none in OPTIONAL, UNION, FILTER or BIND."""
    skipped: set[int] = set()
    for index, token in enumerate(tokens):
        if token.is_word("OPTIONAL", "UNION", "FILTER", "BIND", "EXISTS", "PREFIX"):
            if token.is_word("PREFIX"):
                skipped.update(range(index, index + 3))
                continue
            opening = next(i for i in range(index + 1, len(tokens)) if tokens[i].is_mark("{", "("))
            skipped.update(range(index, matching(tokens, opening) + 1))
            if token.is_word("UNION"):
                before = next(i for i in range(index) if tokens[i].is_mark("{") and matching(tokens, i) == index - 1)
                skipped.update(range(before, index))
    return [
        index
        for index, token in enumerate(tokens[:-1])
        if index not in skipped
        and token.kind in (Kind.NAME, Kind.IRI)
        and not tokens[index - 1].is_mark("^^", "|")
        and not tokens[index + 1].is_mark("*", "?", "|")
    ]


def mistake(sparql: str, chooser: random.Random) -> tuple[str, str, str] | None:
    """Return a query with one mistake, the wrong part and the term that it should be."""
    kind = chooser.choice(MISTAKES)
    tokens = significant(tokenize(sparql))
    if kind == "filter":
        pieces = [piece for piece in take_apart(sparql).pieces if piece.kind is PieceKind.TRIPLE]
        named = [piece.tokens[-1].text for piece in pieces if piece.tokens[-1].kind is Kind.VARIABLE]
        if not named:
            return None
        opening = next(i for i, token in enumerate(tokens) if token.is_mark("{"))
        end = tokens[matching(tokens, opening)].start
        wrong = f'FILTER(STR({chooser.choice(named)}) = "nothing is called so")'
        return f"{sparql[:end]} {wrong} {sparql[end:]}", wrong, ""
    places = demanding_places(tokens)
    chooser.shuffle(places)
    for index in places:
        token, wrong = tokens[index], ""
        prefix, _, name = token.text.partition(":")
        if kind == "typo" and token.kind is Kind.NAME and len(name) > 4:
            at = chooser.randrange(1, len(name) - 2)
            wrong = f"{prefix}:{name[:at]}{name[at + 1]}{name[at]}{name[at + 2 :]}"
        elif kind == "property" and token.text.startswith("kg:") and name[0].islower():
            wrong = chooser.choice(ELSEWHERE)
        elif kind == "thing" and token.text.startswith("<" + ID):
            wrong = f"{token.text[:-1]}s>"
        elif kind == "class" and tokens[index - 1].is_word("a") and prefix == "kg":
            wrong = chooser.choice(["kg:Membership", "kg:Evidence"])
        if wrong and wrong != token.text:
            end = token.start + len(token.text)
            return sparql[: token.start] + wrong + sparql[end:], wrong, token.text
    return None


@pytest.mark.parametrize("seed", [20_261_124, 4711])
def test_of_thirty_mistakes_at_least_twenty_seven_are_named(
    seed: int, catalog: Catalog, engine: Engine, choices: Choices
) -> None:
    chooser = random.Random(seed)
    questions = [question for question in catalog if question.form is Form.SELECT]
    texts = []
    for question in questions:
        answer = run(engine, question, tiny_values(question, choices), choices=choices)
        texts += [answer.sparql] if answer.rows else []
    tried, missed = 0, []
    while tried < 30:
        made = mistake(chooser.choice(texts), chooser)
        if made is None or engine.rows(made[0], trusted=True).rows:
            continue
        tried += 1
        found = diagnose(engine, made[0], seconds=60.0)
        wrong = made[1].strip("<>")
        if found is None or not (wrong in found.text or wrong == found.unknown or compact(wrong) == found.unknown):
            missed.append((made[1], found))
    # Another seed may fall on an unlucky mixture: two more are allowed.
    assert len(missed) <= (3 if seed == 20_261_124 else 5), (seed, missed)


def test_a_misspelled_property_comes_with_the_right_one(engine: Engine) -> None:
    found = diagnose(engine, PROLOGUE + "SELECT ?x WHERE { ?x a kg:Project ; kg:suplliedBy ?y } ORDER BY ?x")
    assert found is not None and found.unknown == "kg:suplliedBy" and found.nearest[0] == "kg:suppliedBy"


def test_a_misspelled_label_comes_with_the_right_one(engine: Engine) -> None:
    found = diagnose(engine, PROLOGUE + 'SELECT ?x WHERE { ?x a kg:City ; rdfs:label "Alphavile"@en }')
    assert found is not None and '"Alphavile"@en' in found.text and found.nearest[0] == "Alphaville"


def test_a_having_that_lets_nothing_through_is_named(engine: Engine) -> None:
    query = "SELECT ?x (COUNT(*) AS ?n) WHERE { ?x a kg:City } GROUP BY ?x HAVING(COUNT(*) > 9) ORDER BY ?x"
    found = diagnose(engine, PROLOGUE + query)
    assert found is not None and "HAVING" in found.text


@dataclass
class SlowEngine:
    """Every question takes 80 ms by its own clock, or what it may take if that is less; then it is stopped."""

    inner: Engine
    now: float = 0.0
    allowed: list[float] = field(default_factory=list)

    def ask(self, sparql: str, *, limits: Limits, trusted: bool) -> bool:
        self._wait(limits)
        return self.inner.ask(sparql, trusted=trusted)

    def rows(self, sparql: str, *, limits: Limits, trusted: bool) -> Rows:
        self._wait(limits)
        return self.inner.rows(sparql, trusted=trusted)

    def _wait(self, limits: Limits) -> None:
        self.allowed.append(limits.seconds)
        self.now += min(0.08, limits.seconds)
        if limits.seconds < 0.08:
            raise QueryTimeoutError("too slow", seconds=limits.seconds)


def test_the_examination_takes_no_more_than_its_time_on_a_slow_release(
    engine: Engine, catalog: Catalog, choices: Choices, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowEngine(engine)
    monkeypatch.setattr(doctor.time, "monotonic", lambda: slow.now)
    values = {"country": "deltaland"}
    answer = run(engine, catalog.question("who-runs-the-system"), values, choices=choices)
    assert not answer.rows
    diagnose(slow, answer.sparql)  # type: ignore[arg-type]
    assert 3 <= len(slow.allowed) <= 4 and slow.now <= 0.25


def test_a_graph_that_is_not_there_comes_with_the_right_one(engine: Engine) -> None:
    query = "SELECT ?x WHERE { GRAPH <https://w3id.org/cityledger/graph/slice-cuontries> { ?x ?y ?z } } ORDER BY ?x"
    found = diagnose(engine, query)
    assert found is not None and found.unknown is not None and found.unknown.endswith("slice-cuontries")
    assert found.nearest[0].endswith("slice-countries")


def test_a_branch_that_nothing_passes_is_found_beside_one_that_has_rows(engine: Engine) -> None:
    banks = "{ SELECT ?y WHERE { ?y a kg:PolicyBank } }"
    loans = "{ ?x a kg:Financing ; kg:claimant ?y . OPTIONAL { ?x kg:amount ?amount } }"
    query = f"SELECT ?x WHERE {{ {banks} {loans} UNION {{ ?x a kg:City ; kg:country ?y }} }} ORDER BY ?x"
    found = diagnose(engine, PROLOGUE + query)
    assert found is not None and found.text == "?x kg:claimant ?y"


def test_what_is_no_select_is_left_alone(engine: Engine) -> None:
    assert diagnose(engine, "ASK { ?s ?p ?o }") is None
    assert diagnose(engine, "SELECT ?x WHERE { ") is None


def test_the_things_of_the_generator_are_ours() -> None:
    assert split_iri(ID + "place/alphaland") == ("place", "alphaland")
