"""Real SPARQL servers on loopback, started for tests and stopped after them."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

_OXIGRAPH = Path(sys.executable).with_name("oxigraph")
_VIRTUOSO = shutil.which("virtuoso-t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A running store.

    Attributes:
        addresses: where it takes updates and whole graphs; empty when they follow from the address for queries.
        credentials: as KG_STORE_CREDENTIALS takes them.
        proof: how far a release can be proven there.
    """

    name: str
    query: str
    addresses: tuple[str, ...] = ()
    credentials: str = ""
    proof: str = "digest"

    @property
    def publish(self) -> tuple[str, ...]:
        """What `kg publish` needs beside the address for queries."""
        return tuple(word for pair in zip(("--update", "--graphs"), self.addresses, strict=False) for word in pair)


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@contextlib.contextmanager
def oxigraph(folder: Path) -> Iterator[Store]:
    """The server of the PyPI package `oxigraph`, writable."""
    _need("oxigraph")
    port = free_port()
    command = [str(_OXIGRAPH), "serve", "--location", str(folder / "db"), "--bind", f"127.0.0.1:{port}"]
    with _running(command, folder, f"http://127.0.0.1:{port}/query?query=ASK%7B%7D"):
        yield Store(name="oxigraph", query=f"http://127.0.0.1:{port}/query")


_VIRTUOSO_INI = """[Database]
DatabaseFile={folder}/v.db
ErrorLogFile={folder}/v.log
LockFile={folder}/v.lck
TransactionFile={folder}/v.trx
xa_persistent_file={folder}/v.pxa
[TempDatabase]
DatabaseFile={folder}/t.db
TransactionFile={folder}/t.trx
[Parameters]
ServerPort=127.0.0.1:{sql}
NumberOfBuffers=20000
DirsAllowed={folder}
[HTTPServer]
ServerPort=127.0.0.1:{http}
ServerRoot={folder}
[SPARQL]
ResultSetMaxRows=2000000
MaxConstructTriples=2000000
MaxQueryCostEstimationTime=0
MaxQueryExecutionTime={seconds}
"""


@contextlib.contextmanager
def virtuoso(folder: Path, seconds: int = 5) -> Iterator[Store]:
    """Virtuoso 7 of the Debian package virtuoso-opensource-7-bin, which ends what runs longer than so many seconds."""
    _need("virtuoso")
    sql, http = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(_VIRTUOSO_INI.format(folder=folder, sql=sql, http=http, seconds=seconds))
    url = f"http://127.0.0.1:{http}"
    command = [str(_VIRTUOSO), "-f", "-c", str(folder / "virtuoso.ini")]
    with _running(command, folder, f"{url}/sparql?query=ASK%7B%7D"):
        yield Store(
            name="virtuoso",
            query=f"{url}/sparql-auth",
            addresses=(f"{url}/sparql-auth", f"{url}/sparql-graph-crud-auth"),
            credentials="digest:dba:dba",
            # It writes WKT literals in its own way.
            proof="counts",
        )


SERVERS = {"oxigraph": oxigraph, "virtuoso": virtuoso}


def missing(name: str) -> str:
    """Say what to install for a store, or nothing when it can be started."""
    if name == "oxigraph":
        return "" if _OXIGRAPH.is_file() else "the oxigraph server is not installed in this environment"
    return "" if _VIRTUOSO else "Virtuoso is not here; apt-get install virtuoso-opensource-7-bin"


def _need(name: str) -> None:
    if why := missing(name):
        pytest.skip(f"SKIPPED LOUDLY: {why}")


@contextlib.contextmanager
def _running(command: list[str], folder: Path, probe: str) -> Iterator[None]:
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "server.log").read_text(errors="replace")
            assert time.monotonic() < deadline, (folder / "server.log").read_text(errors="replace")
            with contextlib.suppress(requests.RequestException):
                requests.get(probe, timeout=2)
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
