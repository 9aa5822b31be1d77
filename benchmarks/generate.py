"""Write made-up tables in exactly the form of data/, scaled to about so many triples.

    python benchmarks/generate.py --triples 1000000 --out DIR

The skew is that of the real corpus: a few suppliers, countries and sources hold most rows (Zipf, exponent 1.1). The
folder that comes out is a root for `kg build --root DIR`. The same seed gives the same bytes.
"""

import argparse
import bisect
import csv
import itertools
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pycountry

CHECKOUT = Path(__file__).resolve().parents[1]
# Measured: one project with what hangs on it becomes so many triples, inferred ones included.
TRIPLES_A_PROJECT = 81
TECHNOLOGIES = (
    "surveillance", "cctv", "facial-recognition", "network-infrastructure", "5g", "big-data", "data-centers",
    "fintech", "energy", "smart-meters", "integrated-platforms", "safe-city", "municipal-services", "smart-parking",
)  # fmt: skip
STATUSES = ("proposed", "announced", "agreed", "under-construction", "operational", "completed", "cancelled")
INSTRUMENTS = ("loan", "loan", "loan", "grant", "buyer-credit", "project-cost", "contract-value")
CURRENCIES = ("USD", "USD", "USD", "EUR", "CNY")
LINES = 5000


class Zipf:
    """Draws numbers below `size`; number k comes with weight 1 / (k + 1) ** 1.1."""

    def __init__(self, size: int, source: random.Random) -> None:
        self._sums = list(itertools.accumulate(1 / (k + 1) ** 1.1 for k in range(size)))
        self._source = source

    def draw(self) -> int:
        """Return one number."""
        return min(bisect.bisect(self._sums, self._source.random() * self._sums[-1]), len(self._sums) - 1)


def write_tables(triples: int, out: Path, seed: int) -> dict[str, int]:
    """Write the tables of a corpus of about so many triples; return the rows of each."""
    source = random.Random(seed)
    projects = max(10, triples // TRIPLES_A_PROJECT)
    data = out / "data"
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(CHECKOUT / "data" / "csvw-metadata.json", data)
    for name in ("ontology", "queries"):
        shutil.copytree(CHECKOUT / name, out / name, dirs_exist_ok=True)
    columns = {
        table["url"].removesuffix(".csv"): [column["name"] for column in table["tableSchema"]["columns"]]
        for table in json.loads((data / "csvw-metadata.json").read_text(encoding="utf-8"))["tables"]
    }
    corpus = _Corpus(projects, source)
    return {name: _write(data / f"{name}.csv", columns[name], rows) for name, rows in corpus.tables().items()}


def _write(path: Path, columns: list[str], rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


class _Corpus:
    """The rows of every table, each made when it is asked for."""

    def __init__(self, projects: int, source: random.Random) -> None:
        self.projects = projects
        self.countries = list(pycountry.countries)
        self.cities = max(20, projects // 8)
        self.actors = max(30, projects // 6)
        self.sources = max(5, projects // 40)
        self.random = source
        self.actor = Zipf(self.actors, source)
        self.city = Zipf(self.cities, source)
        self.source = Zipf(self.sources, source)
        self.technology = Zipf(len(TECHNOLOGIES), source)

    def tables(self) -> dict[str, Iterator[dict[str, Any]]]:
        """Return an iterator over the rows of each table."""
        return {
            "place": self._places(),
            "actor": self._actors(),
            "source": self._sources(),
            "indicator": iter(
                [
                    {"id": "surveillance-cameras", "label": "Surveillance cameras"},
                    {"id": "crime-rate-change", "label": "Change in crime rate"},
                ]
            ),
            "project": self._projects(),
            "involvement": self._involvements(),
            "financing": self._financings(),
            "observation": self._observations(),
            "claim": self._claims(),
        }

    def _evidence(self) -> str:
        first = self.random.randrange(1, LINES - 12)
        return f"study-{self.source.draw()}:{first}-{first + self.random.randrange(1, 8)}"

    def _places(self) -> Iterator[dict[str, Any]]:
        for country in self.countries:
            yield {
                "id": f"country-{country.alpha_2.lower()}",
                "type": "Country",
                "label": f"Land of {country.name}",
                "iso_alpha2": country.alpha_2,
                "iso_alpha3": country.alpha_3,
            }
        country_of = Zipf(len(self.countries), self.random)
        for number in range(self.cities):
            code = self.countries[country_of.draw()].alpha_2.lower()
            yield {
                "id": f"city-{number}",
                "type": "City",
                "label": f"City {number}",
                "located_in": f"country-{code}",
                "lat": f"{self.random.uniform(-60, 70):.4f}",
                "long": f"{self.random.uniform(-180, 180):.4f}",
            }

    def _actors(self) -> Iterator[dict[str, Any]]:
        for number in range(self.actors):
            kind = ("Company", "Company", "StateOwnedEnterprise", "PolicyBank", "CityGovernment")[number % 5]
            row = {"id": f"actor-{number}", "type": kind, "label": f"Actor {number}", "alias_en": f"A{number} Group"}
            if number % 7 == 0 and number:
                row["parent"] = f"actor-{number // 7}"
            yield {**row, "evidence": self._evidence()}

    def _sources(self) -> Iterator[dict[str, Any]]:
        for number in range(self.sources):
            yield {
                "id": f"study-{number}",
                "label": f"Study {number}",
                "publisher_kind": ("think-tank", "media", "vendor", "government")[number % 4],
                "issued": str(2010 + number % 12),
                "text_sha256": f"{number:064x}",
                "line_count": LINES,
            }

    def _projects(self) -> Iterator[dict[str, Any]]:
        for number in range(self.projects):
            yield {
                "id": f"project-{number}",
                "type": "Deployment",
                "label": f"Project {number}",
                "located_in": f"city-{self.city.draw()}",
                "uses_technology": TECHNOLOGIES[self.technology.draw()],
                "status": STATUSES[number % len(STATUSES)],
                "start": str(2005 + number % 16),
                "evidence": self._evidence(),
            }

    def _involvements(self) -> Iterator[dict[str, Any]]:
        for number in range(self.projects):
            seen: set[tuple[int, str]] = set()
            for role in ("supplier", "supplier", "client")[: 2 + number % 2]:
                key = (self.actor.draw(), role)
                if key in seen:
                    continue
                seen.add(key)
                row = {"project": f"project-{number}", "actor": f"actor-{key[0]}", "role": role}
                if role == "supplier":
                    row["uses_technology"] = TECHNOLOGIES[self.technology.draw()]
                yield {**row, "evidence": self._evidence()}

    def _financings(self) -> Iterator[dict[str, Any]]:
        for number in range(0, self.projects, 2):
            instrument = INSTRUMENTS[number % len(INSTRUMENTS)]
            row = {
                "id": f"financing-{number}",
                "label": f"Money for project {number}",
                "finances": f"project:project-{number}",
                "instrument": instrument,
                "provider" if instrument == "grant" else "lender": f"actor-{self.actor.draw()}",
                "date": str(2005 + number % 16),
                "evidence": self._evidence(),
            }
            # A third of the sums is not stated, as in the real corpus.
            if number % 3:
                row["amount"] = str(self.random.randrange(1, 900) * 1_000_000)
                row["currency"] = CURRENCIES[number % len(CURRENCIES)]
            yield row

    def _observations(self) -> Iterator[dict[str, Any]]:
        for number in range(0, self.projects, 2):
            yield {
                "id": f"observation-{number}",
                "about": f"project:project-{number}",
                "indicator": "surveillance-cameras",
                "value": str(self.random.randrange(10, 50_000)),
                "unit": "cameras",
                "date": str(2008 + number % 13),
                "evidence": self._evidence(),
            }

    def _claims(self) -> Iterator[dict[str, Any]]:
        for number in range(0, self.projects, 2):
            yield {
                "id": f"claim-{number}",
                "type": "ReportedResult",
                "about": f"project:project-{number}",
                "claimant": f"actor-{self.actor.draw()}",
                "indicator": "crime-rate-change",
                "value": str(-self.random.randrange(1, 60)),
                "unit": "percent",
                "description": "The vendor reports a fall in crime",
                "evidence": self._evidence(),
            }


def main() -> None:
    """Write the tables that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triples", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = write_tables(options.triples, options.out, options.seed)
    print(f"{sum(rows.values())} rows in {len(rows)} tables")


if __name__ == "__main__":
    main()
