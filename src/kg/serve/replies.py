"""Answers of the service before they become WSGI or Flask responses, and the headers every one of them has."""

from dataclasses import dataclass, field
from http import HTTPStatus

# Nothing from another host, nothing inline, nobody frames us.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
COMMON_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    # Reads are for everybody; no credentials exist.
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, KG-Release, KG-Complete, KG-Limit, Link, Retry-After"),
)
_DATA_HEADERS = (*COMMON_HEADERS, ("Content-Security-Policy", DATA_POLICY))


def preflight(allow: str) -> tuple[tuple[str, str], ...]:
    """Give the headers that let a script on another site use these methods."""
    return (
        ("Allow", allow),
        ("Access-Control-Allow-Methods", allow),
        ("Access-Control-Allow-Headers", "Content-Type, Accept, If-Match, If-None-Match, Range, X-Requested-With"),
        ("Access-Control-Max-Age", "86400"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer.

    Attributes:
        headers: beside those that every answer has.
        cached: the answer was kept from an earlier equal query; for the log.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=())
    cached: bool = False

    def wsgi_status(self) -> str:
        """Status line as WSGI wants it."""
        return STATUS_LINES[self.status]

    def wsgi_headers(self) -> list[tuple[str, str]]:
        """All headers as WSGI wants them."""
        if self.status in (204, 304):
            return [*self.headers, *_DATA_HEADERS]
        return [*self.headers, ("Content-Length", str(len(self.body))), *_DATA_HEADERS]


STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
