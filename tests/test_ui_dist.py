"""The bundled scripts are what their manifest says, and with `KG_UI_BUILD=1` what their source gives."""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UI = ROOT / "ui"
DIST = ROOT / "src" / "kg" / "serve" / "static" / "dist"


def _files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder but the manifest."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "manifest.json"
    }


def test_dist_is_what_the_manifest_says() -> None:
    """No file was changed by hand, added or forgotten."""
    assert json.loads((DIST / "manifest.json").read_text("utf-8")) == _files(DIST)


def test_every_bundled_package_comes_with_its_licence() -> None:
    """The licences of all packages that the browser gets are in the wheel."""
    text = (DIST / "THIRD_PARTY_LICENSES.txt").read_text("utf-8")
    for name in json.loads((UI / "package.json").read_text("utf-8"))["dependencies"]:
        assert f"{name} " in text


def test_the_lock_names_no_registry() -> None:
    """Where packages come from is the business of each machine."""
    assert "http" not in (UI / "package-lock.json").read_text("utf-8")


def test_dist_is_made_from_the_source(tmp_path: Path) -> None:
    """Building again from the lock file gives the same bytes."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if os.environ.get("KG_UI_BUILD") != "1" or npm is None or node is None:
        pytest.skip("THE BUNDLE IS NOT BUILT AGAIN: set KG_UI_BUILD=1 and install Node and npm")
    source = tmp_path / "ui"
    shutil.copytree(UI, source, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=source, check=True, timeout=300)
    subprocess.run([node, "build.mjs", str(tmp_path / "dist")], cwd=source, check=True, timeout=120)
    assert _files(tmp_path / "dist") == _files(DIST)
