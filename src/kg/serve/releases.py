"""`/id/release/ID`: a release as a thing, with what it is made of and how to make it again, while its files are kept.

A release that is no longer kept answers 410 with the way to build it again, an unknown one 404: `kg.serve.kept`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from kg.export import describe
from kg.export.dumps import FOLDER, Dump, read_dumps
from kg.serve.kept import kept_snapshot
from kg.serve.negotiate import required
from kg.serve.resources import FORMATS
from kg.serve.site import address_of, site
from kg.snapshot import MANIFEST, Snapshot, list_snapshots
from kg.vocab import GRAPH, iri

blueprint = Blueprint("releases", __name__)

_HTML: Final = "text/html"
_JSON: Final = "application/json"


@blueprint.get("/id/release/<release>")
def identify(release: str) -> BaseResponse:
    """Lead to the page or the data about a kept release."""
    kept_release(release)
    media = required(request.headers.get("Accept"), (_HTML, *FORMATS.values()), f"release:{release}")
    suffix = next((suffix for suffix, known in FORMATS.items() if known == media), "")
    return redirect(f"/data/release/{release}.{suffix}" if suffix else f"/page/release/{release}", code=303)


@blueprint.get("/page/release/<release>")
def page(release: str) -> Response:
    """What a release is, and how to build it again."""
    one = kept_release(release)
    manifest = one.manifest
    previous = previous_of(one)
    kept = {each.release for each in list_snapshots(site().settings.snapshots_dir)}
    shown = render_template(
        "releases/release.html",
        release=release,
        iri=iri("release", release),
        manifest=manifest,
        published=str(manifest.get("published", ""))[:10],
        graphs=[(name.removeprefix(GRAPH), size) for name, size in sorted(_sizes(manifest).items())],
        triples=sum(_sizes(manifest).values()),
        rows=list((manifest.get("rows") or {}).items()),
        dumps=_dumps(one),
        previous=previous,
        previous_is_kept=previous in kept,
        commit=str(manifest.get("commit") or "").removesuffix("-dirty"),
        is_dirty=str(manifest.get("commit") or "").endswith("-dirty"),
        tools=sorted((manifest.get("tools") or {}).items()),
        inputs=sorted((manifest.get("inputs") or {}).items()),
    )
    answer = Response(shown, mimetype=_HTML)
    answer.headers["Link"] = f'<{iri("release", release)}>; rel="describes"'
    return answer


@blueprint.get("/data/release/<name>")
def data(name: str) -> Response:
    """What is said of a release in RDF; its manifest as JSON."""
    release, dot, suffix = name.rpartition(".")
    if dot and suffix in FORMATS:
        media = FORMATS[suffix]
    else:
        release = name
        media = required(request.headers.get("Accept"), tuple(FORMATS.values()), f"release:{release}")
    one = kept_release(release)
    if media == _JSON:
        body = json.dumps(dict(one.manifest), indent=1, sort_keys=True).encode() + b"\n"
    else:
        version = describe.Version(
            release=release,
            published=str(one.manifest.get("published", "")),
            dumps=_dumps(one),
            triples=sum(_sizes(one.manifest).values()) or None,
            provenance=_provenance(one.manifest),
        )
        body = describe.release(version, media, base=address_of(site()), previous=previous_of(one))
    answer = Response(body, content_type=f"{media}; charset=utf-8" if media.startswith("text/") else media)
    answer.headers["Link"] = f'<{iri("release", release)}>; rel="describes"'
    return answer


@blueprint.get("/dump/manifest.json")
@blueprint.get("/dump/<release>/manifest.json")
def manifest_file(release: str = "") -> Response:
    """The manifest of a release, byte for byte: digests of every file and input, counts, versions."""
    one = kept_release(release) if release else site().snapshot
    answer = send_file(one.path / MANIFEST, mimetype=_JSON, conditional=True)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if release else "no-cache"
    return answer


def kept_release(release: str) -> Snapshot:
    """Return the release that is served, or another one whose files are here.

    Raises:
        UnknownReleaseError: no release of this id was ever published here.
        ReleaseGoneError: it was, and is no longer kept.
    """
    here = site()
    return here.snapshot if release == here.release else kept_snapshot(here.settings, release)


def previous_of(one: Snapshot) -> str | None:
    """Return the id of the release that one follows; of an older manifest, the one published before it."""
    if "predecessor" in one.manifest:
        return one.manifest["predecessor"] or None
    names = [each.release for each in list_snapshots(one.path.parent)]
    older = names[names.index(one.release) + 1 :] if one.release in names else []
    return older[0] if older else None


def _dumps(one: Snapshot) -> tuple[Dump, ...]:
    return read_dumps(one.files / FOLDER)


def _sizes(manifest: Mapping[str, Any]) -> Mapping[str, int]:
    found = manifest.get("quads")
    return found if isinstance(found, dict) else {}


def _provenance(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    tools = [f"{name} {version}" for name, version in sorted((manifest.get("tools") or {}).items())]
    return (*tools, *([f"git commit {manifest['commit']}"] if manifest.get("commit") else []))
