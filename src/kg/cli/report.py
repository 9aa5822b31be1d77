"""kg report: a saved report as HTML, Markdown or PDF."""

import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from kg import snapshot
from kg.catalog.command import read_pairs
from kg.catalog.load import Catalog
from kg.cli.options import Context, place_options
from kg.engine.local import LocalEngine
from kg.errors import KgError
from kg.report import FORMATS, load_reports, report_bytes


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a report."""
    try:
        folder = Context(root=None, snapshots_dir=None, config=None).settings().root / "queries" / "reports"
    except KgError:
        return []
    return [CompletionItem(path.stem) for path in sorted(folder.glob(f"{incomplete}*.md"))]


@click.command()
@place_options
@click.argument("name", required=False, shell_complete=_names)
@click.option("-p", "--param", "pairs", multiple=True, metavar="name=value", help="A parameter; may stand often.")
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), help="Default: what -o ends in, else md.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default standard output.")
@click.option("--release", help="Ask this kept release instead of the current one.")
@click.pass_obj
def report(
    context: Context,
    root: str | None,
    snapshots: str | None,
    name: str | None,
    pairs: tuple[str, ...],
    form: str | None,
    output: Path | None,
    release: str | None,
) -> None:
    """Write the report NAME; without a name, list the reports."""
    folder = context.settings(root=root, snapshots_dir=snapshots).snapshots_dir
    one = snapshot.find(folder, release) if release else snapshot.current(folder)
    catalog = Catalog.of_release(one.files / "queries")
    reports = one.files / "queries" / "reports"
    if name is None:
        for found in load_reports(reports, catalog):
            parameters = " ".join(f"-p {parameter.name}=…" for parameter in found.params)
            click.echo(f"{found.name:28} {parameters:16} {found.summary}")
        return
    suffix = output.suffix.removeprefix(".") if output else ""
    chosen = form or (suffix if suffix in FORMATS else "md")
    if chosen == "pdf" and output is None and sys.stdout.isatty():
        raise click.UsageError("a PDF does not belong on a terminal; give -o FILE")
    body = report_bytes(LocalEngine(one), catalog, reports, name, read_pairs(pairs), chosen)
    if output is None:
        sys.stdout.buffer.write(body)
        return
    try:
        output.write_bytes(body)
    except OSError as error:
        raise click.FileError(str(output), error.strerror or "cannot be written") from error


COMMANDS = (report,)
