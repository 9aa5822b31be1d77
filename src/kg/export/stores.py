"""Put a release into a SPARQL 1.1 store: graph by graph into new graphs, proven, then switched by one small update.

A run that breaks off leaves what is served untouched; the next one goes on where it stopped, since a graph with the
right number of triples is not sent again.
"""

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.engine import hosted
from kg.engine.formats import JSON, N_TRIPLES
from kg.engine.local import open_store
from kg.engine.store_http import StoreClient, StoreError
from kg.errors import SnapshotError
from kg.snapshot import Snapshot, release_id
from kg.vocab import graph

_ASK_S: Final = 120.0
_LOAD_S: Final = 1_800.0
_MOST_BYTES: Final = 4_000_000_000
# Stores limit the length of an update; Virtuoso's compiler fails beyond some ten thousand lines.
CHUNK: Final = 1_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was done.

    Attributes:
        graphs: graphs of the release.
        sent: graphs that were sent now; the others were there already.
        triples: of the release.
        proof: `digest` when every triple was read back and gave the release id, `counts` when only numbers were.
        before: the release that was current, empty when there was none.
        dropped: releases that were taken out.
    """

    release: str
    graphs: int
    sent: int
    triples: int
    proof: str
    before: str
    dropped: tuple[str, ...] = ()


def publish_to(
    client: StoreClient,
    one: Snapshot,
    *,
    proof: str = "digest",
    fresh: bool = False,
    prune: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> Published:
    """Load, prove and switch.

    Arguments:
        proof: `digest`, or `counts` for a store that writes literals in its own way.
        fresh: send every graph again.
        prune: take out every other release but the one that was current.
        progress: is told what happens, and how many triples of how many are done.

    Raises:
        StoreError: the store fails, or does not hold afterwards what was sent; nothing is switched then.
        KgError: the store refuses us.
    """
    parts = _graphs(one)
    total = sum(part.count(b"\n") for part in parts.values())
    there = {} if fresh else sizes(client, one.release)
    sent = done = 0
    for name, ntriples in parts.items():
        count = ntriples.count(b"\n")
        if there.get(name) != count:
            _send(client, name, ntriples)
            sent += 1
        done += count
        progress("load", done, total)
    progress("prove", total, total)
    _prove(client, one, parts, proof)
    before = current(client)
    client.update(hosted.switch(one.release), seconds=_ASK_S)
    if current(client) != one.release:
        raise StoreError("the store took the switch but does not say so: is another publish running?")
    dropped: tuple[str, ...] = ()
    if prune:
        dropped = tuple(sorted(releases(client) - {one.release, before}))
        for old in dropped:
            for name in sizes(client, old):
                client.update(f"DROP SILENT GRAPH <{name}>", seconds=_LOAD_S)
    return Published(
        release=one.release,
        graphs=len(parts),
        sent=sent,
        triples=total // 2,
        proof=proof,
        before=before,
        dropped=dropped,
    )


def current(client: StoreClient) -> str:
    """Return the release that a store calls current, empty when none."""
    rows = _rows(client, hosted.current())
    return rows[0]["release"] if rows else ""


def releases(client: StoreClient) -> set[str]:
    """Return the releases that a store holds, whole or in part."""
    found = _rows(
        client,
        "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } "
        f'FILTER(STRSTARTS(STR(?g), "{hosted.BASE}")) }} ORDER BY ?g',
    )
    names = {row["g"].removeprefix(hosted.BASE).partition("/")[0] for row in found if row["g"] != hosted.POINTER_GRAPH}
    return {name for name in names if name}


def sizes(client: StoreClient, release: str) -> dict[str, int]:
    """Return the graphs of a release in a store and their numbers of triples."""
    return {row["g"]: int(row["n"]) for row in _rows(client, hosted.sizes(release))}


def _graphs(one: Snapshot) -> dict[str, bytes]:
    """Return the N-Triples of each graph under the name that the store will know, the union last."""
    output = io.BytesIO()
    open_store(one.store_path).dump(output, format=ox.RdfFormat.N_QUADS)
    lines: dict[str, list[str]] = defaultdict(list)
    for line in sorted(hosted.to_hosted(output.getvalue().decode(), one.release).splitlines()):
        triple, _, rest = line.rpartition(" <")
        lines[rest.removesuffix("> .")].append(f"{triple} .\n")
    everything = sorted({line for part in lines.values() for line in part})
    parts = {name: "".join(part).encode() for name, part in sorted(lines.items())}
    return {**parts, hosted.union(one.release): "".join(everything).encode()}


def _send(client: StoreClient, name: str, ntriples: bytes) -> None:
    if client.where.graphs:
        client.put_graph(name, ntriples, seconds=_LOAD_S)
        return
    client.update(f"DROP SILENT GRAPH <{name}>", seconds=_LOAD_S)
    for chunk in _chunks(ntriples):
        client.update(f"INSERT DATA {{ GRAPH <{name}> {{\n{chunk}}} }}", seconds=_LOAD_S)


def _chunks(ntriples: bytes) -> Iterator[str]:
    lines = ntriples.decode().splitlines(keepends=True)
    for start in range(0, len(lines), CHUNK):
        yield "".join(lines[start : start + CHUNK])


def _prove(client: StoreClient, one: Snapshot, parts: Mapping[str, bytes], proof: str) -> None:
    there = sizes(client, one.release)
    for name, ntriples in parts.items():
        wanted = ntriples.count(b"\n")
        if there.get(name) != wanted:
            raise StoreError(
                f"graph {hosted.from_hosted(name.encode(), one.release).decode()} holds {there.get(name, 0)} triples "
                f"instead of {wanted}: not switched; run again with --fresh"
            )
    if proof == "counts":
        return
    lines: list[bytes] = []
    for name, ntriples in parts.items():
        back = _read_back(client, name)
        if back != set(ntriples.splitlines(keepends=True)):
            changed = sorted(set(ntriples.splitlines()) - {line.rstrip(b"\n") for line in back})
            example = changed[0].decode("utf-8", "replace")[:200].rstrip(" .") if changed else "more than was sent"
            raise StoreError(
                f"the store gives {len(changed)} triples of <{name}> back in another form: not switched. "
                f"Such as: {example}; if it only writes literals in its own way, use --verify counts"
            )
        if name != hosted.union(one.release):
            ending = f" <{name}> .\n".encode()
            lines.extend(line.removesuffix(b" .\n") + ending for line in back)
    canonical = sorted(hosted.from_hosted(b"".join(lines), one.release).splitlines(keepends=True))
    release_graph = f" <{graph('release')}> .\n".encode()
    if release_id(line for line in canonical if not line.endswith(release_graph)) != one.release:
        raise SnapshotError(f"{one.path}: what was read is not release {one.release}; run kg verify")


def _read_back(client: StoreClient, name: str) -> set[bytes]:
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
    body, _ = client.query(query, accept=[N_TRIPLES, "text/plain"], seconds=_LOAD_S, most_bytes=_MOST_BYTES)
    try:
        return {f"{quad.triple} .\n".encode() for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)}
    except (SyntaxError, ValueError):
        raise StoreError("the store's answer is no N-Triples: it broke off") from None


def _rows(client: StoreClient, query: str) -> list[dict[str, str]]:
    body, _ = client.query(query, accept=[JSON], seconds=_ASK_S, most_bytes=100_000_000)
    try:
        bindings = json.loads(body)["results"]["bindings"]
        return [{name: cell["value"] for name, cell in row.items()} for row in bindings]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StoreError("the store's answer is no SPARQL result") from None
