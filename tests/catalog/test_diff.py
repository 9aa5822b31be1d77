"""`kg diff A B NAME` names the row of a table behind each changed row of an answer, counts among them."""

import csv
import shutil
from pathlib import Path

import pytest

from kg.snapshot import current
from tests.conftest import make_tiny_root, run_kg


def add(table: Path, **cells: str) -> str:
    """Add a row and return where it stands, as file:line."""
    lines = table.read_text(encoding="utf-8").splitlines()
    with table.open("a", encoding="utf-8", newline="") as handle:
        csv.DictWriter(handle, next(csv.reader(lines[:1])), lineterminator="\n").writerow(cells)
    return f"data/{table.name}:{len(lines) + 1}"


@pytest.fixture(scope="module")
def two(tiny_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str, dict[str, str]]:
    """Two releases, and where the rows stand that the second has beside those of the first."""
    base = tmp_path_factory.mktemp("diff")
    snapshots = base / "snapshots"
    shutil.copytree(tiny_snapshots, snapshots, symlinks=True)
    older = current(snapshots).release
    data = make_tiny_root(base / "root") / "data"
    rows = {
        "supplier": add(
            data / "involvement.csv",
            project="betatown-data-center", actor="sigma-networks", role="supplier", evidence="tiny-2020:10",
        ),
        "concern": add(
            data / "claim.csv",
            id="another-concern", type="Concern", description="Nobody is named", about="place:gammaland",
            claimant="tiny-institute", reported_by="source:tiny-2021", evidence="tiny-2021:1",
        ),
    }  # fmt: skip
    built = run_kg("build", "--quiet", "--root", data.parent, "--snapshots", snapshots)
    assert built.code == 0, built.err
    return snapshots, older, current(snapshots).release, rows


def changes(two: tuple[Path, str, str, dict[str, str]], *arguments: str) -> dict[str, str]:
    """Return the lines of a diff by what they are about."""
    snapshots, older, newer, _ = two
    done = run_kg("diff", older, newer, *arguments, "--snapshots", snapshots)
    assert done.code == 1
    lines = [line for line in done.out.splitlines() if "  " in line]
    return {line.split("  ", 1)[1].partition(": ")[0].strip(): line for line in lines}


def test_a_new_row_of_an_answer_comes_with_the_row_that_brought_it(two) -> None:
    found = changes(two, "suppliers-in-a-country", "-p", "country=alphaland")
    assert list(found) == ["actor:sigma-networks"]
    assert found["actor:sigma-networks"].startswith("added")
    assert found["actor:sigma-networks"].endswith(f"[{two[3]['supplier']}]")


def test_a_count_that_changed_comes_with_the_rows_that_are_counted(two) -> None:
    found = changes(two, "what-is-in-the-graph")
    assert found["kg:Concern"].endswith(f": 1 -> 2; 1 -> 2  [{two[3]['concern']}]")
    # A place in a source has no row; the row that cites it has.
    assert found["kg:Evidence"].endswith(f"[{two[3]['concern']}]")
    assert found["kg:Involvement"].endswith(f"[{two[3]['supplier']}]")
