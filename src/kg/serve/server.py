"""Run the service: granian in front, one process with an event loop and threads, and a watch for new releases."""

import contextlib
import errno
import functools
import logging
import signal
import socket
import sys
import threading
import time

from flask import Flask

from kg.config import Settings
from kg.errors import ConfigError, KgError, SnapshotError
from kg.serve import access_log, collecting
from kg.serve.app import create_app
from kg.serve.door import Door
from kg.serve.front import Front
from kg.serve.site import Site, open_site
from kg.serve.warm import warm_all, warm_rest, warm_rooms
from kg.snapshot import current, find, list_snapshots, newest_good, verify

log = logging.getLogger(__name__)

_BACKLOG = 1_024
# Connections kept open at one time, idle ones included: as many as wait in the kernel's queue. With no more than there
# are threads, 64 browsers that do nothing kept everybody else out until their connections timed out.
_CONNECTIONS = 1_024
# A client that needs longer to send its headers is not one of ours.
_HEADERS_WITHIN_MS = 10_000
_STOP_WITHIN_S = 10
# How long a thread that makes a page may keep the interpreter to itself. Each query needs it twice, so with Python's
# own 5 ms a busy page made a query of one millisecond take ten.
_TURN_S = 0.0005


def serve(settings: Settings) -> None:
    """Serve the newest good release until interrupted.

    Raises:
        ConfigError: the address cannot be listened on.
        SnapshotError: no release can be served.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server

    _start_logging(settings)
    snapshot = newest_good(settings.snapshots_dir)
    with contextlib.suppress(SnapshotError):
        served = current(settings.snapshots_dir)
        if served.release != snapshot.release:
            log.error("release %s is damaged; serving %s instead", served.release, snapshot.release)
    port = _free_port(settings.host, settings.port)
    log.warning("serving release %s on http://%s:%d", snapshot.release, settings.host, port)
    server = Server(
        "kg.serve.server:load",
        address=settings.host,
        port=port,
        interface=Interfaces.RSGI,
        workers=1,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN_MS, max_buffer_size=65_536),
        # Everything that holds back slow and broken clients was proven for HTTP/1 only.
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=_STOP_WITHIN_S,
        respawn_failed_workers=True,
    )
    try:
        loader = functools.partial(load, settings, snapshot.release)
        # What is served has a method `__rsgi__`, which granian takes as well as the function of its annotation.
        server.serve(target_loader=loader, wrap_loader=False)  # type: ignore[arg-type]
    except SystemExit:
        raise SnapshotError("the service stopped because it could not be started again; see above") from None


def load(settings: Settings, release: str) -> Door:
    """Build the application inside the serving process and start the watch."""
    # This process was forked from one that takes a signal as "stop all": until granian sets its own handlers,
    # being told to stop must end it, or a stop during start-up would wait for the kill.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(_TURN_S)
    collecting.begin()
    _start_logging(settings)
    try:
        front = Front(create_app(open_best(settings, release)))
    except KgError as error:
        log.error("kg: %s", error.summary)
        sys.exit(2)
    refused = release if front.site.release != release else None
    threading.Thread(target=Watch(front.app, settings, refused).run, name="kg-watch", daemon=True).start()
    threading.Thread(target=warm_all, args=(front.app,), name="kg-warm", daemon=True).start()
    return Door(front)


def open_best(settings: Settings, release: str) -> Site:
    """Open a release, or the newest intact one that can be opened where that one cannot.

    Raises:
        KgError: none can be opened; it is the error of the one that was wanted.
    """
    try:
        wanted = find(settings.snapshots_dir, release)
    except SnapshotError:
        # A process that takes the place of a failed one, after the release it began with was forgotten.
        wanted = newest_good(settings.snapshots_dir)
    try:
        return open_site(settings, wanted)
    except KgError as error:
        # What another store holds is not mended by an older folder here.
        others = [] if settings.store else list_snapshots(settings.snapshots_dir)
        for other in others:
            if other.release == wanted.release or verify(other):
                continue
            with contextlib.suppress(KgError):
                found = open_site(settings, other)
                log.error("release %s cannot be served, serving %s: %s", wanted.release, other.release, error.summary)
                return found
        raise


class Watch:
    """Takes up a newly published release without a failed request."""

    def __init__(self, app: Flask, settings: Settings, refused: str | None = None) -> None:
        """Watch the link `current` of the folder of snapshots for an application.

        Arguments:
            refused: a release that was found not to open.
        """
        self._app = app
        self._settings = settings
        self._refused = refused

    def run(self) -> None:
        """Look again and again; never returns."""
        while True:
            time.sleep(self._settings.watch_seconds)
            try:
                self.look()
            except Exception:
                # The watch must outlive whatever a half-written folder can cause.
                log.exception("the watch for new releases failed and goes on")

    def look(self) -> bool:
        """Take up the current release if it is another one; tell whether it was."""
        try:
            snapshot = current(self._settings.snapshots_dir)
        except SnapshotError:
            return False
        serving: Site = self._app.extensions["kg"]
        is_refused = snapshot.release == self._refused
        # A release is built first and then put into a store, so with a store it may open later.
        if snapshot.release == serving.release or (is_refused and not self._settings.store):
            return False
        try:
            fresh = open_site(self._settings, snapshot)
        except KgError as error:
            self._refused = snapshot.release
            if not is_refused:
                log.error(
                    "release %s cannot be served, staying with %s: %s", snapshot.release, serving.release, error.summary
                )
            return False
        # The release before goes on answering meanwhile.
        warm_rooms(create_app(fresh))
        self._app.extensions["kg"] = fresh
        self._refused = None
        log.warning("serving release %s instead of %s", fresh.release, serving.release)
        # Requests that began with the old release may use it until their deadline.
        timer = threading.Timer(self._settings.query_seconds + 5, _close, ([serving],))
        timer.daemon = True
        timer.start()
        threading.Thread(target=warm_rest, args=(self._app,), name="kg-warm", daemon=True).start()
        return True


def _close(served: list[Site]) -> None:
    """Close a release, and let go of it: a timer keeps what it was given as long as it runs."""
    served.pop().engine.close()
    collecting.collect_all()


def _free_port(host: str, port: int) -> int:
    """Prove that the address can be listened on, and choose a port when 0 is asked for."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            why = "is in use; choose another with --port" if error.errno == errno.EADDRINUSE else str(error.strerror)
            raise ConfigError(f"port: {host}:{port} {why}") from error
        chosen: int = trial.getsockname()[1]
        return chosen


def _start_logging(settings: Settings) -> None:
    root = logging.getLogger("kg")
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    access_log.enable(settings.access_log)
