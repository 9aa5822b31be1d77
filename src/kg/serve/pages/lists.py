"""The lists: a page each, and the same things as data and as SPARQL."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from kg.catalog.formats import FORMATS, Format, write
from kg.catalog.run import page_of, with_evidence
from kg.errors import NotAcceptableError, ParameterError
from kg.serve.answers import data_response
from kg.serve.negotiate import required
from kg.serve.pages import browse
from kg.serve.pages.frame import HTML, page
from kg.serve.pages.holdings import holdings_of
from kg.serve.pages.list_query import list_query
from kg.serve.pages.narrowing import find, nearest
from kg.serve.pages.room import Room
from kg.serve.pages.rooms import ROOMS
from kg.serve.pages.taking import as_answer
from kg.serve.question_request import etag, read_request
from kg.serve.responses import SPARQL_QUERY, not_modified, text_response
from kg.serve.site import site

_DATA: Final = {known.suffix: known for known in FORMATS if known.suffix in ("csv", "tsv", "json", "srj", "srx", "txt")}
# A longer query is read and copied, but no address.
_LONGEST_LINK: Final = 6_000


def register(blueprint: Blueprint) -> None:
    """Give every list its addresses."""
    for room in ROOMS:
        blueprint.add_url_rule(f"/{room.path}", room.path, _page_or_data(room))
        blueprint.add_url_rule(f"/{room.path}.<suffix>", f"{room.path}-data", _by_suffix(room))


def _page_or_data(room: Room) -> Callable[[], Response]:
    def show() -> Response:
        media_types = {known.media_type: known for known in _DATA.values()}
        wanted = required(request.headers.get("Accept"), (HTML, *media_types, SPARQL_QUERY), "this list")
        if wanted == HTML:
            return _page(room)
        return _query(room) if wanted == SPARQL_QUERY else _data(room, media_types[wanted])

    show.__doc__ = f"The list of {room.many}: its page, or its rows by Accept."
    return show


def _by_suffix(room: Room) -> Callable[[str], Response]:
    def show(suffix: str) -> Response:
        if suffix == "rq":
            return _query(room)
        if suffix not in _DATA:
            types = [known.media_type for known in _DATA.values()]
            raise NotAcceptableError(f"this list has no form .{suffix}; it has .{', .'.join((*_DATA, 'rq'))}", types)
        return _data(room, _DATA[suffix])

    show.__doc__ = f"The list of {room.many} as rows or as a query, by suffix."
    return show


def _page(room: Room) -> Response:
    here, held = site(), holdings_of(site())
    arguments, faults = _understood(room, request.args)
    view = browse.view(room, held, arguments)
    further = [question for question in here.catalog if set(question.tags) & set(room.questions)]
    query = list_query(room, held, find(room, held, arguments))
    return page(
        "pages/browse.html",
        status=400 if faults else 200,
        this=room,
        view=view,
        faults=[(fault, _near(room, view, fault)) for fault in faults],
        query=query,
        is_short=len(query) <= _LONGEST_LINK,
        questions=further[:6],
    )


def _understood(room: Room, given: "MultiDict[str, str]") -> tuple["MultiDict[str, str]", list[ParameterError]]:
    """Return the arguments that can be used, and what is wrong with the others."""
    arguments: MultiDict[str, str] = MultiDict(given)
    faults: list[ParameterError] = []
    while True:
        try:
            find(room, holdings_of(site()), arguments)
            return arguments, faults
        except ParameterError as error:
            faults.append(error)
            arguments.poplist(error.parameter)


def _near(room: Room, view: browse.ListView, fault: ParameterError) -> list[tuple[str, str]]:
    """Return words and address of what may have been meant with a value that there is not."""
    facet = next((one for one in room.facets if one.key == fault.parameter), None)
    if facet is None:
        return []
    near = nearest(room, holdings_of(site()), facet, request.args.get(facet.key, ""))
    return [(value.text, browse.with_choice(room, view, facet.key, value.key)) for value in near]


def _query(room: Room) -> Response:
    held = holdings_of(site())
    return text_response(list_query(room, held, find(room, held, request.args)), SPARQL_QUERY)


def _data(room: Room, known: Format) -> Response:
    here, held = site(), holdings_of(site())
    asked = read_request(request.args)
    found = find(room, held, request.args)
    tag = etag(here.release, room.path, known.suffix, request.query_string)
    if tag in request.if_none_match:
        return not_modified(tag)
    answer = as_answer(room, held, found, here.release)
    if asked.is_paged:
        answer = page_of(answer, asked.page or 1, asked.limit or browse.PAGE_ROWS)
    if asked.evidence:
        answer = with_evidence(here.engine, answer)
    response = data_response(write(answer, known.suffix, bom=asked.bom), known, answer, request.path, asked)
    response.set_etag(tag)
    return response
