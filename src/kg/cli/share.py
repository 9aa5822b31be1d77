"""kg export, kg publish, kg link: what leaves the house."""

from pathlib import Path

import click

from kg import snapshot
from kg.cli.options import Context, place_options
from kg.export.dumps import FOLDER_FORMS, FORMS, nquads_of
from kg.export.dumps import export as write_export
from kg.snapshot import Snapshot


def _chosen(folder: Path, release: str | None) -> Snapshot:
    return snapshot.find(folder, release) if release else snapshot.current(folder)


@click.command()
@place_options
@click.option(
    "--format",
    "word",
    type=click.Choice((*FORMS, *FOLDER_FORMS)),
    default="nquads",
    show_default=True,
    help="What to write; parquet and ro-crate fill a new folder.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File or folder to write.")
@click.option("--release", help="Export this kept release instead of the current one.")
@click.pass_obj
def export(
    context: Context, root: str | None, snapshots: str | None, word: str, output: Path, release: str | None
) -> None:
    """Write the whole graph down in one of many forms."""
    one = _chosen(context.settings(root=root, snapshots_dir=snapshots).snapshots_dir, release)
    written = write_export(nquads_of(one), one.release, word, output)
    click.echo(f"release {one.release}: {FORMS[word].title if word in FORMS else word} in {written}")


COMMANDS = (export,)
