"""A release is a thing with an address of its own, kept, gone or unknown; and only one that can be read is served."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg import history, snapshot
from kg.build.inputs import commit_of
from kg.serve.app import create_app
from kg.serve.server import open_best
from kg.serve.site import open_site
from tests.conftest import run_kg
from tests.serve.service import publish_text, sample_quads, settings_for

HTML = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A client, the folder, and the releases from the oldest on; the oldest ones are no longer kept."""

    client: FlaskClient
    folder: Path
    releases: tuple[str, ...]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has seen one release more than are kept."""
    folder = tmp_path_factory.mktemp("identity") / "snapshots"
    releases = tuple(publish_text(folder, sample_quads(3, str(n))).release for n in range(snapshot.KEPT + 1))
    site = open_site(settings_for(folder), snapshot.current(folder))
    app = create_app(site)
    yield Service(client=app.test_client(), folder=folder, releases=releases)
    app.extensions["kg.kept"].close()
    site.engine.close()


@pytest.mark.parametrize("place", [-1, 1])
def test_a_kept_release_leads_to_its_page_and_its_data(service: Service, place: int) -> None:
    release = service.releases[place]
    answer = service.client.get(f"/id/release/{release}", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/page/release/{release}")
    page = service.client.get(answer.headers["Location"], headers=HTML)
    assert page.status_code == 200
    for words in (f"https://w3id.org/cityledger/id/release/{release}", "How to build it again", "kg build"):
        assert words in page.text
    data = service.client.get(f"/id/release/{release}", headers={"Accept": "text/turtle"}, follow_redirects=True)
    assert (data.status_code, data.mimetype) == (200, "text/turtle")
    assert f'dcterms:identifier "{release}"' in data.text
    assert service.client.get(f"/data/release/{release}.json").get_json()["release"] == release


@pytest.mark.parametrize(
    "path", ["/id/release/{}", "/page/release/{}", "/data/release/{}.ttl", "/dump/{}/", "/?release={}"]
)
@pytest.mark.parametrize(("place", "status", "kind"), [(0, 410, "release-gone"), (None, 404, "unknown-release")])
def test_a_release_that_is_not_here_says_whether_there_was_one(
    service: Service, path: str, place: int | None, status: int, kind: str
) -> None:
    release = service.releases[place] if place is not None else "0123456789abcdef"
    answer = service.client.get(path.format(release), headers={"Accept": "application/json, application/problem+json"})
    assert answer.status_code == status
    problem = answer.get_json()
    assert problem["type"].endswith(f"/{kind}")
    assert service.releases[-1] in problem["detail"]
    assert ("run kg build" in problem["detail"]) == (status == 410)


def test_the_manifest_is_given_as_it_is(service: Service) -> None:
    for path, release in (
        ("/dump/{}/manifest.json", service.releases[1]),
        ("/dump/manifest.json", service.releases[-1]),
    ):
        answer = service.client.get(path.format(release))
        assert answer.data == (service.folder / release / "manifest.json").read_bytes()


def test_every_release_is_remembered_once_with_half_a_line_mended(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    first = publish_text(folder, sample_quads(2, "a")).release
    file = folder / history.FILE
    with file.open("a", encoding="utf-8") as handle:
        handle.write("0123456789ab")  # As a process that is killed would leave it.
    second = publish_text(folder, sample_quads(2, "b")).release
    publish_text(folder, sample_quads(2, "a"))
    assert [entry.release for entry in history.read(folder)] == [first, second]


def test_a_build_records_commit_predecessor_and_inputs(tiny_root: Path, tmp_path: Path) -> None:
    def built() -> snapshot.Snapshot:
        assert run_kg("build", "--quiet", "--root", tiny_root, "--snapshots", tmp_path / "snapshots").code == 0
        return snapshot.current(tmp_path / "snapshots")

    first = built()
    assert (first.manifest["commit"], first.manifest["predecessor"]) == (None, None)
    command = ["git", "-C", str(tiny_root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*command, *words], check=True, capture_output=True)
    head = subprocess.run([*command, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert commit_of(tiny_root) == head
    table = tiny_root / "data" / "project.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Cameras in", "Eyes of"), encoding="utf-8")
    second = built()
    assert (second.manifest["commit"], second.manifest["predecessor"]) == (f"{head}-dirty", first.release)
    entry = history.read(tmp_path / "snapshots")[-1]
    assert (entry.release, entry.commit, len(entry.inputs)) == (second.release, f"{head}-dirty", 64)


def test_inputs_have_no_commit_where_git_is_not(tiny_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tiny_root) is None
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert commit_of(tiny_root) is None


def test_roll_back_refuses_a_release_whose_questions_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    first, second = _one_unreadable(folder)
    result = run_kg("rollback", "--snapshots", folder)
    assert result.code == 2
    assert f"{first.release}: this version can read none of its questions, not switched to" in result.err
    assert snapshot.current(folder).release == second.release


def test_serving_falls_back_to_a_release_that_opens_and_says_so_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "snapshots"
    first = publish_text(folder, sample_quads(2, "a"))
    second = publish_text(folder, sample_quads(2, "b"))
    manifest = second.path / "manifest.json"
    wrong = {**second.manifest, "quads": {"https://w3id.org/cityledger/graph/actor": 1}}
    second.path.chmod(0o755)
    manifest.chmod(0o644)
    manifest.write_text(json.dumps(wrong), encoding="utf-8")
    opened = open_best(settings_for(folder), second.release)
    opened.engine.close()
    assert opened.release == first.release
    lines = [record.getMessage() for record in caplog.records if record.name == "kg.serve.server"]
    assert len(lines) == 1
    assert lines[0].startswith(f"release {second.release} cannot be served, serving {first.release}: ")
    assert "\n" not in lines[0]


def _one_unreadable(folder: Path) -> tuple[snapshot.Snapshot, snapshot.Snapshot]:
    """Publish two releases, the first with a question in a form that nobody reads."""
    folder.mkdir(parents=True)
    nquads = folder.parent / "input.nq"

    def add_files(path: Path, release: str) -> None:
        (path / "queries").mkdir()
        (path / "queries" / "old.rq").write_text("#+ summary: [\nSELECT", encoding="utf-8")

    found = []
    for mark in ("a", "b"):
        nquads.write_text(sample_quads(2, mark), encoding="utf-8")
        with snapshot.writer_lock(folder):
            found.append(snapshot.publish(folder, nquads, details={}, add_files=add_files))
    return found[0], found[1]
