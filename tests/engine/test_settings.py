"""Settings: flag, then variable, then file, then default, and each knows where it came from."""

from dataclasses import fields
from pathlib import Path

import pytest

from kg.config import Settings
from kg.errors import ConfigError
from tests.conftest import CHECKOUT


def test_the_order_is_flag_variable_file_default(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('port = 1\nhost = "::1"\nquery_seconds = 9\nqueue = 7\n')
    settings = Settings.load({"port": 3, "host": None}, {"KG_PORT": "2", "KG_QUERY_SECONDS": "2.5"}, file)
    assert (settings.port, settings.query_seconds, settings.host, settings.queue) == (3, 2.5, "::1", 7)
    assert settings.origins["port"] == "flag --port"
    assert settings.origins["query_seconds"] == "KG_QUERY_SECONDS"
    assert settings.origins["queue"] == f"{file}:4"
    assert settings.origins["threads"] == "default"


def test_the_root_decides_where_snapshots_are(tmp_path: Path) -> None:
    assert Settings.load({"root": tmp_path}, {}).snapshots_dir == tmp_path / "var" / "snapshots"
    assert Settings.load({}, {"KG_HOME": str(tmp_path)}).root == tmp_path
    assert Settings.load({"root": tmp_path}, {"KG_SNAPSHOTS_DIR": "/x"}).snapshots_dir == Path("/x")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"KG_PORT": "x"}, "port: expected a whole number, got 'x' (from KG_PORT)"),
        ({"KG_PORT": "70000"}, "port: must be between 0 and 65535"),
        ({"KG_QUERY_SECONDS": "nan"}, "query_seconds: must be above zero"),
        ({"KG_QUERY_SECONDS": "inf"}, "query_seconds: must be above zero"),
        ({"KG_QUERY_SECONDS": "-1"}, "query_seconds: must be above zero"),
        ({"KG_GUARD": "maybe"}, "guard: expected true or false"),
        ({"KG_CACHE_MB": "-1"}, "cache_mb: must not be negative"),
        ({"KG_STORE": "file:///x"}, "store: must start with http"),
        ({"KG_HOME": "/nonexistent"}, "root: /nonexistent is not a folder (from KG_HOME)"),
        ({"KG_CONFIG": "/nonexistent"}, "/nonexistent: cannot be read"),
    ],
)
def test_a_bad_value_is_named_with_its_origin(env: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({}, env)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", ":1: unknown setting 'prot'; known are access_log"),
        ("port = 1\n[server]\nport = 2", ":2: unknown setting 'server'"),
        ("port = ", "not a TOML file: Invalid value (at"),
        ("# a\n\nport = 'x'", "port: expected a whole number, got 'x' (from {file}:3)"),
        ("port = true", "port: expected a whole number, got 'True' (from {file}:1)"),
        ("query_seconds = true", "query_seconds: expected a number, got 'True' (from {file}:1)"),
        ("host = 5", "host: expected a text, got '5' (from {file}:1)"),
        ("queue = 1\n'texts' = [1]", "texts: expected a text, got '[1]' (from {file}:2)"),
        ("service_allow = [1]", "service_allow: expected a list of texts, got '[1]' (from {file}:1)"),
        ("service_allow = ['file:///etc']", "service_allow: must start with http:// or https:// (from {file}:1)"),
        ("guard = 1", "guard: expected true or false, got '1' (from {file}:1)"),
    ],
)
def test_a_bad_file_is_named_with_the_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Settings.load({}, {}, file)
    assert words.format(file=file) in str(caught.value)


def test_every_setting_is_documented() -> None:
    table = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    missing = [spec.name for spec in fields(Settings) if spec.name != "origins" and f"`{spec.name}`" not in table]
    assert missing == []
