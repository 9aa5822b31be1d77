"""Time looking up names on a running service: `python -m benchmarks.names http://127.0.0.1:8000`.

Prints what `/search` takes for one misspelt name (median and 95th percentile) and what `/reconcile` takes for a batch
of 1,000 of them. Names come from the service itself; each loses one letter.
"""

import json
import random
import statistics
import sys
import time

import requests

_NAMES = "SELECT DISTINCT ?name WHERE { ?thing rdfs:label ?name FILTER(STRLEN(?name) > 5) } ORDER BY ?name"
_PREFIX = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
_BATCH = 1_000
_SEARCHES = 200


def main(base: str) -> None:
    """Ask and print."""
    session = requests.Session()
    answer = session.get(f"{base}/sparql", params={"query": _PREFIX + _NAMES}, timeout=60)
    answer.raise_for_status()
    names = [row["name"]["value"] for row in answer.json()["results"]["bindings"]]
    source = random.Random(1)
    misspelt = [_without_a_letter(source.choice(names), source) for _ in range(_BATCH)]
    _timed(session, f"{base}/search", {"q": "warm"})
    taken = sorted(_timed(session, f"{base}/search", {"q": name}) for name in misspelt[:_SEARCHES])
    print(f"search: median {statistics.median(taken):.1f} ms, 95 % under {taken[int(_SEARCHES * 0.95) - 1]:.1f} ms")
    batch = {str(number): {"query": name} for number, name in enumerate(misspelt)}
    began = time.perf_counter()
    session.post(f"{base}/reconcile", data={"queries": json.dumps(batch)}, timeout=120).raise_for_status()
    print(f"reconcile: {_BATCH} queries in {time.perf_counter() - began:.2f} s")


def _timed(session: requests.Session, address: str, parameters: dict[str, str]) -> float:
    began = time.perf_counter()
    session.get(address, params=parameters, headers={"Accept": "application/json"}, timeout=60).raise_for_status()
    return (time.perf_counter() - began) * 1_000


def _without_a_letter(name: str, source: random.Random) -> str:
    place = source.randrange(len(name))
    return name[:place] + name[place + 1 :]


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
