"""kg snapshots, rollback, verify: the published releases."""

import json
from pathlib import Path

import click

from kg import snapshot
from kg.catalog import Catalog
from kg.cli.options import Context, place_options
from kg.errors import KgError, SnapshotError


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
    with snapshot.writer_lock(folder):
        target = _earlier(folder) if release is None else snapshot.find(folder, release)
        _try(target)
        snapshot.switch(folder, target.release)
    click.echo(f"current is now {target.release}")


def _earlier(folder: Path) -> snapshot.Snapshot:
    """Return the release published before the current one; the newest where none is current."""
    kept = snapshot.list_snapshots(folder)
    if not (folder / snapshot.CURRENT).is_symlink():
        older = kept
    else:
        now = snapshot.current(folder).release
        names = [one.release for one in kept]
        older = kept[names.index(now) + 1 :] if now in names else kept
        if not older:
            raise SnapshotError(f"{folder}: no snapshot older than {now} is kept")
    if not older:
        raise SnapshotError(f"{folder}: no snapshot is published here; run kg build")
    return older[0]


def _try(target: snapshot.Snapshot) -> None:
    """Open a release as serving would; a running service would refuse it otherwise, and a new one would not start."""
    problems = snapshot.verify(target)
    if problems:
        raise SnapshotError(f"{target.path}: damaged, not switched to: {problems[0]}")
    queries = target.files / "queries"
    try:
        snapshot.prove(target.path)
        readable = len(Catalog.of_release(queries))
    except KgError as error:
        raise SnapshotError(f"{target.path}: this version cannot read it, not switched to: {error.summary}") from error
    if not readable and any(queries.glob("*.rq")):
        raise SnapshotError(f"{target.path}: this version can read none of its questions, not switched to")


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
