"""What came of a trial."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One trial: what was asked, what was seen, whether the promise held."""

    name: str
    seen: str
    held: bool

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{'held  ' if self.held else 'BROKEN'}  {self.name}: {self.seen}"
