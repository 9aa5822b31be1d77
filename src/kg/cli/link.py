"""kg link: propose links, apply the accepted ones."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from kg import snapshot
from kg.cli.options import Context, place_options
from kg.engine.local import LocalEngine
from kg.errors import ConfigError, CuratedDataError, KgError
from kg.link.gate import Thing
from kg.link.gazetteer import Gazetteer
from kg.link.propose import BATCH, GAZETTEER, asked_already, from_gazetteer, from_service, scheme_of, unlinked
from kg.link.review import FILE, NOTHING, Proposal, merge, read_review, write_review
from kg.link.service import WIKIDATA, LinkService
from kg.link.things import read_matches, read_things
from kg.tables.links import add_links
from kg.vocab import OUTSIDE, compact

_KINDS = {"place": ("city", "place"), "actor": ("actor",), "project": ("project",)}


@click.group(invoke_without_command=True)
@place_options
@click.option(
    "--kind", "kinds", type=click.Choice(tuple(_KINDS)), multiple=True, help="What to link; places and actors if none."
)
@click.option("--service", "services", multiple=True, metavar="URL", help="Reconciliation service; Wikidata's if none.")
@click.option("--offline", is_flag=True, help="Ask the gazetteer only.")
@click.option("--rate", type=click.FloatRange(0.01, 100), default=2.0, show_default=True, help="Requests a second.")
@click.option("--most", type=click.IntRange(1), help="Ask for at most so many things.")
@click.option("--again", is_flag=True, help="Ask also for what was asked before.")
@click.option("--review", type=click.Path(path_type=Path), help="Review file (default data/links/review.tsv).")
@click.pass_context
def link(
    command: click.Context,
    root: str | None,
    snapshots: str | None,
    kinds: tuple[str, ...],
    services: tuple[str, ...],
    offline: bool,
    rate: float,
    most: int | None,
    again: bool,
    review: Path | None,
) -> None:
    """Propose links for what has none: candidates with scores go into a review file.

    A person writes accept, reject or later into its first column; kg link apply moves what was accepted into the
    tables. A run can be broken off and repeated: what was asked is not asked again, what was decided stays.
    """
    if command.invoked_subcommand is not None:
        return
    settings = command.obj.settings(root=root, snapshots_dir=snapshots)
    engine = LocalEngine(snapshot.current(settings.snapshots_dir))
    things, matches = read_things(engine), read_matches(engine)
    wanted = [kind for word in kinds or tuple(_KINDS)[:2] for kind in _KINDS[word]]
    path = review or settings.root / "data" / "links" / FILE
    known = read_review(path)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    places = unlinked(things, matches, [kind for kind in wanted if kind in _KINDS["place"]], "geonames")
    places = _left(places, () if again else known, GAZETTEER, most)
    failed = False
    try:
        known = _look_up(places, known, path, today)
    except ConfigError as error:
        click.echo(f"kg: could not ask {GAZETTEER}: {error}", err=True)
        failed = True
    for url in () if offline else services or (WIKIDATA,):

        def left(scheme: str, url: str = url) -> list[Thing]:
            asked = () if again else read_review(path)
            return _left(unlinked(things, matches, wanted, scheme), asked, url, most)

        try:
            known = _ask(url, left, rate, known, path, today)
        except KgError as error:
            # What was learned before is in the file already.
            click.echo(f"kg: could not ask {url}: {error}", err=True)
            failed = True
            known = read_review(path)
    if offline:
        click.echo("no service was asked: --offline", err=True)
    open_ones = sum(not one.decision and one.object_id != NOTHING for one in known)
    click.echo(f"{path}: {len(known)} lines, {open_ones} to decide")
    if failed:
        raise click.exceptions.Exit(1)


@link.command()
@place_options
@click.option("--review", type=click.Path(path_type=Path), help="Review file (default data/links/review.tsv).")
@click.option("--reviewer", help="Who decided; needed for owl:sameAs.")
@click.pass_obj
def apply(context: Context, root: str | None, snapshots: str | None, review: Path | None, reviewer: str | None) -> None:
    """Move the accepted links of the review file into data/links/, all of them or none."""
    settings = context.settings(root=root, snapshots_dir=snapshots)
    folder = settings.root / "data" / "links"
    path = review or folder / FILE
    proposals = read_review(path)
    if not proposals:
        raise CuratedDataError(f"{path}: nothing was proposed yet; run kg link")
    accepted = [one for one in proposals if one.decision == "accept"]
    engine = LocalEngine(snapshot.current(settings.snapshots_dir))
    count = add_links(folder, [_row(one, reviewer) for one in accepted], frozenset(read_things(engine)), OUTSIDE)
    done = {(one.subject_id, one.object_id) for one in accepted}
    write_review(
        path,
        (replace(one, decision="applied") if (one.subject_id, one.object_id) in done else one for one in proposals),
    )
    click.echo(f"{count} links added to {folder}; kg build checks them and publishes")


def _look_up(places: list[Thing], known: tuple[Proposal, ...], path: Path, today: str) -> tuple[Proposal, ...]:
    if places:
        gazetteer = Gazetteer(places)
        known = _propose(GAZETTEER, places, lambda batch: from_gazetteer(batch, gazetteer, today), known, path)
    click.echo(f"{GAZETTEER}: asked for {len(places)} places")
    return known


def _propose(
    label: str,
    things: list[Thing],
    ask: Callable[[list[Thing]], Iterable[Proposal]],
    known: tuple[Proposal, ...],
    path: Path,
) -> tuple[Proposal, ...]:
    """Ask about things, batch by batch; after each the review is written, so that a run can be broken off."""
    with click.progressbar(length=len(things), label=label, file=sys.stderr) as bar:
        for start in range(0, len(things), BATCH):
            batch = things[start : start + BATCH]
            known = merge(known, ask(batch))
            write_review(path, known)
            bar.update(len(batch))
    return known


def _ask(
    url: str,
    things: Callable[[str], list[Thing]],
    rate: float,
    known: tuple[Proposal, ...],
    path: Path,
    today: str,
) -> tuple[Proposal, ...]:
    """Ask a service about the things without a link to its data set; for one that we do not know, to Wikidata."""
    service = LinkService(url, per_second=rate)
    try:
        name = service.open()
        left = things(scheme_of(service.space) or "wikidata")
        known = _propose(name, left, lambda batch: from_service(batch, service, today), known, path)
        click.echo(f"{url}: asked for {len(left)} things")
    finally:
        service.close()
    return known


def _left(things: list[Thing], known: Iterable[Proposal], source: str, most: int | None) -> list[Thing]:
    asked = asked_already(known, source)
    return [thing for thing in things if compact(thing.iri) not in asked][:most]


def _row(one: Proposal, reviewer: str | None) -> dict[str, str]:
    return {
        "subject_id": one.subject_id,
        "subject_label": one.subject_label,
        "predicate_id": one.predicate_id,
        "object_id": one.object_id,
        "object_label": one.object_label,
        "mapping_justification": "semapv:ManualMappingCuration",
        "object_source": "",
        "mapping_date": one.asked_on,
        "confidence": f"{min(max(one.score, 0.0), 100.0) / 100:.2f}",
        "review_status": "reviewed" if reviewer else "checked",
        "reviewer_label": reviewer or "",
        "comment": f"Proposed by {one.asked}",
    }


COMMANDS = (link,)
