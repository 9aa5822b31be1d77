"""`/questions`: the saved questions as pages, files and descriptions."""

import contextlib
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

import kg.charts
from kg.catalog import openapi, rdf
from kg.catalog.cells import table_of
from kg.catalog.choices import Choices
from kg.catalog.doctor import Diagnosis, diagnose
from kg.catalog.finding import finding, value_words
from kg.catalog.formats import FORMATS, Format, offered, write
from kg.catalog.load import Catalog
from kg.catalog.records import Form, Question
from kg.catalog.run import QuestionAnswer, page_of, run, with_evidence
from kg.catalog.snippets import snippets
from kg.engine.formats import N_TRIPLES, TURTLE
from kg.errors import KgError, NotAcceptableError, ParameterError, UnknownQuestionError
from kg.report.citation import Reference
from kg.serve.negotiate import best, prefers_html
from kg.serve.problems import problem
from kg.serve.question_request import DEFAULT_PAGE_ROWS, MAX_QUERY_BYTES, Asked, etag, read_request
from kg.serve.question_view import fields, href, table
from kg.serve.site import Site, site

blueprint = Blueprint("questions", __name__)
log = logging.getLogger(__name__)

HTML: Final = "text/html"
SPARQL_QUERY: Final = "application/sparql-query"
_SUFFIXES: Final = {known.suffix: known for known in FORMATS}
_PICTURES: Final = {"svg": "image/svg+xml", "png": "image/png"}
_CITATIONS: Final = {"bib": "BibTeX", "csl.json": "CSL-JSON"}
_CHOICES_SHOWN: Final = 50
_EXAMPLE_ROWS: Final = 2
# One release at a time is served; what was made for another is dropped.
_kept_choices: dict[str, Choices] = {}
_kept_turtle: dict[str, str] = {}
_kept_examples: dict[str, dict[str, Any]] = {}


def choices_of(here: Site) -> Choices:
    """Return what may be picked in the release served; kept until another release is served."""
    kept = _kept_choices.get(here.release)
    if kept is None:
        kept = Choices(here.engine)
        _kept_choices.clear()
        _kept_choices[here.release] = kept
    return kept


@blueprint.get("/questions")
def list_questions() -> Response:
    """The list, as a page or as JSON."""
    if prefers_html(request.headers.get("Accept"), ("application/json",)):
        return _list_page()
    return list_questions_json()


@blueprint.get("/questions.json")
def list_questions_json() -> Response:
    """The list as JSON."""
    listed = [_summary(question) for question in site().catalog]
    return _text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", "application/json")


def _list_page() -> Response:
    wanted = request.args.get("tag", "")
    catalog = site().catalog
    shown = [question for question in catalog if not wanted or wanted in question.tags]
    return _text(render_template("questions/list.html", questions=shown, tags=_tags(catalog), tag=wanted), HTML)


def _tags(catalog: Catalog) -> list[tuple[str, int]]:
    every = [tag for question in catalog for tag in question.tags]
    return [(tag, every.count(tag)) for tag in sorted(set(every))]


def _summary(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "summary": question.summary,
        "description": question.description,
        "tags": list(question.tags),
        "params": [
            {
                "name": parameter.name,
                "type": str(parameter.type),
                "label": parameter.label,
                "expects": rdf.describe(parameter),
                "optional": parameter.optional,
                "multi": parameter.multi,
                "default": list(parameter.default),
                "example": parameter.example,
            }
            for parameter in question.params
        ],
        "columns": [
            {"name": column.name, "meaning": column.meaning, "unit": column.unit} for column in question.columns
        ],
        "formats": [known.suffix for known in offered(question)],
    }


@blueprint.get("/questions.ttl")
def catalogue_as_rdf() -> Response:
    """The catalogue as Turtle."""
    here = site()
    if here.release not in _kept_turtle:
        _kept_turtle.clear()
        _kept_turtle[here.release] = rdf.to_turtle(here.catalog)
    return _text(_kept_turtle[here.release], "text/turtle")


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """The description of every question, with the first rows of its answer as an example."""
    here = site()
    described = openapi.document(here.catalog, server=_address(here), release=here.release, examples=_examples(here))
    return _text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", "application/json")


def _examples(here: Site) -> dict[str, Any]:
    """Return the first rows of each answer in this release; kept, since asking everything takes a second or two."""
    if here.release not in _kept_examples:
        examples: dict[str, Any] = {}
        for each in here.catalog:
            if each.form is not Form.SELECT:
                continue
            # An example that cannot be had is no reason to have no description.
            with contextlib.suppress(KgError):
                answer = run(here.engine, each, {}, choices=choices_of(here))
                examples[each.name] = json.loads(write(page_of(answer, 1, _EXAMPLE_ROWS), "json"))
        _kept_examples.clear()
        _kept_examples[here.release] = examples
    return _kept_examples[here.release]


@blueprint.get("/questions/<name>/choices/<parameter>")
def parameter_choices(name: str, parameter: str) -> Response:
    """What may be picked for a parameter, narrowed by any part of any name."""
    question = site().catalog.question(name)
    found = question.param(parameter)
    if found is None:
        raise ParameterError(parameter, "one of the question's parameters")
    if found.class_iri is None and found.kind is None:
        listed = [{"value": value, "label": label} for value, label in found.values]
        return _text(json.dumps(listed, ensure_ascii=False), "application/json")
    wanted = request.args.get("q", "").strip().casefold()
    matches = [
        choice
        for choice in choices_of(site()).of(found)
        if not wanted or any(wanted in word.casefold() for word in (*choice.names, *choice.codes))
    ]
    listed = [{"value": choice.iri, "label": choice.label} for choice in matches[:_CHOICES_SHOWN]]
    return _text(json.dumps(listed, ensure_ascii=False), "application/json")


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
    if suffix and suffix != "html" and suffix not in (*_SUFFIXES, *_PICTURES, "rq"):
        raise UnknownQuestionError(f"{base} has no form .{suffix}; it has {', '.join(_suffixes(found))}")
    if suffix == "html":
        return _page(here, found)
    if suffix == "rq":
        return _query(here, found)
    if suffix in _PICTURES:
        return _picture(here, found, suffix)
    if suffix:
        return _data(here, found, _SUFFIXES[suffix])
    return _negotiated(here, found)


def _suffixes(found: Question) -> list[str]:
    pictures = list(_PICTURES) if found.chart is not None else []
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
        return _not_modified(tag)
    graph_type = known.media_type if found.form is Form.CONSTRUCT else N_TRIPLES
    answer = run(here.engine, found, asked.values, choices=choices_of(here), graph_type=graph_type)
    whole = answer
    if asked.is_paged and found.form is Form.SELECT:
        answer = page_of(answer, asked.page or 1, asked.limit or DEFAULT_PAGE_ROWS)
    if asked.evidence:
        answer = with_evidence(here.engine, answer)
    body = write(answer, known.suffix, bom=asked.bom)
    if known.suffix == "json" and whole.total == 0:
        body = _with_diagnosis(here, whole, body)
    response = _text(body.decode("utf-8"), known.media_type)
    response.set_etag(tag)
    _tell_completeness(response, answer)
    _link_pages(response, answer, request.path, asked)
    if known.suffix in ("csv", "tsv"):
        # Long names and all values would make no file name; the question's name does.
        disposition = f'attachment; filename="{found.name}-{here.release}.{known.suffix}"'
        response.headers["Content-Disposition"] = disposition
    return response


def _with_diagnosis(here: Site, answer: QuestionAnswer, body: bytes) -> bytes:
    diagnosis = _diagnosis(here, answer)
    if diagnosis is None:
        return body
    document = json.loads(body)
    document["empty"] = {"because": diagnosis.text, "message": diagnosis.message, "nearest": list(diagnosis.nearest)}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _diagnosis(here: Site, answer: QuestionAnswer) -> Diagnosis | None:
    try:
        return diagnose(here.engine, answer.sparql)
    except KgError:
        # An empty answer is an answer; that nobody can say why must not turn it into an error.
        return None


def _tell_completeness(response: Response, answer: QuestionAnswer) -> None:
    response.headers["KG-Complete"] = "true" if answer.complete else "false"
    if answer.limit is not None:
        response.headers["KG-Limit"] = answer.limit
    response.headers["KG-Release"] = answer.release


def _page_links(answer: QuestionAnswer, path: str, asked: Asked) -> dict[str, str]:
    page = answer.page
    if page is None or (page.count == 1 and page.number == 1):
        return {}
    numbers = {"first": 1, "last": page.count}
    if 1 < page.number <= page.count:
        numbers["prev"] = page.number - 1
    if page.number < page.count:
        numbers["next"] = page.number + 1
    fixed = [*asked.pairs(), *([("evidence", "1")] if asked.evidence else [])]
    return {
        relation: href(path, [*fixed, ("limit", str(page.size)), ("page", str(number))])
        for relation, number in numbers.items()
    }


def _link_pages(response: Response, answer: QuestionAnswer, path: str, asked: Asked) -> None:
    # RFC 8288, 3: relative references are resolved against the request's address.
    links = [f'<{target}>; rel="{relation}"' for relation, target in _page_links(answer, path, asked).items()]
    if links:
        response.headers["Link"] = ", ".join(links)


def _query(here: Site, found: Question) -> Response:
    asked = _asked()
    if not asked.pairs():
        return _text(found.body, SPARQL_QUERY)
    from kg.catalog.run import bind

    return _text(bind(found, asked.values, choices_of(here)), SPARQL_QUERY)


def draw(answer: QuestionAnswer) -> str | None:
    """Return the chart of an answer as SVG, or None where there is nothing to draw or nobody to draw it."""
    chart = answer.question.chart
    render: Any = getattr(kg.charts, "render", None)
    if chart is None or not answer.rows:
        return None
    if not callable(render):
        return None
    if chart.title is None:
        chart = replace(chart, title=answer.question.summary)
    try:
        drawn: str = render(chart, table_of(answer.columns, answer.rows))
    except kg.charts.ChartError:
        # A table without its picture is still the answer.
        log.exception("chart of %s", answer.question.name)
        return None
    return drawn


def _picture(here: Site, found: Question, suffix: str) -> Response:
    if found.chart is None:
        raise UnknownQuestionError(f"{found.name} has no chart; it has {', '.join(_suffixes(found))}")
    asked = _asked()
    answer = run(here.engine, found, asked.values, choices=choices_of(here))
    drawn = draw(answer)
    if drawn is None:
        return problem(404, "no-chart", "No chart", "There is nothing to draw in this answer.")
    if suffix == "svg":
        response = _text(drawn, _PICTURES["svg"])
    else:
        # With the fonts of the package, Chinese included.
        response = Response(kg.charts.png(drawn), mimetype=_PICTURES["png"])
    _tell_completeness(response, answer)
    return response


def _page(here: Site, found: Question) -> Response:
    errors: dict[str, str] = {}
    answer: QuestionAnswer | None = None
    status = 200
    choices = choices_of(here)
    asked = Asked(values={}, page=None, limit=None, evidence=False, bom=False, release=None)
    try:
        asked = _asked()
        answer = run(here.engine, found, asked.values, choices=choices, graph_type=TURTLE)
    except ParameterError as error:
        # The form stays, with what was typed and what is wrong with it beside the field.
        status = 400
        errors[error.parameter] = str(error)
        asked = replace(asked, values={name: request.args.getlist(name) for name in request.args})
    shown = None
    if answer is not None:
        if found.form is Form.SELECT:
            shown = page_of(answer, asked.page or 1, asked.limit or DEFAULT_PAGE_ROWS)
            shown = with_evidence(here.engine, shown)
        else:
            shown = answer
    pairs = asked.pairs() if answer is not None else ()
    diagnosis = _diagnosis(here, answer) if answer is not None and answer.graph is None and not answer.rows else None
    body = render_template(
        "questions/question.html",
        question=found,
        fields=fields(found, dict(asked.values), choices, errors),
        errors=errors,
        answer=answer,
        shown=shown,
        table=table(shown) if shown is not None and shown.graph is None else None,
        sentence=finding(answer, choices) if answer is not None else None,
        words={parameter.name: value_words(answer, choices, parameter.name) for parameter in found.params}
        if answer is not None
        else {},
        diagnosis=diagnosis,
        picture=draw(answer) if answer is not None else None,
        links=_page_links(shown, f"/questions/{found.name}", asked) if shown is not None else {},
        downloads=[(known.suffix, href(f"/questions/{found.name}.{known.suffix}", pairs)) for known in offered(found)],
        query_href=href(f"/questions/{found.name}.rq", pairs),
        snippets=snippets(_address(here), found.name, pairs, found.form),
        reference=_reference(here, found, pairs),
        citations=[(word, href(f"/questions/{found.name}.{suffix}", pairs)) for suffix, word in _CITATIONS.items()],
        release=here.release,
    )
    response = _text(body, HTML)
    response.status_code = status
    if shown is not None:
        _tell_completeness(response, shown)
        _link_pages(response, shown, f"/questions/{found.name}", asked)
        if status == 200:
            response.set_etag(etag(here.release, found.name, HTML, request.query_string))
            response.make_conditional(request.environ)
    return response


def _reference(here: Site, found: Question, pairs: Sequence[tuple[str, str]]) -> Reference:
    """Return what a citation of this answer names: an address that stays with the release."""
    published = str(here.snapshot.manifest.get("published", ""))[:10]
    return Reference(
        title=found.summary,
        kind="question",
        url=_address(here) + href(f"/questions/{found.name}", (*pairs, ("release", here.release))),
        release=here.release,
        issued=published or None,
    )


def _citation(here: Site, found: Question, suffix: str) -> Response:
    reference = _reference(here, found, _asked().pairs())
    if suffix == "bib":
        return _text(reference.bibtex(), "application/x-bibtex")
    return _text(reference.csl_json(), "application/vnd.citationstyles.csl+json")


def _address(here: Site) -> str:
    return here.settings.public_url or request.host_url.rstrip("/")


def _text(text: str, kind: str) -> Response:
    response = Response(text.encode("utf-8"), mimetype=kind)
    if not kind.startswith("text/"):
        response.headers["Content-Type"] = media_type_header(kind)
    return response


def media_type_header(kind: str) -> str:
    """Return a media type with a character set where its registration has one."""
    has_charset = kind.startswith("text/") or kind == SPARQL_QUERY
    return f"{kind}; charset=utf-8" if has_charset else kind


def _not_modified(tag: str) -> Response:
    response = Response(status=304)
    response.set_etag(tag)
    return response
