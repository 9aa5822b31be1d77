"""Time every kind of page on a running service: `python -m benchmarks.page_kinds http://127.0.0.1:8000 [20]`.

Prints for each kind the median and the 95th percentile of the time until the whole page is there, in milliseconds, over
that many visits of one reader. Things are drawn by a fixed seed, the same for every run on a release; questions and
reports are visited with the values they start with.
"""

import random
import re
import statistics
import sys
import time
from collections.abc import Iterator

import requests
from benchmarks.entity_pages import things_of

_ROOMS = ("projects", "actors", "places", "financing", "agreements", "policies", "claims", "sources")
_FIXED = (
    ("home", ("/",)),
    ("home, filtered", ("/?technology=surveillance", "/?financing=loan", "/?period=2015")),
    ("search", ("/search?q=huawei", "/search?q=kenia", "/search?q=crime", "/search?q=%E5%8D%8E%E4%B8%BA")),
    ("technologies", ("/technologies",)),
    ("questions", ("/questions",)),
    ("reports", ("/reports",)),
    ("ontology", ("/ontology",)),
    ("quality", ("/quality",)),
    ("about", ("/about",)),
    ("sparql", ("/sparql", "/sparql?question=projects-by-country")),
    ("downloads", ("/dump/",)),
    ("not found", ("/page/project/never-built",)),
)


def _kinds(session: requests.Session, base: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from _FIXED
    yield "lists", tuple(f"/{room}{query}" for room in _ROOMS for query in ("", "?page=2", "?sort=-label"))
    for path, kind in (("questions", "a question"), ("reports", "a report")):
        listed = session.get(f"{base}/{path}", headers={"Accept": "application/json"}, timeout=60).json()
        found = listed if isinstance(listed, list) else listed[path]
        yield kind, tuple(f"/{path}/{one['name']}" for one in found)
    by_kind: dict[str, list[str]] = {}
    for thing in things_of(session, base):
        by_kind.setdefault(thing.partition("/")[0], []).append(f"/page/{thing}")
    for kind, paths in sorted(by_kind.items()):
        yield f"page of {kind}", tuple(paths)


def main(base: str, visits: int) -> int:
    """Visit each kind that many times and return how many kinds are slower than they should be."""
    session, slow = requests.Session(), 0
    for kind, paths in _kinds(session, base):
        chosen = list(paths) * -(-visits // len(paths)) if len(paths) <= visits else list(paths)
        taken = []
        for path in random.Random(1).sample(chosen, visits):
            began = time.perf_counter()
            answer = session.get(base + path, headers={"Accept": "text/html"}, timeout=60)
            taken.append(((time.perf_counter() - began) * 1000, path))
            if answer.status_code not in (200, 404, 410) or not re.match(r"<!doctype html>", answer.text):
                print(f"{path}: {answer.status_code}")
                slow += 1
        times = sorted(ms for ms, _ in taken)
        median, late = statistics.median(times), times[int(len(times) * 0.95) - 1]
        is_slow = median > 50 or late > 150
        slow += is_slow
        worst = max(taken)
        print(f"{kind:22} {median:7.1f} {late:7.1f}" + (f"  slowest {worst[1]} {worst[0]:.0f}" if is_slow else ""))
    return slow


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1].rstrip("/"), int(sys.argv[2]) if len(sys.argv) > 2 else 20)))
