"""Older releases, opened when a request names one: `?release=ID` answers from that snapshot while it is kept."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from kg.config import Settings
from kg.engine import Engine
from kg.errors import KgError, ReleaseGoneError, UnknownReleaseError
from kg.history import Entry, read
from kg.serve.site import Site
from kg.snapshot import Snapshot, list_snapshots, verify

log = logging.getLogger(__name__)

_MOST_OPEN: Final = 2
# A request that began on a release ends within its deadline; then its workers can go.
_CLOSE_AFTER_S: Final = 60.0


class KeptReleases:
    """Opens older releases with few workers, and closes the one that was asked longest ago."""

    def __init__(self, open_site: Callable[[Settings, Snapshot], Site]) -> None:
        """Remember how a release is opened."""
        self._open_site = open_site
        self._open: OrderedDict[str, Site] = OrderedDict()
        self._lock = threading.Lock()

    def site(self, settings: Settings, release: str) -> Site:
        """Return the site of a kept release.

        Raises:
            UnknownReleaseError: no release of this id was ever published here.
            ReleaseGoneError: it is no longer kept, or it is damaged or too old to be opened.
        """
        with self._lock:
            found = self._open.get(release)
            if found is None:
                found = self._opened(_modest(settings), kept_snapshot(settings, release))
                self._open[release] = found
            self._open.move_to_end(release)
            if len(self._open) > _MOST_OPEN:
                _, oldest = self._open.popitem(last=False)
                _close_later(oldest.engine)
            return found

    def _opened(self, settings: Settings, snapshot: Snapshot) -> Site:
        if settings.store:
            words = f"Release {snapshot.release} is not the one in the store that answers here"
            raise ReleaseGoneError(f"{words}; its files are at /dump/{snapshot.release}/.")
        problems = verify(snapshot)
        if problems:
            log.error("release %s was asked for and is damaged: %s", snapshot.release, problems[0])
            raise ReleaseGoneError(f"Release {snapshot.release} is damaged here. {_again(settings, snapshot.release)}")
        try:
            return self._open_site(settings, snapshot)
        except KgError as error:
            log.error("release %s was asked for and cannot be opened: %s", snapshot.release, error.summary)
            words = f"Release {snapshot.release} cannot be opened by this version of the software."
            raise ReleaseGoneError(f"{words} {_again(settings, snapshot.release)}") from error

    def close(self) -> None:
        """Stop the workers of every older release."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].engine.close()


def _modest(settings: Settings) -> Settings:
    """Older releases are asked rarely: two workers and a small cache are enough."""
    return replace(settings, fast_workers=1, slow_workers=1, slow_waiting=1, cache_mb=4)


def kept_snapshot(settings: Settings, release: str) -> Snapshot:
    """Return a release whose files are here.

    Raises:
        UnknownReleaseError: no release of this id was ever published here.
        ReleaseGoneError: it was, and is no longer kept.
    """
    kept = list_snapshots(settings.snapshots_dir)
    for snapshot in kept:
        if snapshot.release == release:
            return snapshot
    listed = ", ".join(snapshot.release for snapshot in kept) or "none"
    if remembered(settings, release) is not None:
        words = f"Release {release} is no longer kept here; kept are: {listed}."
        raise ReleaseGoneError(f"{words} {_again(settings, release)}")
    raise UnknownReleaseError(f"No release {release!r} was ever published here; kept are: {listed}.")


def remembered(settings: Settings, release: str) -> Entry | None:
    """Return what is remembered of a release, kept or not, or None where there never was one."""
    return next((entry for entry in read(settings.snapshots_dir) if entry.release == release), None)


def _again(settings: Settings, release: str) -> str:
    """Say how a release is made again."""
    entry = remembered(settings, release)
    words = "To build it again, run kg build on the same tables, ontology and questions: they give the same id."
    if entry is not None and entry.commit:
        commit, dirty, _ = entry.commit.partition("-dirty")
        words += f" They are those of git commit {commit}{', with changes that were not committed' if dirty else ''}."
    if entry is not None and entry.inputs:
        words += f" The SHA-256 over the list of their digests, a line `digest  path` each, is {entry.inputs}."
    return words


def _close_later(engine: Engine) -> None:
    timer = threading.Timer(_CLOSE_AFTER_S, engine.close)
    timer.daemon = True
    timer.start()
