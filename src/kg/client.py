"""Questions from notebooks and scripts: `kg.open()` asks a local release or a service far away."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from kg.catalog.choices import Choices
from kg.catalog.formats import write
from kg.catalog.load import Catalog
from kg.catalog.run import run
from kg.errors import KgError

_TIMEOUT_S = 65.0


class ServiceError(KgError):
    """A service far away gave no answer; the message is its own."""

    code = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The rows of an answer; it is a sequence of dictionaries.

    Attributes:
        question: its name.
        columns: in their order.
        rows: one dictionary for each row; unknown is None, numbers are int or float.
        complete: False when rows were left out.
        limit: why, or None.
        release: the release that answered.
    """

    question: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    complete: bool
    limit: str | None
    release: str

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        return self.rows[index]

    def to_pandas(self) -> Any:
        """Return the rows as a DataFrame with every column, also of an empty answer.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas") from error
        return pandas.DataFrame(list(self.rows), columns=self._all_columns())

    def to_polars(self) -> Any:
        """Return the rows as a polars DataFrame.

        Raises:
            ImportError: polars is not installed.
        """
        try:
            polars = import_module("polars")
        except ImportError as error:
            raise ImportError("to_polars needs polars: pip install polars") from error
        return polars.DataFrame(list(self.rows), schema=self._all_columns(), infer_schema_length=None)

    def to_geopandas(self) -> Any:
        """Return the rows as a GeoDataFrame, a point where `lat` and `long` are known.

        Raises:
            ImportError: geopandas is not installed.
            KgError: the rows have no places.
        """
        if not {"lat", "long"} <= set(self.columns):
            raise KgError(f"{self.question}: the rows have no columns lat and long")
        try:
            geopandas = import_module("geopandas")
        except ImportError as error:
            raise ImportError("to_geopandas needs geopandas: pip install geopandas") from error
        table = self.to_pandas()
        return geopandas.GeoDataFrame(
            table, geometry=geopandas.points_from_xy(table["long"], table["lat"]), crs="EPSG:4326"
        )

    def _all_columns(self) -> list[str]:
        has_evidence = any("evidence" in row for row in self.rows)
        return [*self.columns, *(["evidence"] if has_evidence else [])]


class _Place(Protocol):
    """Where questions are asked: gives the answer in plain rows, as the service writes it."""

    def questions(self) -> list[dict[str, Any]]: ...

    def ask(self, name: str, values: Mapping[str, object], evidence: bool) -> dict[str, Any]: ...

    def close(self) -> None: ...


class Client:
    """Asks saved questions. Use it in a `with` block, or close it."""

    def __init__(self, place: _Place) -> None:
        self._place = place

    def questions(self) -> tuple[Mapping[str, Any], ...]:
        """Return the saved questions: name, summary, tags, params."""
        return tuple(self._place.questions())

    def ask(self, name: str, /, *, evidence: bool = False, **params: object) -> Answered:
        """Ask a question: `ask("projects-in-a-country", country="KE")`.

        A parameter takes what the question's page takes; several values are a list. With `evidence` each row
        has a key `evidence` with the places in the sources that it rests on.

        Raises:
            UnknownQuestionError, ParameterError: on a local release.
            ServiceError: the service refused or cannot be reached; the message says why.
        """
        document = self._place.ask(name, params, evidence)
        return Answered(
            question=name,
            columns=tuple(document["columns"]),
            rows=tuple(document["rows"]),
            complete=bool(document["complete"]),
            limit=document.get("limit"),
            release=str(document["release"]),
        )

    def close(self) -> None:
        """Let go of the release."""
        self._place.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


class _Local:
    """A snapshot on this machine."""

    def __init__(self, snapshots_dir: Path | None) -> None:
        from kg.config import Settings
        from kg.engine.local import LocalEngine
        from kg.snapshot import current

        folder = snapshots_dir if snapshots_dir is not None else Settings.load({}).snapshots_dir
        snapshot = current(folder)
        self._engine = LocalEngine(snapshot)
        self._catalog = Catalog.of_release(snapshot.files / "queries")
        self._choices = Choices(self._engine)

    def questions(self) -> list[dict[str, Any]]:
        return [
            {
                "name": question.name,
                "summary": question.summary,
                "tags": list(question.tags),
                "params": [parameter.name for parameter in question.params],
            }
            for question in self._catalog
        ]

    def ask(self, name: str, values: Mapping[str, object], evidence: bool) -> dict[str, Any]:
        question = self._catalog.question(name)
        answer = run(self._engine, question, values, choices=self._choices, evidence=evidence)
        found: dict[str, Any] = json.loads(write(answer, "json"))
        return found

    def close(self) -> None:
        self._engine.close()


class _Remote:
    """A service at a URL."""

    def __init__(self, address: str) -> None:
        import requests

        self._address = address.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json, application/problem+json"

    def questions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("/questions.json", [])
        return found

    def ask(self, name: str, values: Mapping[str, object], evidence: bool) -> dict[str, Any]:
        pairs = [(key, text) for key, value in values.items() for text in _texts(value)]
        if evidence:
            pairs.append(("evidence", "1"))
        found: dict[str, Any] = self._get(f"/questions/{quote(name, safe='')}.json", pairs)
        return found

    def _get(self, path: str, pairs: Sequence[tuple[str, str]]) -> Any:
        import requests

        try:
            response = self._session.get(self._address + path, params=list(pairs), timeout=_TIMEOUT_S)
            document = response.json()
        except (requests.RequestException, ValueError) as error:
            raise ServiceError(f"{self._address}: {error}") from error
        if not response.ok:
            detail = document.get("detail", response.reason) if isinstance(document, dict) else response.reason
            raise ServiceError(f"{self._address}{path}: {response.status_code} {detail}")
        return document

    def close(self) -> None:
        self._session.close()


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list | tuple | set | frozenset):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, Decimal):
        return [f"{value:f}"]
    return [str(value)]


def open_client(target: str | Path | None = None) -> Client:
    """Return a client for a service's address (`https://...`), or for a folder of snapshots on this machine.

    Without a target it is the folder that the command line would use.

    Raises:
        SnapshotError: there is no release in the folder.
    """
    if target is not None and str(target).startswith(("http://", "https://")):
        return Client(_Remote(str(target)))
    return Client(_Local(None if target is None else Path(target)))
