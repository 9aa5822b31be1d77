"""`releases.tsv` beside the snapshots: a line for each release there ever was, also when its files are long gone."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = "releases.tsv"
_HEADER: Final = "release\tpublished\tcommit\tinputs_sha256\n"
_LINE: Final = re.compile(r"([0-9a-f]{16})\t([^\t]*)\t([^\t]*)\t([^\t]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is remembered of a release.

    Attributes:
        published: moment as ISO 8601, empty when unknown.
        commit: git commit of its inputs, with `-dirty` where they differed from it; empty when unknown.
        inputs: SHA-256 over the lines `digest  path` of all input files in the order of their paths; or empty.
    """

    release: str
    published: str
    commit: str
    inputs: str


def read(folder: Path) -> tuple[Entry, ...]:
    """Return what the file tells, oldest first; what is no line of it is left out."""
    path = folder / FILE
    if not path.is_file():
        return ()
    found = (_LINE.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(
        Entry(release=line[1], published=line[2], commit=line[3], inputs=line[4]) for line in found if line is not None
    )


def entry_of(manifest: Mapping[str, Any]) -> Entry:
    """Return what will be remembered of a release."""
    inputs: Mapping[str, str] = manifest.get("inputs") or {}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(inputs.items()))
    return Entry(
        release=manifest["release"],
        published=str(manifest.get("published") or ""),
        commit=str(manifest.get("commit") or ""),
        inputs=hashlib.sha256(lines.encode()).hexdigest() if inputs else "",
    )


def note(folder: Path, manifests: Iterable[Mapping[str, Any]]) -> None:
    """Add the releases that the file does not name yet; nothing in it is ever changed."""
    known = {entry.release for entry in read(folder)}
    fresh = [entry_of(one) for one in manifests if one["release"] not in known]
    if not fresh:
        return
    path = folder / FILE
    before = path.read_bytes() if path.is_file() else _HEADER.encode()
    # A process killed while it wrote leaves half a line, which must not spoil the next one.
    start = ("" if path.is_file() else _HEADER) + ("" if before.endswith(b"\n") else "\n")
    text = "".join(f"{one.release}\t{one.published}\t{one.commit}\t{one.inputs}\n" for one in fresh)
    with path.open("ab") as handle:
        handle.write((start + text).encode())
        handle.flush()
        os.fsync(handle.fileno())
