"""Pages that the real release does not show at will: a tombstone, a busy service, an older release."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from kg.serve.app import create_app
from kg.serve.problems import problem
from kg.serve.site import open_site
from tests.browser.axe import barriers_in_light_dark_and_on_a_phone
from tests.browser.conftest import Watched
from tests.serve.service import GRAPH, ID, KG, LABEL, publish_text, settings_for

HTML = {"Accept": "text/html"}
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
OLD = f"""<{ID}actor/old> <{TYPE}> <{KG}Company> <{GRAPH}actor> .
<{ID}actor/old> <{LABEL}> "Old firm"@en <{GRAPH}actor> .
"""
WITHDRAWN = f"""{OLD}<{ID}actor/old> <http://www.w3.org/2002/07/owl#deprecated> "true"^^\
<http://www.w3.org/2001/XMLSchema#boolean> <{GRAPH}actor> .
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The service on two small releases; in the newer one a thing is withdrawn."""
    folder = tmp_path_factory.mktemp("rare") / "snapshots"
    for content in (OLD, WITHDRAWN):
        snapshot = publish_text(folder, content)
    site = open_site(settings_for(folder), snapshot)
    made = create_app(site)
    yield made
    made.extensions["kg.kept"].close()
    site.engine.close()


def _older(app: Flask) -> str:
    folder: Path = app.extensions["kg"].settings.snapshots_dir
    newest = app.extensions["kg"].release
    return next(path.name for path in folder.iterdir() if path.is_dir() and path.name not in (newest, "current"))


def _rare(app: Flask, name: str) -> tuple[str, int]:
    client = app.test_client()
    if name == "busy":
        with app.test_request_context("/", headers=HTML):
            answer = problem(503, "busy", "Too busy at the moment", "Try again in a few seconds.")
            return answer.get_data(as_text=True), answer.status_code
    paths = {"withdrawn": "/page/actor/old", "older": f"/?release={_older(app)}", "changes": "/changes"}
    found = client.get(paths[name], headers=HTML)
    return found.get_data(as_text=True), found.status_code


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("withdrawn", 410, "Withdrawn"),
        ("busy", 503, "Too busy"),
        ("older", 200, "An older release."),
        ("changes", 200, "What changed"),
    ],
)
def test_a_rare_page_is_clean_and_has_no_barrier(
    watched: Watched, app: Flask, name: str, status: int, words: str
) -> None:
    body, code = _rare(app, name)
    assert code == status
    page = watched.page
    page.route(f"{watched.base}/rare", lambda route: route.fulfill(body=body, content_type="text/html", status=code))
    page.set_viewport_size({"width": 360, "height": 800})
    assert watched.open("/rare") == status
    assert words in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert watched.faults(status=status) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert barriers_in_light_dark_and_on_a_phone(page) == []
