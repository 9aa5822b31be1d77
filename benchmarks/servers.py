"""The servers side by side: how each starts on the same quads, on loopback only."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from client import Target

BIN = Path(sys.executable).parent
RDFLIB_ENDPOINT = "rdflib-endpoint[cli]==0.6.3"
_DEBS = ("virtuoso-opensource-7", "virtuoso-opensource-7-bin", "libpcre3")
_START_WITHIN_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One that runs.

    Attributes:
        first_answer_s: from the start of the process to its first answer; loading that is done before is not in it.
        load_s: seconds of loading before the start, or 0.
    """

    name: str
    target: Target
    process: subprocess.Popen[bytes]
    first_answer_s: float
    load_s: float = 0.0

    def memory_mb(self) -> float:
        """Proportional set size of the process and all below it, so that shared pages count once."""
        total = 0
        for pid in _family(self.process.pid):
            with suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1_000

    def stop(self) -> None:
        """End it and wait."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _family(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                # The name in parentheses may hold spaces; the parent stands second after it.
                parent = int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def start(name: str, command: list[str], target: Target, *, load_s: float = 0.0, **environment: str) -> Server:
    """Start a process and wait for its first answer."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
        cwd=Path(command[0]).parent if name == "Virtuoso" else None,
    )
    url = f"http://127.0.0.1:{target.port}{target.path}?query=ASK%7B%7D"
    while time.perf_counter() - begun < _START_WITHIN_S:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode} before it answered")
        with suppress(OSError):
            request = urllib.request.Request(url, headers={"Accept": target.select_type})
            with urllib.request.urlopen(request, timeout=60):
                return Server(
                    name=name,
                    target=target,
                    process=process,
                    first_answer_s=time.perf_counter() - begun,
                    load_s=load_s,
                )
        time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"{name} did not answer within {_START_WITHIN_S} s")


def ours(root: Path, snapshots: Path, name: str = "CityLedger", **settings: str) -> Server:
    """`kg serve` with default settings but the port, once its store is where it will stay and its pages are made."""
    target = Target(port=free_port(), path="/sparql")
    command = [str(BIN / "kg"), "--root", str(root), "--snapshots", str(snapshots), "serve", "--port", str(target.port)]
    server = start(name, command, target, **settings)
    end = time.monotonic() + 60
    while "kg_engine_store_in_memory 1" not in metrics(server) and time.monotonic() < end:
        time.sleep(0.2)
    while _busy(server) > 0.05 and time.monotonic() < end:
        pass
    return server


def _busy(server: Server) -> float:
    """Return the share of a processor that a server took in a second in which nobody asked."""
    before = _cpu_s(server)
    time.sleep(1.0)
    return _cpu_s(server) - before


def _cpu_s(server: Server) -> float:
    total = 0
    for pid in _family(server.process.pid):
        with suppress(OSError):
            # User and system time stand twelfth and thirteenth after the name.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def metrics(server: Server) -> str:
    """Return what our own server says about itself."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.target.port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


def oxigraph(nquads: Path, work: Path) -> Server:
    """The reference server, read-only."""
    place = work / "oxigraph"
    begun = time.perf_counter()
    _run(str(BIN / "oxigraph"), "load", "--location", str(place), "--file", str(nquads), "--format", "nq")
    load_s = time.perf_counter() - begun
    target = Target(port=free_port(), path="/query")
    bind = f"127.0.0.1:{target.port}"
    command = [str(BIN / "oxigraph"), "serve-read-only", "--location", str(place), "--bind", bind]
    return start("oxigraph serve-read-only", [*command, "--union-default-graph"], target, load_s=load_s)


def rdflib_endpoint(nquads: Path, work: Path, tools: Path) -> Server:
    """rdflib-endpoint in a virtual environment of its own."""
    place = tools / "rdflib-endpoint"
    if not (place / "bin" / "rdflib-endpoint").exists():
        venv.create(place, with_pip=True)
        _run(str(place / "bin" / "python"), "-m", "pip", "install", "-q", RDFLIB_ENDPOINT)
    # Its graphs have no union; triples of one graph are the same data.
    triples = work / "triples.nt"
    with nquads.open(encoding="utf-8") as source, triples.open("w", encoding="utf-8") as out:
        out.writelines(f"{line.rsplit(' ', 2)[0]} .\n" for line in source)
    target = Target(port=free_port(), path="/", graph_type="text/turtle")
    command = [str(place / "bin" / "rdflib-endpoint"), "serve", "--host", "127.0.0.1", "--port", str(target.port)]
    return start("rdflib-endpoint", [*command, str(triples)], target)


def virtuoso(nquads: Path, work: Path, tools: Path) -> Server:
    """Virtuoso from Debian packages, unpacked and not installed; loads with its own bulk loader."""
    place = _unpack_virtuoso(tools / "virtuoso")
    home = work / "virtuoso"
    home.mkdir(parents=True)
    (home / "load").mkdir()
    shutil.copy(nquads, home / "load" / "all.nq")
    sql, target = free_port(), Target(port=free_port(), path="/sparql", graph_type="text/plain")
    (home / "virtuoso.ini").write_text(
        "[Database]\nDatabaseFile=v.db\nErrorLogFile=v.log\nLockFile=v.lck\nTransactionFile=v.trx\n"
        "xa_persistent_file=v.pxa\nMaxCheckpointRemap=2000\n"
        "[TempDatabase]\nDatabaseFile=t.db\nTransactionFile=t.trx\n"
        f"[Parameters]\nServerPort=127.0.0.1:{sql}\nServerThreads=40\nNumberOfBuffers=100000\n"
        "MaxDirtyBuffers=70000\nDirsAllowed=.,./load\nThreadsPerQuery=2\nCheckpointInterval=0\n"
        f"[HTTPServer]\nServerPort=127.0.0.1:{target.port}\nServerRoot=.\nServerThreads=40\nMaxClientConnections=40\n"
        "[SPARQL]\nResultSetMaxRows=10000000\n",
        encoding="ascii",
    )
    program = home / "virtuoso-t"
    program.symlink_to(place / "usr" / "bin" / "virtuoso-t")
    libraries = str(next(place.rglob("libpcre.so.3")).parent)
    server = start(
        "Virtuoso", [str(program), "+foreground", "+configfile", "virtuoso.ini"], target, LD_LIBRARY_PATH=libraries
    )
    begun = time.perf_counter()
    try:
        for text in ("ld_dir('./load','*.nq','urn:x');", "rdf_loader_run();", "checkpoint;"):
            isql = str(place / "usr" / "bin" / "isql-vt")
            _run(isql, f"127.0.0.1:{sql}", "dba", "dba", f"exec={text}", LD_LIBRARY_PATH=libraries)
    except BaseException:
        server.stop()
        raise
    return Server(
        name=server.name,
        target=target,
        process=server.process,
        first_answer_s=server.first_answer_s,
        load_s=time.perf_counter() - begun,
    )


def _unpack_virtuoso(place: Path) -> Path:
    if not (place / "usr" / "bin" / "virtuoso-t").exists():
        place.mkdir(parents=True, exist_ok=True)
        with suppress(subprocess.CalledProcessError):
            _run("apt-get", "update", "-qq")
        _run("apt-get", "download", "-qq", *_DEBS, folder=place)
        for package in place.glob("*.deb"):
            _run("dpkg", "-x", str(package), str(place))
    return place


def _run(*command: str, folder: Path | None = None, **environment: str) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, cwd=folder, timeout=600, env={**os.environ, **environment}
        )
    except FileNotFoundError as error:
        raise RuntimeError(f"{command[0]} is not here") from error


@contextmanager
def running(starters: list[Callable[[], Server]], say: Callable[[str], None]) -> Iterator[list[Server]]:
    """Start all servers that can be started here, and end them at last."""
    servers: list[Server] = []
    try:
        for starter in starters:
            try:
                servers.append(starter())
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                detail = getattr(error, "stderr", None)
                say(f"SKIPPED a server: {error} {(detail or b'').decode(errors='replace')[-300:]}")
        yield servers
    finally:
        for server in servers:
            server.stop()
