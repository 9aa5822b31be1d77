"""Settings: flag, then variable, then file, then default, and each knows where it came from."""

from pathlib import Path

import pytest

from kg.config import Settings
from kg.errors import ConfigError


def test_the_order_is_flag_variable_file_default(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('port = 1\nhost = "::1"\nquery_seconds = 9\nqueue = 7\n')
    settings = Settings.load({"port": 3, "host": None}, {"KG_PORT": "2", "KG_QUERY_SECONDS": "2.5"}, file)
    assert (settings.port, settings.query_seconds, settings.host, settings.queue) == (3, 2.5, "::1", 7)
    assert settings.origins["port"] == "flag --port"
    assert settings.origins["query_seconds"] == "KG_QUERY_SECONDS"
    assert settings.origins["queue"] == str(file)
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


@pytest.mark.parametrize(("text", "words"), [("prot = 1", "unknown setting 'prot'"), ("port = ", "not a TOML file")])
def test_a_bad_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        Settings.load({}, {}, file)
