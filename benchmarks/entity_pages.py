"""Time the pages of things on a running service: `python -m benchmarks.entity_pages http://127.0.0.1:8000 [300]`.

Addresses come from the service itself, so it may run anywhere. Prints median, 95th percentile, the slowest, and every
page that failed or shows a raw name.
"""

import random
import re
import statistics
import sys
import time

import requests

_THINGS = """SELECT DISTINCT ?thing WHERE { ?thing a ?class
  FILTER(REGEX(STR(?thing), "^https://w3id.org/cityledger/id/[a-z-]+/[^#]+$"))
  FILTER(!CONTAINS(STR(?thing), "/id/scheme/")) }"""
_ID = "https://w3id.org/cityledger/id/"
_NOT_READ = re.compile(
    r"<script.*?</script>|<head>.*?</head>|<nav class=.crumb.*?</nav>|<dl class=.record.*?</dl>", re.S
)
_RAW = re.compile(r"w3id\.org/cityledger|\b(?:kg|actor|place|project|claim|evidence|source):[a-z][a-z0-9-]+")


def things_of(session: requests.Session, base: str) -> list[str]:
    """Return kind and slug of everything that has a page, as `kind/slug`."""
    answer = session.get(f"{base}/sparql", params={"query": _THINGS}, headers={"Accept": "text/csv"}, timeout=60)
    answer.raise_for_status()
    return sorted(line.strip().removeprefix(_ID) for line in answer.text.splitlines()[1:])


def main(base: str, count: int) -> int:
    """Ask for `count` random pages (0: all) and return how many failed."""
    session = requests.Session()
    things = things_of(session, base)
    chosen = random.Random(1).sample(things, count) if 0 < count < len(things) else things
    times: list[tuple[float, str]] = []
    faults: list[str] = []
    for thing in chosen:
        began = time.perf_counter()
        page = session.get(f"{base}/page/{thing}", headers={"Accept": "text/html"}, timeout=60)
        times.append(((time.perf_counter() - began) * 1000, thing))
        words = re.sub(r"<[^>]+>", " ", _NOT_READ.sub(" ", page.text))
        if page.status_code not in (200, 410):
            faults.append(f"{thing}: {page.status_code}")
        elif raw := _RAW.search(words):
            faults.append(f"{thing}: shows {raw.group(0)}")
    taken = sorted(ms for ms, _ in times)
    print(
        f"{len(things)} things, {len(taken)} asked: median {statistics.median(taken):.1f} ms, "
        f"95 % under {taken[int(len(taken) * 0.95) - 1]:.1f} ms"
    )
    print("slowest:", ", ".join(f"{thing} {ms:.0f} ms" for ms, thing in sorted(times, reverse=True)[:5]))
    print("\n".join(faults) or "no fault")
    return len(faults)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1].rstrip("/"), int(sys.argv[2]) if len(sys.argv) > 2 else 300)))
