"""The real tables: one node a thing, every evidence cell audited. Each message says what to mend."""

import re
import unicodedata
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from kg.build import read_tables
from kg.tables.audit import audit, read_texts
from kg.tables.corpus import Corpus
from tests.conftest import CHECKOUT

NAMED = ("actor", "place", "project", "product", "agreement", "policy", "restriction", "event", "indicator", "source")
MOST_WAIVED_PERCENT = 2.0


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_tables(CHECKOUT)


def _norm(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", plain).strip()


def _same_names(corpus: Corpus, kind: str) -> set[tuple[str, str]]:
    """Return pairs of things of one kind and class that share a label or an alias."""
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in corpus.tables.get(kind, ()):
        for column in ("label", "alias_en", "alias_zh"):
            for name in row.cells.get(column, ()):
                holders[_norm(name), ""].add(row.slug)
    return {pair for slugs in holders.values() for pair in combinations(sorted(slugs), 2)}


@pytest.mark.parametrize("kind", NAMED)
def test_two_things_with_one_name_are_one_thing_or_declared_different(corpus: Corpus, kind: str) -> None:
    declared = {
        (row.text("first"), row.text("second"))
        for row in corpus.tables.get("different", ())
        if row.text("kind") == kind
    }
    undeclared = sorted(_same_names(corpus, kind) - declared)
    assert not undeclared, "merge these, or declare them in data/different.csv with the reason: " + "; ".join(
        f"{first} and {second}" for first, second in undeclared
    )


@pytest.mark.parametrize("kind", NAMED)
def test_no_declaration_of_difference_is_idle(corpus: Corpus, kind: str) -> None:
    declared = {
        (row.text("first"), row.text("second"))
        for row in corpus.tables.get("different", ())
        if row.text("kind") == kind
    }
    idle = declared - _same_names(corpus, kind)
    assert not idle, f"remove from data/different.csv, the names differ now: {sorted(idle)}"


def test_every_evidence_cell_is_audited_and_few_are_waived(corpus: Corpus, seeds: Path) -> None:
    found = audit(corpus, read_texts(seeds, corpus.sources))
    assert [str(fault) for fault in (*found.misses, *found.unused_waivers)] == []
    assert found.audited + found.without_text == found.cells
    assert 100 * found.waived_cells / found.cells <= MOST_WAIVED_PERCENT


def test_a_changed_character_of_a_text_is_noticed(corpus: Corpus, seeds: Path, tmp_path: Path) -> None:
    from kg.errors import CuratedDataError

    for path in seeds.glob("*.txt"):
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[:-2] + b"x" + content[-1:])
    with pytest.raises(CuratedDataError, match="no file has the digest"):
        read_texts(tmp_path, corpus.sources)


def test_evidence_moved_to_other_lines_is_noticed(corpus: Corpus, seeds: Path) -> None:
    """Mutate fifty evidence cells, as a slip of the hand would; nearly all must be missed by their names or numbers."""
    import random
    from dataclasses import replace

    texts = read_texts(seeds, corpus.sources)
    random_source = random.Random(7)
    rows = [
        row
        for row in corpus.tables["financing"] + corpus.tables["involvement"] + corpus.tables["observation"]
        if any(place.lines for item in row.cells["evidence"] for place in (corpus.places[item],))
    ]
    chosen = random_source.sample(rows, 50)
    noticed = 0
    for row in chosen:
        table = next(name for name in ("financing", "involvement", "observation") if row in corpus.tables[name])
        line = random_source.randrange(1, corpus.sources["sosi-2020"].line_count)
        item = f"sosi-2020:{line}"
        from kg.tables.evidence import read_place

        moved = replace(row, cells={**row.cells, "evidence": (item,)})
        wrong = replace(
            corpus,
            tables={table: (moved,), "actor": corpus.tables["actor"], "source": corpus.tables["source"]},
            places={**corpus.places, item: read_place(item, corpus.sources)},
        )
        noticed += any(f"data/{table}.csv" in str(fault) for fault in audit(wrong, texts).misses)
    assert noticed >= 45
