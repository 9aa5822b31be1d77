"""Every way in which a table can be wrong ends in a message that says where and how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest

Change = Callable[[Path], None]


def _replace(name: str, old: str, new: str) -> Change:
    def change(root: Path) -> None:
        path = root / "data" / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _write(name: str, content: bytes) -> Change:
    return lambda root: (root / "data" / name).write_bytes(content) and None


def _encode(name: str, old: bytes, new: bytes) -> Change:
    def change(root: Path) -> None:
        path = root / "data" / name
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))

    return change


def _append(name: str, line: str) -> Change:
    def change(root: Path) -> None:
        with (root / "data" / name).open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")

    return change


def _tabs(root: Path) -> None:
    path = root / "data" / "indicator.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")


FAULTS: dict[str, tuple[Change, str]] = {
    "empty file": (_write("actor.csv", b""), "data/actor.csv:1: the file is empty"),
    "latin-1 bytes": (
        _encode("actor.csv", b"Omega Cloud", b"Om\xe9ga Cloud"),
        "data/actor.csv:3: 'byte 0xe9': not UTF-8. Save the file as UTF-8",
    ),
    "a tab as separator": (_tabs, "data/indicator.csv:1: 'id\\tlabel\\talias_en\\tdescription': the cells are not"),
    "a duplicate id": (
        _replace("indicator.csv", "surveillance-cameras,", "crime-rate-change,"),
        "data/indicator.csv:3: column id: 'crime-rate-change': stands already in line 2",
    ),
    "an id with capitals": (
        _replace("indicator.csv", "crime-rate-change,", "Crime-Rate,"),
        "data/indicator.csv:2: column id: 'Crime-Rate': not a slug",
    ),
    "an id with a space": (
        _replace("indicator.csv", "crime-rate-change,", "crime rate,"),
        "data/indicator.csv:2: column id: 'crime rate': not a slug",
    ),
    "a reference to nothing": (
        _replace("actor.csv", ",omega-systems,", ",omega-sistems,"),
        "data/actor.csv:3: column parent: 'omega-sistems': there is no actor of this name. Add a row with this id",
    ),
    "an unknown column": (
        _replace("indicator.csv", "id,label", "id,colour,label"),
        "data/indicator.csv:1: column colour: no such column in csvw-metadata.json",
    ),
    "an unknown role": (
        _replace("involvement.csv", "omega-systems,supplier", "omega-systems,vendor"),
        "data/involvement.csv:2: column role: 'vendor': there is no role of this name. Use a code of the scheme role",
    ),
    "an unknown status": (
        _replace("project.csv", ",operational,", ",finished,"),
        "data/project.csv:3: column status: 'finished': there is no status of this name",
    ),
    "an unknown currency": (
        _replace("financing.csv", ",USD,", ",USA,"),
        "data/financing.csv:2: column currency: 'USA': not an ISO 4217 currency",
    ),
    "31 February": (
        _replace("agreement.csv", "2016-03", "2016-02-31"),
        "data/agreement.csv:2: column date: '2016-02-31': not a day of the calendar",
    ),
    "end before start": (
        _replace("project.csv", ",2018,,", ",2018,2017-12,"),
        "data/project.csv:2: column end: '2017-12': lies before start 2018",
    ),
    "a negative amount": (
        _replace("financing.csv", ",120000000,", ",-120000000,"),
        "data/financing.csv:2: column amount: '-120000000': below the smallest value 0",
    ),
    "a German number": (
        _replace("financing.csv", ",120000000,", ',"1.234,5",'),
        "data/financing.csv:2: column amount: '1.234,5': not a plain number. Write digits with a point",
    ),
    "an amount without currency": (
        _replace("financing.csv", ",120000000,USD,", ",120000000,,"),
        "data/financing.csv:2: column currency: the amount 120000000 has no currency",
    ),
    "evidence for an unlisted source": (
        _replace("project.csv", "tiny-2020:4", "other-2020:4"),
        "data/project.csv:3: column evidence: 'other-2020:4': the source other-2020 is not listed",
    ),
    "a line range backwards": (
        _replace("project.csv", "tiny-2020:4", "tiny-2020:4-3"),
        "data/project.csv:3: column evidence: 'tiny-2020:4-3': the range runs backwards",
    ),
    "a line range past the end": (
        _replace("project.csv", "tiny-2020:4", "tiny-2020:4-99"),
        "data/project.csv:3: column evidence: 'tiny-2020:4-99': line 99 lies past the end of tiny-2020",
    ),
    "a footnote that is not listed": (
        _replace("project.csv", "tiny-2020:4", "tiny-2020:fn7"),
        "data/project.csv:3: column evidence: 'tiny-2020:fn7': footnote 7 of tiny-2020 is not listed",
    ),
    "a required cell left empty": (
        _replace("involvement.csv", "alphaville-cameras,omega-systems", "alphaville-cameras,"),
        "data/involvement.csv:2: column actor: the cell is empty and the column is required",
    ),
    "too many cells": (
        _append("indicator.csv", "one,two,three,four,five"),
        "data/indicator.csv:4: '5 cells': the header has 4 columns",
    ),
    "an open quote": (_append("indicator.csv", '"open,one,two,three'), "data/indicator.csv:4: not CSV"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_wrong_table_is_named_with_line_and_repair(case, tiny_root, kg):
    change, expected = FAULTS[case]
    change(tiny_root)
    result = kg("check", "--tables-only", "--root", tiny_root)
    assert expected in result.err
    assert result.code == 1


def test_all_faults_are_reported_at_once(tiny_root, kg):
    for case in ("an unknown role", "31 February", "an id with a space"):
        FAULTS[case][0](tiny_root)
    result = kg("check", "--tables-only", "--root", tiny_root)
    assert [FAULTS[case][1] in result.err for case in ("an unknown role", "31 February", "an id with a space")] == [
        True,
        True,
        True,
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_read_and_noted(tiny_root, kg):
    path = tiny_root / "data" / "actor.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    result = kg("check", "--tables-only", "--root", tiny_root)
    assert result.code == 0, result.err
    assert "data/actor.csv: starts with a byte-order mark; read without it" in result.err
    assert "data/actor.csv: lines end in CR LF; read as LF" in result.err


def test_no_tables_at_all_is_said_with_what_to_do(tmp_path, kg):
    result = kg("check", "--root", tmp_path)
    assert "no tables here; run the command in a checkout, or say --root DIR" in result.err
    assert result.code == 2


def test_a_bad_wikidata_id_in_a_link_is_named(tiny_root, kg):
    links = tiny_root / "data" / "links"
    links.mkdir(exist_ok=True)
    (links / "places.sssom.tsv").write_text(
        "#curie_map:\n#  wikidata: http://www.wikidata.org/entity/\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
        "place:alphaville\tskos:exactMatch\twikidata:q42\tsemapv:ManualMappingCuration\n",
        encoding="utf-8",
    )
    result = kg("check", "--root", tiny_root)
    assert (
        "data/links/places.sssom.tsv:4: column object_id: 'wikidata:q42': not an identifier of wikidata" in result.err
    )
    assert result.code == 1


def test_a_wrong_table_leaves_the_published_snapshot_as_it_is(tiny_root, kg, tmp_path):
    snapshots = tmp_path / "snapshots"
    assert kg("build", "--root", tiny_root, "--snapshots", snapshots, "--quiet").code == 0
    before = (snapshots / "current").resolve()
    FAULTS["31 February"][0](tiny_root)
    result = kg("build", "--root", tiny_root, "--snapshots", snapshots)
    assert result.code == 1
    assert "not a day of the calendar" in result.err
    assert (snapshots / "current").resolve() == before
    assert kg("verify", "--snapshots", snapshots).code == 0


def test_a_broken_shape_names_the_row_and_how_to_mend_it(tiny_root, kg, tmp_path):
    path = tiny_root / "data" / "claim.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",omega-systems,source", ",,source"), encoding="utf-8")
    result = kg("build", "--root", tiny_root, "--snapshots", tmp_path / "snapshots")
    assert "data/claim.csv:2: 'claim:alphaville-crime-fall': The claim has no claimant: write who says so" in result.err
    assert result.code == 1
    assert not (tmp_path / "snapshots" / "current").exists()
