"""The source texts that the user has, found by their digest, and the lines that evidence points at."""

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

# Lines shown around those that are meant, and the longest passage.
_AROUND: Final = 2
_LONGEST: Final = 60
_LARGEST_BYTES: Final = 32 << 20
Passage = tuple[tuple[int, str, bool], ...]


def passage(folder: str, sha256: str | None, first: int | None, last: int | None) -> Passage:
    """Return lines of a text with their numbers and whether they are meant; nothing where the text is not at hand."""
    if not folder or sha256 is None or first is None:
        return ()
    path = _index(folder).get(sha256)
    lines = _lines(path, sha256) if path is not None else ()
    end = min(last or first, first + _LONGEST - 1)
    wanted = range(max(1, first - _AROUND), min(len(lines), end + _AROUND) + 1)
    return tuple((n, lines[n - 1], first <= n <= end) for n in wanted)


@lru_cache(maxsize=4)
def _index(folder: str) -> dict[str, Path]:
    """Return the texts of a folder by SHA-256. Read once: a text that is added later needs a restart."""
    found: dict[str, Path] = {}
    place = Path(folder).expanduser()
    if not place.is_dir():
        log.warning("texts: %s is not a folder", place)
        return found
    for path in sorted(place.iterdir()):
        if path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    return found


@lru_cache(maxsize=16)
def _lines(path: Path, sha256: str) -> tuple[str, ...]:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        # It was changed since the index was made: other lines than those that were cited.
        return ()
    return tuple(content.decode("utf-8", "replace").split("\n"))
