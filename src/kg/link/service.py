"""Ask a service that speaks the Reconciliation Service API for candidates: politely, in batches, within bounds."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from kg.engine.store_http import StoreError, exchange, host_of, new_session

WIKIDATA: Final = "https://wikidata.reconci.link/en/api"
_SECONDS: Final = 60.0
_MOST_BYTES: Final = 20_000_000
_TRIES: Final = 3
_LONGEST_WAIT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One candidate.

    Attributes:
        iri: identifier space and identifier together.
        score: as the service gives it, usually 0 to 100.
        features: what the service says of the score, by name.
    """

    iri: str
    name: str
    score: float
    sure: bool
    features: Mapping[str, float]


class LinkService:
    """One reconciliation service."""

    def __init__(self, url: str, *, per_second: float = 2.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Know the service; nothing is sent yet.

        Arguments:
            per_second: most requests a second.
            sleep: waits so many seconds; tests give their own.

        Raises:
            StoreError: the address is not one.
        """
        if urlsplit(url).scheme not in {"http", "https"}:
            raise StoreError(f"{url!r} is not an address: it must start with http:// or https://")
        self.url = url
        self._session = new_session()
        self._pause_s = 1 / per_second
        self._sleep = sleep
        self._last = float("-inf")
        self._space = ""

    def open(self) -> str:
        """Read the manifest and return the name of the service.

        Raises:
            KgError: the service cannot be asked or is no reconciliation service.
        """
        manifest = self._get(())
        space = manifest.get("identifierSpace")
        if not isinstance(space, str) or not space:
            raise StoreError(f"{host_of(self.url)} is no reconciliation service: its manifest has no identifierSpace")
        self._space = space
        return str(manifest.get("name", host_of(self.url)))

    @property
    def space(self) -> str:
        """What the identifiers of the service begin with; empty before `open`."""
        return self._space

    def candidates(self, names: Sequence[str], most: int = 5) -> tuple[tuple[Found, ...], ...]:
        """Return the candidates for each name, in the order of the names.

        Raises:
            KgError: the service cannot be asked, or its answer is not one of the API.
        """
        queries = {f"q{number}": {"query": name, "limit": most} for number, name in enumerate(names)}
        answer = self._get((("queries", json.dumps(queries, ensure_ascii=False)),))
        return tuple(self._candidates(answer, key) for key in queries)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _candidates(self, answer: Mapping[str, Any], key: str) -> tuple[Found, ...]:
        try:
            return tuple(
                Found(
                    iri=self._iri(str(one["id"])),
                    name=str(one["name"]),
                    score=float(one["score"]),
                    sure=bool(one.get("match", False)),
                    features={
                        str(f["id"]): float(f["value"]) for f in one.get("features", ()) if f.get("value") is not None
                    },
                )
                for one in answer[key]["result"]
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StoreError(f"{host_of(self.url)} answered something else than candidates") from None

    def _iri(self, identifier: str) -> str:
        return identifier if identifier.startswith(("http://", "https://")) else self._space + identifier

    def _get(self, form: Sequence[tuple[str, str]]) -> dict[str, Any]:
        for turn in range(1, _TRIES + 1):
            self._keep_pace()
            got = exchange(
                self._session,
                "POST" if form else "GET",
                self.url,
                seconds=_SECONDS,
                most_bytes=_MOST_BYTES,
                headers={"Accept": "application/json"},
                data=form or None,
            )
            if got.status in {429, 503} and turn < _TRIES:
                wait = float(got.retry_after) if got.retry_after.isdigit() else 2.0**turn
                self._sleep(min(wait, _LONGEST_WAIT_S))
                continue
            break
        host = host_of(self.url)
        if 300 <= got.status < 400:
            raise StoreError(f"{host} redirects elsewhere: say the address that it leads to")
        if got.status in {401, 403}:
            raise StoreError(f"{host} refuses us ({got.status})")
        if got.status != 200:
            raise StoreError(f"{host} answered {got.status}")
        try:
            document = json.loads(got.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise StoreError(f"{host} answered {got.kind or 'something unknown'} that is no JSON object")
        return document

    def _keep_pace(self) -> None:
        wait = self._last + self._pause_s - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._last = time.monotonic()
