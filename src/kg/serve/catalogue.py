"""`/questions` as a list, and what describes all questions: their choices, `/questions.ttl`, `/openapi.json`."""

import contextlib
import json
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from kg.catalog import openapi, rdf
from kg.catalog.formats import offered, write
from kg.catalog.load import Catalog
from kg.catalog.records import Form, Question
from kg.catalog.run import page_of, run
from kg.errors import KgError, ParameterError
from kg.serve.negotiate import required
from kg.serve.responses import text_response
from kg.serve.site import Site, address_of, site

blueprint = Blueprint("catalogue", __name__)

HTML: Final = "text/html"
_CHOICES_SHOWN: Final = 50
_EXAMPLE_ROWS: Final = 2


@blueprint.get("/questions")
def list_questions() -> Response:
    """The list, as a page or as JSON."""
    if required(request.headers.get("Accept"), ("application/json", HTML), "the list of questions") == HTML:
        return _list_page()
    return list_questions_json()


@blueprint.get("/questions.json")
def list_questions_json() -> Response:
    """The list as JSON."""
    listed = [_summary(question) for question in site().catalog]
    return text_response(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", "application/json")


def _list_page() -> Response:
    wanted = request.args.get("tag", "")
    catalog = site().catalog
    shown = [question for question in catalog if not wanted or wanted in question.tags]
    return text_response(render_template("questions/list.html", questions=shown, tags=_tags(catalog), tag=wanted), HTML)


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
    return text_response(here.memo.once("catalogue", lambda: rdf.to_turtle(here.catalog)), "text/turtle")


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """The description of every question, with the first rows of its answer as an example."""
    here = site()
    # Asking everything takes a second or two.
    examples = here.memo.once("examples", lambda: _examples(here))
    described = openapi.document(here.catalog, server=address_of(here), release=here.release, examples=examples)
    return text_response(json.dumps(described, ensure_ascii=False, indent=1) + "\n", "application/json")


def _examples(here: Site) -> dict[str, Any]:
    """Return the first rows of each answer."""
    examples: dict[str, Any] = {}
    for each in here.catalog:
        if each.form is not Form.SELECT:
            continue
        # An example that cannot be had is no reason to have no description.
        with contextlib.suppress(KgError):
            answer = run(here.engine, each, {}, choices=here.choices)
            examples[each.name] = json.loads(write(page_of(answer, 1, _EXAMPLE_ROWS), "json"))
    return examples


@blueprint.get("/questions/<name>/choices/<parameter>")
def parameter_choices(name: str, parameter: str) -> Response:
    """What may be picked for a parameter, narrowed by any part of any name."""
    question = site().catalog.question(name)
    found = question.param(parameter)
    if found is None:
        raise ParameterError(parameter, "one of the question's parameters")
    if found.class_iri is None and found.kind is None:
        listed = [{"value": value, "label": label} for value, label in found.values]
        return text_response(json.dumps(listed, ensure_ascii=False), "application/json")
    wanted = request.args.get("q", "").strip().casefold()
    matches = [
        choice
        for choice in site().choices.of(found)
        if not wanted or any(wanted in word.casefold() for word in (*choice.names, *choice.codes))
    ]
    listed = [{"value": choice.iri, "label": choice.label} for choice in matches[:_CHOICES_SHOWN]]
    return text_response(json.dumps(listed, ensure_ascii=False), "application/json")
