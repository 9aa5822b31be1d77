"""The figures as Markdown."""

import os
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from measure import NO_CACHE, OURS, REFERENCE, Cell, Measured

# Ratios that are aimed at, on 1 M triples: (slow queries, quick queries) for cold and warm.
TARGETS = {"cold": (1.5, 0.7), "warm": (4.0, 0.9)}
_QUICK_BELOW_MS = 1.0


def write(
    data: Mapping[str, Measured], builds: Mapping[str, Mapping[str, Any]], *, command: str, minutes: float
) -> str:
    """Return the whole report."""
    lines = [
        "# Benchmark results",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`, {minutes:.0f} minutes on {_machine()}.",
        "All servers run at the same time on loopback, on the same quads, and are asked one after the other in short",
        "slices by one client with kept-open connections. Ratios are good answers a second over those of the",
        "reference server under the same load; above 1 is faster. Who gets a 503 asks again after 0.1 s.",
        "Cold: parameters drawn anew and no text twice.",
        "Warm: parameters by a Zipf draw (150 values, exponent 1.1) after one uncounted slice. Processes at work or",
        f"waiting over the last quarter of an hour, jobs of others included: {os.getloadavg()[2]:.1f}.",
    ]
    for name, measured in data.items():
        lines += ["", f"## {name}", "", *_summary(measured), "", *_servers(measured), "", *_overhead(measured)]
        for mode in ("cold", "warm"):
            lines += ["", f"### {name}, {mode}: answers a second (p50 / p95 / p99 in ms)", "", *_table(measured, mode)]
    if builds:
        lines += ["", "## Build", "", *_builds(builds)]
    return "\n".join([*lines, ""])


def medians(measured: Measured, mode: str, name: str = OURS, to: str = REFERENCE) -> tuple[float | None, float | None]:
    """Return the median ratio over queries that take the reference server over 1 ms, and over the others."""
    slow, quick = [], []
    for cell in measured.samples:
        ratio = measured.ratio(cell, name, to) if cell.mode == mode else None
        if ratio is not None:
            (quick if measured.reference_ms(cell.query) < _QUICK_BELOW_MS else slow).append(ratio)
    return statistics.median(slow) if slow else None, statistics.median(quick) if quick else None


def _summary(measured: Measured) -> Iterator[str]:
    yield "| median ratio to the reference server | over 1 ms | under 1 ms |"
    yield "|---|---|---|"
    for mode, (slow, quick) in TARGETS.items():
        found = medians(measured, mode)
        yield f"| {mode} (target {slow:g}, {quick:g}) | {_ratio(found[0])} | {_ratio(found[1])} |"
    found = medians(measured, "warm", NO_CACHE)
    yield f"| warm, our cache switched off | {_ratio(found[0])} | {_ratio(found[1])} |"
    for other in ("Virtuoso", "rdflib-endpoint"):
        if any(other in samples for samples in measured.samples.values()):
            found = medians(measured, "cold", OURS, other)
            yield f"| cold, ours to {other} | {_ratio(found[0])} | {_ratio(found[1])} |"
    yield ""
    yield f"Our cache answered {measured.hit_rate:.0%} of the warm requests."
    beaten = [
        f"{cell.query} ({cell.connections})"
        for cell in measured.samples
        if (ratio := measured.ratio(cell, OURS, "rdflib-endpoint")) is not None and ratio < 1
    ]
    if beaten:
        yield f"rdflib-endpoint was faster at: {', '.join(beaten)}."


def _servers(measured: Measured) -> Iterator[str]:
    yield "| server | memory, MB | first answer after start, s | loading before, s |"
    yield "|---|---|---|---|"
    for name, memory in measured.memory_mb.items():
        yield f"| {name} | {memory:.0f} | {measured.first_answer_s[name]:.2f} | {measured.load_s[name]:.1f} |"


def _overhead(measured: Measured) -> Iterator[str]:
    yield "| query | pyoxigraph in process, ms | ours over HTTP, cold, ms | added, ms | reference, ms |"
    yield "|---|---|---|---|---|"
    for query, inside in measured.inside_ms.items():
        ours = measured.samples[Cell(query=query, connections=1, mode="cold")][OURS].quantile(0.5)
        yield f"| {query} | {inside:.2f} | {ours:.2f} | {ours - inside:+.2f} | {measured.reference_ms(query):.2f} |"


def _table(measured: Measured, mode: str) -> Iterator[str]:
    cells = [cell for cell in measured.samples if cell.mode == mode]
    names = list(dict.fromkeys(name for cell in cells for name in measured.samples[cell]))
    yield "| query | connections | " + " | ".join(names) + " | ratio |"
    yield "|---|---|" + "---|" * (len(names) + 1)
    for cell in cells:
        texts = []
        for name in names:
            sample = measured.samples[cell].get(name)
            if sample is None:
                texts.append("")
                continue
            bad = {status: count for status, count in sample.statuses.items() if status != "200"}
            note = "; " + ", ".join(f"{count} × {status}" for status, count in bad.items()) if bad else ""
            quantiles = " / ".join(f"{sample.quantile(share):.2f}" for share in (0.5, 0.95, 0.99))
            texts.append(f"{sample.per_second:.1f} ({quantiles}){note}")
        ratio = _ratio(measured.ratio(cell))
        yield f"| {cell.query} | {cell.connections} | " + " | ".join(texts) + f" | {ratio} |"


def _builds(builds: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "| data | triples | bulk_load, s | build without shapes, s | ratio (target 0.3) | peak, MB | shapes, s |"
    yield "|---|---|---|---|---|---|---|"
    for name, found in builds.items():
        bare, load, shapes = found["bare"], found["load"], found["shapes"]
        yield (
            f"| {name} | {bare['triples']:,} | {load['seconds']} | {bare['seconds']} "
            f"| {load['seconds'] / bare['seconds']:.2f} | {bare['peak_mb']} | {shapes['seconds']} |"
        )
    for name, found in builds.items():
        stages = ", ".join(f"{stage} {seconds:g}" for stage, seconds in found["bare"]["stages"].items())
        rate = found["bare"]["triples"] / found["bare"]["seconds"]
        yield ""
        yield f"{name}: {rate:,.0f} triples a second from tables to a published snapshot; seconds by stage: {stages}."


def growth(small: Measured, large: Measured, queries: Sequence[str]) -> Iterator[str]:
    """Return the table of how each query grew from one data set to the next, on one connection, cold."""
    yield "| query | 1 M, ms | 10 M, ms | growth |"
    yield "|---|---|---|---|"
    for query in queries:
        cell = Cell(query=query, connections=1, mode="cold")
        one, ten = small.samples[cell][OURS].quantile(0.5), large.samples[cell][OURS].quantile(0.5)
        yield f"| {query} | {one:.2f} | {ten:.2f} | {ten / one:.1f} |"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
