"""Older releases, opened when a request names one: `?release=ID` answers from that snapshot while it is kept."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from kg.config import Settings
from kg.engine import Engine
from kg.errors import ParameterError, SnapshotError
from kg.serve.site import Site
from kg.snapshot import Snapshot, find, list_snapshots, verify

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
            ParameterError: no intact release of this id is kept.
        """
        with self._lock:
            found = self._open.get(release)
            if found is None:
                found = self._open_site(_modest(settings), _snapshot(settings, release))
                self._open[release] = found
            self._open.move_to_end(release)
            if len(self._open) > _MOST_OPEN:
                _, oldest = self._open.popitem(last=False)
                _close_later(oldest.engine)
            return found

    def close(self) -> None:
        """Stop the workers of every older release."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].engine.close()


def _modest(settings: Settings) -> Settings:
    """Older releases are asked rarely: two workers and a small cache are enough."""
    return replace(settings, fast_workers=1, slow_workers=1, slow_waiting=1, cache_mb=4)


def _snapshot(settings: Settings, release: str) -> Snapshot:
    kept = () if settings.store else list_snapshots(settings.snapshots_dir)
    names = [snapshot.release for snapshot in kept]
    expected = f"one of the releases kept here: {', '.join(names) or 'none'}"
    if release not in names:
        raise ParameterError("release", expected, names[0] if names else "")
    try:
        snapshot = find(settings.snapshots_dir, release)
    except SnapshotError as error:
        raise ParameterError("release", expected, names[0]) from error
    problems = verify(snapshot)
    if problems:
        log.error("release %s was asked for and is damaged: %s", release, problems[0])
        raise ParameterError("release", "a release that is intact; this one is damaged", names[0])
    return snapshot


def _close_later(engine: Engine) -> None:
    timer = threading.Timer(_CLOSE_AFTER_S, engine.close)
    timer.daemon = True
    timer.start()
