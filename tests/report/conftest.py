"""A release of the tiny tables and one of the real ones, ready to be reported on."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from kg import snapshot
from kg.catalog import Catalog, Choices
from kg.engine.local import LocalEngine
from kg.report import Composed, compose, find_report
from tests.conftest import CHECKOUT

REPORTS = CHECKOUT / "queries" / "reports"
NAMES = tuple(sorted(path.stem for path in REPORTS.glob("*.md")))
TINY_VALUES = {
    "country-profile": {"country": "Alphaland"},
    "company-profile": {"company": "Omega Systems"},
    "financing-overview": {"state": "Alphaland"},
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What writes reports of one release."""

    engine: LocalEngine
    catalog: Catalog
    choices: Choices

    def compose(self, name: str, **values: object) -> Composed:
        """Return one of the reports of the checkout with its values."""
        report = find_report(REPORTS, self.catalog, name)
        return compose(self.engine, self.catalog, report, values, choices=self.choices)


def _desk(folder: Path) -> Desk:
    engine = LocalEngine(snapshot.current(folder))
    return Desk(engine, Catalog.load(CHECKOUT / "queries"), Choices(engine))


@pytest.fixture(scope="session")
def tiny(tiny_snapshots: Path) -> Desk:
    """The tiny release."""
    return _desk(tiny_snapshots)


@pytest.fixture(scope="session")
def real(real_snapshots: Path) -> Desk:
    """The real release."""
    return _desk(real_snapshots)
