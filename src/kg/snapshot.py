"""Immutable, hash-named releases on disk: published by one rename, proven by digests, rolled back by one rename.

A snapshot is a folder named by its release id:

    manifest.json            what it is: digests, counts, inputs, tool versions
    store/                   an Oxigraph database, only ever opened for reading
    files/                   what goes with it: queries, ontology, dumps

`current` in the folder of snapshots is a symbolic link to the one that is served; `releases.tsv` names all there were.
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kg import history
from kg.errors import SnapshotError
from kg.vocab import graph

CURRENT: Final = "current"
MANIFEST: Final = "manifest.json"
KEPT: Final = 5
# 2: the manifest is sealed.
_FORMAT: Final = 2
_RELEASE = re.compile(r"[0-9a-f]{16}")
_RELEASE_GRAPH: Final = ox.NamedNode(graph("release"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One release on disk.

    Attributes:
        path: the folder.
        release: first 16 hexadecimal digits of the SHA-256 over the sorted N-Quads of all graphs but `release`.
        manifest: what manifest.json says.
    """

    path: Path
    release: str
    manifest: Mapping[str, Any]

    @property
    def store_path(self) -> Path:
        """The Oxigraph database."""
        return self.path / "store"

    @property
    def files(self) -> Path:
        """Files that go with the release: queries, ontology, dumps."""
        return self.path / "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A store on disk that holds every quad of a release and becomes a part of its snapshot.

    Attributes:
        store: the folder, on the file system of the snapshots; nobody else has it open.
        release: the id, taken of the very same quads.
        quads: how many there are.
    """

    store: Path
    release: str
    quads: int


def open_snapshot(path: Path) -> Snapshot:
    """Return the snapshot in a folder without reading its files.

    Raises:
        SnapshotError: the folder is no snapshot.
    """
    manifest = path / MANIFEST
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        release = content["release"]
    except FileNotFoundError as error:
        raise SnapshotError(f"{path}: not a snapshot: {MANIFEST} is missing; run kg build") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{manifest}: not a manifest: {error}") from error
    if not isinstance(release, str) or not _RELEASE.fullmatch(release):
        raise SnapshotError(f"{manifest}: release {release!r} is not 16 hexadecimal digits")
    return Snapshot(path=path.resolve(), release=release, manifest=content)


def list_snapshots(folder: Path) -> tuple[Snapshot, ...]:
    """Return the snapshots of a folder, newest first; folders that are none are left out."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_symlink() or not _RELEASE.fullmatch(path.name):
            continue
        with contextlib.suppress(SnapshotError):
            found.append(open_snapshot(path))
    return tuple(sorted(found, key=lambda s: (str(s.manifest.get("published", "")), s.release), reverse=True))


def current(folder: Path) -> Snapshot:
    """Return the snapshot that `current` names.

    Raises:
        SnapshotError: there is none, or what is named is no snapshot.
    """
    link = folder / CURRENT
    if not link.is_symlink():
        raise SnapshotError(f"{folder}: no snapshot is published here; run kg build")
    return open_snapshot(link.resolve())


def find(folder: Path, release: str) -> Snapshot:
    """Return one snapshot by its release id, an unambiguous beginning of it, or the word `current`.

    Raises:
        SnapshotError: none or several fit.
    """
    if release == CURRENT:
        return current(folder)
    fitting = [snapshot for snapshot in list_snapshots(folder) if snapshot.release.startswith(release)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(snapshot.release for snapshot in list_snapshots(folder)) or "none"
    raise SnapshotError(f"{folder}: {'several' if fitting else 'no'} snapshots named {release}; kept are: {known}")


@contextlib.contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the one right to write in a folder of snapshots.

    Raises:
        SnapshotError: another build or roll back holds it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("a+b")
    except OSError as error:
        raise SnapshotError(f"{folder}: cannot be written: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SnapshotError(
                f"{folder}: another build or roll back is running here; try again when it ends"
            ) from error
        yield


def publish(
    folder: Path,
    content: Path | Loaded,
    *,
    details: Mapping[str, Any],
    add_files: Callable[[Path, str], None] = lambda path, release: None,
    describe: Callable[[str], Iterable[str]] = lambda release: (),
    progress: Callable[[str], None] = lambda stage: None,
) -> Snapshot:
    """Make a snapshot of quads and let `current` name it. The caller holds the writer's lock.

    The work happens in a temporary folder beside the others; a failure leaves what is served untouched.

    Arguments:
        content: a file of N-Quads, or a store that is moved into the snapshot.
        details: what the manifest says beside digests and counts.
        add_files: writes into the folder `files/`, which it is given with the release id.
        describe: gives the N-Quads lines of the graph `release` for a release id.

    Raises:
        SnapshotError: the disk is full or not writable, or what was written cannot be read back.
    """
    work = Path(tempfile.mkdtemp(prefix=".build-", dir=folder))
    try:
        try:
            return _publish(folder, work, content, details, add_files, describe, progress)
        except OSError as error:
            raise SnapshotError(
                f"{folder}: the snapshot could not be written: {error}; what is served is unchanged"
            ) from error
    finally:
        _remove(work)


def _publish(
    folder: Path,
    work: Path,
    content: Path | Loaded,
    details: Mapping[str, Any],
    add_files: Callable[[Path, str], None],
    describe: Callable[[str], Iterable[str]],
    progress: Callable[[str], None],
) -> Snapshot:
    progress("load")
    if isinstance(content, Loaded):
        content.store.rename(work / "store")
        store = ox.Store(str(work / "store"))
        release = content.release
    else:
        store = ox.Store(str(work / "store"))
        store.bulk_load(path=str(content), format=ox.RdfFormat.N_QUADS)
        release = release_id(sorted_nquads(store))
    store.extend(ox.parse("\n".join(describe(release)).encode(), format=ox.RdfFormat.N_QUADS))
    progress("optimize")
    store.optimize()
    store.flush()
    counts = count_quads(store)
    del store
    if isinstance(content, Loaded):
        held = sum(counts.values()) - counts.get(_RELEASE_GRAPH.value, 0)
        if held != content.quads:
            raise SnapshotError(f"{folder}: the store took {held} of {content.quads} quads; nothing is published")
    progress("files")
    (work / "files").mkdir()
    add_files(work / "files", release)
    digests = {name: digest_file(work / name) for name in _file_names(work)}
    manifest = {
        "release": release,
        "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "quads": counts,
        **details,
        "files": digests,
        "format": _FORMAT,
    }
    manifest["seal"] = _seal(manifest)
    (work / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for name in (*digests, MANIFEST):
        _sync(work / name)
    progress("prove")
    prove(work)
    target = folder / release
    if target.exists() and not verify(open_snapshot(target)):
        # The same facts were published before and are intact: nothing new to keep.
        switch(folder, release)
        return open_snapshot(target)
    if target.exists():
        _remove(target)
    work.rename(target)
    _read_only(target)
    _sync(folder)
    # Before anything is forgotten: what there was stays known.
    history.note(folder, [one.manifest for one in reversed(list_snapshots(folder))])
    switch(folder, release)
    _forget_old(folder)
    return open_snapshot(target)


def sorted_nquads(store: ox.Store) -> list[bytes]:
    """Return what a store holds as sorted lines of N-Quads, without the graph `release`."""
    output = io.BytesIO()
    store.dump(output, format=ox.RdfFormat.N_QUADS)
    ending = f" {_RELEASE_GRAPH} .\n".encode()
    return sorted(line for line in output.getvalue().splitlines(keepends=True) if not line.endswith(ending))


def release_id(lines: Iterable[bytes]) -> str:
    """Return the id of what sorted lines of N-Quads say: the first 16 digits of their SHA-256."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()[:16]


def count_quads(store: ox.Store) -> dict[str, int]:
    """Return the number of quads of each named graph."""
    answer = store.query("SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g")
    assert isinstance(answer, ox.QuerySolutions)  # noqa: S101  (a SELECT gives solutions)
    counts: dict[str, int] = {}
    for solution in answer:
        name, number = solution["g"], solution["n"]
        if isinstance(name, ox.NamedNode) and isinstance(number, ox.Literal):
            counts[name.value] = int(number.value)
    return counts


_PROOF = """
import json, sys
from pathlib import Path
import pyoxigraph as ox
from kg.snapshot import count_quads
store = ox.Store.read_only(str(Path(sys.argv[1]) / "store"))
manifest = json.loads((Path(sys.argv[1]) / "manifest.json").read_text(encoding="utf-8"))
sys.exit(0 if count_quads(store) == manifest["quads"] else 1)
"""


def prove(path: Path) -> None:
    """Open a snapshot's store in a fresh process and compare the number of quads of each graph with the manifest.

    Oxigraph opens a store with a cut MANIFEST as an empty one, so only counting tells.

    Raises:
        SnapshotError: the store does not open or holds another number of quads.
    """
    result = subprocess.run(  # noqa: S603  (our own interpreter and text)
        [sys.executable, "-c", _PROOF, str(path)], capture_output=True, text=True, timeout=600, check=False
    )
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1:] or ["it holds another number of quads than the manifest says"]
        raise SnapshotError(f"{path / 'store'}: cannot be read back: {last[0]}")


def verify(snapshot: Snapshot) -> tuple[str, ...]:
    """Return what is wrong with a snapshot's files, in words; empty when nothing is."""
    recorded: Mapping[str, str] = snapshot.manifest.get("files", {})
    present = set(_file_names(snapshot.path))
    problems = [f"{name}: missing" for name in sorted(set(recorded) - present)]
    problems += [f"{name}: not in the manifest" for name in sorted(present - set(recorded))]
    problems += [
        f"{name}: changed since it was published"
        for name in sorted(present & set(recorded))
        if digest_file(snapshot.path / name) != recorded[name]
    ]
    # Releases of before have neither; no single harm takes both away.
    if {"format", "seal"} & set(snapshot.manifest) and snapshot.manifest.get("seal") != _seal(snapshot.manifest):
        problems.append(f"{MANIFEST}: changed since it was published")
    if snapshot.path.name != snapshot.release and not snapshot.path.name.startswith(".build-"):
        problems.append(f"the folder is named {snapshot.path.name}, the manifest says {snapshot.release}")
    return tuple(problems)


def _seal(manifest: Mapping[str, Any]) -> str:
    """Return the digest of all that a manifest says beside its seal."""
    said = {name: value for name, value in manifest.items() if name != "seal"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def newest_good(folder: Path) -> Snapshot:
    """Return the current snapshot if it is intact, else the newest one that is.

    Raises:
        SnapshotError: none is intact.
    """
    candidates: list[Snapshot] = []
    with contextlib.suppress(SnapshotError):
        candidates.append(current(folder))
    candidates += [snapshot for snapshot in list_snapshots(folder) if snapshot not in candidates]
    for snapshot in candidates:
        if not verify(snapshot):
            return snapshot
    if not candidates:
        return current(folder)  # Raises and says what to do.
    raise SnapshotError(f"{folder}: no snapshot here is intact; run kg verify to see what is wrong, then kg build")


def switch(folder: Path, release: str) -> None:
    """Let `current` name a release, by one rename."""
    temporary = folder / f".{CURRENT}-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(release)
    temporary.replace(folder / CURRENT)
    _sync(folder)


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _file_names(path: Path) -> list[str]:
    """Return the files of a snapshot that the manifest speaks of, as relative paths."""
    return sorted(
        str(file.relative_to(path))
        for file in path.rglob("*")
        if file.is_file() and file.name not in (MANIFEST, "LOCK", "LOG") and not file.name.startswith("LOG.old")
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_only(path: Path) -> None:
    for file in (path, *path.rglob("*")):
        file.chmod(file.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def _forget_old(folder: Path) -> None:
    """Remove all but the newest KEPT snapshots, and what a killed build left behind."""
    now = current(folder).release
    for snapshot in list_snapshots(folder)[KEPT:]:
        if snapshot.release != now:
            _remove(snapshot.path)
    for path in folder.glob(".build-*"):
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a folder whose parts may be read-only."""
    if not path.exists():
        return
    for part in (path, *path.rglob("*")):
        with contextlib.suppress(OSError):
            part.chmod(part.stat().st_mode | stat.S_IWUSR | (stat.S_IXUSR if part.is_dir() else 0))
    shutil.rmtree(path, ignore_errors=True)
