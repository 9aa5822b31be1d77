"""A page opened with `?release=ID` leads to pages of that release: each of its links carries the release along."""

import re
from re import Match
from typing import Final

from flask import Response, request

from kg.serve.site import site

_LINK: Final = re.compile(r'( href=")(/[^"]*)(")')
_FORM: Final = re.compile(r"(<form\b[^>]*>)(.*?)(</form>)", re.DOTALL)
_NAMES_RELEASE: Final = re.compile(r"[?&;]release=")
# Files of the software, which are the same for every release, and other hosts.
_OF_NO_RELEASE: Final = ("/static/", "/reports/style/", "//")


def release_asked() -> str:
    """Return the release that the address names, or an empty text."""
    wanted = request.args.get("release", "")
    # A release that is not kept was refused; the page about that shows what is served.
    return wanted if wanted == site().release else ""


def carry(response: Response) -> Response:
    """Add the release that the address names to every link and form of a page, and to a redirect."""
    release = release_asked()
    if not release:
        return response
    if response.location and response.location.startswith("/"):
        response.location = with_release(response.location, release, "&")
    elif response.mimetype == "text/html" and not response.is_streamed and response.status_code != 304:
        response.set_data(carried(response.get_data(as_text=True), release))
    return response


def carried(page: str, release: str) -> str:
    """Return a page whose links and forms name a release."""

    def link(found: Match[str]) -> str:
        return f"{found[1]}{with_release(found[2], release, '&amp;')}{found[3]}"

    def form(found: Match[str]) -> str:
        if 'name="release"' in found[2]:
            return found[0]
        return f'{found[1]}<input type="hidden" name="release" value="{release}">{found[2]}{found[3]}'

    return _FORM.sub(form, _LINK.sub(link, page))


def with_release(address: str, release: str, between: str) -> str:
    """Return an address of ours that names a release; one that names a release already stays."""
    if address.startswith(_OF_NO_RELEASE) or _NAMES_RELEASE.search(address):
        return address
    path, mark, fragment = address.partition("#")
    return f"{path}{between if '?' in path else '?'}release={release}{mark}{fragment}"
