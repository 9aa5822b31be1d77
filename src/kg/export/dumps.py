"""Every export by its name, and the files that a release carries for `/dump/`."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kg.engine.local import open_store
from kg.errors import ConfigError, SnapshotError
from kg.export import bundle, crate, ftm, jsonld, maps, rdf
from kg.export.reading import Reading, read
from kg.snapshot import Snapshot, sorted_nquads

INDEX: Final = "dumps.json"
SUMS: Final = "SHA256SUMS"
FOLDER: Final = "dump"
# Beyond it the other forms would cost gigabytes of memory at every publish; `kg export` still makes them.
MOST_QUADS: Final = 500_000


Writer = Callable[[Reading], bytes | Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write the graph down.

    Attributes:
        file: name of the file.
        media_type: IANA media type.
        title: what it is, in a few words.
        write: the content, whole or piece by piece.
    """

    file: str
    media_type: str
    title: str
    write: Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """One file that a release carries.

    Attributes:
        name: of the file.
        format: word of `kg export --format`.
        size: bytes.
        note: what the file cannot hold, or empty.
    """

    name: str
    format: str
    media_type: str
    title: str
    size: int
    sha256: str
    note: str = ""


_WRITERS: Final[tuple[tuple[str, str, str, str, Writer], ...]] = (
    ("nquads", ".nq", "application/n-quads", "N-Quads, all named graphs", rdf.nquads),
    ("trig", ".trig", "application/trig", "TriG, all named graphs", rdf.trig),
    ("turtle", ".ttl", "text/turtle", "Turtle, one merged graph", rdf.turtle),
    ("jsonld", ".jsonld", "application/ld+json", "JSON-LD, all named graphs", jsonld.lines),
    ("csv", "-csv.zip", "application/zip", "CSV tables with CSVW metadata and a data package", bundle.csv_zip),
    ("geojson", ".geojson", "application/geo+json", "GeoJSON, projects at their places", maps.geojson),
    ("graphml", ".graphml", "application/graphml+xml", "GraphML, actors, projects, places, technologies", maps.graphml),
    ("ftm", ".ftm.json", "application/json+ftm", "FollowTheMoney entities, one a line", ftm.ftm),
)
FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        word: Form(file=f"cityledger{ending}", media_type=media_type, title=title, write=write)
        for word, ending, media_type, title, write in _WRITERS
    }
)
# Made on demand: a database, columns for analysis, and a package of everything. The name is empty for a folder.
ON_DEMAND: Final[Mapping[str, str]] = MappingProxyType({"sqlite": "cityledger.sqlite", "parquet": "", "ro-crate": ""})


def prepare_dumps(nquads: bytes | Path, folder: Path, release: str) -> tuple[Dump, ...]:
    """Write every dump of a release, their list `dumps.json` and `SHA256SUMS` into a folder.

    The same release gives the same bytes, on any day. A large release carries its N-Quads only.

    Arguments:
        nquads: every quad but those of the graph `release`, as sorted lines, or the file that holds them.

    Raises:
        OSError: the folder cannot be written, or the file cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(nquads, Path) and _lines_in(nquads) > MOST_QUADS:
        # Never in memory: it has some gigabytes.
        made = [_listed("nquads", Path(shutil.copyfile(nquads, folder / FORMS["nquads"].file)))]
    else:
        lines = nquads.read_bytes() if isinstance(nquads, Path) else nquads
        made = _make_forms(lines, folder, release)
    (folder / SUMS).write_text("".join(f"{dump.sha256}  {dump.name}\n" for dump in made), encoding="utf-8")
    index = {"release": release, "dumps": [asdict(dump) for dump in made]}
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return tuple(made)


def _make_forms(nquads: bytes, folder: Path, release: str) -> list[Dump]:
    if nquads.count(b"\n") > MOST_QUADS:
        path = folder / FORMS["nquads"].file
        path.write_bytes(nquads)
        return [_listed("nquads", path)]
    reading = read(nquads, release)
    left_out = sorted(ftm.left_out(reading).items())
    note = ", ".join(f"{count} {what}" for what, count in left_out if count)
    return [
        _listed(
            word,
            _write(form, reading, folder / form.file),
            note=f"Has no place for: {note}" if word == "ftm" and note else "",
        )
        for word, form in FORMS.items()
    ]


def _listed(word: str, path: Path, note: str = "") -> Dump:
    form = FORMS[word]
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Dump(
        name=form.file,
        format=word,
        media_type=form.media_type,
        title=form.title,
        size=path.stat().st_size,
        sha256=digest,
        note=note,
    )


def _lines_in(path: Path) -> int:
    with path.open("rb") as content:
        return sum(piece.count(b"\n") for piece in iter(lambda: content.read(1 << 20), b""))


def nquads_of(one: Snapshot) -> bytes:
    """Return the sorted N-Quads of a kept release, from its dump or, in a release without dumps, from its store.

    Raises:
        SnapshotError: the store cannot be opened.
    """
    kept = one.files / FOLDER / FORMS["nquads"].file
    if kept.is_file():
        return kept.read_bytes()
    return b"".join(sorted_nquads(open_store(one.store_path)))


def read_dumps(folder: Path) -> tuple[Dump, ...]:
    """Return the list of the dumps in a folder; empty when the release carries none.

    Raises:
        SnapshotError: the list cannot be read.
    """
    path = folder / INDEX
    if not path.is_file():
        return ()
    try:
        return tuple(Dump(**record) for record in json.loads(path.read_text(encoding="utf-8"))["dumps"])
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{path}: not a list of dumps: {error}") from error


def export(one: Snapshot, word: str, target: Path) -> Path:
    """Write one export to a file (or, for several files, into a folder) and return where it is.

    Raises:
        ConfigError: there is no such format, the target is in the way, or a library is missing.
        SnapshotError: the release cannot be read.
    """
    if word not in FORMS and word not in ON_DEMAND:
        raise ConfigError(f"format: no such export {word!r}; there are {', '.join((*FORMS, *ON_DEMAND))}")
    name = FORMS[word].file if word in FORMS else ON_DEMAND[word]
    if not name and (target.is_file() or (target.is_dir() and any(target.iterdir()))):
        raise ConfigError(f"{target}: {word} makes several files and needs a new or empty folder")
    path = target / name if target.is_dir() else target
    nquads = nquads_of(one)
    try:
        if word in FORMS:
            _write(FORMS[word], read(nquads, one.release), path)
        elif word == "ro-crate":
            dumps = prepare_dumps(nquads, path, one.release)
            published = str(one.manifest.get("published", ""))
            crate.describe(path, dumps=dumps, release=one.release, published=published)
        else:
            write = bundle.write_sqlite if word == "sqlite" else bundle.write_parquet
            write(read(nquads, one.release), path)
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written: {error.strerror or error}") from error
    return path


def _write(form: Form, reading: Reading, path: Path) -> Path:
    content = form.write(reading)
    with path.open("wb") as handle:
        handle.writelines([content] if isinstance(content, bytes) else content)
    return path
