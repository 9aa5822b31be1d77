"""A running service takes up a new release, and stays with the old one when the new one is bad."""

import json
import threading
import time
from pathlib import Path

import pytest

from kg.errors import SnapshotError
from kg.serve.server import Watch
from kg.serve.site import open_site
from tests.serve.service import LABEL, in_process, publish_text, sample_quads, settings_for

MARK = f"SELECT ?m {{ ?r <{LABEL}> ?m FILTER(CONTAINS(STR(?r), '/release/') && !STRSTARTS(?m, 'Release')) }}"


def test_a_new_release_is_taken_up_without_a_failed_request(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    first = publish_text(folder, sample_quads(20, "first"))
    failures: list[object] = []
    seen: set[tuple[str, str]] = set()
    stop = threading.Event()
    with in_process(folder, first) as service:

        def read() -> None:
            while not stop.is_set():
                answer = service.query(f"{MARK} #{time.monotonic_ns()}")
                if answer.status_code != 200:
                    failures.append(answer.text)
                    continue
                marks = {row["m"]["value"] for row in json.loads(answer.data)["results"]["bindings"]}
                seen.update((answer.headers["KG-Release"], mark) for mark in marks)

        readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
        for reader in readers:
            reader.start()
        watch = Watch(service.front.app, settings_for(folder))
        assert watch.look() is False
        releases = {first.release: "first"}
        tag = service.query(MARK).headers["ETag"]
        for mark in ("second", "third"):
            snapshot = publish_text(folder, sample_quads(20, mark))
            releases[snapshot.release] = mark
            assert watch.look() is True
            assert service.query(MARK).headers["KG-Release"] == snapshot.release
            time.sleep(0.2)
        assert service.query(MARK, headers={"If-None-Match": tag}).status_code == 200
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []
    # Each answer came from exactly one release, the one it names.
    assert seen == set(releases.items())


def test_a_damaged_release_is_not_taken_up(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    first = publish_text(folder, sample_quads(20, "first"))
    with in_process(folder, first) as service:
        watch = Watch(service.front.app, settings_for(folder))
        second = publish_text(folder, sample_quads(20, "second"))
        _empty_manifest(second.store_path)
        assert watch.look() is False
        assert watch.look() is False
        answer = service.query(MARK)
        assert (answer.status_code, answer.headers["KG-Release"]) == (200, first.release)
        third = publish_text(folder, sample_quads(20, "third"))
        assert watch.look() is True
        assert service.query(MARK).headers["KG-Release"] == third.release


def test_a_store_that_lost_its_quads_is_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    snapshot = publish_text(folder, sample_quads(20, "first"))
    snapshot.manifest["quads"]["https://w3id.org/cityledger/graph/actor"] += 1  # type: ignore[index]
    with pytest.raises(SnapshotError, match="manifest says otherwise"):
        open_site(settings_for(folder), snapshot)


def _empty_manifest(store: Path) -> None:
    """Cut the MANIFEST of a store in half: Oxigraph then opens it as an empty one, or not at all."""
    for file in store.glob("MANIFEST-*"):
        store.chmod(0o755)
        file.chmod(0o644)
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2])
