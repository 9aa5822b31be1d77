"""The worked cases of the design come out of the real tables, triple for triple."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.conftest import SHARED

EXAMPLES = SHARED / "design" / "EXAMPLES.md"
_BLOCK = re.compile(r"```turtle\n(.*?)```", re.DOTALL)
_CASE = re.compile(r"^## (\d+) (.*)$", re.MULTILINE)


def _cases() -> list[tuple[str, str]]:
    if not EXAMPLES.is_file():
        return []
    text = EXAMPLES.read_text(encoding="utf-8")
    head, *rest = re.split(r"(?m)^## (?=\d+ )", text)
    prefixes = "".join(_BLOCK.findall(head))
    return [(part.split("\n", 1)[0], prefixes + block) for part in rest for block in _BLOCK.findall(part)]


CASES = _cases()


@pytest.mark.skipif(not CASES, reason="SKIPPED LOUDLY: ../shared/design/EXAMPLES.md is not here")
@pytest.mark.parametrize(("title", "block"), CASES, ids=[title for title, _ in CASES])
def test_a_worked_case_is_in_the_graph(title: str, block: str, real_store: ox.Store) -> None:
    missing = [
        f"{quad.subject} {quad.predicate} {quad.object}"
        for quad in ox.parse(block.encode(), format=ox.RdfFormat.TURTLE)
        if next(iter(real_store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)), None) is None
    ]
    assert not missing, f"{title}: {len(missing)} triples are not in the graph:\n" + "\n".join(missing)


def test_the_default_graph_of_the_store_is_empty(real_store: ox.Store) -> None:
    assert next(iter(real_store.quads_for_pattern(None, None, None, ox.DefaultGraph())), None) is None


def test_no_graph_holds_a_blank_node(real_store: ox.Store) -> None:
    blank = [q for q in real_store if isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode)]
    assert blank == []


def test_a_snapshot_is_named_by_its_content(real_snapshots: Path) -> None:
    from kg.snapshot import current, release_id, sorted_nquads

    snapshot = current(real_snapshots)
    assert release_id(sorted_nquads(ox.Store.read_only(str(snapshot.store_path)))) == snapshot.release
