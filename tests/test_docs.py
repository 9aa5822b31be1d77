"""The documents say what is so: their commands run, and what they name exists."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg.cli import cli
from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.site import open_site
from kg.snapshot import current
from tests.conftest import CHECKOUT, run_kg

DOCUMENTS = ("README.md", "docs/tutorial.md", "docs/operations.md")
ADDRESS = "http://127.0.0.1:8000"
# The documents speak of the real data; the tiny data has these in their place.
ON_TINY = {
    "country=KE": "country=alphaland",
    'country="KE"': 'country="alphaland"',
    "country=kenya": "country=alphaland",
    "nairobi-safe-city": "alphaville-cameras",
}
# Commands of the shell that change nothing a test could look at.
OF_THE_SHELL = (". .venv/bin/activate",)


def _read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def _on_tiny(text: str) -> str:
    for real, tiny in ON_TINY.items():
        text = text.replace(real, tiny)
    return text


def _blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _read(name), re.MULTILINE | re.DOTALL)


def _commands() -> list[tuple[str, str]]:
    return [
        (name, line.removeprefix("$ "))
        for name in DOCUMENTS
        for block in _blocks(name, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


@pytest.fixture(scope="module")
def client(tiny_snapshots: Path) -> Iterator[FlaskClient]:
    site = open_site(Settings.load({"snapshots_dir": tiny_snapshots}, env={}), current(tiny_snapshots))
    yield create_app(site).test_client()
    site.engine.close()


@pytest.mark.parametrize(("name", "command"), _commands())
def test_a_command_of_a_document_runs(
    name: str, command: str, client: FlaskClient, tiny_snapshots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KG_SNAPSHOTS_DIR", str(tiny_snapshots))
    for text in _blocks(name, "sparql"):
        Path("of-my-own.rq").write_text(text, encoding="utf-8")
    words, _, file = _on_tiny(command).partition(" > ")
    program, *arguments = shlex.split(words)
    if program == "kg":
        done = run_kg(*arguments)
        assert done.code == 0, done.err
        assert done.out.strip()
        assert "no rows" not in done.err
        assert not file or file.endswith((".csv", ".html"))
    elif program == "curl":
        headers = [tuple(arguments[at + 1].split(": ", 1)) for at, word in enumerate(arguments) if word == "-H"]
        (address,) = (word for word in arguments if word.startswith(ADDRESS))
        answer = client.get(address.removeprefix(ADDRESS), headers=headers)
        assert answer.status_code == 200
        assert answer.get_data()
    elif program == "make":
        assert re.search(rf"^{arguments[0]}:", _read("Makefile"), re.MULTILINE)
    else:
        assert command in OF_THE_SHELL


def test_the_notebook_of_the_tutorial_runs(tiny_snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_SNAPSHOTS_DIR", str(tiny_snapshots))
    (text,) = _blocks("docs/tutorial.md", "python")
    names: dict[str, object] = {}
    exec(compile(_on_tiny(text), "docs/tutorial.md", "exec"), names)
    assert len(names["table"]) > 0  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_names_exists(name: str, client: FlaskClient) -> None:
    text = _read(name)
    pieces = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^(?: {4}|\$ )(kg .*)$", text, re.MULTILINE)]
    for piece in pieces:
        said = re.match(r"kg ([a-z]+)\b(.*)", piece)
        if said is None:
            continue
        assert said[1] in cli.commands, piece
        known = {option for one in (cli, cli.commands[said[1]]) for param in one.params for option in param.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", said[2])) <= known, piece
    for path in re.findall(r"`((?:docs|data|queries|ontology|tests|src)/[\w./-]*)`", text):
        assert (CHECKOUT / path).exists(), path
    for address in re.findall(r"`(/[a-z.][\w./-]*)`", text):
        assert client.get(address).status_code in (200, 303), address
    for target in re.findall(r"`make ([a-z-]+)`", text):
        assert re.search(rf"^{target}:", _read("Makefile"), re.MULTILINE), target


def test_every_setting_is_described_and_every_described_one_exists() -> None:
    text = _read("docs/operations.md")
    table = text.partition("| setting |")[2].partition("\n\n")[0]
    described = {
        setting for line in table.splitlines()[2:] for setting in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    }
    settings = {spec.name for spec in fields(Settings)} - {"origins"}
    assert described == settings
    for variable in re.findall(r"\bKG_([A-Z_]+)", text):
        assert variable.lower() in settings | {"home", "config", "openapi_examples"}, variable
