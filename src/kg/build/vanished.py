"""Permanent addresses that the release before had, and that no row and no withdrawal accounts for."""

from collections.abc import Mapping
from pathlib import Path

from kg import snapshot
from kg.diff import VANISHED_FILE, rows_of, vanished_of
from kg.errors import SnapshotError
from kg.tables.corpus import Corpus
from kg.tables.faults import Fault
from kg.tables.withdrawn import TABLE as WITHDRAWN
from kg.vocab import TABLE_KINDS, compact, iri, split_iri


def vanished(snapshots_dir: Path, corpus: Corpus) -> Mapping[str, str]:
    """Return IRI to the place where its row stood, for every address that would lead nowhere.

    What one release has lost stays lost in the next ones, until it is withdrawn or given back.
    """
    try:
        before = snapshot.current(snapshots_dir)
    except SnapshotError:
        return {}
    known = {iri(kind, row.slug) for kind in TABLE_KINDS for row in corpus.tables.get(kind, ())}
    known |= {iri(*row.slug.split(":", 1)) for row in corpus.tables.get(WITHDRAWN, ())}
    # A place in a source has an address while something rests on it; it is no row that somebody takes back.
    rows = {thing: place for thing, place in rows_of(before).items() if (split_iri(thing) or ("",))[0] in TABLE_KINDS}
    return {thing: place for thing, place in sorted({**vanished_of(before), **rows}.items()) if thing not in known}


def faults(lost: Mapping[str, str]) -> tuple[Fault, ...]:
    """Return what a curator is told of lost addresses."""
    found = []
    for thing, place in lost.items():
        file, _, line = place.rpartition(":")
        found.append(
            Fault(
                file=file,
                line=int(line),
                rule="the row that stood here is gone, and its address leads nowhere",
                repair=f"Add it to data/{WITHDRAWN}.csv, or give the row back (check vanished, {compact(thing)})",
            )
        )
    return tuple(sorted(found))


def write(lost: Mapping[str, str], files: Path) -> None:
    """Keep the lost addresses beside a release."""
    lines = "".join(f"{thing}\t{place}\n" for thing, place in lost.items())
    (files / VANISHED_FILE).write_text(lines, encoding="utf-8")
