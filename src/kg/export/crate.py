"""RO-Crate 1.1: a folder of dumps that says what it is, with a checksum for each file."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg.export.reading import LICENCE
from kg.vocab import iri

if TYPE_CHECKING:
    from kg.export.dumps import Dump

METADATA: Final = "ro-crate-metadata.json"
_PROFILE: Final = "https://w3id.org/ro/crate/1.1"


def describe(folder: Path, *, dumps: "Iterable[Dump]", release: str, published: str) -> None:
    """Write `ro-crate-metadata.json` beside the files of a folder.

    Arguments:
        published: moment of the release as ISO 8601, or empty when that is not known.
    """
    listed = {dump.name: dump for dump in dumps}
    files = [
        _file(path, listed.get(path.name))
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
            # RO-Crate 1.1, 4.1 wants a day; only a release that was not built here has none.
            **({"datePublished": published[:10]} if published else {}),
            "license": {"@id": LICENCE},
            "hasPart": [{"@id": file["@id"]} for file in files],
        },
        {"@id": LICENCE, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0 International"},
        *files,
    ]
    content = {"@context": f"{_PROFILE}/context", "@graph": graph}
    (folder / METADATA).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _file(path: Path, dump: "Dump | None") -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "@id": path.name,
        "@type": "File",
        "name": dump.title if dump else path.name,
        "encodingFormat": dump.media_type if dump else "text/plain",
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
