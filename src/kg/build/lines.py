"""Every quad of a release as a sorted line, as the store spells it, of files that are too large for memory."""

import contextlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.rules import INFERRED
from kg.snapshot import release_id

# Some 60 MB as lines; the loader of the store takes 300 MB for so many.
BATCH: Final = 250_000
_PIECE: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What is known of a file of sorted lines: release id, quads that are stated, quads that rules added."""

    release: str
    stated: int
    inferred: int


def write_sorted(files: Iterable[Path], target: Path, folder: Path, *, batch: int = BATCH) -> Sorted:
    """Write the lines of N-Quads files sorted, each once; batches that are sorted already wait in a folder."""
    waiting = []
    for number, lines in enumerate(batches(files, batch)):
        path = folder / f"batch-{number}.nq"
        path.write_bytes(b"".join(sorted(_spelled(lines))))
        waiting.append(path)
    written = _merge(waiting, target)
    for path in waiting:
        path.unlink()
    return written


def load(files: Iterable[Path], store: Path) -> None:
    """Load N-Quads files into a store on disk; in batches, because the loader's memory grows with what it is given."""
    database = ox.Store(str(store))
    for lines in batches(files, BATCH):
        database.bulk_load(input=b"".join(lines), format=ox.RdfFormat.N_QUADS)
    database.flush()


def batches(files: Iterable[Path], size: int) -> Iterator[list[bytes]]:
    """Yield the lines of files, so many at a time."""
    with contextlib.ExitStack() as opened:
        lines = chain.from_iterable(opened.enter_context(path.open("rb")) for path in files)
        while batch := list(islice(lines, size)):
            yield batch


def _spelled(lines: list[bytes]) -> Iterator[bytes]:
    """Yield quads as the store gives them back: it knows one spelling of each literal. An IRI stays as it is."""
    literals = ox.Store()
    literals.bulk_load(
        input=b"".join(line for line in lines if b'"' in line or b"\\" in line), format=ox.RdfFormat.N_QUADS
    )
    yield from (line for line in lines if not (b'"' in line or b"\\" in line))
    yield from (literals.dump(format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True)


def _merge(sorted_files: list[Path], target: Path) -> Sorted:
    ending = f" {INFERRED} .\n".encode()
    total = inferred = 0

    def pieces() -> Iterator[bytes]:
        nonlocal total, inferred
        with contextlib.ExitStack() as opened, target.open("wb") as output:
            handles = [opened.enter_context(path.open("rb", buffering=1 << 20)) for path in sorted_files]
            once = (line for line, _ in groupby(heapq.merge(*handles)))
            while piece := list(islice(once, _PIECE)):
                content = b"".join(piece)
                output.write(content)
                total += len(piece)
                inferred += content.count(ending)
                yield content

    release = release_id(pieces())
    return Sorted(release=release, stated=total - inferred, inferred=inferred)
