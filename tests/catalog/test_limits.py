"""A saved question that costs more than it may is stopped, and the answer says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.catalog import Catalog
from kg.engine import open_engine
from kg.serve.app import create_app
from kg.serve.site import Site
from kg.snapshot import current
from tests.catalog.conftest import make_question
from tests.serve.service import settings_for

SECONDS = 0.5


@pytest.fixture(scope="module")
def endless(tiny_snapshots: Path) -> Iterator[FlaskClient]:
    """A service whose only question would take hours."""
    question = make_question(
        f"#+ seconds: {SECONDS}\n#+ columns:\n#+   n: a number\n",
        "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?n\n",
    )
    settings, snapshot = settings_for(tiny_snapshots), current(tiny_snapshots)
    engine = open_engine(settings, snapshot)
    site = Site(
        settings=settings,
        snapshot=snapshot,
        engine=engine,
        catalog=Catalog((question,)),
        graph_sizes=(),
    )
    yield create_app(site).test_client()
    engine.close()


@pytest.mark.parametrize("suffix", ["json", "csv", "srx"])
def test_a_question_beyond_its_time_is_a_problem_that_names_the_limit(suffix: str, endless: FlaskClient) -> None:
    answer = endless.get(f"/questions/a-question.{suffix}")
    problem = answer.get_json(force=True)
    assert answer.status_code == 503 and answer.mimetype == "application/problem+json"
    assert problem["type"].endswith("/query-timeout") and problem["seconds"] == SECONDS
    assert f"{SECONDS:g} s" in problem["detail"]


def test_its_page_says_so_to_people(endless: FlaskClient) -> None:
    page = endless.get("/questions/a-question", headers={"Accept": "text/html"})
    assert page.status_code == 503 and page.mimetype == "text/html" and "took too long" in page.text
