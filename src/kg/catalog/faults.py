"""What is wrong with the catalogue's files, all of it at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kg.errors import KgError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in one file; `line` is counted from 1."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class CatalogError(KgError):
    """Some saved questions break their own rules. The message has one line per fault: file:line: fault."""

    code = "catalog"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))
