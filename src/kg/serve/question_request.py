"""What a request asks of a saved question, read once; anything wrong with it is named."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from kg.errors import ParameterError

MAX_QUERY_BYTES: Final = 64_000
MAX_PAGE_ROWS: Final = 10_000
DEFAULT_PAGE_ROWS: Final = 200
_OWN: Final = ("page", "limit", "evidence", "bom", "release")
_EXAMPLES: Final = {"limit": "100", "release": "99e2453e0392fe12"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parameters of a request.

    Attributes:
        values: those of the question, each with every value that was given.
        page: number of the page, or None when none was asked for.
        limit: rows on a page, or None when none was asked for.
        evidence: whether each row is to have its places in the sources.
        bom: whether CSV and TSV begin with a byte order mark.
        release: the release that must answer, or None.
    """

    values: Mapping[str, list[str]]
    page: int | None
    limit: int | None
    evidence: bool
    bom: bool
    release: str | None

    @property
    def is_paged(self) -> bool:
        """Whether one page was asked for rather than everything."""
        return self.page is not None or self.limit is not None

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the question's own parameters as they were given, empty ones left out."""
        return tuple((name, value) for name, values in self.values.items() for value in values if value)

    def kept_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the same with the release, where one was named: links stay with what the page shows."""
        return (*self.pairs(), *([("release", self.release)] if self.release else []))

    def page_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return what the address of another page of the same answer has beside its number and size."""
        flags = (("evidence", self.evidence), ("bom", self.bom))
        return (*self.kept_pairs(), *((name, "1") for name, is_set in flags if is_set))


def read_request(arguments: "MultiDict[str, str]") -> Asked:
    """Return what the arguments of a URL ask.

    Raises:
        ParameterError: one of the service's own parameters is wrong or given twice.
    """
    for name in _OWN:
        if len(arguments.getlist(name)) > 1:
            raise ParameterError(name, "one value, not several", _EXAMPLES.get(name, "1"))
    return Asked(
        values={name: arguments.getlist(name) for name in arguments if name not in _OWN},
        page=_number(arguments, "page", 1_000_000),
        limit=_number(arguments, "limit", MAX_PAGE_ROWS),
        evidence=_flag(arguments, "evidence"),
        bom=_flag(arguments, "bom"),
        release=arguments.get("release") or None,
    )


def _number(arguments: "MultiDict[str, str]", name: str, most: int) -> int | None:
    text = arguments.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= most):
        raise ParameterError(name, f"a whole number from 1 to {most}", _EXAMPLES.get(name, "1"))
    return int(text)


def _flag(arguments: "MultiDict[str, str]", name: str) -> bool:
    text = arguments.get(name, "")
    if text not in ("", "0", "1"):
        raise ParameterError(name, "0 or 1", "1")
    return text == "1"


def etag(*parts: object) -> str:
    """Return a strong entity tag for everything that decides an answer."""
    return hashlib.sha256("\x00".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
