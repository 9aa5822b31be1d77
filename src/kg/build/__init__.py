"""From the folder of tables to a published snapshot; the only place that sees both ends.

tables ─► quads ─► stated shapes ─► rules ─► inferred shapes ─► snapshot
"""

import platform
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kg import snapshot
from kg.build.beside import describe_release, write_files
from kg.build.inputs import TOOLS, commit_of, input_digests, read_catalog, read_codes, read_tables, shapes_digest
from kg.build.making import make_graph, write_stated
from kg.build.vanished import faults, vanished
from kg.build.vanished import write as write_vanished
from kg.errors import SnapshotError
from kg.export.dumps import FOLDER as DUMPS
from kg.export.dumps import prepare_dumps
from kg.tables.corpus import Corpus
from kg.tables.faults import Fault

# The judge takes about 2 ms a row; larger tables than these go to the compiled shapes at once.
_JUDGE_UP_TO_ROWS: Final = 20_000

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A corpus that passed its checks.

    Attributes:
        rows: table to number of rows.
        warnings: shapes of severity warning that are broken, mapped to rows where possible.
        notes: what was unusual but understood.
        seconds: stage to its wall-clock time.
    """

    rows: Mapping[str, int]
    warnings: tuple[Fault, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build made.

    Attributes:
        stated: triples that rows, ontology, vocabularies, links and catalogue state.
        inferred: triples that the rules added.
        vanished: those of the warnings that speak of addresses which lead nowhere now.
        peak_memory_mb: largest resident set of this process.
    """

    snapshot: snapshot.Snapshot
    checked: Checked
    vanished: tuple[Fault, ...]
    stated: int
    inferred: int
    peak_memory_mb: int


class _Clock:
    """Remembers how long each stage took and tells the stage that begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun: tuple[str, float] | None = None
        self.seconds: dict[str, float] = {}

    def stage(self, name: str) -> None:
        now = time.monotonic()
        if self._begun is not None:
            before, start = self._begun
            self.seconds[before] = round(self.seconds.get(before, 0.0) + now - start, 2)
        self._begun = (name, now)
        if name:
            self._progress(name)


def check(root: Path, *, tables_only: bool = False, progress: Progress = lambda stage: None) -> Checked:
    """Check tables, links, questions and shapes without making a snapshot.

    Raises:
        CuratedDataError: tables, links or rules are wrong; all faults are in the message.
        ShapeViolationError: the graph breaks a shape.
    """
    clock = _Clock(progress)
    clock.stage("read tables")
    corpus = read_tables(root)
    if tables_only:
        clock.stage("")
        return _checked(corpus, (), clock)
    clock.stage("read questions")
    catalog = read_catalog(root)
    with tempfile.TemporaryDirectory(prefix="kg-check-") as name:
        folder = Path(name)
        clock.stage("make quads")
        stated = write_stated(root, corpus, catalog, folder)
        corpus = corpus.without_cells()
        graph = make_graph(root, stated, corpus, folder, clock.stage, by_judge=not _is_large(corpus))
    clock.stage("")
    return _checked(corpus, graph.warnings, clock)


def build(root: Path, snapshots_dir: Path, *, progress: Progress = lambda stage: None) -> Built:
    """Read, check, infer and publish.

    Raises:
        CuratedDataError: tables, links, rules or questions are wrong; all faults are in the message.
        ShapeViolationError: the graph breaks a shape.
        SnapshotError: another build is running, or the snapshot cannot be written.
    """
    clock = _Clock(progress)
    with (
        snapshot.writer_lock(snapshots_dir),
        tempfile.TemporaryDirectory(prefix=".build-", dir=snapshots_dir) as name,
    ):
        folder = Path(name)
        clock.stage("read tables")
        corpus = read_tables(root)
        clock.stage("read questions")
        catalog = read_catalog(root)
        shapes = shapes_digest(root)
        # Shapes that the judge has passed before need only the faster of two engines that are proven equal.
        known = _judged_shapes(snapshots_dir) == shapes
        by_judge = not known and not _is_large(corpus)
        clock.stage("make quads")
        stated = write_stated(root, corpus, catalog, folder)
        # From here on only names and lines of the rows are needed.
        corpus = corpus.without_cells()
        made = make_graph(root, stated, corpus, folder, clock.stage, by_judge=by_judge, store=folder / "store")

        lost = vanished(snapshots_dir, corpus)
        warnings = (*faults(lost), *made.warnings)

        def add_files(path: Path, release: str) -> None:
            write_files(root, path, corpus, warnings)
            write_vanished(lost, path)
            prepare_dumps(folder / "all.nq", path / DUMPS, release)

        published = snapshot.publish(
            snapshots_dir,
            snapshot.Loaded(store=folder / "store", release=made.release, quads=made.stated + made.inferred),
            details={
                "inputs": input_digests(root),
                "commit": commit_of(root),
                "predecessor": _predecessor(snapshots_dir, made.release),
                "rows": {name: len(rows) for name, rows in corpus.tables.items()},
                "warnings": len(warnings),
                "shapes_judged": shapes if known or by_judge else None,
                "tools": {"python": platform.python_version(), **{name: version(name) for name in TOOLS}},
            },
            add_files=add_files,
            describe=describe_release,
            progress=clock.stage,
        )
        clock.stage("")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Built(
        snapshot=published,
        checked=_checked(corpus, warnings, clock),
        vanished=faults(lost),
        stated=made.stated,
        inferred=made.inferred,
        peak_memory_mb=peak,
    )


def _checked(corpus: Corpus, warnings: tuple[Fault, ...], clock: _Clock) -> Checked:
    return Checked(
        rows={name: len(rows) for name, rows in corpus.tables.items()},
        warnings=warnings,
        notes=corpus.notes,
        seconds=clock.seconds,
    )


def _is_large(corpus: Corpus) -> bool:
    return sum(len(rows) for rows in corpus.tables.values()) > _JUDGE_UP_TO_ROWS


def _predecessor(snapshots_dir: Path, release: str) -> str | None:
    """Return the id of the release that this one follows, or None."""
    try:
        before = snapshot.current(snapshots_dir)
    except SnapshotError:
        return None
    # The same facts again follow what they followed the first time.
    return before.manifest.get("predecessor") if before.release == release else before.release


def _judged_shapes(snapshots_dir: Path) -> str | None:
    """Return the digest of the shapes that the judge passed for the current release, or None."""
    try:
        return snapshot.current(snapshots_dir).manifest.get("shapes_judged")
    except SnapshotError:
        return None


__all__ = ["Built", "Checked", "build", "check", "read_codes", "read_tables"]
