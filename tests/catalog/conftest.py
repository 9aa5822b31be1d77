"""A catalogue, an engine and a client on the tiny release."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.catalog import Catalog, Choices, parse_question
from kg.catalog.records import Question
from kg.catalog.terms import read_known_terms
from kg.engine import Engine, LocalEngine
from kg.snapshot import current
from tests.serve.service import settings_for
from tests.stores import backend

CHECKOUT = Path(__file__).resolve().parents[2]
HEADER = "#+ summary: A question\n#+ description: What it says.\n#+ tags: [projects]\n"
PREFIX = "PREFIX kg: <https://w3id.org/cityledger/ontology#>\n"


def make_question(header: str, body: str) -> Question:
    """Return a sound question from the rest of its header and its body."""
    question, faults = parse_question(HEADER + header + PREFIX + body, Path("a-question.rq"))
    assert question is not None, faults
    return question


@pytest.fixture(scope="session")
def known_terms() -> frozenset[str]:
    return read_known_terms([CHECKOUT / "ontology" / name for name in ("kg.ttl", "vocabularies.ttl")])


@pytest.fixture(scope="session")
def catalog(known_terms: frozenset[str]) -> Catalog:
    return Catalog.load(CHECKOUT / "queries", known_terms=known_terms)


@pytest.fixture(scope="session")
def engine(tiny_snapshots: Path) -> Iterator[Engine]:
    one = current(tiny_snapshots)
    engine = backend.open_engine(settings_for(tiny_snapshots), one) if backend.settings() else LocalEngine(one)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def choices(engine: Engine) -> Choices:
    return Choices(engine)


@pytest.fixture(scope="session")
def client(tiny_snapshots: Path, engine: Engine, catalog: Catalog) -> FlaskClient:
    from kg.config import Settings
    from kg.serve.app import create_app
    from kg.serve.site import Site

    site = Site(
        settings=Settings(root=CHECKOUT, snapshots_dir=tiny_snapshots),
        snapshot=current(tiny_snapshots),
        engine=engine,
        catalog=catalog,
        graph_sizes=(),
    )
    return create_app(site).test_client()
