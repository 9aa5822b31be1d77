"""Choose a media type: RFC 9110, 12.5.1."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from kg.errors import NotAcceptableError

# Longer headers are read each time, so that strangers cannot fill the memory with them.
_KEPT_LENGTH = 500
# Shorter bodies gain nothing.
_GZIP_FROM_BYTES = 1_000


def best(accept: str | None, offered: Sequence[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """Give the offered type the client likes best, the first of several equals; None when it accepts none.

    Arguments:
        accept: the `Accept` header, None or empty when absent: then everything is acceptable.
        aliases: other names under which a client may ask for an offered type.
    """
    if accept is None or not accept.strip():
        return offered[0]
    choose = _choose if len(accept) <= _KEPT_LENGTH else _choose.__wrapped__
    return choose(accept, tuple(offered), tuple((aliases or {}).items()))


def required(accept: str | None, offered: Sequence[str], what: str, aliases: Mapping[str, str] | None = None) -> str:
    """Give the offered type the client likes best, as `best` does.

    Arguments:
        what: what is asked for, for the message.

    Raises:
        NotAcceptableError: the client accepts none.
    """
    found = best(accept, offered, aliases)
    if found is None:
        raise NotAcceptableError(f"{what} comes as {', '.join(offered)}", offered)
    return found


def prefers_html(accept: str | None, offered: Sequence[str]) -> bool:
    """Whether a client, such as a browser, likes a page better than any of the offered types."""
    return bool(accept) and "text/html" in str(accept) and best(accept, (*offered, "text/html")) == "text/html"


def gzip_from(accept_encoding: str | None) -> int | None:
    """Give the size in bytes from which on a body is sent with gzip; None for never: RFC 9110, 12.5.3."""
    if not accept_encoding:
        return None
    return (_gzip_from if len(accept_encoding) <= _KEPT_LENGTH else _gzip_from.__wrapped__)(accept_encoding)


@lru_cache(maxsize=256)
def _gzip_from(accept_encoding: str) -> int | None:
    codings = _ranges(accept_encoding, {"x-gzip": "gzip"})
    others = codings.get("*", 0.0)
    gzip = codings.get("gzip", others)
    if gzip <= 0 or gzip < codings.get("identity", 0.0):
        return None
    # Who refuses what is not compressed gets even a short answer compressed.
    refuses_plain = codings.get("identity", others if "*" in codings else 1.0) <= 0
    return 1 if refuses_plain else _GZIP_FROM_BYTES


@lru_cache(maxsize=512)
def _choose(accept: str, offered: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> str | None:
    ranges = _ranges(accept, dict(aliases))
    chosen, chosen_quality = None, 0.0
    for candidate in offered:
        quality = _quality_of(candidate, ranges)
        if quality > chosen_quality:
            chosen, chosen_quality = candidate, quality
    return chosen


def _ranges(accept: str, aliases: Mapping[str, str]) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = part.split(";")
        name = name.strip().lower()
        if name:
            name = aliases.get(name, name)
            # A type named twice, or under two names, counts with its best quality.
            ranges[name] = max(ranges.get(name, 0.0), _quality(parameters))
    return ranges


def _quality_of(candidate: str, ranges: Mapping[str, float]) -> float:
    # The most specific range decides, even when a wider one has a higher quality.
    for name in (candidate, candidate.partition("/")[0] + "/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            # The order of the comparison makes not-a-number a zero.
            return min(quality, 1.0) if quality > 0 else 0.0
    return 1.0
