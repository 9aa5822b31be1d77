"""Every problem that the service names: the one table of status, title, what it means, and what to do."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One problem type; its name ends the address https://w3id.org/cityledger/problem/NAME for good.

    Attributes:
        statuses: the HTTP status that goes with it, the usual one first.
        meaning: what has happened, in a sentence or two.
        repair: what the client can do.
    """

    name: str
    statuses: tuple[int, ...]
    title: str
    meaning: str
    repair: str


def _kind(name: str, statuses: int | tuple[int, ...], title: str, meaning: str, repair: str) -> Kind:
    several = statuses if isinstance(statuses, tuple) else (statuses,)
    return Kind(name=name, statuses=several, title=title, meaning=meaning, repair=repair)


_ALL: Final = (
    _kind(
        "bad-request", 400, "Bad request",
        "The request contradicts itself, is not whole, or is not of the form that its address takes.",
        "The detail says which part. Repeat the request with that part mended; the same request fails again.",
    ),
    _kind(
        "query-syntax", 400, "The query is not SPARQL 1.1",
        "The text of the query cannot be read. Line and column name the first place, counted from 1.",
        "Mend the query there. The editor at /sparql marks the place while you write.",
    ),
    _kind(
        "parameter", 400, "A parameter cannot be used",
        "A parameter of a question, report or page has a value that it does not take, is missing, or is given twice.",
        "The problem names the parameter, what it expects and an example; the page of the question offers the choices.",
    ),
    _kind(
        "query-refused", 403, "The query is refused",
        "The query asks for what is never done here: writing, asking other hosts, or a shape that is only an attack.",
        "Leave that part out. To write, or to join with other data, load a dump from /dump/ into a store of your own.",
    ),
    _kind(
        "not-found", 404, "Not Found",
        "Nothing has this address.",
        "Search from any page, or begin at the home page. If a link of ours led here, tell whoever runs the service.",
    ),
    _kind(
        "unknown-thing", 404, "No such thing",
        "The release that answers says nothing about a thing of this name. Things that were taken back answer 410.",
        "Check kind and slug, or search for a name at /search.",
    ),
    _kind(
        "unknown-question", 404, "No such question",
        "No saved question of the release that answers has this name.",
        "/questions lists them all, /questions.json for programs.",
    ),
    _kind(
        "unknown-release", 404, "No such release",
        "No release of this id is known here. Ids are the sixteen hexadecimal digits that answers give as KG-Release.",
        "/dump/ lists the releases that are kept; without the parameter `release` the newest one answers.",
    ),
    _kind(
        "no-chart", 404, "No chart",
        "The answer to this question holds nothing that its chart could draw.",
        "Ask for the rows instead, or choose other values.",
    ),
    _kind(
        "catalog", 404, "A file of this release cannot be read by this version",
        "An older release carries a question or report in a form that this version of the software no longer reads.",
        "Ask the newest release, or run the software of that time on the older one.",
    ),
    _kind(
        "method-not-allowed", 405, "Method not allowed",
        "The address does not take this method. The header Allow names those that it takes.",
        "Use one of them; reading is GET.",
    ),
    _kind(
        "not-acceptable", 406, "No acceptable format",
        "None of the media types in the header Accept can carry this answer. The problem lists those that can.",
        "Ask for one of them, or put its suffix, such as .csv, at the end of the address.",
    ),
    _kind(
        "request-timeout", 408, "The request came too slowly",
        "The service waited a minute for the rest of the request, and it was not all there.",
        "Send it again over a better line, or ask by GET, where the query stands in the address.",
    ),
    _kind(
        "removed-thing", 410, "Removed",
        "An earlier release had a thing at this address, and its row was removed without a word of what became of it.",
        "A release that is kept may still have it: put ?release=ID behind the address, or search for its name.",
    ),
    _kind(
        "release-gone", 410, "This release can no longer be read here",
        "The release was published here, but it is no longer kept, is damaged, or is too old for this version.",
        "The detail says how it was made, so that it can be built again; the same inputs give the same id. "
        "Or ask a release that is kept: /dump/ lists them.",
    ),
    _kind(
        "precondition-failed", 412, "Precondition failed",
        "The header If-Match names a version of the answer that is not the one there is.",
        "Read it anew, without the header.",
    ),
    _kind(
        "query-too-large", (413, 503), "Too large",
        "The query, or what it needs or gives, is larger than a limit: of its text or of its answer (413), or of "
        "memory (503). KG-Limit names the limit.",
        "Narrow the query, add a LIMIT, or load a dump from /dump/ into a store of your own.",
    ),
    _kind(
        "request-entity-too-large", 413, "Request Entity Too Large",
        "The body of the request is larger than any that is read here.",
        "Send less at once.",
    ),
    _kind(
        "uri-too-long", 414, "Too many parameters",
        "The address has more bytes than are read.",
        "Give fewer values, or send a SPARQL query by POST.",
    ),
    _kind(
        "unsupported-media-type", 415, "Unsupported media type",
        "The body of the request has a type that this address does not read.",
        "Send application/sparql-query or application/x-www-form-urlencoded, in UTF-8.",
    ),
    _kind(
        "client-budget", 429, "Too much for one minute",
        "One client has used up its share of the minute, in seconds of work or in errors.",
        "Wait for the seconds that Retry-After gives. For much work, load a dump from /dump/ into a store of your own.",
    ),
    _kind(
        "internal", 500, "Something went wrong here",
        "The service failed in a way that nobody foresaw. It is in its log, and nothing of it is in the answer.",
        "Try once more; if it stays so, tell whoever runs the service the address and the time.",
    ),
    _kind(
        "pdf-unavailable", 501, "No PDF here",
        "This installation has not the extra that sets PDF.",
        "Take the report as HTML or Markdown, or install cityledger[pdf] where the service runs.",
    ),
    _kind(
        "busy", 503, "Busy",
        "Every worker has a query, and the queue is full; or a new release is being taken up.",
        "Try again after the seconds that Retry-After gives.",
    ),
    _kind(
        "query-timeout", 503, "The query took too long",
        "The query was stopped at its deadline. No part of an answer is given for a whole one.",
        "Narrow the query: name a thing or a class early, avoid unconnected patterns, add a LIMIT.",
    ),
    _kind(
        "not-ready", 503, "Not ready",
        "The service is up, but the release does not answer its test question.",
        "Wait; balancers send requests elsewhere meanwhile.",
    ),
)  # fmt: skip

KINDS: Final = {kind.name: kind for kind in _ALL}
