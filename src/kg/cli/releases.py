"""kg snapshots, rollback, verify: the published releases."""

import json

import click

from kg import snapshot
from kg.cli.options import Context, place_options
from kg.errors import SnapshotError


@click.command()
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
def snapshots(context: Context, root: str | None, snapshots: str | None, as_json: bool) -> None:
    """List the kept releases, newest first; the served one carries a star."""
    folder = context.settings(root=root, snapshots_dir=snapshots).snapshots_dir
    found = snapshot.list_snapshots(folder)
    try:
        served = snapshot.current(folder).release
    except SnapshotError:
        served = ""
    if as_json:
        records = [
            {
                "release": one.release,
                "published": one.manifest.get("published"),
                "quads": sum(one.manifest.get("quads", {}).values()),
                "current": one.release == served,
            }
            for one in found
        ]
        click.echo(json.dumps(records, indent=1))
        return
    for one in found:
        mark = "*" if one.release == served else " "
        quads = sum(one.manifest.get("quads", {}).values())
        click.echo(f"{mark} {one.release}  {one.manifest.get('published', '')}  {quads} quads")
    if not found:
        raise SnapshotError(f"{folder}: no snapshot is published here; run kg build")


@click.command()
@place_options
@click.argument("release", required=False)
@click.pass_obj
def rollback(context: Context, root: str | None, snapshots: str | None, release: str | None) -> None:
    """Serve RELEASE again, or the release before the current one."""
    folder = context.settings(root=root, snapshots_dir=snapshots).snapshots_dir
    click.echo(f"current is now {snapshot.rollback(folder, release).release}")


@click.command()
@place_options
@click.argument("release", required=False)
@click.pass_obj
def verify(context: Context, root: str | None, snapshots: str | None, release: str | None) -> None:
    """Compare every file of a release (or of all) with its digest, and count the quads."""
    folder = context.settings(root=root, snapshots_dir=snapshots).snapshots_dir
    chosen = (snapshot.find(folder, release),) if release else snapshot.list_snapshots(folder)
    if not chosen:
        raise SnapshotError(f"{folder}: no snapshot is published here; run kg build")
    damaged = False
    for one in chosen:
        problems = list(snapshot.verify(one))
        if not problems:
            try:
                snapshot.prove(one.path)
            except SnapshotError as error:
                problems.append(str(error))
        damaged = damaged or bool(problems)
        click.echo(f"{one.release}: {'damaged' if problems else 'intact'}")
        for problem in problems:
            click.echo(f"  {problem}")
    if damaged:
        raise click.exceptions.Exit(1)


COMMANDS = (snapshots, rollback, verify)
