"""SSSOM files and slices that are wrong end in words that say where and how to mend them."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kg.tables.links import links_to_nquads, read_links
from kg.tables.slices import read_slices
from tests.conftest import CHECKOUT, Result

HUAWEI = "https://w3id.org/cityledger/id/actor/huawei"
ZTE = "https://w3id.org/cityledger/id/actor/zte"
KNOWN = frozenset({HUAWEI, ZTE})
HEAD = '#curie_map:\n#  wikidata: "http://www.wikidata.org/entity/"\n#  semapv: "https://w3id.org/semapv/vocab/"\n'
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\treview_status\tmapping_date\n"
ROW = "actor:huawei\tskos:exactMatch\twikidata:Q160120\tsemapv:LexicalMatching\t0.9\tchecked\t2026-11-24\n"


def faults_of(folder: Path, text: str) -> list[str]:
    (folder / "actor.sssom.tsv").write_text(text, encoding="utf-8")
    return [str(fault) for fault in read_links(folder, KNOWN)[1]]


def test_a_sound_file_has_no_faults_and_each_mapping_is_an_axiom(tmp_path: Path) -> None:
    assert faults_of(tmp_path, HEAD + COLUMNS + ROW) == []
    lines = list(links_to_nquads(read_links(tmp_path, KNOWN)[0]))
    assert (
        f"<{HUAWEI}> <http://www.w3.org/2004/02/skos/core#exactMatch> <http://www.wikidata.org/entity/Q160120>"
        in lines[0]
    )
    assert sum("annotatedTarget" in line for line in lines) == 1
    assert not any("_:" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + COLUMNS.replace("object_id\t", "") + ROW, "column object_id: the column is missing"),
        (HEAD + COLUMNS.replace("confidence", "certainty") + ROW, "no column that this project uses"),
        (HEAD + COLUMNS.replace("confidence", "object_id") + ROW, "the column stands twice"),
        (HEAD + COLUMNS + ROW.replace("wikidata:", "wiki:"), "no prefixed name with a known prefix"),
        (HEAD + COLUMNS + ROW.replace("Q160120", "160120"), "not an identifier of wikidata"),
        (HEAD + COLUMNS + ROW.replace("skos:exactMatch", "skos:broader"), "not a relation"),
        (HEAD + COLUMNS + ROW.replace("actor:huawei", "actor:huawey"), "there is no such thing"),
        (HEAD + COLUMNS + ROW.replace("semapv:LexicalMatching", ""), "the cell is empty"),
        (HEAD + COLUMNS + ROW.replace("LexicalMatching", "CrossReference"), "no justification that SSSOM knows"),
        (HEAD + COLUMNS + ROW.replace("0.9", "1.2"), "not a number between 0 and 1"),
        (HEAD + COLUMNS + ROW.replace("checked", "sure"), "not a state of review"),
        (HEAD + COLUMNS + ROW.replace("2026-11-24", "24.11.2026"), "not a date"),
        (HEAD + COLUMNS + ROW.replace("skos:exactMatch", "owl:sameAs"), "identity was not reviewed"),
        (HEAD + COLUMNS + ROW + ROW, "mapped already"),
        (HEAD + COLUMNS + ROW + ROW.replace("actor:huawei", "actor:zte"), "the identifier is actor:huawei already"),
        (HEAD + COLUMNS + ROW.replace("\t", " "), "the header has 7 columns"),
        ("#curie_map: [1, 2\n" + COLUMNS + ROW, "not YAML"),
        (HEAD, "there is no table in the file"),
    ],
)
def test_a_fault_is_told_with_file_line_and_repair(tmp_path: Path, text: str, words: str) -> None:
    told = faults_of(tmp_path, text)
    assert told and words in told[0], told
    assert told[0].startswith("data/links/actor.sssom.tsv")


@pytest.mark.parametrize("name", ["actor", "place", "project"])
def test_the_files_of_the_release_are_whole_by_the_standard(name: str) -> None:
    """SSSOM: a set has an identifier and a licence, and every name is a prefixed one whose prefix is declared."""
    lines = (CHECKOUT / "data" / "links" / f"{name}.sssom.tsv").read_text(encoding="utf-8").splitlines()
    head = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#")))
    assert head["mapping_set_id"].startswith("https://") and head["license"].startswith("https://")
    declared = {*head["curie_map"], "owl", "skos", "semapv", "xsd"}
    own = [value for slot in head["extension_definitions"] for key, value in slot.items() if key != "slot_name"]
    rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    columns = ("subject_id", "predicate_id", "object_id", "mapping_justification", "object_source")
    used = [*own, *(row[column] for row in rows for column in columns)]
    assert {one.partition(":")[0] for one in used} <= declared
    defined = {slot["slot_name"] for slot in head["extension_definitions"]}
    assert "review_status" in defined and all(None not in row for row in rows)


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "actor.sssom.tsv").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in str(read_links(tmp_path, KNOWN)[1][0])


def test_a_wrong_link_stops_the_build_and_leaves_what_is_served(
    kg: Callable[..., Result], tiny_root: Path, tmp_path: Path
) -> None:
    assert kg("build", "--root", tiny_root, "--snapshots", tmp_path / "snapshots", "--quiet").code == 0
    served = (tmp_path / "snapshots" / "current").resolve()
    links = tiny_root / "data" / "links"
    links.mkdir(exist_ok=True)
    (links / "actor.sssom.tsv").write_text(HEAD + COLUMNS + ROW.replace("wikidata:", "nowhere:"), encoding="utf-8")
    result = kg("build", "--root", tiny_root, "--snapshots", tmp_path / "snapshots")
    assert result.code == 1
    assert "data/links/actor.sssom.tsv:5" in result.err and "curie_map" in result.err
    assert (tmp_path / "snapshots" / "current").resolve() == served


@pytest.fixture
def slices(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHECKOUT / "data" / "links" / "slices", tmp_path / "slices"))


def test_the_slices_are_sound(slices: Path) -> None:
    lines, faults = read_slices(slices)
    assert not faults and len(lines) > 400
    assert not any('""' in line for line in lines)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",240000000,", ",a lot,", "column amount: 'a lot': not a decimal"),
        (",2012-01-01,", ",1 January 2012,", "not a date"),
        ("\n39281,", "\n<39281>,", "not a key"),
        ("record,label", "number,label", "other columns than the metadata names"),
        (",USD,2012-01-01", ",USD", "too few or too many cells"),
    ],
)
def test_a_wrong_slice_is_told_with_file_and_line(slices: Path, old: str, new: str, words: str) -> None:
    path = slices / "aiddata.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    faults = read_slices(slices)[1]
    assert faults and words in str(faults[0]) and "data/links/slices/aiddata.csv" in str(faults[0])


def test_broken_metadata_of_slices_is_told(slices: Path) -> None:
    (slices / "slices-metadata.json").write_text("{", encoding="utf-8")
    assert "not CSVW metadata" in str(read_slices(slices)[1][0])
    (slices / "slices-metadata.json").write_text(json.dumps({"tables": [{"url": "x.csv"}]}), encoding="utf-8")
    assert read_slices(slices)[1]
