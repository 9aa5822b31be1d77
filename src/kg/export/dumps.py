"""Every export by its name, and the files that a release carries for `/dump/`."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kg.engine.local import open_store
from kg.errors import ConfigError, SnapshotError
from kg.export import bundle, crate, ftm, maps, rdf
from kg.export.reading import Reading, read
from kg.snapshot import Snapshot, sorted_nquads

INDEX: Final = "dumps.json"
SUMS: Final = "SHA256SUMS"
FOLDER: Final = "dump"
# Beyond it the other forms would cost gigabytes of memory at every publish; `kg export` still makes them.
MOST_QUADS: Final = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write the graph down.

    Attributes:
        file: name of the file.
        media_type: IANA media type.
        title: what it is, in a few words.
        write: the whole content.
    """

    file: str
    media_type: str
    title: str
    write: Callable[[Reading], bytes]


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


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "nquads": Form(
            file="cityledger.nq",
            media_type="application/n-quads",
            title="N-Quads, all named graphs",
            write=rdf.nquads,
        ),
        "trig": Form(
            file="cityledger.trig", media_type="application/trig", title="TriG, all named graphs", write=rdf.trig
        ),
        "turtle": Form(
            file="cityledger.ttl", media_type="text/turtle", title="Turtle, one merged graph", write=rdf.turtle
        ),
        "jsonld": Form(
            file="cityledger.jsonld",
            media_type="application/ld+json",
            title="JSON-LD, all named graphs",
            write=rdf.jsonld,
        ),
        "csv": Form(
            file="cityledger-csv.zip",
            media_type="application/zip",
            title="CSV tables with CSVW metadata and a data package",
            write=bundle.csv_zip,
        ),
        "geojson": Form(
            file="cityledger.geojson",
            media_type="application/geo+json",
            title="GeoJSON, projects at their places",
            write=maps.geojson,
        ),
        "graphml": Form(
            file="cityledger.graphml",
            media_type="application/graphml+xml",
            title="GraphML, actors, projects, places and technologies",
            write=maps.graphml,
        ),
        "ftm": Form(
            file="cityledger.ftm.json",
            media_type="application/json+ftm",
            title="FollowTheMoney entities, one a line",
            write=ftm.ftm,
        ),
    }
)
# Made on demand: a database, columns for analysis, and a package of everything.
FOLDER_FORMS: Final = ("sqlite", "parquet", "ro-crate")


def prepare_dumps(nquads: bytes, folder: Path, release: str) -> tuple[Dump, ...]:
    """Write every dump of a release, their list `dumps.json` and `SHA256SUMS` into a folder.

    The same release gives the same bytes, on any day. A large release carries its N-Quads only.

    Arguments:
        nquads: every quad but those of the graph `release`, as sorted lines.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if nquads.count(b"\n") > MOST_QUADS:
        reading = Reading(release=release, nquads=nquads, quads=(), facts={}, inferred=frozenset())
        forms: Mapping[str, Form] = {"nquads": FORMS["nquads"]}
    else:
        reading = read(nquads, release)
        forms = FORMS
    left_out = sorted(ftm.left_out(reading).items())
    note = ", ".join(f"{count} {what}" for what, count in left_out if count)
    made = []
    for word, form in forms.items():
        content = form.write(reading)
        (folder / form.file).write_bytes(content)
        made.append(
            Dump(
                name=form.file,
                format=word,
                media_type=form.media_type,
                title=form.title,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                note=f"Has no place for: {note}" if word == "ftm" and note else "",
            )
        )
    (folder / SUMS).write_text("".join(f"{dump.sha256}  {dump.name}\n" for dump in made), encoding="utf-8")
    index = {"release": release, "dumps": [asdict(dump) for dump in made]}
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return tuple(made)


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


def export(nquads: bytes, release: str, word: str, target: Path) -> Path:
    """Write one export to a file (or, for several files, into a folder) and return where it is.

    Raises:
        ConfigError: there is no such format, the target is in the way, or a library is missing.
    """
    try:
        if word in FORMS:
            form = FORMS[word]
            path = target / form.file if target.is_dir() else target
            path.write_bytes(form.write(read(nquads, release)))
            return path
        if word == "sqlite":
            path = target / "cityledger.sqlite" if target.is_dir() else target
            bundle.write_sqlite(read(nquads, release), path)
            return path
        if word not in FOLDER_FORMS:
            raise ConfigError(f"format: no such export {word!r}; there are {', '.join((*FORMS, *FOLDER_FORMS))}")
        if target.is_file() or (target.is_dir() and any(target.iterdir())):
            raise ConfigError(f"{target}: {word} makes several files and needs a new or empty folder")
        if word == "parquet":
            bundle.write_parquet(read(nquads, release), target)
        else:
            dumps = prepare_dumps(nquads, target, release)
            crate.describe(target, dumps_of=[asdict(dump) for dump in dumps], release=release)
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written: {error.strerror or error}") from error
    return target
