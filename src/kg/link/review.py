"""The review file: what was proposed for whom, and what a person decided. One line a candidate, so that it diffs.

A decision stands for ever: a later run adds candidates and refreshes scores, but never changes what was decided.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kg.errors import CuratedDataError

FILE: Final = "review.tsv"
DECISIONS: Final = ("", "accept", "reject", "later", "applied")
COLUMNS: Final = (
    "decision",
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "score",
    "features",
    "asked",
    "asked_on",
)
# Stands for the object when a service was asked and knew nothing.
NOTHING: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One candidate for one thing.

    Attributes:
        decision: empty until a person writes accept, reject or later; applied once it is in the tables.
        subject_id: our thing as kind:slug.
        object_id: the outside thing as prefix:identifier, or NOTHING.
        score: 0 to 100.
        features: what the score is made of, as name=value, separated by spaces.
        asked: `geonames` for the offline gazetteer, else the address of the service.
        asked_on: the day, as YYYY-MM-DD.
    """

    decision: str = ""
    subject_id: str
    subject_label: str
    predicate_id: str = "skos:closeMatch"
    object_id: str
    object_label: str = ""
    score: float = 0.0
    features: str = ""
    asked: str
    asked_on: str


def read_review(path: Path) -> tuple[Proposal, ...]:
    """Return the proposals of a file, none when there is no file.

    Raises:
        CuratedDataError: the file is not a review file; the message names the line.
    """
    if not path.is_file():
        return ()
    try:
        lines = list(
            csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        )
    except UnicodeDecodeError as error:
        raise CuratedDataError(f"{path}:1: not UTF-8: save the file as UTF-8") from error
    if not lines or tuple(lines[0]) != COLUMNS:
        raise CuratedDataError(f"{path}:1: the header must be, separated by tabs: {' '.join(COLUMNS)}")
    found = []
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(COLUMNS):
            raise CuratedDataError(f"{path}:{number}: {len(cells)} cells instead of {len(COLUMNS)}")
        row = dict(zip(COLUMNS, cells, strict=True))
        if row["decision"] not in DECISIONS:
            allowed = ", ".join(word for word in DECISIONS if word)
            raise CuratedDataError(f"{path}:{number}: decision {row['decision']!r}: write {allowed}, or leave it empty")
        try:
            score = float(row.pop("score"))
        except ValueError as error:
            raise CuratedDataError(f"{path}:{number}: score is not a number") from error
        found.append(Proposal(score=score, **row))
    return tuple(found)


def merge(old: Iterable[Proposal], new: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Return old and new proposals in order; what was decided stays as it was decided."""
    merged: dict[tuple[str, str, str], Proposal] = {}
    for proposal in old:
        merged[_key(proposal)] = proposal
    for proposal in new:
        before = merged.get(_key(proposal))
        if before is None or not before.decision:
            merged[_key(proposal)] = proposal
        else:
            merged[_key(proposal)] = replace(before, score=proposal.score, features=proposal.features)
    # What two sources propose alike is decided once.
    decided = {(p.subject_id, p.object_id): p.decision for p in merged.values() if p.decision}
    done = (replace(p, decision=p.decision or decided.get((p.subject_id, p.object_id), "")) for p in merged.values())
    return tuple(sorted(done, key=lambda p: (p.subject_id, -p.score, p.object_id, p.asked)))


def write_review(path: Path, proposals: Iterable[Proposal]) -> None:
    """Write the file whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    buffer = io.StringIO()
    buffer.write("\t".join(COLUMNS) + "\n")
    for proposal in proposals:
        cells: Mapping[str, str] = {name: str(getattr(proposal, name)) for name in COLUMNS}
        shown = {**cells, "score": f"{proposal.score:.1f}"}
        buffer.write("\t".join(" ".join(shown[name].split()) for name in COLUMNS) + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(buffer.getvalue(), encoding="utf-8")
    temporary.replace(path)


def _key(proposal: Proposal) -> tuple[str, str, str]:
    return (proposal.subject_id, proposal.object_id, proposal.asked)
