"""What the browser tests share: a server on the real release, a browser, and pages that log what went wrong."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

HERE = Path(__file__).resolve().parent
STARTS_WITHIN_S = 60
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Letters get the same edges on every machine, so that pictures can be compared.
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
)
# The page tells of what its policy forbade; the console alone would leave out what a `report` swallows.
_LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation",
  e => window.refused.push(e.violatedDirective + " " + e.blockedURI));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on the real release, without a slash at its end.

    `BROWSER_BASE` names a server that runs already, for people who work on the pages and do not want to wait.
    """
    if given := os.environ.get("BROWSER_BASE"):
        yield given.rstrip("/")
        return
    real_snapshots: Path = request.getfixturevalue("real_snapshots")
    address = f"http://127.0.0.1:{(port := _free_port())}"
    log = tmp_path_factory.mktemp("server") / "log.txt"
    settings = {name: value for name, value in os.environ.items() if not name.startswith("KG_")}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "kg", "serve", "--port", str(port), "--snapshots", str(real_snapshots)],
            env=settings | {"KG_ACCESS_LOG": "false"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            end = time.monotonic() + STARTS_WITHIN_S
            while not _is_ready(address):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, f"the server was not ready in {STARTS_WITHIN_S} s: {log.read_text()}"
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, once for all tests."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("SKIPPED LOUDLY: no Chromium here; tests/browser/install-chromium.sh installs it as root")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        pytest.skip("SKIPPED LOUDLY: playwright is not installed")
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        except Error as error:
            pytest.skip(f"SKIPPED LOUDLY: Chromium does not start: {str(error)[:300]}")
        yield started
        started.close()


# Without slots, because playwright binds a listener that is a method to an attribute of its object.
@dataclass
class Watched:
    """A page, with the console errors and the requests to other hosts that it has caused so far."""

    page: "Page"
    base: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_LISTEN)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))
        self.page.on("request", self._see)

    def _hear(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _see(self, request: "Request") -> None:
        if not request.url.startswith((self.base + "/", "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, path: str) -> int:
        """Go to a path and wait until its scripts and fonts are there; gives the status code."""
        answer = self.page.goto(self.base + path, wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        assert answer is not None
        return int(answer.status)

    def faults(self, *, status: int = 200) -> list[str]:
        """Everything that a page must not do. The console also reports a wanted status of 400 or more: that is none."""
        wanted = f"status of {status} "
        found = [text for text in self.errors if status < 400 or wanted not in text]
        refused = self.page.evaluate("window.refused || []")
        return found + [f"CSP: {entry}" for entry in refused] + [f"outside: {url}" for url in self.outside]


@pytest.fixture(scope="session")
def strict(browser: "Browser") -> Iterator["BrowserContext"]:
    """A context as a reader has it: the policy holds."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, accept_downloads=True, reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def watched(strict: "BrowserContext", base: str) -> Iterator[Watched]:
    """A fresh page of that context."""
    page = strict.new_page()
    yield Watched(page, base)
    page.close()
