"""kg query, kg diff: what a reader runs."""

import json
import sys
from dataclasses import asdict

import click
from click.shell_completion import CompletionItem

from kg import snapshot
from kg.catalog.command import FORMAT_WORDS, answer_bytes, ask, find
from kg.catalog.load import Catalog
from kg.cli.options import Context, place_options
from kg.diff import Change, LeftOut, diff_answers, diff_graphs, diff_left_out
from kg.engine import Engine
from kg.engine.local import LocalEngine
from kg.errors import KgError


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a saved question."""
    try:
        folder = Context(root=None, snapshots_dir=None, config=None).settings().root / "queries"
    except KgError:
        return []
    return [CompletionItem(path.stem) for path in sorted(folder.glob(f"{incomplete}*.rq"))]


def _catalog(one: snapshot.Snapshot) -> Catalog:
    return Catalog.of_release(one.files / "queries")


@click.command()
@place_options
@click.argument("question", metavar="NAME|FILE|-", shell_complete=_names)
@click.option("-p", "--param", "pairs", multiple=True, metavar="name=value", help="A parameter; may stand often.")
@click.option("--format", "format_word", type=click.Choice(FORMAT_WORDS), default="table", help="Form of the answer.")
@click.option("--evidence", is_flag=True, help="Add the evidence of each row.")
@click.option("--bom", is_flag=True, help="Begin CSV with a byte-order mark, for spreadsheets.")
@click.option("--release", help="Ask this kept release instead of the current one.")
@click.pass_obj
def query(
    context: Context,
    root: str | None,
    snapshots: str | None,
    question: str,
    pairs: tuple[str, ...],
    format_word: str,
    evidence: bool,
    bom: bool,
    release: str | None,
) -> None:
    """Ask a saved question by NAME, or the SPARQL of a FILE or of standard input."""
    folder = context.settings(root=root, snapshots_dir=snapshots).snapshots_dir
    one = snapshot.find(folder, release) if release else snapshot.current(folder)
    asked = find(_catalog(one), question, sys.stdin.read() if question == "-" else None)
    done = answer_bytes(_engine(one), asked, pairs, format_word=format_word, evidence=evidence, bom=bom)
    click.echo(done.body, nl=False)
    if done.empty is not None:
        click.echo(f"kg: no rows: {done.empty}", err=True)
    if not done.complete:
        click.echo("kg: the answer is not complete: rows were left out by a limit", err=True)


@click.command()
@place_options
@click.argument("before")
@click.argument("after")
@click.argument("question", required=False, shell_complete=_names)
@click.option("-p", "--param", "pairs", multiple=True, metavar="name=value", help="A parameter of the question.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@click.pass_obj
def diff(
    context: Context,
    root: str | None,
    snapshots: str | None,
    before: str,
    after: str,
    question: str | None,
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what changed from release BEFORE to AFTER, in the graph or in the answer to one question.

    A release is named by its id, the beginning of it, or the word current.

    Exit code 0: nothing changed; 1: something did.
    """
    folder = context.settings(root=root, snapshots_dir=snapshots).snapshots_dir
    old, new = snapshot.find(folder, before), snapshot.find(folder, after)
    others: tuple[LeftOut, ...] = ()
    if question is None:
        changes = diff_graphs(old, new)
        others = diff_left_out(old, new)
    else:
        saved = _catalog(new).question(question)
        answers = [ask(_engine(one), saved, pairs).rows for one in (old, new)]
        changes = diff_answers(old, new, answers[0], answers[1])
    if as_json:
        click.echo(json.dumps([asdict(change) for change in changes], indent=1, ensure_ascii=False))
    else:
        for change in changes:
            click.echo(_line(change))
        click.echo(f"{len(changes)} changes from {old.release} to {new.release}")
    if others:
        told = "; ".join(f"{one.graph} {_count(one)}" for one in others)
        click.echo(f"not compared fact by fact: {told}", err=as_json)
    if changes or any(one.added or one.removed for one in others):
        raise click.exceptions.Exit(1)


def _count(one: LeftOut) -> str:
    return f"{one.added} triples added, {one.removed} removed" if one.added or one.removed else "the same"


def _line(change: Change) -> str:
    causes = f"  [{', '.join(change.causes)}]" if change.causes else ""
    return f"{change.kind:8} {change.what}: {change.detail}{causes}"


def _engine(one: snapshot.Snapshot) -> Engine:
    return LocalEngine(one)


COMMANDS = (query, diff)
