"""What every command shares: settings, progress, and how numbers are printed."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kg.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The options that stand before the name of the command."""

    root: str | None
    snapshots_dir: str | None
    config: str | None

    def settings(self, **flags: object) -> Settings:
        """Return the settings with the flags of one command on top.

        Raises:
            ConfigError: a value cannot be used.
        """
        given: Mapping[str, object] = {
            "root": self.root,
            "snapshots_dir": self.snapshots_dir,
            **{name: value for name, value in flags.items() if value is not None},
        }
        return Settings.load(given, toml_path=Path(self.config) if self.config else None)


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let --root and --snapshots stand after the name of a command too."""
    command = click.option("--root", type=click.Path(), help="Folder that holds ontology/, data/ and queries/.")(
        command
    )
    return click.option("--snapshots", type=click.Path(), help="Folder of the published snapshots.")(command)


def stage_printer(*, quiet: bool) -> Callable[[str], None]:
    """Return what tells the stage that begins: one line each on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda stage: None
    return lambda stage: click.echo(f"  {stage} …", err=True)
