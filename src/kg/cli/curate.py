"""kg build, check, audit, coverage: what a curator runs."""

import json
from pathlib import Path
from typing import Final

import click

from kg import build as building
from kg.cli.options import Context, place_options, stage_printer
from kg.tables import audit as auditing
from kg.tables import coverage as covering

# A table that is left out by mistake must not fill the screen.
_SHOWN: Final = 20


@click.command()
@place_options
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def build(context: Context, root: str | None, snapshots: str | None, quiet: bool, as_json: bool) -> None:
    """Read the tables, check them, infer, and publish a snapshot."""
    settings = context.settings(root=root, snapshots_dir=snapshots)
    made = building.build(settings.root, settings.snapshots_dir, progress=stage_printer(quiet=quiet or as_json))
    if not quiet:
        for fault in made.vanished[:_SHOWN]:
            click.echo(f"warning: {fault}", err=True)
        if len(made.vanished) > _SHOWN:
            click.echo(f"warning: {len(made.vanished) - _SHOWN} more in files/warnings.txt of the release", err=True)
    figures = {
        "release": made.snapshot.release,
        "path": str(made.snapshot.path),
        "rows": dict(made.checked.rows),
        "triples": {"stated": made.stated, "inferred": made.inferred},
        "warnings": len(made.checked.warnings),
        "seconds": dict(made.checked.seconds),
        "peak_memory_mb": made.peak_memory_mb,
    }
    if as_json:
        click.echo(json.dumps(figures, indent=1))
        return
    if quiet:
        return
    for note in made.checked.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"release {made.snapshot.release}")
    click.echo(f"{sum(made.checked.rows.values())} rows in {len(made.checked.rows)} tables")
    click.echo(f"{made.stated} stated and {made.inferred} inferred triples")
    click.echo(f"{len(made.checked.warnings)} warnings" + (" (kg check lists them)" if made.checked.warnings else ""))
    click.echo(f"{sum(made.checked.seconds.values()):.1f} s, {made.peak_memory_mb} MB")


@click.command()
@place_options
@click.option("--tables-only", is_flag=True, help="Read the tables; check no shapes.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def check(
    context: Context, root: str | None, snapshots: str | None, tables_only: bool, quiet: bool, as_json: bool
) -> None:
    """Check tables and shapes; publish nothing."""
    settings = context.settings(root=root, snapshots_dir=snapshots)
    checked = building.check(settings.root, tables_only=tables_only, progress=stage_printer(quiet=quiet or as_json))
    if as_json:
        figures = {
            "rows": dict(checked.rows),
            "warnings": [str(fault) for fault in checked.warnings],
            "notes": list(checked.notes),
            "seconds": dict(checked.seconds),
        }
        click.echo(json.dumps(figures, indent=1, ensure_ascii=False))
        return
    if quiet:
        return
    for note in checked.notes:
        click.echo(f"note: {note}", err=True)
    for fault in checked.warnings:
        click.echo(f"warning: {fault}")
    what = "tables" if tables_only else "tables, links, questions and shapes"
    click.echo(f"{what} are sound: {sum(checked.rows.values())} rows, {len(checked.warnings)} warnings")


@click.command()
@place_options
@click.option("--texts", type=click.Path(path_type=Path), required=True, help="Folder of the source texts.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def audit(context: Context, root: str | None, snapshots: str | None, texts: Path, as_json: bool) -> None:
    """Compare every evidence cell with the lines of the source texts."""
    settings = context.settings(root=root, snapshots_dir=snapshots)
    corpus = building.read_tables(settings.root)
    found = auditing.audit(corpus, auditing.read_texts(texts, corpus.sources))
    failures = (*found.misses, *found.unused_waivers)
    share = 100 * found.waived_cells / found.cells if found.cells else 0.0
    if as_json:
        figures = {
            "cells": found.cells,
            "audited": found.audited,
            "without_text": found.without_text,
            "checks": found.checks,
            "waived_cells": found.waived_cells,
            "median_lines": found.median_lines,
            "longest": found.longest,
            "misses": [str(fault) for fault in failures],
        }
        click.echo(json.dumps(figures, indent=1, ensure_ascii=False))
    else:
        for fault in failures:
            click.echo(str(fault))
        click.echo(
            f"{found.cells} evidence cells: {found.audited} audited against the texts, "
            f"{found.without_text} rest on sources without lines, {found.waived_cells} waived ({share:.1f} %)"
        )
        click.echo(f"{found.checks} checks, {len(found.misses)} misses")
        click.echo(f"ranges: median {found.median_lines:g} lines, longest {found.longest}")
    if failures:
        raise click.exceptions.Exit(1)


@click.command()
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_obj
def coverage(context: Context, root: str | None, snapshots: str | None, as_json: bool) -> None:
    """Show the share of each document's lines that evidence touches, section by section."""
    settings = context.settings(root=root, snapshots_dir=snapshots)
    parts = covering.coverage(building.read_tables(settings.root))
    if as_json:
        click.echo(json.dumps(covering.as_records(parts), indent=1, ensure_ascii=False))
    else:
        click.echo(covering.as_text(parts))


COMMANDS = (build, check, audit, coverage)
