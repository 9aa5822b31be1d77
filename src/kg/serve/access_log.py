"""One line of JSON per request on stderr. It holds no address, no query and no header of the client."""

import json
import logging
import time

log = logging.getLogger("kg.access")


def write(method: str, path: str, status: int, seconds: float, size: int, release: str, *, cached: bool) -> None:
    """Log one answered request.

    Arguments:
        size: bytes in the body.
        cached: the answer was kept from an earlier equal query.
    """
    if log.isEnabledFor(logging.INFO):
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "method": method[:20],
            "path": path[:200],
            "status": status,
            "ms": round(seconds * 1_000, 2),
            "bytes": size,
            "release": release,
            "cached": cached,
        }
        log.info("%s", json.dumps(line))
