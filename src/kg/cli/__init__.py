"""The command line: `kg`. Results go to stdout, talk to stderr.

Exit 0: yes. 1: ran, and the answer is no. 2: could not run.
"""

import sys

import click

from kg.cli import ask, curate, releases, report, service, share
from kg.cli.options import Context
from kg.errors import (
    ConfigError,
    CuratedDataError,
    EngineBusyError,
    KgError,
    QueryTimeoutError,
    ShapeViolationError,
    SnapshotError,
)

# What each error means for the shell; anything else of ours could not run.
_EXIT_CODES: dict[type[KgError], int] = {
    CuratedDataError: 1,
    ShapeViolationError: 1,
    QueryTimeoutError: 1,
    EngineBusyError: 1,
    SnapshotError: 2,
    ConfigError: 2,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(), help="Folder that holds ontology/, data/ and queries/ (KG_HOME).")
@click.option("--snapshots", type=click.Path(), help="Folder of the published snapshots (KG_SNAPSHOTS_DIR).")
@click.option("--config", type=click.Path(), help="TOML file of settings (KG_CONFIG).")
@click.version_option(package_name="cityledger", prog_name="kg")
@click.pass_context
def cli(context: click.Context, root: str | None, snapshots: str | None, config: str | None) -> None:
    """Build, check, ask and serve the CityLedger knowledge graph."""
    context.obj = Context(root=root, snapshots_dir=snapshots, config=config)


for module in (curate, ask, report, service, releases, share):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Run the command line and turn what goes wrong into a line on stderr and an exit code."""
    try:
        # Outside standalone mode click returns the code of an Exit instead of ending the process.
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe went away, as head does; nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        # What the system refused, with the file it is about.
        click.echo(f"kg: {error}", err=True)
        sys.exit(2)
    except KgError as error:
        click.echo(f"kg: {error}", err=True)
        sys.exit(next((code for kind, code in _EXIT_CODES.items() if isinstance(error, kind)), 2))
