"""Things that were taken back, from the table to the answers of their addresses."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.site import open_site
from kg.snapshot import current
from tests.conftest import Result, make_tiny_root, run_kg
from tests.serve.service import settings_for

HEADER = "id,label,replaced_by,reason,date\n"
ROWS = """actor:zeta-old,Zeta Works (old),,Entered from a misread line,2026-11-24
actor:omega-twin,,actor:omega-older,Entered twice,2026-11-24
actor:omega-older,,actor:omega-systems,Entered twice,2026-11-23
"""
HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The service on the tiny tables with three things withdrawn."""
    base = tmp_path_factory.mktemp("withdrawn")
    root = make_tiny_root(base / "root")
    (root / "data" / "withdrawn.csv").write_text(HEADER + ROWS, encoding="utf-8")
    built = run_kg("build", "--quiet", "--root", root, "--snapshots", base / "snapshots")
    assert built.code == 0, built.err
    site = open_site(Settings.load({"snapshots_dir": base / "snapshots"}, env={}), current(base / "snapshots"))
    yield create_app(site).test_client()
    site.engine.close()


@pytest.mark.parametrize("path", ["/id/actor/zeta-old", "/page/actor/zeta-old"])
def test_a_withdrawn_thing_shows_its_tombstone(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 410
    for words in ("Withdrawn", "Zeta Works (old)", "Entered from a misread line", "2026-11-24"):
        assert words in answer.text


@pytest.mark.parametrize("path", ["/id/actor/zeta-old", "/data/actor/zeta-old", "/data/actor/zeta-old.ttl"])
def test_a_withdrawn_thing_gives_its_few_triples(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=TURTLE)
    assert (answer.status_code, answer.mimetype) == (410, "text/turtle")
    assert "owl:deprecated true" in answer.text
    assert "Entered from a misread line" in answer.text


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/id/actor/omega-twin", "/id/actor/omega-systems"),
        ("/page/actor/omega-twin", "/page/actor/omega-systems"),
        ("/data/actor/omega-twin.ttl?x=1", "/data/actor/omega-systems.ttl?x=1"),
        ("/data/actor/omega-twin", "/data/actor/omega-systems"),
    ],
)
def test_a_replaced_thing_leads_to_the_last_that_took_its_place(client: FlaskClient, path: str, target: str) -> None:
    answer = client.get(path, headers=TURTLE if path.startswith("/data") else HTML)
    assert (answer.status_code, answer.headers["Location"]) == (308, target)


def test_the_survivor_says_what_it_replaced(client: FlaskClient) -> None:
    assert "isReplacedBy" in client.get("/data/actor/omega-systems.nt").text


def test_no_list_and_no_search_shows_what_is_withdrawn(client: FlaskClient) -> None:
    assert client.get("/search?q=Zeta+Works", headers={"Accept": "application/json"}).get_json()["total"] == 0
    assert "zeta-old" not in client.get("/actors", headers=HTML).text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("acter:zeta,,,Why,2026\n", "withdrawn.csv:2: column id: 'acter:zeta': names a kind that this column does not"),
        ("zeta,,,Why,2026\n", "withdrawn.csv:2: column id: 'zeta': does not say its kind"),
        ("actor:omega-systems,,,Why,2026\n", "column id: 'actor:omega-systems': still has a row, data/actor.csv:"),
        ("actor:zeta,,actor:nobody,Why,2026\n", "column replaced_by: 'actor:nobody': there is no actor of this name"),
        ("actor:a,,actor:b,Why,2026\nactor:b,,actor:a,Why,2026\n", "the replacements go round in a circle"),
        ("actor:a,,actor:a,Why,2026\n", "withdrawn.csv:2: column replaced_by: 'actor:a': the replacements go round"),
        ("actor:a,,,,2026\n", "withdrawn.csv:2: column reason: the cell is empty"),
    ],
)
def test_a_wrong_row_is_named_with_its_repair(
    tiny_root: Path, kg: Callable[..., Result], rows: str, message: str
) -> None:
    (tiny_root / "data" / "withdrawn.csv").write_text(HEADER + rows, encoding="utf-8")
    result = kg("check", "--tables-only", "--root", tiny_root)
    assert result.code == 1
    assert message in result.err


def test_a_root_without_the_table_or_with_an_empty_one_is_sound(tiny_root: Path, kg: Callable[..., Result]) -> None:
    assert kg("check", "--tables-only", "--root", tiny_root).code == 0
    (tiny_root / "data" / "withdrawn.csv").unlink()
    assert kg("check", "--tables-only", "--root", tiny_root).code == 0


def test_an_address_that_vanished_is_warned_of_until_somebody_accounts_for_it(
    tiny_root: Path, kg: Callable[..., Result], tmp_path: Path
) -> None:
    def built() -> tuple[str, str]:
        result = kg("build", "--root", tiny_root, "--snapshots", tmp_path / "snapshots")
        assert result.code == 0, result.err
        return result.err, (tmp_path / "snapshots" / "current" / "files" / "warnings.txt").read_text(encoding="utf-8")

    table, withdrawn = tiny_root / "data" / "agreement.csv", tiny_root / "data" / "withdrawn.csv"
    assert "vanished" not in built()[0]
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    slug = lines[-1].partition(",")[0]
    table.write_text("".join(lines[:-1]), encoding="utf-8")
    warning = (
        f"data/agreement.csv:{len(lines)}: the row that stood here is gone, and its address leads nowhere. "
        f"Add it to data/withdrawn.csv, or give the row back (check vanished, agreement:{slug})"
    )
    told, kept = built()
    assert f"warning: {warning}\n" in told
    assert warning in kept.splitlines()
    # The next release is not compared with this one only.
    withdrawn.write_text(HEADER + "actor:somebody,,,Never was,2026\n", encoding="utf-8")
    assert warning in built()[0]
    site = open_site(settings_for(tmp_path / "snapshots"), current(tmp_path / "snapshots"))
    answer = create_app(site).test_client().get(f"/id/agreement/{slug}")
    site.engine.close()
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (410, "removed-thing")
    withdrawn.write_text(HEADER + f"agreement:{slug},,,Not one,2026\n", encoding="utf-8")
    assert "vanished" not in "".join(built())
