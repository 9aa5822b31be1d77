"""What follows from the stated facts: SPARQL CONSTRUCT rules, run to a fixpoint.

A rule is one file of `ontology/rules/`. Rules of one stage run again and again until none of them says anything new;
a rule whose answer could shrink when facts are added (NOT EXISTS, COUNT) belongs to a later stage than the rules
that add those facts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.errors import CuratedDataError
from kg.vocab import graph

INFERRED: Final = ox.NamedNode(graph("inferred"))
_STAGE = re.compile(r"^#\s*stage:\s*([0-9]+)\s*$", re.MULTILINE)
# A rule that never comes to rest is a fault of the rule; the longest honest chain is the depth of the place tree.
_MOST_ROUNDS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One CONSTRUCT query: its name (the file's), the stage that it runs in, its text."""

    name: str
    stage: int
    text: str


def read_rules(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of a folder in the order in which they run: by stage, then by name."""
    rules = []
    for path in sorted(folder.glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        stage = _STAGE.search(text)
        rules.append(Rule(name=path.stem, stage=int(stage[1]) if stage else 1, text=text))
    return tuple(sorted(rules, key=lambda rule: (rule.stage, rule.name)))


def infer(store: ox.Store, rules: Iterable[Rule]) -> int:
    """Add to the graph `inferred` all that follows and is not stated; return how many triples that is.

    Raises:
        CuratedDataError: a rule is no CONSTRUCT query, makes a blank node, or never comes to rest.
    """
    added = 0
    by_stage: dict[int, list[Rule]] = {}
    for rule in rules:
        by_stage.setdefault(rule.stage, []).append(rule)
    for _, stage_rules in sorted(by_stage.items()):
        for _round in range(_MOST_ROUNDS):
            fresh = sum(_apply(store, rule) for rule in stage_rules)
            added += fresh
            if not fresh:
                break
        else:
            names = ", ".join(rule.name for rule in stage_rules)
            raise CuratedDataError(f"ontology/rules: no rest after {_MOST_ROUNDS} rounds: {names}")
    return added


def _apply(store: ox.Store, rule: Rule) -> int:
    where = f"ontology/rules/{rule.name}.rq"
    try:
        answer = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise CuratedDataError(f"{where}: {error}") from error
    if not isinstance(answer, ox.QueryTriples):
        raise CuratedDataError(f"{where}:1: not a CONSTRUCT query")
    fresh: dict[ox.Triple, None] = {}
    for triple in answer:
        if isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
            raise CuratedDataError(f"{where}: makes a blank node; every node needs an IRI")
        if triple in fresh or next(
            iter(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)), None
        ):
            continue
        fresh[triple] = None
    store.extend(ox.Quad(t.subject, t.predicate, t.object, INFERRED) for t in fresh)
    return len(fresh)
