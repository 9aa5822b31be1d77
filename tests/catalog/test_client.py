"""kg.open(): the same rows from a folder of snapshots and from a service."""

import csv
import io
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask.testing import FlaskClient

import kg
from kg.catalog.snippets import snippets
from kg.client import Answered, Client, ServiceError, open_client
from kg.errors import KgError, ParameterError, SnapshotError, UnknownQuestionError

NAME = "projects-in-a-country"
PROJECTS = ["Cameras in Alphaville", "Data center in Betatown"]


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


@pytest.fixture(scope="module")
def lines(address: str) -> dict[str, str]:
    """The lines for each tool."""
    return {snippet.tool: snippet.text for snippet in snippets(address, NAME, (("country", "阿尔法"),))}


def test_the_python_lines_give_the_rows(lines: dict[str, str]) -> None:
    scope: dict[str, object] = {}
    exec(lines["Python"], scope)
    rows = scope["rows"]
    assert isinstance(rows, Answered) and len(rows) == 2


def test_the_pandas_lines_give_the_table(lines: dict[str, str]) -> None:
    scope: dict[str, Any] = {}
    exec(lines["pandas"], scope)
    assert list(scope["table"]["projectLabel"]) == PROJECTS


def test_the_curl_line_gives_the_rows_in_a_shell(lines: dict[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("SKIPPED LOUDLY: curl is not here, so its line was not run")
    done = subprocess.run(["/bin/sh", "-c", lines["curl"] + " --noproxy '*'"], capture_output=True, timeout=60)
    assert [row["projectLabel"] for row in csv.DictReader(io.StringIO(done.stdout.decode("utf-8")))] == PROJECTS


def test_the_r_line_gives_the_table_in_r(lines: dict[str, str]) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("SKIPPED LOUDLY: Rscript is not here, so R did not run its line (see the test of its form)")
    script = f"{lines['R']}\ncat(nrow(table), names(table)[1], table$projectLabel, sep = '|')"
    done = subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, timeout=120, text=True)
    assert done.stdout == "|".join(["2", "project", *PROJECTS]), done.stderr


def test_the_r_line_is_one_call_with_one_address(lines: dict[str, str], address: str) -> None:
    # What R's own parser would see: an address without quotes or backslashes, and no argument that R does not know.
    call = re.fullmatch(r'table <- read\.csv\("([^"\\]+)"((?:, [a-z.]+ = "[^"\\]*")*)\)', lines["R"])
    assert call is not None and call[1].startswith(address) and call[1].isascii()
    assert set(re.findall(r", ([a-z.]+) =", call[2])) <= {"encoding", "na.strings", "check.names"}


def test_the_line_for_spreadsheets_leads_to_the_table(lines: dict[str, str]) -> None:
    link = re.fullmatch(r'=IMPORTDATA\("([^"]+)"\)', lines["Google Sheets, LibreOffice"])
    assert link is not None
    with urlopen(link[1], timeout=20) as answer:
        assert answer.read().count(b"\r\n") == 3
