"""Settings: flag, then `KG_*` variable, then one TOML file, then default; each remembers where it came from.

This is the only module that reads the environment. Nothing is read at import.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType

from kg.errors import ConfigError

TOML_NAME = "cityledger.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set from outside.

    Attributes:
        root: folder that holds `ontology/`, `data/` and `queries/`.
        snapshots_dir: folder of the published snapshots and of the link `current`.
        store: where queries run: empty for the current snapshot, else the URL of a SPARQL 1.1 store.
        store_credentials: how to log in to that store: `user:password`, `digest:user:password` or `bearer:token`;
            best given as KG_STORE_CREDENTIALS, and never printed.
        texts: folder of the source texts, which are found by their SHA-256, so that pages can show the lines that
            evidence points at; empty: pages show places only.
        host: address to listen on.
        port: TCP port to listen on; 0 lets the system choose.
        public_url: address the service is known by, without a final slash; empty takes it from each request.
        trusted_proxies: how many reverse proxies stand in front and append to `X-Forwarded-For`.
        query_seconds: deadline of an ad-hoc query, counted from the arrival of the request.
        query_rows: most rows (or triples) in one answer; a cut answer says so.
        answer_mb: most megabytes in one answer; a larger one is refused.
        query_memory_mb: memory one query may take beyond the store itself.
        query_kb: most kilobytes in the text of a query.
        fast_seconds: time after which a query moves from the fast to the slow lane.
        fast_workers: workers kept for queries that have not shown themselves slow.
        slow_workers: most slow queries running at one time.
        slow_waiting: most slow queries that wait, paused, for a place in the slow lane.
        queue: most queries waiting for a worker; beyond it the answer is 503 at once.
        store_memory_mb: the store is held in memory up to this estimated size, on disk beyond.
        cache_mb: memory for answers kept for repeats; 0 keeps none.
        client_seconds: slow-lane seconds one client may use in a minute.
        client_errors: failed queries one client may send in a minute.
        service_allow: IRIs that `SERVICE` may name; none by default.
        guard: whether the text of a query is looked over before it is parsed; off only in tests.
        threads: how many make pages, and wait for slow queries, at one time.
        watch_seconds: how often a running server looks for a newly published snapshot.
        access_log: whether one line per request goes to stderr.
        origins: for each name above, where its value came from.
    """

    root: Path
    snapshots_dir: Path
    store: str = ""
    store_credentials: str = field(default="", repr=False)
    texts: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    trusted_proxies: int = 0
    query_seconds: float = 5.0
    query_rows: int = 100_000
    answer_mb: int = 32
    query_memory_mb: int = 1024
    query_kb: int = 512
    fast_seconds: float = 0.1
    fast_workers: int = 3
    slow_workers: int = 2
    slow_waiting: int = 6
    queue: int = 64
    store_memory_mb: int = 2048
    cache_mb: int = 64
    client_seconds: float = 60.0
    client_errors: int = 600
    service_allow: tuple[str, ...] = ()
    guard: bool = True
    threads: int = 64
    watch_seconds: float = 1.0
    access_log: bool = True
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    @classmethod
    def load(
        cls,
        flags: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        toml_path: Path | None = None,
    ) -> "Settings":
        """Read all settings; a flag whose value is None was not given.

        `root` comes from the flag, `KG_HOME`, the checkout this code runs from, else the bundle inside the
        installed package. The TOML file is `toml_path`, else `KG_CONFIG`, else `cityledger.toml` in the
        root when it exists.

        Raises:
            ConfigError: a value cannot be read or a name in the TOML file is unknown.
        """
        env = os.environ if env is None else env
        given = {name: value for name, value in (flags or {}).items() if value is not None}
        origins: dict[str, str] = {}
        root = _root(given, env, origins)
        table = _toml(toml_path, env, root)
        values: dict[str, object] = {}
        for spec in fields(cls):
            if spec.name in {"root", "origins"}:
                continue
            name = spec.name
            if name in given:
                raw, origins[name] = given[name], f"flag {_FLAGS.get(name, '--' + name.replace('_', '-'))}"
            elif f"KG_{name.upper()}" in env:
                raw, origins[name] = env[f"KG_{name.upper()}"], f"KG_{name.upper()}"
            elif name in table:
                raw, origins[name] = table[name]
            else:
                origins[name] = "default"
                continue
            values[name] = _convert(name, raw, _TYPES[name], origins[name])
        snapshots_dir = values.pop("snapshots_dir", None) or _default_snapshots_dir(root, env)
        assert isinstance(snapshots_dir, Path)  # noqa: S101  _convert gave it
        settings = cls(
            root=root,
            snapshots_dir=snapshots_dir,
            origins=MappingProxyType(origins),
            **values,  # type: ignore[arg-type]
        )
        _check(settings)
        return settings


_TYPES: Mapping[str, str] = MappingProxyType(
    {spec.name: getattr(spec.type, "__name__", str(spec.type)) for spec in fields(Settings)}
)
# Flags that are called otherwise than their setting.
_FLAGS: Mapping[str, str] = MappingProxyType({"snapshots_dir": "--snapshots"})
_POSITIVE = (
    "query_seconds",
    "query_rows",
    "answer_mb",
    "query_memory_mb",
    "query_kb",
    "fast_seconds",
    "fast_workers",
    "slow_workers",
    "queue",
    "client_seconds",
    "client_errors",
    "threads",
    "watch_seconds",
)
_WORDS = MappingProxyType(
    {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
)

# What a file or a flag may hold for each kind of setting, beside texts as variables have them.
_TAKEN: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "bool": (bool, str),
        "int": (int, str),
        "float": (int, float, str),
        "tuple": (list, tuple, str),
    }
)
_WANTED = MappingProxyType(
    {"bool": "true or false", "int": "a whole number", "float": "a number", "tuple": "a list of texts"}
)


def _root(given: Mapping[str, object], env: Mapping[str, str], origins: dict[str, str]) -> Path:
    for origin, value in (
        ("flag --root", given.get("root")),
        ("KG_HOME", env.get("KG_HOME")),
    ):
        if value:
            path = Path(str(value)).expanduser().absolute()
            if not path.is_dir():
                raise ConfigError(f"root: {path} is not a folder (from {origin})")
            origins["root"] = origin
            return path
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent
    if package.parent.name == "src" and (checkout / "pyproject.toml").is_file():
        origins["root"] = "checkout"
        return checkout
    origins["root"] = "bundle"
    return package / "_bundle"


def _default_snapshots_dir(root: Path, env: Mapping[str, str]) -> Path:
    if root.name != "_bundle":
        return root / "var" / "snapshots"
    # XDG Base Directory Specification: user data, ~/.local/share when unset.
    base = Path(env["XDG_DATA_HOME"]) if env.get("XDG_DATA_HOME") else Path.home() / ".local" / "share"
    return base / "cityledger" / "snapshots"


def _toml(toml_path: Path | None, env: Mapping[str, str], root: Path) -> Mapping[str, tuple[object, str]]:
    """Read the file: for each name its value, and the file and line it stands in."""
    asked = toml_path or (Path(env["KG_CONFIG"]) if env.get("KG_CONFIG") else None)
    path = asked or root / TOML_NAME
    if asked is None and not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    known = {spec.name for spec in fields(Settings)} - {"root", "origins"}
    unknown = sorted(set(table) - known)
    if unknown:
        where = _place(path, text, unknown[0])
        raise ConfigError(f"{where}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return {name: (value, _place(path, text, name)) for name, value in table.items()}


def _place(path: Path, text: str, name: str) -> str:
    """Give the file and line in which a name is set; the TOML reader does not tell."""
    found = re.search(rf"(?m)^[ \t]*\[*[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*[=.\]]", text)
    return f"{path}:{text.count(chr(10), 0, found.start()) + 1}" if found else str(path)


def _convert(name: str, raw: object, kind: str, origin: str) -> object:
    try:
        if not isinstance(raw, _TAKEN.get(kind, (str, Path))):
            raise ValueError(raw)
        if kind == "bool":
            if isinstance(raw, bool):
                return raw
            return _WORDS[str(raw).lower()]
        if kind == "int":
            if isinstance(raw, bool):
                raise ValueError(raw)
            return int(str(raw))
        if kind == "float":
            if isinstance(raw, bool):
                raise ValueError(raw)
            return float(str(raw))
        if kind == "Path":
            return Path(str(raw)).expanduser().absolute()
        if kind == "tuple":
            items = raw if isinstance(raw, list | tuple) else str(raw).replace(",", " ").split()
            if not all(isinstance(item, str) for item in items):
                raise ValueError(raw)
            return tuple(items)
    except (ValueError, KeyError) as error:
        wanted = _WANTED.get(kind, "a text")
        raise ConfigError(f"{name}: expected {wanted}, got {str(raw)!r} (from {origin})") from error
    return str(raw)


def _check(settings: Settings) -> None:
    for name in _POSITIVE:
        value = getattr(settings, name)
        # The comparison is written so that not-a-number fails it.
        if not 0 < value < float("inf"):
            raise ConfigError(f"{name}: must be above zero, got {value} (from {settings.origins.get(name)})")
    if not 0 <= settings.port <= 65_535:
        raise ConfigError(f"port: must be between 0 and 65535, got {settings.port} (from {settings.origins['port']})")
    for name in ("cache_mb", "store_memory_mb", "slow_waiting", "trusted_proxies"):
        if getattr(settings, name) < 0:
            raise ConfigError(f"{name}: must not be negative (from {settings.origins.get(name)})")
    for name, values in (
        ("store", (settings.store,)),
        ("public_url", (settings.public_url,)),
        ("service_allow", settings.service_allow),
    ):
        for value in values:
            if value and not value.startswith(("http://", "https://")):
                raise ConfigError(f"{name}: must start with http:// or https:// (from {settings.origins.get(name)})")
