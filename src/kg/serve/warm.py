"""The first visit after a release is as quick as the others: pages are asked for before people do.

Whatever a page reads once of a release, and the answers to its questions, are kept with the release; so asking for a
page makes the next visit quick, whoever comes.
"""

import logging
import time
from collections.abc import Iterable

from flask import Flask

from kg.serve.pages.rooms import ROOMS
from kg.serve.site import Site

log = logging.getLogger(__name__)

_FIRST = ("/", "/search?q=city", *(f"/{room.path}" for room in ROOMS), "/technologies", "/sparql")
_THEN = ("/quality", "/about", "/ontology", "/questions", "/reports", "/vocab.json")
# Ten times what the slowest page of the corpus takes.
_LONG_S = 2.0
_BROWSER = {"Accept": "text/html"}


def warm_rooms(app: Flask) -> None:
    """Ask for home, search and the lists, which read most, of a release that nobody is served yet."""
    _visit(app, _FIRST, pause=False)


def warm_all(app: Flask) -> None:
    """Ask for home, search and the lists of the release that is served, then for what `warm_rest` asks."""
    if _visit(app, _FIRST, pause=True):
        warm_rest(app)


def warm_rest(app: Flask) -> None:
    """Ask for the other pages, every question and every report, with the values that they start with.

    Takes at most half of a processor, and ends when another release is served, or at the first page that takes long:
    in a release that large the work would go on for minutes and take the processor from those who ask.
    """
    here: Site = app.extensions["kg"]
    reports = sorted((here.snapshot.files / "queries" / "reports").glob("*.md"))
    questions = (f"/questions/{question.name}" for question in here.catalog)
    _visit(app, (*_THEN, *questions, *(f"/reports/{path.stem}" for path in reports)), pause=True)


def _visit(app: Flask, paths: Iterable[str], *, pause: bool) -> bool:
    """Ask for pages one after the other; tell whether it came to the end."""
    here: Site = app.extensions["kg"]
    client = app.test_client()
    for path in paths:
        if app.extensions["kg"] is not here:
            return False
        began = time.monotonic()
        status = client.get(path, headers=_BROWSER).status_code
        if status >= 500:
            log.error("%s could not be made ready: %d", path, status)
        if pause:
            seconds = time.monotonic() - began
            if seconds > _LONG_S:
                log.info("%s takes %.1f s; the other pages are made when they are asked for", path, seconds)
                return False
            time.sleep(seconds)
    return True
