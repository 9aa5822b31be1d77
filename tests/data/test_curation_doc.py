"""The page on curation names rows of the tables: each of them must exist, and no item of the notes may be missing."""

import csv
import json
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

DATA = CHECKOUT / "data"
PAGE = CHECKOUT / "docs" / "curation.md"
_NAME = re.compile(r"`([a-z]+):([^`\s]+)`")
# How many numbered items each part of the two notes has.
_OTHERS = {"A": 8, "B": 19, "C": 15, "D": 10}
_SOSI = {0: 5, 1: 6, 2: 4, 3: 17, 4: 16, 5: 8, 6: 4, 7: 6}


@cache
def _keys() -> dict[str, frozenset[str]]:
    """Return the keys of every table, the parts of a key of several columns joined as the page writes them."""
    tables = json.loads((DATA / "csvw-metadata.json").read_text(encoding="utf-8"))["tables"]
    keys = {}
    for table in tables:
        name, columns = Path(table["url"]).stem, table["tableSchema"]["primaryKey"]
        columns = [columns] if isinstance(columns, str) else columns
        path = DATA / table["url"]
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                joint = "-" if name == "involvement" else "|"
                keys[name] = frozenset(joint.join(row[column] for column in columns) for row in csv.DictReader(lines))
    return keys


def _named_rows() -> list[tuple[str, str]]:
    return [(table, key) for table, key in _NAME.findall(PAGE.read_text(encoding="utf-8")) if table in _keys()]


def test_the_page_names_rows() -> None:
    assert len(_named_rows()) > 200


def test_every_row_that_the_page_names_exists() -> None:
    missing = [f"{table}:{key}" for table, key in _named_rows() if key not in _keys()[table]]
    assert not missing, f"docs/curation.md names rows that are not in data/: {missing}"


@pytest.mark.parametrize(("part", "count"), _OTHERS.items())
def test_every_item_of_the_first_notes_has_an_outcome(part: str, count: int) -> None:
    found = re.findall(rf"(?m)^- {part}(\d+) \S.*: \S", PAGE.read_text(encoding="utf-8"))
    assert found == [str(number) for number in range(1, count + 1)]


@pytest.mark.parametrize(("part", "count"), _SOSI.items())
def test_every_item_of_the_second_notes_has_an_outcome(part: int, count: int) -> None:
    found = re.findall(rf"(?m)^- {part}\.(\d+) \S.*: \S", PAGE.read_text(encoding="utf-8"))
    assert found == [str(number) for number in range(1, count + 1)]
