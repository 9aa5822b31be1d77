"""Choose a media type: RFC 9110, 12.5.1."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

# Longer headers are read each time, so that strangers cannot fill the memory with them.
_KEPT_LENGTH = 500


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


def prefers_html(accept: str | None, offered: Sequence[str]) -> bool:
    """Whether a client, such as a browser, likes a page better than any of the offered types."""
    return bool(accept) and "text/html" in str(accept) and best(accept, (*offered, "text/html")) == "text/html"


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether the client takes gzip: RFC 9110, 12.5.3."""
    if not accept_encoding or "gzip" not in accept_encoding.lower():
        return False
    for part in accept_encoding.lower().split(","):
        coding, *parameters = part.split(";")
        if coding.strip() == "gzip":
            return _quality(parameters) > 0
    return False


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
