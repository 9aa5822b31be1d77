"""RO-Crate 1.1: a folder of dumps that says what it is, with a checksum for each file."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kg.vocab import iri

METADATA: Final = "ro-crate-metadata.json"
_PROFILE: Final = "https://w3id.org/ro/crate/1.1"
_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"


def describe(folder: Path, *, dumps_of: Sequence[Mapping[str, Any]], release: str, published: str = "") -> None:
    """Write `ro-crate-metadata.json` beside the files of a folder.

    Arguments:
        dumps_of: name, title, media type, size and sha256 of each dump.
        published: the day of the release as YYYY-MM-DD; empty takes the day of the curated tables.
    """
    listed = {str(dump["name"]): dump for dump in dumps_of}
    files = [
        _file(path, listed.get(path.name, {}))
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != METADATA
    ]
    graph: list[dict[str, Any]] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": _PROFILE},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"CityLedger release {release}",
            "description": "An evidence-first knowledge graph of exported smart-city technology: every fact with the "
            "lines of the document that says so.",
            "identifier": iri("release", release),
            "version": release,
            "datePublished": published or "2026-11-24",
            "license": {"@id": _LICENCE},
            "hasPart": [{"@id": file["@id"]} for file in files],
        },
        {"@id": _LICENCE, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0 International"},
        *files,
    ]
    content = {"@context": f"{_PROFILE}/context", "@graph": graph}
    (folder / METADATA).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _file(path: Path, dump: Mapping[str, Any]) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "@id": path.name,
        "@type": "File",
        "name": dump.get("title", path.name),
        "encodingFormat": dump.get("media_type", "text/plain"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
