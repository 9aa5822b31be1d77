"""Whose words the tables use, and who is said to have told them. Each message says what to mend."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.build import read_tables
from kg.tables.audit import read_texts
from kg.tables.corpus import Corpus
from tests.conftest import CHECKOUT

# So many words in a row are a sentence of the source and no longer a name with its neighbours.
RUN = 8
# What a work is called, and where it came out, cannot be put in other words.
TITLES = "source"
OWN = ("description", "basis_note", "date_note", "reason", "flag")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_tables(CHECKOUT)


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return (tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1))


def test_no_sentence_of_a_source_stands_in_the_tables(corpus: Corpus, seeds: Path) -> None:
    texts = read_texts(seeds, corpus.sources)
    # A word that a line breaks in two is one word.
    printed = {run for lines in texts.values() for run in _runs(re.sub(r"(\w)- +(\w)", r"\1\2", " ".join(lines)))}
    assert len(printed) > 10_000
    copied = [
        f"{table}:{row.slug} {column}: {' '.join(run)}"
        for table, rows in corpus.tables.items()
        if table != TITLES
        for row in rows
        for column in OWN
        for run in _runs(" ".join(row.cells.get(column, ())))
        if run in printed
    ]
    assert not copied, f"say this in words of your own: {copied}"


def test_what_authors_say_themselves_is_told_by_a_work_of_theirs(corpus: Corpus) -> None:
    """A note that supports a claim of the authors is its evidence; it does not tell what they claim."""
    published = {row.slug: frozenset(row.cells.get("publisher", ())) for row in corpus.tables["source"]}
    authors = {one for key, source in corpus.sources.items() if source.sha256 for one in published[key]}
    assert len(authors) == 4
    wrong = []
    for row in corpus.tables["claim"]:
        told = row.text("reported_by").removeprefix("source:")
        documents = {cell.partition(":")[0] for cell in row.cells["evidence"]}
        own = {author for document in documents for author in published.get(document, ()) if author in authors}
        if own.intersection(row.cells["claimant"]) and not own & published.get(told, frozenset()):
            wrong.append(f"claim:{row.slug} is told by {told}")
    assert not wrong, f"put the report of the authors into reported_by: {wrong}"
