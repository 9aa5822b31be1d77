"""What follows from the stated facts: SPARQL CONSTRUCT rules, run to a fixpoint.

A rule is one file of `ontology/rules/`. Rules of one stage run again and again until none of them says anything new;
a rule whose answer could shrink when facts are added (NOT EXISTS, COUNT) belongs to a later stage than the rules
that add those facts.
"""

import io
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
    by_stage: dict[int, list[Rule]] = {}
    for rule in rules:
        by_stage.setdefault(rule.stage, []).append(rule)
    known = _triples(store)
    stated = len(known)
    for _, stage_rules in sorted(by_stage.items()):
        # How many triples there were when a rule last ran: without news since, it has nothing to add.
        seen: dict[str, int] = {}
        for _round in range(_MOST_ROUNDS):
            due = [rule for rule in stage_rules if seen.get(rule.name) != len(known)]
            if not due:
                break
            for rule in due:
                before = len(known)
                _apply(store, rule, known)
                # A rule that added something may add more on what it added itself.
                seen[rule.name] = len(known) if len(known) == before else before
        else:
            names = ", ".join(rule.name for rule in stage_rules)
            raise CuratedDataError(f"ontology/rules: no rest after {_MOST_ROUNDS} rounds: {names}")
    return len(known) - stated


def _triples(store: ox.Store) -> set[bytes]:
    """Return every triple of a store as its text in N-Triples, without the final point."""
    output = io.BytesIO()
    store.dump(output, format=ox.RdfFormat.N_QUADS)
    # The graph is the last term before the point, and an IRI holds no space.
    return {line.rsplit(b" ", 2)[0] for line in output.getvalue().splitlines()}


def _apply(store: ox.Store, rule: Rule, known: set[bytes]) -> None:
    """Add what one rule says and is not known; text, because only text crosses from the store in bulk."""
    where = f"ontology/rules/{rule.name}.rq"
    try:
        answer = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise CuratedDataError(f"{where}: {error}") from error
    if not isinstance(answer, ox.QueryTriples):
        raise CuratedDataError(f"{where}:1: not a CONSTRUCT query")
    text = answer.serialize(format=ox.RdfFormat.N_TRIPLES)
    fresh = {line.removesuffix(b" .") for line in (text or b"").splitlines()} - known
    for line in fresh:
        if line.startswith(b"_:") or line.split(b" ", 2)[2].startswith(b"_:"):
            raise CuratedDataError(f"{where}: makes a blank node; every node needs an IRI")
    if fresh:
        known |= fresh
        store.bulk_load(input=b" .\n".join(fresh) + b" .\n", format=ox.RdfFormat.N_TRIPLES, to_graph=INFERRED)
