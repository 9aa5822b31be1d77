"""`/.well-known/void`, `/catalog` and `/dump/`: the data set described and given away."""

import json
import logging
import re
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, send_file

from kg.errors import NotAcceptableError, SnapshotError
from kg.export import describe
from kg.export.dumps import FOLDER, SUMS, Dump, read_dumps
from kg.export.statistics import count
from kg.serve.kept import kept_snapshot
from kg.serve.negotiate import best, prefers_html, required
from kg.serve.problems import problem
from kg.serve.question_request import etag
from kg.serve.site import Site, address_of, site
from kg.snapshot import Snapshot, list_snapshots

log = logging.getLogger(__name__)
blueprint = Blueprint("publication", __name__)

_RELEASE: Final = re.compile(r"[0-9a-f]{16}")
_ALIASES: Final = {
    "application/x-turtle": "text/turtle",
    "text/n3": "text/turtle",
    "application/json": "application/ld+json",
}
_SUFFIXES: Final = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}


@blueprint.get("/.well-known/void")
@blueprint.get("/void.<suffix>")
def void(suffix: str = "") -> Response:
    """The VoID description, in the RDF syntax that the client likes best."""
    return _description("void", suffix)


@blueprint.get("/catalog")
@blueprint.get("/catalog.<suffix>")
def catalog(suffix: str = "") -> Response:
    """The DCAT catalogue, in the RDF syntax that the client likes best."""
    return _description("catalog", suffix)


@blueprint.get("/dump")
def dump_without_slash() -> Response:
    """Lead to the list."""
    return redirect("/dump/", 308)  # type: ignore[return-value]


@blueprint.get("/dump/")
def dumps() -> Response:
    """The list of the dumps of the release served."""
    return _list(site().snapshot)


@blueprint.get("/dump/<release>/")
def dumps_of_release(release: str) -> Response:
    """The list of the dumps of a kept release."""
    return _list(_kept_release(release))


@blueprint.get("/dump/<name>")
def newest_dump(name: str) -> Response:
    """One file of the release served."""
    if _RELEASE.fullmatch(name):
        return redirect(f"/dump/{name}/", 308)  # type: ignore[return-value]
    return _file(site().snapshot, name, lasting=False)


@blueprint.get("/dump/<release>/<name>")
def dump_of_release(release: str, name: str) -> Response:
    """One file of a kept release; its bytes never change."""
    return _file(_kept_release(release), name, lasting=True)


def _description(what: str, suffix: str) -> Response:
    here = site()
    offered = tuple(describe.SYNTAXES)
    if suffix and suffix not in _SUFFIXES:
        return problem(404, "not-found", "Not Found", "Nothing has this address.")
    kind = _SUFFIXES.get(suffix) or best(request.headers.get("Accept"), offered, _ALIASES)
    if kind is None and prefers_html(request.headers.get("Accept"), offered):
        kind = "text/turtle"  # A browser shows it as text, which is better than a refusal.
    if kind is None:
        raise NotAcceptableError("the description has none of the accepted types", offered)
    described = _describe(here)
    tag = etag(here.release, what, kind, described.base, *(version.release for version in described.versions))
    response = Response(status=304)
    if not request.if_none_match.contains(tag):
        body = describe.void(described, kind) if what == "void" else describe.dcat(described, kind)
        response = Response(body, content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _describe(here: Site) -> describe.Description:
    # Counting everything takes seconds, and a release never changes.
    numbers = here.memo.once("statistics", lambda: count(here.engine))
    return describe.Description(
        base=address_of(here),
        release=here.release,
        statistics=numbers,
        versions=_versions(here),
    )


def _versions(here: Site) -> tuple[describe.Version, ...]:
    found = [one for one in list_snapshots(here.settings.snapshots_dir) if one.release != here.release]
    older = [one for one in found if _published(one) <= _published(here.snapshot)]
    return tuple(
        describe.Version(release=one.release, published=_published(one), dumps=_dumps(one))
        for one in (here.snapshot, *older)
    )


def _dumps(one: Snapshot) -> tuple[Dump, ...]:
    """Return what a kept release carries; one that is damaged must not take the catalogue with it."""
    try:
        return read_dumps(_folder(one))
    except SnapshotError as error:
        log.warning("%s", error)
        return ()


def _published(one: Snapshot) -> str:
    return str(one.manifest.get("published", ""))


def _kept_release(release: str) -> Snapshot:
    here = site()
    return here.snapshot if release == here.release else kept_snapshot(here.settings, release)


def _list(one: Snapshot) -> Response:
    found = read_dumps(_folder(one))
    if required(request.headers.get("Accept"), ("application/json", "text/html"), "the list of dumps") == "text/html":
        page = render_template("publication/dumps.html", release=one.release, dumps=found, versions=_versions(site()))
        return Response(page, mimetype="text/html")
    content = {"release": one.release, "dumps": [{**asdict(dump), "url": _address(one, dump)} for dump in found]}
    return Response(json.dumps(content, indent=1) + "\n", mimetype="application/json")


def _address(one: Snapshot, dump: Dump) -> str:
    return f"/dump/{one.release}/{dump.name}"


def _file(one: Snapshot, name: str, *, lasting: bool) -> Response:
    listed = {dump.name: dump for dump in read_dumps(_folder(one))}
    path = _folder(one) / name
    if (name not in listed and name != SUMS) or not path.is_file():
        names = ", ".join(listed) or "none"
        return problem(404, "not-found", "No such dump", f"This release has no dump {name!r}; there are {names}.")
    dump = listed.get(name)
    response: Response = send_file(
        path,
        mimetype=dump.media_type if dump else "text/plain",
        as_attachment=dump is not None,
        download_name=name,
        etag=dump.sha256 if dump else True,
        conditional=True,
    )
    # A release never changes: whoever has the file of one may keep it.
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
    if dump is not None:
        response.headers["Repr-Digest"] = f"sha-256=:{_base64(dump.sha256)}:"
    return response


def _base64(hexadecimal: str) -> str:
    return b64encode(bytes.fromhex(hexadecimal)).decode()


def _folder(one: Snapshot) -> Path:
    return one.files / FOLDER
