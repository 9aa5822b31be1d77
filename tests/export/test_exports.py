"""Every export of the real release can be read by the tools of its format and says what the graph says."""

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from kg import snapshot
from kg.export import jsonld
from kg.export.dumps import FORMS, Dump, nquads_of, prepare_dumps, read_dumps
from kg.export.jsonld import context
from kg.export.reading import read
from kg.snapshot import Snapshot
from tests.conftest import Result

ID = "https://w3id.org/cityledger/id/"


@pytest.fixture(scope="module")
def release(real_snapshots: Path) -> Snapshot:
    return snapshot.current(real_snapshots)


@pytest.fixture(scope="module")
def dump(release: Snapshot) -> Path:
    """The folder of the dumps that the release carries."""
    return release.files / "dump"


@pytest.fixture(scope="module")
def store(dump: Path) -> ox.Store:
    made = ox.Store()
    made.bulk_load(path=str(dump / "cityledger.nq"), format=ox.RdfFormat.N_QUADS)
    return made


@pytest.fixture(scope="module")
def tables(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    with zipfile.ZipFile(dump / "cityledger-csv.zip") as archive:
        archive.extractall(folder)
    return folder


def test_reading_the_nquads_back_gives_the_same_release_id(release: Snapshot, store: ox.Store) -> None:
    assert snapshot.release_id(snapshot.sorted_nquads(store)) == release.release


@pytest.mark.parametrize(("name", "form"), [("trig", ox.RdfFormat.TRIG), ("jsonld", ox.RdfFormat.JSON_LD)])
def test_the_other_syntaxes_hold_the_same_quads(dump: Path, store: ox.Store, name: str, form: ox.RdfFormat) -> None:
    other = ox.Store()
    other.bulk_load(path=str(dump / FORMS[name].file), format=form)
    assert snapshot.sorted_nquads(other) == snapshot.sorted_nquads(store)


def test_the_turtle_holds_the_union_of_all_graphs(dump: Path, store: ox.Store) -> None:
    triples = set(ox.parse(path=str(dump / "cityledger.ttl"), format=ox.RdfFormat.TURTLE))
    assert {quad.triple for quad in triples} == {quad.triple for quad in store}


def test_json_ld_needs_no_context_from_elsewhere(dump: Path) -> None:
    content = json.loads((dump / "cityledger.jsonld").read_text())
    assert content["@context"] == context() and isinstance(content["@context"]["kg"], str)
    actors = next(one["@graph"] for one in content["@graph"] if one["id"] == "graph:actor")
    huawei = next(actor for actor in actors if actor["id"] == "actor:huawei")
    assert huawei["type"] == "kg:Company" and {"@value": "华为", "@language": "zh"} in huawei["skos:altLabel"]


def test_json_ld_is_written_a_node_a_line(release: Snapshot) -> None:
    longest = max(len(piece) for piece in jsonld.lines(read(nquads_of(release), release.release)))
    assert longest < 100_000


def test_the_same_release_gives_the_same_bytes(dump: Path, release: Snapshot, tmp_path: Path) -> None:
    again = prepare_dumps((dump / "cityledger.nq").read_bytes(), tmp_path, release.release)
    assert again == read_dumps(dump)
    assert (tmp_path / "SHA256SUMS").read_bytes() == (dump / "SHA256SUMS").read_bytes()


def test_the_checksums_are_those_of_the_files(dump: Path) -> None:
    listed = read_dumps(dump)
    assert {one.format for one in listed} == set(FORMS)
    for one in listed:
        content = (dump / one.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one.size, one.sha256)


def test_frictionless_validates_the_data_package(tables: Path) -> None:
    from frictionless import Package

    report = Package(str(tables / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "rowNumber", "fieldName", "note"])[:10]


def test_the_tables_and_their_csvw_metadata_say_what_the_graph_says(tables: Path, store: ox.Store) -> None:
    """Read the bundle as csv2rdf would and find every triple in the store, and every stated one in the bundle."""
    metadata = json.loads((tables / "csv-metadata.json").read_text())
    read: set[tuple[str, str, str]] = set()
    for table in metadata["tables"]:
        columns = {column["name"]: column for column in table["tableSchema"]["columns"]}
        with (tables / table["url"]).open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            assert reader.fieldnames == list(columns)
            for row in reader:
                subject = table["tableSchema"]["aboutUrl"].replace("{id}", row["id"]).replace("{+id}", row["id"])
                for name, column in columns.items():
                    if not row[name] or "propertyUrl" not in column:
                        continue
                    items = row[name].split(column["separator"]) if "separator" in column else [row[name]]
                    for item in items:
                        url = column.get("valueUrl", "")
                        value = url.replace(f"{{{name}}}", item).replace(f"{{+{name}}}", item) or item
                        read.add((subject, column["propertyUrl"], value))
    known = {
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for quad in store
        if not isinstance(quad.subject, ox.Triple) and not isinstance(quad.object, ox.Triple)
    }
    assert read <= known
    kinds = {table["url"].removesuffix(".csv") for table in metadata["tables"]} - {"link"}
    stated = {
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for kind in kinds
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(f"https://w3id.org/cityledger/graph/{kind}"))
    }
    assert {one for one in stated if one[0].startswith(ID)} <= read


def test_no_foreign_key_of_the_csvw_metadata_is_empty_or_leads_nowhere(tables: Path) -> None:
    """Readers of CSVW take an empty foreign key for a broken one (csvwvalidate of the package csvw refused it)."""
    metadata = json.loads((tables / "csv-metadata.json").read_text())

    def cells(name: str, column: str) -> list[str]:
        with (tables / name).open(encoding="utf-8", newline="") as handle:
            return [row[column] for row in csv.DictReader(handle)]

    keys = [(table["url"], key) for table in metadata["tables"] for key in table["tableSchema"]["foreignKeys"]]
    assert keys
    for name, key in keys:
        there = key["reference"]
        assert set(cells(name, key["columnReference"])) <= set(cells(there["resource"], there["columnReference"]))


def test_every_row_of_the_curated_tables_is_in_the_bundle(tables: Path, release: Snapshot) -> None:
    rows = release.manifest["rows"]
    for kind in ("actor", "place", "project", "financing", "claim", "observation", "source"):
        with (tables / f"{kind}.csv").open(encoding="utf-8", newline="") as handle:
            assert sum(1 for _ in csv.DictReader(handle)) == rows[kind]


def test_geojson_places_projects_where_the_graph_does(dump: Path, store: ox.Store) -> None:
    content = json.loads((dump / "cityledger.geojson").read_text())
    assert content["type"] == "FeatureCollection"
    projects = set()
    for feature in content["features"]:
        assert feature["type"] == "Feature"
        projects.add(feature["properties"]["iri"])
        assert feature["properties"]["evidence_count"] >= 1
        if feature["geometry"] is not None:
            long, lat = feature["geometry"]["coordinates"]
            assert -180 <= long <= 180 and -90 <= lat <= 90
    nairobi = [f for f in content["features"] if f["properties"].get("place_label") == "Nairobi"]
    assert nairobi and nairobi[0]["geometry"]["coordinates"] == [36.81667, -1.28333]
    assert len({feature["id"] for feature in content["features"]}) == len(content["features"])
    count = store.query(
        "SELECT (COUNT(DISTINCT ?s) AS ?n) { GRAPH <https://w3id.org/cityledger/graph/project> { ?s a ?c } }"
    )
    assert len(projects) == int(next(iter(count))["n"].value)


def test_graphml_edges_join_nodes_that_exist(dump: Path) -> None:
    space = "{http://graphml.graphdrawing.org/xmlns}"
    tree = ElementTree.parse(dump / "cityledger.graphml")
    nodes = {node.get("id") for node in tree.iter(f"{space}node")}
    edges = list(tree.iter(f"{space}edge"))
    keys = {key.get("id") for key in tree.iter(f"{space}key")}
    assert len(edges) > 500 and "actor:huawei" in nodes
    assert all(edge.get("source") in nodes and edge.get("target") in nodes for edge in edges)
    assert {data.get("key") for data in tree.iter(f"{space}data")} <= keys


def test_the_followthemoney_library_accepts_every_entity(dump: Path) -> None:
    followthemoney = pytest.importorskip("followthemoney", reason="SKIPPED LOUDLY: followthemoney is not installed")
    entities = [json.loads(line) for line in (dump / "cityledger.ftm.json").read_text().splitlines()]
    known = {entity["id"] for entity in entities}
    assert len(known) == len(entities)
    for entity in entities:
        schema = followthemoney.model.get(entity["schema"])
        assert schema is not None, entity
        schema.validate(entity)
        for name, values in entity["properties"].items():
            prop = schema.get(name)
            assert prop is not None, (entity["schema"], name)
            for value in values:
                assert prop.type.validate(value), (entity["id"], name, value)
                if prop.type.name == "entity":
                    assert value in known, (entity["id"], name, value)
                    target = next(e for e in entities if e["id"] == value) if value not in _CHECKED else None
                    if target is not None:
                        assert followthemoney.model.get(target["schema"]).is_a(prop.range), (entity["id"], name)
                        _CHECKED.add(value)


_CHECKED: set[str] = set()


@pytest.mark.parametrize("word", ["sqlite", "parquet", "ro-crate", "turtle"])
def test_kg_export_writes_what_it_is_asked_for(
    word: str, kg: Callable[..., Result], real_snapshots: Path, release: Snapshot, tmp_path: Path
) -> None:
    if word == "parquet":
        pytest.importorskip("pyarrow", reason="SKIPPED LOUDLY: pyarrow is not installed")
    target = tmp_path / "out"
    result = kg("export", "--snapshots", real_snapshots, "--format", word, "-o", target)
    assert result.code == 0, result.err
    assert release.release in result.out
    {"sqlite": _sqlite, "parquet": _parquet, "ro-crate": _crate, "turtle": _turtle}[word](target, release)


def _sqlite(target: Path, release: Snapshot) -> None:
    with sqlite3.connect(target) as connection:
        assert connection.execute("SELECT id FROM release").fetchone() == (release.release,)
        count = connection.execute("SELECT COUNT(*) FROM project").fetchone()[0]
        assert count == release.manifest["rows"]["project"]
        amount = connection.execute(
            "SELECT amount, currency FROM financing WHERE id = 'konza-data-center-loan'"
        ).fetchone()
        assert amount == (173000000, "USD")
        suppliers = connection.execute(
            "SELECT value FROM project__supplied_by WHERE id = 'nairobi-safe-city' ORDER BY value"
        ).fetchall()
        assert ("huawei",) in suppliers
        assert connection.execute("SELECT COUNT(*) FROM financing WHERE amount IS NULL").fetchone()[0] > 0


def _parquet(target: Path, release: Snapshot) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(target / "financing.parquet")
    assert table.num_rows == release.manifest["rows"]["financing"]
    assert str(table.schema.field("amount").type).startswith("decimal128")
    rows = {row["id"]: row for row in table.to_pylist()}
    assert rows["konza-data-center-loan"]["amount"] == 173000000
    assert rows["safe-philippines-1-loan"]["amount"] is None
    places = pq.read_table(target / "place.parquet")
    assert places.num_rows == release.manifest["rows"]["place"]


def _crate(target: Path, release: Snapshot) -> None:
    graph = {node["@id"]: node for node in json.loads((target / "ro-crate-metadata.json").read_text())["@graph"]}
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = graph["./"]
    assert root["version"] == release.release
    assert {part["@id"] for part in root["hasPart"]} >= {form.file for form in FORMS.values()}
    for part in root["hasPart"]:
        content = (target / part["@id"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == graph[part["@id"]]["sha256"]
        assert str(len(content)) == graph[part["@id"]]["contentSize"]


def _turtle(target: Path, release: Snapshot) -> None:
    assert target.read_bytes() == (release.files / "dump" / "cityledger.ttl").read_bytes()


def test_a_folder_in_use_is_not_overwritten(kg: Callable[..., Result], real_snapshots: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    result = kg("export", "--snapshots", real_snapshots, "--format", "ro-crate", "-o", tmp_path)
    assert result.code == 2
    assert "needs a new or empty folder" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_that_cannot_be_written_is_one_line(kg: Callable[..., Result], real_snapshots: Path) -> None:
    result = kg("export", "--snapshots", real_snapshots, "--format", "geojson", "-o", "/nowhere/at/all.geojson")
    assert result.code == 2
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_huge_release_carries_its_nquads_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_a_file: bool
) -> None:
    monkeypatch.setattr("kg.export.dumps.MOST_QUADS", 1)
    line = (
        f"<{ID}actor/a> <http://www.w3.org/2000/01/rdf-schema#label> %s <https://w3id.org/cityledger/graph/actor> .\n"
    )
    content = (line % '"a"' + line % '"b"').encode()
    file = tmp_path / "all.nq"
    file.write_bytes(content)
    made: tuple[Dump, ...] = prepare_dumps(file if in_a_file else content, tmp_path / "dump", "0" * 16)
    assert [one.name for one in made] == ["cityledger.nq"]
    assert (tmp_path / "dump" / "cityledger.nq").read_bytes() == content
    assert made == read_dumps(tmp_path / "dump")


def test_zip_files_hold_utf_8(dump: Path) -> None:
    with zipfile.ZipFile(dump / "cityledger-csv.zip") as archive:
        text = io.TextIOWrapper(archive.open("place.csv"), encoding="utf-8").read()
    assert "Düsseldorf" in text and "肯尼亚" in text
