"""`/questions/NAME`: one saved question as a page, as data, as a picture."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, render_template, request

from kg import charts
from kg.catalog.drawing import PICTURES, draw
from kg.catalog.empty import Reason, explain
from kg.catalog.finding import finding, value_words
from kg.catalog.formats import FORMATS, Format, offered, write
from kg.catalog.records import Form, Question
from kg.catalog.run import QuestionAnswer, bind, page_of, run, with_evidence
from kg.catalog.snippets import snippets
from kg.engine.formats import N_TRIPLES, TURTLE
from kg.errors import KgError, NotAcceptableError, ParameterError, UnknownQuestionError
from kg.report.citation import Reference
from kg.serve.answers import data_response, link_pages, page_links, tell_completeness
from kg.serve.negotiate import best, prefers_html
from kg.serve.pages.holdings import holdings_of
from kg.serve.problems import problem
from kg.serve.question_request import DEFAULT_PAGE_ROWS, MAX_QUERY_BYTES, Asked, etag, read_request
from kg.serve.question_view import fields, href, table
from kg.serve.responses import SPARQL_QUERY, not_modified, text_response
from kg.serve.site import Site, address_of, site

blueprint = Blueprint("questions", __name__)
log = logging.getLogger(__name__)

HTML: Final = "text/html"
_SUFFIXES: Final = {known.suffix: known for known in FORMATS}
_CITATIONS: Final = {"bib": "BibTeX", "csl.json": "CSL-JSON"}
_CHOICES_SHOWN: Final = 50
_EXAMPLE_ROWS: Final = 2


@blueprint.get("/questions/<name>")
def question(name: str) -> Response:
    """One question: its page or its answer, by suffix or by Accept."""
    if len(request.query_string) > MAX_QUERY_BYTES:
        return problem(414, "uri-too-long", "Too many parameters", f"At most {MAX_QUERY_BYTES} bytes are read.")
    here = site()
    base, _, suffix = name.partition(".")
    found = here.catalog.question(base)
    if suffix in _CITATIONS:
        return _citation(here, found, suffix)
    if suffix and suffix != "html" and suffix not in (*_SUFFIXES, *PICTURES, "rq"):
        raise UnknownQuestionError(f"{base} has no form .{suffix}; it has {', '.join(_suffixes(found))}")
    if suffix == "html":
        return _page(here, found)
    if suffix == "rq":
        return _query(here, found)
    if suffix in PICTURES:
        return _picture(here, found, suffix)
    if suffix:
        return _data(here, found, _SUFFIXES[suffix])
    return _negotiated(here, found)


def _suffixes(found: Question) -> list[str]:
    pictures = list(PICTURES) if found.chart is not None else []
    return [*(known.suffix for known in offered(found)), *pictures, "rq", "html"]


def _negotiated(here: Site, found: Question) -> Response:
    accept = request.headers.get("Accept")
    formats = offered(found)
    types = [known.media_type for known in formats]
    # JSON is what programs expect when they do not say.
    types.sort(key=lambda name: name not in ("application/json", "text/turtle"))
    if prefers_html(accept, types):
        return _page(here, found)
    wanted = best(accept, (*types, HTML, SPARQL_QUERY))
    if wanted is None:
        raise NotAcceptableError(f"{found.name} has no form that is accepted", (HTML, *types, SPARQL_QUERY))
    if wanted == HTML:
        return _page(here, found)
    if wanted == SPARQL_QUERY:
        return _query(here, found)
    return _data(here, found, next(known for known in formats if known.media_type == wanted))


def _asked() -> Asked:
    return read_request(request.args)


def _data(here: Site, found: Question, known: Format) -> Response:
    if known not in offered(found):
        raise NotAcceptableError(
            f"{found.name} has no form .{known.suffix}", [each.media_type for each in offered(found)]
        )
    asked = _asked()
    tag = etag(here.release, found.name, known.suffix, request.query_string)
    if tag in request.if_none_match:
        return not_modified(tag)
    graph_type = known.media_type if found.form is Form.CONSTRUCT else N_TRIPLES
    answer = run(here.engine, found, asked.values, choices=here.choices, graph_type=graph_type)
    whole = answer
    if asked.is_paged and found.form is Form.SELECT:
        answer = page_of(answer, asked.page or 1, asked.limit or DEFAULT_PAGE_ROWS)
    if asked.evidence:
        answer = with_evidence(here.engine, answer)
    body = write(answer, known.suffix, bom=asked.bom)
    if known.suffix == "json" and whole.total == 0:
        body = _with_reason(here, whole, body)
    response = data_response(body, known, answer, request.path, asked)
    response.set_etag(tag)
    return response


def _with_reason(here: Site, answer: QuestionAnswer, body: bytes) -> bytes:
    reason = _reason(here, answer)
    if reason is None:
        return body
    document = json.loads(body)
    document["empty"] = {
        "because": reason.pattern,
        "message": reason.message,
        "parameters": list(reason.parameters),
        "nearest": list(reason.nearest),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _reason(here: Site, answer: QuestionAnswer) -> Reason | None:
    try:
        return explain(here.engine, answer, here.choices)
    except KgError:
        # An empty answer is an answer; that nobody can say why must not turn it into an error.
        return None


def _query(here: Site, found: Question) -> Response:
    asked = _asked()
    if not asked.pairs():
        return text_response(found.body, SPARQL_QUERY)
    return text_response(bind(found, asked.values, here.choices), SPARQL_QUERY)


def _picture(here: Site, found: Question, suffix: str) -> Response:
    if found.chart is None:
        raise UnknownQuestionError(f"{found.name} has no chart; it has {', '.join(_suffixes(found))}")
    asked = _asked()
    answer = run(here.engine, found, asked.values, choices=here.choices)
    drawn = draw(answer)
    if drawn is None:
        return problem(404, "no-chart", "No chart", "There is nothing to draw in this answer.")
    if suffix == "svg":
        response = text_response(drawn, PICTURES["svg"])
    else:
        # With the fonts of the package, Chinese included.
        response = Response(charts.png(drawn), mimetype=PICTURES["png"])
    tell_completeness(response, answer)
    return response


def _page(here: Site, found: Question) -> Response:
    errors: dict[str, str] = {}
    answer: QuestionAnswer | None = None
    shown: QuestionAnswer | None = None
    status = 200
    choices = here.choices
    asked = Asked(values={}, page=None, limit=None, evidence=False, bom=False, release=None)
    try:
        asked = _asked()
        answer, shown = _answer_and_page(here, found, asked)
    except ParameterError as error:
        # The form stays, with what was typed and what is wrong with it beside the field.
        status = 400
        errors[error.parameter] = str(error)
        asked = replace(asked, values={name: request.args.getlist(name) for name in request.args})
    pairs = asked.pairs() if answer is not None else ()
    kept = asked.kept_pairs() if answer is not None else ()
    reason = _reason(here, answer) if answer is not None and answer.graph is None and not answer.rows else None
    body = render_template(
        "questions/question.html",
        question=found,
        fields=fields(found, dict(asked.values), choices, errors),
        errors=errors,
        answer=answer,
        shown=shown,
        table=table(shown, holdings_of(here).name) if shown is not None and shown.graph is None else None,
        sentence=finding(answer, choices) if answer is not None else None,
        words={parameter.name: value_words(answer, choices, parameter.name) for parameter in found.params}
        if answer is not None
        else {},
        reason=reason,
        picture=draw(answer) if answer is not None else None,
        links=page_links(shown, f"/questions/{found.name}", asked) if shown is not None else {},
        downloads=[(known.suffix, href(f"/questions/{found.name}.{known.suffix}", kept)) for known in offered(found)],
        query_href=href(f"/questions/{found.name}.rq", kept),
        snippets=snippets(address_of(here), found.name, kept, found.form),
        asked_release=asked.release,
        reference=_reference(here, found, pairs),
        citations=[(word, href(f"/questions/{found.name}.{suffix}", kept)) for suffix, word in _CITATIONS.items()],
        release=here.release,
    )
    response = text_response(body, HTML)
    response.status_code = status
    if shown is not None:
        tell_completeness(response, shown)
        link_pages(response, shown, f"/questions/{found.name}", asked)
        if status == 200:
            response.set_etag(etag(here.release, found.name, HTML, request.query_string))
            response.make_conditional(request.environ)
    return response


def _answer_and_page(here: Site, found: Question, asked: Asked) -> tuple[QuestionAnswer, QuestionAnswer]:
    """Return the whole answer, and what of it the page shows with its evidence."""
    answer = run(here.engine, found, asked.values, choices=here.choices, graph_type=TURTLE)
    if found.form is Form.CONSTRUCT:
        return answer, answer
    shown = page_of(answer, asked.page or 1, asked.limit or DEFAULT_PAGE_ROWS)
    return answer, with_evidence(here.engine, shown)


def _reference(here: Site, found: Question, pairs: Sequence[tuple[str, str]]) -> Reference:
    """Return what a citation of this answer names: an address that stays with the release."""
    published = str(here.snapshot.manifest.get("published", ""))[:10]
    return Reference(
        title=found.summary,
        kind="question",
        url=address_of(here) + href(f"/questions/{found.name}", (*pairs, ("release", here.release))),
        release=here.release,
        issued=published or None,
    )


def _citation(here: Site, found: Question, suffix: str) -> Response:
    reference = _reference(here, found, _asked().pairs())
    if suffix == "bib":
        return text_response(reference.bibtex(), "application/x-bibtex")
    return text_response(reference.csl_json(), "application/vnd.citationstyles.csl+json")
