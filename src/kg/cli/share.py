"""kg export, kg publish, kg link: what leaves the house."""

import sys
from pathlib import Path
from typing import Any

import click

from kg import snapshot
from kg.cli import link
from kg.cli.options import Context, place_options
from kg.engine.store_http import StoreClient, addresses
from kg.export.dumps import FORMS, ON_DEMAND
from kg.export.dumps import export as write_export
from kg.export.stores import publish_to
from kg.snapshot import Snapshot


def _chosen(folder: Path, release: str | None) -> Snapshot:
    return snapshot.find(folder, release) if release else snapshot.current(folder)


@click.command()
@place_options
@click.option(
    "--format",
    "word",
    type=click.Choice((*FORMS, *ON_DEMAND)),
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
    written = write_export(one, word, output)
    click.echo(f"release {one.release}: {FORMS[word].title if word in FORMS else word} in {written}")


@click.command()
@place_options
@click.option("--to", "url", required=True, metavar="URL", help="Query address of a SPARQL 1.1 store, as in KG_STORE.")
@click.option("--update", metavar="URL", help="Its address for updates, if not where the common servers have it.")
@click.option("--graphs", metavar="URL", help="Its Graph Store address; 'none' sends by updates.")
@click.option("--verify", type=click.Choice(("digest", "counts")), default="digest", show_default=True)
@click.option("--fresh", is_flag=True, help="Send every graph again, also those that seem to be there.")
@click.option("--prune", is_flag=True, help="Take out other releases, all but the one that was current.")
@click.option("--release", help="Publish this kept release instead of the current one.")
@click.pass_obj
def publish(
    context: Context,
    root: str | None,
    snapshots: str | None,
    url: str,
    update: str | None,
    graphs: str | None,
    verify: str,
    fresh: bool,
    prune: bool,
    release: str | None,
) -> None:
    """Load a release into a SPARQL store, prove it, and make it the current one there.

    Credentials come from KG_STORE_CREDENTIALS. A run that breaks off can be repeated: what is there is not sent again.
    """
    settings = context.settings(root=root, snapshots_dir=snapshots, store=url)
    one = _chosen(settings.snapshots_dir, release)
    where = addresses(url, update, "" if graphs == "none" else graphs)
    client = StoreClient(where, settings.store_credentials)
    try:
        with click.progressbar(length=100, label="kg publish", file=sys.stderr, item_show_func=str) as bar:
            done = publish_to(
                client, one, proof=verify, fresh=fresh, prune=prune, progress=lambda *step: _show(bar, *step)
            )
    finally:
        client.close()
    click.echo(f"release {done.release}: {done.triples} triples in {done.graphs - 1} graphs, {done.sent} graphs sent")
    click.echo(f"verified by {done.proof}; current is now {done.release}, before it {done.before or 'none'}")
    for old in done.dropped:
        click.echo(f"dropped {old}")


def _show(bar: Any, what: str, done: int, total: int) -> None:
    share = 100 * done // max(total, 1)
    bar.update(max(share - bar.pos, 0), what)


COMMANDS = (export, publish, *link.COMMANDS)
