"""Counts of requests, and `/metrics` in the Prometheus text format."""

import threading
import time
from bisect import bisect_left
from collections import Counter

from flask import Blueprint, Response

from kg.serve.site import Site, site

blueprint = Blueprint("metrics", __name__)

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Requests:
    """Requests by room and status, and how long they took."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._started = time.time()
        self._answers: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(_BUCKETS_S) + 1)
        self._seconds = 0.0

    def note(self, room: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        place = bisect_left(_BUCKETS_S, seconds)
        with self._lock:
            self._answers[room, status] += 1
            self._buckets[place] += 1
            self._seconds += seconds

    def lines(self) -> list[str]:
        """Write all counts as Prometheus text."""
        with self._lock:
            answers, buckets, seconds = dict(self._answers), list(self._buckets), self._seconds
        lines = ["# TYPE kg_http_requests_total counter"]
        lines += [
            f'kg_http_requests_total{{room="{room}",status="{status}"}} {count}'
            for (room, status), count in sorted(answers.items())
        ]
        lines.append("# TYPE kg_http_request_seconds histogram")
        total = 0
        for most, count in zip((*_BUCKETS_S, "+Inf"), buckets, strict=True):
            total += count
            lines.append(f'kg_http_request_seconds_bucket{{le="{most}"}} {total}')
        lines += [f"kg_http_request_seconds_sum {seconds:.6f}", f"kg_http_request_seconds_count {total}"]
        lines += ["# TYPE kg_start_time_seconds gauge", f"kg_start_time_seconds {self._started:.0f}"]
        return lines


# One service runs in one process; the counts are the process's, whatever release it serves.
REQUESTS = Requests()


@blueprint.get("/metrics")
def metrics() -> Response:
    """Give all figures."""
    return Response(
        "\n".join([*REQUESTS.lines(), *_engine_lines(site())]) + "\n",
        content_type="text/plain; version=0.0.4; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def _engine_lines(site: Site) -> list[str]:
    lines = ["# TYPE kg_release_info gauge", f'kg_release_info{{release="{site.release}"}} 1']
    seen: set[str] = set()
    for name, value in sorted(site.engine.figures().items()):
        family = name.partition("{")[0]
        if family not in seen:
            seen.add(family)
            lines.append(f"# TYPE kg_engine_{family} {'counter' if family.endswith('_total') else 'gauge'}")
        lines.append(f"kg_engine_{name} {value:g}")
    return lines
