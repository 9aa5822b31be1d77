"""Things that hold for every table, tried on many made-up ones."""

import csv
import io
import json
import random
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.tables.metadata import read_metadata
from kg.tables.quads import corpus_to_nquads
from kg.tables.reader import read_table
from tests.conftest import CHECKOUT, TINY

TABLES = {table.name: table for table in read_metadata((CHECKOUT / "data" / "csvw-metadata.json").read_text("utf-8"))}
# Ways to write past a cell: quotes, separators, line ends of all kinds, direction marks, halves of characters.
CELLS = st.text(
    alphabet=st.one_of(st.sampled_from('",;:\n\r\t\x0b\u2028\u202e\x00<>"\\{}=@-0123456789abc'), st.characters())
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TABLES)), st.lists(CELLS, min_size=1, max_size=8))
def test_no_cell_crashes_the_reader(name: str, cells: list[str]) -> None:
    table = TABLES[name]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([column.name for column in table.columns])
    writer.writerow((cells * len(table.columns))[: len(table.columns)])
    read = read_table(buffer.getvalue().encode("utf-8", "surrogatepass"), table, file=f"data/{name}.csv")
    assert all(fault.rule and fault.repair and fault.line >= 1 for fault in read.faults)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TABLES)), st.binary(max_size=400))
def test_no_bytes_crash_the_reader(name: str, content: bytes) -> None:
    read = read_table(content, TABLES[name], file=f"data/{name}.csv")
    assert read.rows == () or not read.faults or all(fault.line >= 1 for fault in read.faults)


@settings(max_examples=20, deadline=None)
@given(st.integers())
def test_the_order_of_rows_never_changes_the_graph(seed: int) -> None:
    import tempfile

    from kg.build import read_codes
    from kg.tables.corpus import read_corpus

    codes = read_codes(CHECKOUT / "ontology")
    straight = read_corpus(TINY / "data", codes, currencies=frozenset({"USD"}))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in filter(Path.is_file, (TINY / "data").iterdir()):
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            if path.suffix == ".csv":
                body = lines[1:]
                random.Random(seed).shuffle(body)
                lines = [lines[0], *body]
            (folder / path.name).write_text("".join(lines), encoding="utf-8")
        shuffled = read_corpus(folder, codes, currencies=frozenset({"USD"}))
    assert sorted(corpus_to_nquads(straight)) == sorted(corpus_to_nquads(shuffled))


@given(st.sampled_from(['"', "\\", "\n", "\t", "\r", "é", "华为", "\u2028", 'a"@en . <x> <y> <z> .']))
def test_text_never_escapes_from_its_literal(text: str) -> None:
    import pyoxigraph as ox

    from kg.tables.cells import Term
    from kg.tables.quads import _literal

    line = f"<https://example.org/s> <https://example.org/p> {_literal(Term(text=text))} ."
    (quad,) = ox.parse(line.encode(), format=ox.RdfFormat.N_TRIPLES)
    assert quad.object == ox.Literal(text)


def test_two_hundred_thousand_rows_are_checked_within_1500_mb(tiny_root: Path) -> None:
    path = tiny_root / "data" / "observation.csv"
    header, first = path.read_text(encoding="utf-8").splitlines()[:2]
    slug = first.split(",", 1)[0]
    with path.open("w", encoding="utf-8") as handle:
        handle.write(header + "\n")
        handle.writelines(first.replace(slug, f"{slug}-{number}", 1) + "\n" for number in range(200_000))
    script = (
        "import resource, sys; sys.argv = ['kg', 'check', '--tables-only', '--json', '--root', sys.argv[1]]\n"
        "import kg.cli\n"
        "try:\n    kg.cli.main()\n"
        "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tiny_root)], capture_output=True, text=True, timeout=600, check=True
    )
    assert json.loads(done.stdout)["rows"]["observation"] == 200_000
    assert int(done.stderr.split()[-1]) <= 1500
