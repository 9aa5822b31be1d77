"""Compare the service with other servers on the same data, and write benchmarks/results.md.

    python benchmarks/run.py                 the corpus and 1 M generated triples, about 15 minutes
    python benchmarks/run.py --quick         fewer queries and shorter slices, under 3 minutes
    python benchmarks/run.py --ten-million   1 M and 10 M triples beside the reference server alone, on one connection;
                                             about half an hour, 12 GB of disk and 12 GB of memory

Installs what it needs into var/bench. Nothing listens on anything but loopback.
"""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import building
import pyoxigraph as ox
import servers as peers
from generate import CHECKOUT, write_tables
from measure import NO_CACHE, Measured, inside, measure
from workload import read_loads

import report

TOOLS = CHECKOUT / "var" / "bench"
RESULTS = CHECKOUT / "benchmarks" / "results.md"
GROWTH = CHECKOUT / "benchmarks" / "results-10m.md"
# Those that show most: a point, a description, an aggregate, a path, a text, a scan.
QUICK = ("names", "description", "suppliers", "technologies", "text", "classes")


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def prepare(triples: int | None, work: Path) -> tuple[Path, Path, Path]:
    """Make a release of the corpus or of so many generated triples; return root, snapshots and its quads."""
    work.mkdir(parents=True)
    root, snapshots = CHECKOUT, work / "snapshots"
    if triples is not None:
        root = work / "root"
        write_tables(triples, root, 1)
    say(f"  building: {building.measure('build', str(root), str(snapshots))['seconds']} s with shapes")
    nquads = work / "all.nq"
    with nquads.open("wb") as out:
        ox.Store.read_only(str(snapshots / "current" / "store")).dump(out, format=ox.RdfFormat.N_QUADS)
    return root, snapshots, nquads


def serve(
    root: Path, snapshots: Path, nquads: Path, work: Path, options: argparse.Namespace, *, corpus: bool
) -> Measured:
    """Start the servers on one data set and measure them."""
    store = ox.Store()
    store.bulk_load(path=str(nquads), format=ox.RdfFormat.N_QUADS)
    loads = read_loads(root / "queries", store, options.seed)
    if options.quick:
        loads = tuple(one for one in loads if one.name in QUICK)
    inside_ms = inside(store, loads, 0.2 if options.quick else 0.5)
    del store
    starters = [
        lambda: peers.ours(root, snapshots),
        lambda: peers.ours(root, snapshots, NO_CACHE, KG_CACHE_MB="0"),
        lambda: peers.oxigraph(nquads, work),
    ]
    if not options.ten_million:
        starters.append(lambda: peers.virtuoso(nquads, work, TOOLS))
    if corpus:
        starters.append(lambda: peers.rdflib_endpoint(nquads, work, TOOLS))
    with peers.running(starters, say) as running:
        measured = measure(
            running,
            loads,
            connections=(1,) if options.ten_million else (1, 4) if options.quick else (1, 4, 16),
            slice_s=0.12 if options.quick else 0.3,
            rounds=2,
            say=say,
        )
    measured.inside_ms.update(inside_ms)
    return measured


def measure_building(root: Path, nquads: Path, work: Path) -> Mapping[str, Any]:
    """Measure the build without shapes, the loader alone and the shapes alone, one after the other."""
    found = {
        "load": building.measure("load", str(nquads), str(work / "bulk")),
        "bare": building.measure("bare", str(root), str(work / "bare")),
        "shapes": building.measure("shapes", str(nquads), str(root)),
    }
    shutil.rmtree(work / "bulk")
    say(f"  {found}")
    return found


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under 3 minutes; writes no file unless --out is given")
    parser.add_argument("--ten-million", action="store_true", help="how the figures grow from 1 M to 10 M triples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="the file to write (default benchmarks/results.md or results-10m.md)")
    options = parser.parse_args()
    # Ended from outside, the servers end as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begun = time.monotonic()
    work = TOOLS / "work"
    shutil.rmtree(work, ignore_errors=True)
    data: dict[str, Measured] = {}
    builds: dict[str, Mapping[str, Any]] = {}
    sizes: dict[str, int | None] = {"The corpus": None, "1 M generated triples": 1_000_000}
    if options.quick:
        sizes = {"The corpus": None, "0.2 M generated triples": 200_000}
    if options.ten_million:
        sizes = {"1 M generated triples": 1_000_000, "10 M generated triples": 10_000_000}
    try:
        for name, triples in sizes.items():
            say(name)
            place = work / f"{triples or 'corpus'}"
            root, snapshots, nquads = prepare(triples, place)
            if triples is not None:
                builds[name] = measure_building(root, nquads, place)
            data[name] = serve(root, snapshots, nquads, place, options, corpus=triples is None)
    finally:
        # Snapshots are read-only folders.
        for path in (work, *work.rglob("*")) if work.exists() else ():
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(work, ignore_errors=True)
    command = " ".join(
        ["python benchmarks/run.py", *(argument for argument in sys.argv[1:] if argument.startswith("--"))]
    )
    text = report.write(data, builds, command=command, minutes=(time.monotonic() - begun) / 60)
    if options.ten_million:
        large, small = data["10 M generated triples"], data["1 M generated triples"]
        text += "\n## Growth\n\n" + "\n".join(report.growth(small, large, list(large.inside_ms))) + "\n"
    print(text)
    out = options.out or (None if options.quick else GROWTH if options.ten_million else RESULTS)
    if out is not None:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
