"""Real SPARQL servers on loopback, started for tests and stopped after them."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.serve.service import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A running store.

    Attributes:
        publish: what `kg publish` needs beside the address.
        proof: how far a release can be proven there.
    """

    name: str
    query: str
    publish: tuple[str, ...] = ()
    proof: str = "digest"


@contextlib.contextmanager
def oxigraph(folder: Path) -> Iterator[Store]:
    """The server of the PyPI package `oxigraph`, writable."""
    program = Path(sys.executable).with_name("oxigraph")
    if not program.is_file():
        pytest.skip("SKIPPED LOUDLY: the oxigraph server is not installed in this environment")
    port = free_port()
    command = [str(program), "serve", "--location", str(folder / "db"), "--bind", f"127.0.0.1:{port}"]
    with _running(command, folder, f"http://127.0.0.1:{port}/query?query=ASK%7B%7D"):
        yield Store(name="oxigraph", query=f"http://127.0.0.1:{port}/query")


_VIRTUOSO = """[Database]
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
MaxQueryExecutionTime=5
"""


@contextlib.contextmanager
def virtuoso(folder: Path) -> Iterator[Store]:
    """Virtuoso 7 of the Debian package virtuoso-opensource-7-bin."""
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("SKIPPED LOUDLY: Virtuoso is not here; apt-get install virtuoso-opensource-7-bin")
    sql, http = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(_VIRTUOSO.format(folder=folder, sql=sql, http=http))
    url = f"http://127.0.0.1:{http}"
    command = [program, "-f", "-c", str(folder / "virtuoso.ini")]
    with _running(command, folder, f"{url}/sparql?query=ASK%7B%7D"):
        yield Store(
            name="virtuoso",
            query=f"{url}/sparql-auth",
            publish=("--update", f"{url}/sparql-auth", "--graphs", f"{url}/sparql-graph-crud-auth"),
            # It writes WKT literals in its own way.
            proof="counts",
        )


VIRTUOSO_CREDENTIALS = "digest:dba:dba"


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
