"""The HTTP tests on another store: `pytest --store oxigraph` or `--store virtuoso` starts it and serves from it.

`differences.toml` lists the tests whose claim a store does not keep, each with the reason. They are expected to
fail, strictly: one that passes is as red as another that fails.
"""

import contextlib
import dataclasses
import os
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import kg.engine
from kg.catalog.doctor import diagnose
from kg.config import Settings
from kg.engine import Engine
from kg.engine.store_http import StoreClient, addresses
from kg.export.stores import publish_to
from kg.snapshot import Snapshot
from tests.stores.servers import SERVERS, Store, missing

DIFFERENCES = Path(__file__).parent / "differences.toml"
EMBEDDED = "embedded"


@dataclass(slots=True)
class _Backend:
    """The store of this run.

    Attributes:
        name: as given with `--store`.
        store: running; None until the first release is put there.
        held: releases that it holds.
    """

    name: str = EMBEDDED
    store: Store | None = None
    held: set[str] = field(default_factory=set)
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


_backend = _Backend()


def settings() -> dict[str, object]:
    """Return the settings that make the service answer from the store of this run."""
    if _backend.name == EMBEDDED:
        return {}
    if _backend.store is None:
        folder = Path(_backend.closing.enter_context(tempfile.TemporaryDirectory(prefix="kg-store-")))
        _backend.store = _backend.closing.enter_context(SERVERS[_backend.name](folder))
    return {"store": _backend.store.query, "store_credentials": _backend.store.credentials}


def hold(one: Snapshot) -> None:
    """Put a release into the store of this run."""
    if not settings() or one.release in _backend.held:
        return
    store = _backend.store
    assert store is not None
    client = StoreClient(addresses(store.query, *store.addresses), store.credentials)
    publish_to(client, one, proof=store.proof)
    client.close()
    _backend.held.add(one.release)


def open_engine(settings_given: Settings, one: Snapshot) -> Engine:
    """Open an engine on the store of this run, as the service does it when KG_STORE says where to."""
    elsewhere = settings() if not settings_given.store else {}
    if elsewhere:
        hold(one)
    return kg.engine.open_engine(dataclasses.replace(settings_given, **elsewhere), one)  # type: ignore[arg-type]


def pytest_addoption(parser: pytest.Parser) -> None:
    choices = (EMBEDDED, *SERVERS)
    parser.addoption("--store", choices=choices, default=EMBEDDED, help="the store that the service answers from")


def pytest_configure(config: pytest.Config) -> None:
    _backend.name = config.getoption("--store")
    if _backend.name != EMBEDDED:
        # Whatever settings a test gives: every site of the run answers from this store.
        _backend.closing.enter_context(patch("kg.serve.site.open_engine", open_engine))
        # Why an answer is empty has to be found in a quarter of a second; here it is what is found that counts.
        _backend.closing.enter_context(patch.dict(diagnose.__kwdefaults__, seconds=20.0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the listed differences to fail; where the store cannot be installed, say so of every test."""
    if _backend.name != EMBEDDED and (why := missing(_backend.name)):
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"SKIPPED LOUDLY: {why}"))
        return
    listed = {name: differences(name) for name in SERVERS}
    seen: set[tuple[str, str]] = set()
    for item in items:
        store = _store_of(item)
        for name in (item.nodeid, item.nodeid.partition("[")[0]):
            seen.add((store, name))
            # A name without brackets stands for every case of a test.
            if mark := listed.get(store, {}).get(name):
                item.add_marker(mark)
    files = {(store, name.partition("::")[0]) for store, name in seen if "::" in name}
    gone = [
        name
        for store, names in listed.items()
        for name in names
        if (store, name.partition("::")[0]) in files and (store, name) not in seen
    ]
    # One test or a few may be chosen; what a whole suite does not have is a mistake in the list.
    if gone and os.environ.get("KG_WHOLE_SUITE"):
        raise pytest.UsageError(f"{DIFFERENCES.name} names tests that do not exist: {', '.join(gone)}")


def _store_of(item: pytest.Item) -> str:
    """Return the store that a test asks: that of the run, or the one that it starts itself."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("pair", _backend.name)) if callspec is not None else _backend.name


def pytest_unconfigure() -> None:
    _backend.closing.close()


def differences(name: str) -> dict[str, pytest.MarkDecorator]:
    """Return the tests that a store fails, each as expected to fail for its reason.

    What ends a store's work for everybody (`run = false` in the list) is not asked.
    """
    content: dict[str, Any] = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return {
        test: pytest.mark.xfail(reason=group["reason"], strict=True, run=group.get("run", True))
        for group in content.get(name, ())
        for test in group.get("tests", ())
    }


def failing_checks() -> set[tuple[str, str]]:
    """Return the checks of the shared protocol check that the store of this run fails, with their severity."""
    content: dict[str, Any] = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return {(check, "must") for group in content.get(_backend.name, ()) for check in group.get("checks", ())}
