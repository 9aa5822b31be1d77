"""A page opened with `?release=ID` leads to that release, by every link and form."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.pages.carry import carried
from kg.serve.site import open_site
from kg.snapshot import current

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
RELEASE = "0123456789abcdef"
PAGES = (
    "/", "/?technology=surveillance", "/search?q=omega", "/projects?country=alphaland", "/technologies", "/ontology",
    "/quality", "/about", "/questions", "/questions/projects-in-a-country?country=place:alphaland", "/reports",
    "/reports/country-profile?country=place:alphaland", "/sparql", "/dump/", "/page/project/alphaville-cameras",
    "/page/source/tiny-2020", "/page/place/alphaland", "/page/project/never-built",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(tiny_snapshots: Path) -> Iterator[FlaskClient]:
    site = open_site(Settings.load({"snapshots_dir": tiny_snapshots}, env={}), current(tiny_snapshots))
    yield create_app(site).test_client()
    site.engine.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_link_and_form_of_a_page_names_the_release_once(client: FlaskClient, tiny_snapshots, path) -> None:
    release = current(tiny_snapshots).release
    text = client.get(f"{path}{'&' if '?' in path else '?'}release={release}", headers=BROWSER).get_data(as_text=True)
    links = [unescape(link) for link in re.findall(r' href="(/[^"]*)"', text)]
    data = [link for link in links if not link.startswith(("/static/", "/reports/style/"))]
    assert len(data) > 15
    assert [link for link in data if len(re.findall(rf"[?&]release={release}(?=[&#]|$)", link)) != 1] == []
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
        assert form.count(f'name="release" value="{release}"') == 1
    assert "An older release" not in text


def test_a_page_without_a_release_in_its_address_has_none_in_its_links(client: FlaskClient, tiny_snapshots) -> None:
    text = client.get("/projects", headers=BROWSER).get_data(as_text=True)
    assert "release=" not in text


def test_the_release_stands_before_the_fragment_and_leaves_other_hosts_alone() -> None:
    page = '<a href="/about#licences"><a href="/projects?a=1&amp;b=2"><a href="https://example.org/"><a href="#e1">'
    assert carried(page, RELEASE) == (
        f'<a href="/about?release={RELEASE}#licences"><a href="/projects?a=1&amp;b=2&amp;release={RELEASE}">'
        '<a href="https://example.org/"><a href="#e1">'
    )
