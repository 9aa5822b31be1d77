"""One small snapshot and one service for all tests of hostile input."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.snapshot import Snapshot
from tests.hostile.corpus import SCRIPTS
from tests.serve.service import GRAPH, ID, KG, LABEL, InProcess, in_process, publish_text, sample_quads

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    """Folder of snapshots and the one in it."""
    folder = tmp_path_factory.mktemp("serve") / "snapshots"
    # Names that are scripts: whoever can write a table must not be able to run anything in a reader's browser.
    named = [
        f"<{ID}actor/xss-{number}> <{predicate}> {value} <{GRAPH}actor> ."
        for number, script in enumerate(SCRIPTS)
        for predicate, value in ((TYPE, f"<{KG}Company>"), (LABEL, json.dumps(script)))
    ]
    return folder, publish_text(folder, sample_quads() + "\n".join(named) + "\n")


@pytest.fixture(scope="session")
def service(small: tuple[Path, Snapshot]) -> Iterator[InProcess]:
    """The service in this process; it is shared, so tests use queries of their own."""
    folder, snapshot = small
    with in_process(folder, snapshot) as running:
        yield running
