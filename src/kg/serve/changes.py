"""`/changes`: what came, went and changed between two kept releases, as a page, as JSON and as an Atom feed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, Final
from xml.etree import ElementTree

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from kg.diff import Change, LeftOut, Tally, diff_graphs, diff_left_out, tally
from kg.errors import ParameterError, SnapshotError
from kg.serve.negotiate import prefers_html
from kg.serve.releases import kept_release, previous_of
from kg.serve.responses import text_response
from kg.serve.site import address_of, site
from kg.snapshot import CURRENT, Snapshot, find, list_snapshots, open_snapshot
from kg.vocab import KINDS, iri

blueprint = Blueprint("changes", __name__)

_JSON: Final = "application/json"
_ATOM: Final = "application/atom+xml"
_SHOWN_THINGS: Final = 50
# Comparing takes seconds of a processor: never twice at once.
_COMPARING: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two releases compared.

    Attributes:
        left_out: what differs in graphs that are not compared fact by fact.
    """

    things: Tally
    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...]


@blueprint.get("/changes")
def newest() -> Response:
    """What changed between the release before and the one that answers, as a page or as JSON."""
    here = site().snapshot
    return _changes(_before(here), here, as_json=not _is_for_people())


@blueprint.get("/changes.json")
def newest_json() -> Response:
    """The same as JSON."""
    here = site().snapshot
    return _changes(_before(here), here, as_json=True)


@blueprint.get("/changes.atom")
def feed() -> Response:
    """A feed of the kept releases, each with how much changed."""
    return text_response(_atom(_up_to_now(), address_of(site())), _ATOM)


@blueprint.get("/changes/<before>/<after>")
def between(before: str, after: str) -> BaseResponse:
    """What changed between two kept releases; `.json` at the end gives JSON."""
    suffix = ".json" if after.endswith(".json") else ""
    names = [before, after.removesuffix(".json")]
    old, new = (_release(name) for name in names)
    if names != [old.release, new.release]:
        query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
        return redirect(f"/changes/{old.release}/{new.release}{suffix}{query}", 302)
    return _changes(old, new, as_json=bool(suffix) or not _is_for_people())


def _changes(before: Snapshot | None, after: Snapshot, *, as_json: bool) -> Response:
    compared = _compare(before, after) if before is not None else None
    if as_json:
        return text_response(json.dumps(_record(before, after, compared), ensure_ascii=False, indent=1) + "\n", _JSON)
    things = _by_thing(before, compared.changes) if before is not None and compared is not None else []
    pages = max(1, -(-len(things) // _SHOWN_THINGS))
    page = _page_number(pages)
    start = (page - 1) * _SHOWN_THINGS
    shown = render_template(
        "changes/changes.html",
        before=before,
        after=after,
        compared=compared,
        things=things[start : start + _SHOWN_THINGS],
        total=len(things),
        start=start,
        page=page,
        pages=pages,
        pairs=[(previous, one) for one in _up_to_now() if (previous := _before(one)) is not None],
    )
    return text_response(shown, "text/html")


def _compare(before: Snapshot, after: Snapshot) -> Compared:
    with _COMPARING:
        return _compared(before.path, after.path)


@lru_cache(maxsize=4)
def _compared(before: Path, after: Path) -> Compared:
    # A release never changes, and its folder names it.
    old, new = open_snapshot(before), open_snapshot(after)
    return Compared(things=tally(old, new), changes=diff_graphs(old, new), left_out=diff_left_out(old, new))


def _release(name: str) -> Snapshot:
    """Return a kept release by its id, a beginning of it that fits one, or the word `current`."""
    here = site()
    if name == CURRENT:
        return here.snapshot
    try:
        return find(here.settings.snapshots_dir, name)
    except SnapshotError:
        return kept_release(name)


def _before(one: Snapshot) -> Snapshot | None:
    """Return the release that another follows, or the newest one published before it if that is no longer kept."""
    kept = list_snapshots(site().settings.snapshots_dir)
    previous = previous_of(one)
    older = [each for each in kept if each.release != one.release and _published(each) <= _published(one)]
    return next((each for each in kept if each.release == previous), older[0] if older else None)


def _up_to_now() -> list[Snapshot]:
    """Return the kept releases, newest first, without those that are newer than the one that answers."""
    here = site().snapshot
    others = [one for one in list_snapshots(site().settings.snapshots_dir) if one.release != here.release]
    return [here, *(one for one in others if _published(one) <= _published(here))]


def _published(one: Snapshot) -> str:
    return str(one.manifest.get("published", ""))


def _by_thing(before: Snapshot, changes: Sequence[Change]) -> list[tuple[str, str | None, list[Change]]]:
    """Return the changes thing by thing: its name, the address of its page if it has one, what changed."""
    found = []
    for what, group in groupby(changes, key=lambda change: change.what):
        listed = list(group)
        kind, _, slug = what.partition(":")
        page = f"/page/{kind}/{slug}" if kind in KINDS and slug else None
        if page is not None and all(change.kind == "removed" for change in listed):
            page = f"{page}?release={before.release}"  # The newer release has nothing at this address.
        found.append((what, page, listed))
    return found


def _record(before: Snapshot | None, after: Snapshot, compared: Compared | None) -> dict[str, Any]:
    return {
        "before": before.release if before is not None else None,
        "after": after.release,
        "published": after.manifest.get("published"),
        "things": asdict(compared.things) if compared is not None else None,
        "changes": [asdict(change) for change in compared.changes] if compared is not None else [],
        "not_compared_by_fact": [asdict(one) for one in compared.left_out] if compared is not None else [],
    }


def _atom(releases: Sequence[Snapshot], base: str) -> str:
    """Write the feed: RFC 4287."""
    root = ElementTree.Element("feed", xmlns="http://www.w3.org/2005/Atom")

    def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> None:
        ElementTree.SubElement(parent, name, attributes).text = text or None

    add(root, "title", "CityLedger: releases")
    add(root, "id", "https://w3id.org/cityledger/dataset")
    add(root, "updated", _published(releases[0]))
    add(root, "link", rel="self", type=_ATOM, href=f"{base}/changes.atom")
    add(root, "link", rel="alternate", type="text/html", href=f"{base}/changes")
    author = ElementTree.SubElement(root, "author")
    add(author, "name", "CityLedger contributors")
    for one in releases:
        before = _before(one)
        entry = ElementTree.SubElement(root, "entry")
        add(entry, "title", f"Release {one.release}")
        add(entry, "id", iri("release", one.release))
        add(entry, "updated", _published(one))
        address = f"changes/{before.release}/{one.release}" if before is not None else f"page/release/{one.release}"
        add(entry, "link", rel="alternate", type="text/html", href=f"{base}/{address}")
        add(entry, "summary", _summary(before, one))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _summary(before: Snapshot | None, one: Snapshot) -> str:
    if before is None:
        return "No earlier release is kept to compare it with."
    with _COMPARING:
        found = tally(before, one)
    numbers = f"{found.added} entries added, {found.removed} removed, {found.changed} changed"
    return f"Since release {before.release}: {numbers}."


def _page_number(pages: int) -> int:
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and 1 <= int(text) <= pages):
        raise ParameterError("page", f"a whole number from 1 to {pages}", "1")
    return int(text)


def _is_for_people() -> bool:
    return prefers_html(request.headers.get("Accept"), (_JSON,))
