"""kg.open(): the same rows from a folder of snapshots and from a service."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask.testing import FlaskClient

import kg
from kg.catalog.snippets import snippets
from kg.client import Answered, Client, ServiceError, open_client
from kg.errors import KgError, ParameterError, SnapshotError, UnknownQuestionError

NAME = "projects-in-a-country"


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def local(tiny_snapshots: Path) -> Iterator[Client]:
    with open_client(tiny_snapshots) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(client: FlaskClient) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, client.application, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def remote(address: str) -> Iterator[Client]:
    with open_client(address + "/") as opened:
        yield opened


def test_a_folder_and_a_service_give_the_same_rows(local: Client, remote: Client) -> None:
    near = local.ask(NAME, country="Alphaland", evidence=True)
    far = remote.ask(NAME, country="Alphaland", evidence=True)
    assert near == far
    assert len(near) == 2 and near.complete and near[0]["projectLabel"] == "Cameras in Alphaville"
    assert [question["name"] for question in local.questions()] == [q["name"] for q in remote.questions()]


def test_several_values_are_a_list(local: Client, remote: Client) -> None:
    values = ["alphaland", "gammaland"]
    assert local.ask("who-finances-what", country=values) == remote.ask("who-finances-what", country=values)


def test_errors_keep_their_words(local: Client, remote: Client) -> None:
    with pytest.raises(ParameterError):
        local.ask(NAME, country="Wonderland")
    with pytest.raises(ServiceError, match="400 country: expected"):
        remote.ask(NAME, country="Wonderland")
    with pytest.raises(UnknownQuestionError):
        local.ask("no-such-question")
    with pytest.raises(ServiceError):
        open_client("http://127.0.0.1:9/").ask(NAME)


def test_pandas_gets_every_column_even_without_rows(local: Client) -> None:
    table = local.ask(NAME, country="deltaland").to_pandas()
    assert type(table).__name__ == "DataFrame" and next(iter(table.columns)) == "project" and table.empty


def test_polars_gets_the_same_rows_as_pandas(local: Client) -> None:
    answer = local.ask(NAME, country="alphaland")
    assert answer.to_polars()["project"].to_list() == answer.to_pandas()["project"].to_list()


def test_geopandas_gets_a_point_where_the_place_is_known(local: Client) -> None:
    table = local.ask("projects-on-the-map").to_geopandas()
    known = table[table["lat"].notna()]
    assert len(known) >= 2
    assert {(point.x, point.y) for point in known.geometry} >= {(20.25, 10.5)}


def test_geopandas_refuses_rows_without_places(local: Client) -> None:
    with pytest.raises(KgError, match="no columns lat and long"):
        local.ask(NAME, country="alphaland").to_geopandas()


def test_open_is_a_word_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError):
        kg.open(tmp_path)  # type: ignore[operator]


def test_every_snippet_does_what_it_says(address: str) -> None:
    found = {snippet.tool: snippet.text for snippet in snippets(address, NAME, (("country", "阿尔法"),))}
    scope: dict[str, object] = {}
    exec(found["Python"], scope)
    rows = scope["rows"]
    assert isinstance(rows, Answered) and len(rows) == 2
    for tool in ("curl", "pandas", "R", "Google Sheets, LibreOffice"):
        link = re.search(r"http://[^'\"]+", found[tool])
        assert link is not None, tool
        with urlopen(link[0], timeout=20) as answer:
            assert answer.read().count(b"\r\n") == 3, tool
