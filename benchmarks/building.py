"""How fast tables become a snapshot, beside the loader that everything ends in; each measurement in its own process.

python benchmarks/building.py build ROOT SNAPSHOTS     the whole build, as `kg build` does it
python benchmarks/building.py bare ROOT SNAPSHOTS      the same without checking shapes
python benchmarks/building.py load NQUADS STORE        pyoxigraph's bulk_load of the same quads, nothing else
python benchmarks/building.py shapes NQUADS ROOT       checking all shapes compiled to SPARQL, nothing else
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import Graph

from kg import build as building
from kg.build import making
from kg.rules import INFERRED
from kg.validate import check_store


class _NoChecks:
    """Stands in for the processes that check shapes, to measure the rest apart."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> "_NoChecks":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, *_: object) -> "Future[tuple[()]]":
        done: Future[tuple[()]] = Future()
        done.set_result(())
        return done


def measure(*arguments: str) -> Mapping[str, Any]:
    """Run one measurement in a process of its own and return its figures."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=False, timeout=3600
    )
    if done.returncode:
        raise RuntimeError(f"building.py {arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    figures: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _build(root: Path, snapshots: Path) -> dict[str, Any]:
    built = building.build(root, snapshots)
    return {"triples": built.stated + built.inferred, "stages": dict(built.checked.seconds)}


def _load(nquads: Path, place: Path) -> dict[str, Any]:
    store = ox.Store(str(place))
    store.bulk_load(path=str(nquads), format=ox.RdfFormat.N_QUADS)
    return {}


def _shapes(nquads: Path, root: Path) -> dict[str, Any]:
    store = ox.Store()
    store.bulk_load(path=str(nquads), format=ox.RdfFormat.N_QUADS)
    ontology = root / "ontology"
    found = check_store(store, Graph().parse(ontology / "shapes-inferred.ttl"))
    # What is inferred must not be there when the stated shapes are checked.
    store.remove_graph(INFERRED)
    found += check_store(store, Graph().parse(ontology / "shapes-stated.ttl"))
    return {"violations": len(found)}


def _main() -> None:
    kind, one, two = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if kind == "bare":
        making.ProcessPoolExecutor = _NoChecks  # type: ignore[attr-defined]
    steps = {"build": _build, "bare": _build, "load": _load, "shapes": _shapes}
    begun = time.perf_counter()
    figures = steps[kind](one, two)
    seconds = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = max(one.ru_maxrss for one in used) / 1_000
    # On a machine that others use as well, only this can be compared.
    processor_s = sum(one.ru_utime + one.ru_stime for one in used)
    measured = {"seconds": round(seconds, 2), "processor_s": round(processor_s, 1), "peak_mb": round(peak)}
    print(json.dumps({**measured, **figures}))


if __name__ == "__main__":
    _main()
