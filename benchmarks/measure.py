"""All servers under the same load, one after the other in short slices, again and again."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox
from client import Sample, load, unrepeated
from servers import Server, metrics
from workload import Load

OURS, NO_CACHE, REFERENCE = "CityLedger", "CityLedger without cache", "oxigraph serve-read-only"
# It answers one request at a time, so that more connections tell nothing new.
SLOW = {"rdflib-endpoint": (1, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One query under one load."""

    query: str
    connections: int
    mode: str  # "cold": parameters anew each time and no text twice; "warm": by a Zipf draw.


@dataclass(slots=True, kw_only=True)
class Measured:
    """What one data set gave.

    Attributes:
        samples: cell, then name of the server.
        inside_ms: query to the median of pyoxigraph in this process, from memory, serialised.
        hit_rate: share of the warm requests that our cache answered.
        memory_mb: server to its memory at the end.
    """

    samples: dict[Cell, dict[str, Sample]] = field(default_factory=dict)
    inside_ms: dict[str, float] = field(default_factory=dict)
    hit_rate: float = 0.0
    memory_mb: dict[str, float] = field(default_factory=dict)
    first_answer_s: dict[str, float] = field(default_factory=dict)
    load_s: dict[str, float] = field(default_factory=dict)

    def reference_ms(self, query: str) -> float:
        """Median latency of the reference server, cold, on one connection."""
        return self.samples[Cell(query=query, connections=1, mode="cold")][REFERENCE].quantile(0.5)

    def ratio(self, cell: Cell, name: str = OURS, to: str = REFERENCE) -> float | None:
        """Throughput of one server over that of another; None where one of them gave no good answer."""
        samples = self.samples[cell]
        if name not in samples or to not in samples or not samples[to].per_second:
            return None
        return samples[name].per_second / samples[to].per_second


def measure(
    servers: Sequence[Server],
    loads: Sequence[Load],
    *,
    connections: Sequence[int],
    slice_s: float,
    rounds: int,
    say: Callable[[str], None],
) -> Measured:
    """Put every server under every load."""
    measured = Measured()
    hits, misses = 0.0, 0.0
    for one in loads:
        for number in connections:
            for mode in ("cold", "warm"):
                cell = Cell(query=one.name, connections=number, mode=mode)
                asked = [server for server in servers if _takes_part(server, cell)]
                before = _cache(servers)
                measured.samples[cell] = _slices(asked, one, cell, slice_s, rounds)
                if mode == "warm":
                    after = _cache(servers)
                    hits, misses = hits + after[0] - before[0], misses + after[1] - before[1]
        say(_line(measured, one.name, connections))
    measured.hit_rate = hits / (hits + misses) if hits + misses else 0.0
    for server in servers:
        measured.memory_mb[server.name] = server.memory_mb()
        measured.first_answer_s[server.name] = server.first_answer_s
        measured.load_s[server.name] = server.load_s
    return measured


def _takes_part(server: Server, cell: Cell) -> bool:
    if server.name == NO_CACHE:
        return cell.mode == "warm"
    return server.name not in SLOW or (cell.mode == "cold" and cell.connections in SLOW[server.name])


def _slices(servers: Sequence[Server], one: Load, cell: Cell, slice_s: float, rounds: int) -> dict[str, Sample]:
    samples = {server.name: Sample() for server in servers}
    # Every server gets the same texts in the same order.
    texts: dict[str, Iterator[str]] = {
        server.name: unrepeated(one.anew(7)) if cell.mode == "cold" else one.by_zipf(7) for server in servers
    }
    for number in range(rounds + (cell.mode == "warm")):
        # The first round of warm requests fills what there is to fill.
        counted = number > 0 or cell.mode == "cold"
        for server in servers if number % 2 == 0 else reversed(servers):
            sample = samples[server.name] if counted else Sample()
            load(server.target, texts[server.name], sample, connections=cell.connections, seconds=slice_s)
    return samples


def _cache(servers: Sequence[Server]) -> tuple[float, float]:
    for server in servers:
        if server.name == OURS:
            figures = dict(line.rsplit(" ", 1) for line in metrics(server).splitlines() if not line.startswith("#"))
            return (
                float(figures.get("kg_engine_cache_hits_total", 0)),
                float(figures.get("kg_engine_cache_misses_total", 0)),
            )
    return 0.0, 0.0


def inside(store: ox.Store, loads: Sequence[Load], seconds: float) -> Mapping[str, float]:
    """Return the median milliseconds of pyoxigraph alone for each query, serialising included."""
    found = {}
    for one in loads:
        texts = one.anew(7)
        times: list[float] = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 3:
            begun = time.perf_counter()
            answer = store.query(next(texts), use_default_graph_as_union=True)
            if isinstance(answer, ox.QueryTriples):
                answer.serialize(format=ox.RdfFormat.N_TRIPLES)
            elif isinstance(answer, ox.QuerySolutions):
                answer.serialize(format=ox.QueryResultsFormat.JSON)
            times.append(time.perf_counter() - begun)
        found[one.name] = 1_000 * statistics.median(times)
    return found


def _line(measured: Measured, query: str, connections: Sequence[int]) -> str:
    parts = []
    for mode in ("cold", "warm"):
        ratios = [measured.ratio(Cell(query=query, connections=number, mode=mode)) for number in connections]
        parts.append(f"{mode} " + " ".join("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios))
    return f"  {query:20} reference {measured.reference_ms(query):8.2f} ms; ratios {'; '.join(parts)}"
