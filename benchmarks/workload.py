"""The twelve queries, and what their parameters are drawn from."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from generate import Zipf

from kg.catalog.load import Catalog
from kg.catalog.records import Question
from kg.catalog.run import bind

HERE = Path(__file__).parent
# The property path of the saved questions, whole; the others are cut from saved questions, see their descriptions.
WHOLE = ("who-owns-a-company",)
_VALUES = 150
_PREFIX = "PREFIX kg: <https://w3id.org/cityledger/ontology#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
# What each parameter is drawn from: things that the data says something about, in a fixed order.
_POOLS = {
    "company": "SELECT DISTINCT ?x { ?i kg:actor ?x }",
    "project": "SELECT DISTINCT ?x { ?i kg:involvementOf ?x }",
    "country": "SELECT DISTINCT ?x { ?p kg:suppliedBy ?s ; kg:country ?x }",
    "technology": "SELECT DISTINCT ?x { ?p kg:usesTechnology ?x }",
    "words": "SELECT DISTINCT ?x { ?p kg:suppliedBy ?s ; rdfs:label ?l BIND(SUBSTR(STR(?l), 1, 9) AS ?x) }",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One query with many values for its parameters: the texts, most asked for first."""

    name: str
    texts: tuple[str, ...]

    def anew(self, seed: int) -> Iterator[str]:
        """Draw texts evenly."""
        source = random.Random(seed)
        while True:
            yield source.choice(self.texts)

    def by_zipf(self, seed: int) -> Iterator[str]:
        """Draw texts as people ask: a few again and again."""
        zipf = Zipf(len(self.texts), random.Random(seed))
        while True:
            yield self.texts[zipf.draw()]


def read_loads(queries: Path, store: ox.Store, seed: int) -> tuple[Load, ...]:
    """Bind each query to values that the store holds."""
    saved = Catalog.load(queries)
    questions = [*Catalog.load(HERE / "queries"), *(saved.question(name) for name in WHOLE)]
    source = random.Random(seed)
    pools = {name: _pool(store, text, source) for name, text in _POOLS.items()}
    return tuple(_load(question, pools, source) for question in questions)


def _pool(store: ox.Store, text: str, source: random.Random) -> list[str]:
    answer = store.query(_PREFIX + text, use_default_graph_as_union=True)
    assert isinstance(answer, ox.QuerySolutions)
    found = sorted(term.value for solution in answer if isinstance(term := solution["x"], ox.NamedNode | ox.Literal))
    source.shuffle(found)
    return found[:_VALUES]


def _load(question: Question, pools: dict[str, list[str]], source: random.Random) -> Load:
    names = [parameter.name for parameter in question.params]
    drawn = [{name: source.choice(pools[name]) for name in names} for _ in range(_VALUES)] if names else [{}]
    return Load(name=question.name, texts=tuple(dict.fromkeys(bind(question, values) for values in drawn)))
