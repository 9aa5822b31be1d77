"""`/reports`: the saved reports as pages, Markdown and PDF, with their parameters in the address."""

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Final, cast

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup

from kg import report as reports
from kg.catalog import Question
from kg.errors import EngineBusyError, ParameterError, UnknownQuestionError
from kg.report import FORMATS, Composed, Report
from kg.report.html import body
from kg.report.style import read_style
from kg.serve.negotiate import required
from kg.serve.problems import problem
from kg.serve.question_request import MAX_QUERY_BYTES, Asked, etag, read_request
from kg.serve.question_view import fields, href, page_href
from kg.serve.site import Site, address_of, site
from kg.vocab import ID

blueprint = Blueprint("reports", __name__)

_CITATIONS: Final = {"bib": "application/x-bibtex", "csl.json": "application/vnd.citationstyles.csl+json"}
# Setting a PDF takes seconds of one core; a second one at the same time would only make both slower.
_setting = BoundedSemaphore(1)
_SETTING_WAIT_S: Final = 20.0
_NAMED: Final = re.compile(rf'href="({re.escape(ID)}[a-z-]+/[^"#]+)"')
_KEPT: Final = 32
_kept: "OrderedDict[str, bytes]" = OrderedDict()
_kept_lock = Lock()


def folder_of(here: Site) -> Path:
    """Return the folder with the reports of the release served."""
    return here.snapshot.files / "queries" / "reports"


@blueprint.get("/reports")
def list_reports() -> Response:
    """The list, as a page or as JSON."""
    here = site()
    found = reports.load_reports(folder_of(here), here.catalog)
    if required(request.headers.get("Accept"), ("application/json", "text/html"), "the list of reports") == "text/html":
        return Response(render_template("reports/list.html", reports=found, release=here.release), mimetype="text/html")
    listed = [
        {
            "name": one.name,
            "title": one.title,
            "summary": one.summary,
            "params": [parameter.name for parameter in one.params],
            "questions": list(one.questions()),
            "formats": list(FORMATS),
        }
        for one in found
    ]
    return Response(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")


@blueprint.get("/reports/style/report.css")
def stylesheet() -> Response:
    """The stylesheet of the article."""
    response = Response(read_style("report.css"), mimetype="text/css")
    response.headers["Cache-Control"] = "max-age=3600"
    return response


@blueprint.get("/reports/<name>")
def show_report(name: str) -> Response:
    """One report: as a page, Markdown or PDF, by suffix or by Accept; or how to cite it."""
    if len(request.query_string) > MAX_QUERY_BYTES:
        return problem(414, "uri-too-long", "Too many parameters", f"At most {MAX_QUERY_BYTES} bytes are read.")
    here = site()
    base, _, suffix = name.partition(".")
    found = reports.find_report(folder_of(here), here.catalog, base)
    if suffix and suffix not in FORMATS and suffix not in _CITATIONS:
        forms = ", ".join([*FORMATS, *_CITATIONS])
        raise UnknownQuestionError(f"{base} has no form .{suffix}; it has {forms}")
    if not suffix:
        chosen = required(request.headers.get("Accept"), list(FORMATS.values()), "a report")
        suffix = next(word for word, kind in FORMATS.items() if kind == chosen)
    if suffix == "html":
        return _page(here, found)
    return _file(here, found, suffix)


def _asked() -> Asked:
    return read_request(request.args)


def _compose(here: Site, found: Report, asked: Asked) -> Composed:
    pairs = (*asked.pairs(), ("release", here.release))
    address = address_of(here)
    return reports.compose(
        here.engine,
        here.catalog,
        found,
        asked.values,
        choices=here.choices,
        url=address + href(f"/reports/{found.name}", pairs),
    )


def _file(here: Site, found: Report, suffix: str) -> Response:
    asked = _asked()
    tag = etag(here.release, found.name, suffix, request.query_string, request.host_url)
    if tag in request.if_none_match:
        response = Response(status=304)
        response.set_etag(tag)
        return response
    made = _remembered(tag) if suffix == "pdf" else None
    if made is None:
        composed = _compose(here, found, asked)
        if suffix == "bib":
            made = composed.reference.bibtex().encode("utf-8")
        elif suffix == "csl.json":
            made = composed.reference.csl_json().encode("utf-8")
        else:
            made = _pdf(composed, tag) if suffix == "pdf" else reports.write_report(composed, suffix)
    kind = {**FORMATS, **_CITATIONS}[suffix]
    response = Response(made, content_type=kind if suffix == "pdf" else f"{kind}; charset=utf-8")
    response.set_etag(tag)
    if suffix == "pdf":
        response.headers["Content-Disposition"] = f'inline; filename="{found.name}-{here.release}.pdf"'
    return response


def _pdf(composed: Composed, tag: str) -> bytes:
    if not _setting.acquire(timeout=_SETTING_WAIT_S):
        raise EngineBusyError("other PDFs are being made", retry_after_s=10)
    try:
        made = reports.write_report(composed, "pdf")
    finally:
        _setting.release()
    _remember(tag, made)
    return made


def _remember(tag: str, made: bytes) -> None:
    with _kept_lock:
        _kept[tag] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)


def _remembered(tag: str) -> bytes | None:
    with _kept_lock:
        return _kept.get(tag)


def _page(here: Site, found: Report) -> Response:
    """Return the page of a report; the pages asked for last are kept, since composing one asks dozens of questions."""
    # A page says when a newer release is served.
    newest = current_app.extensions["kg"].release
    tag = etag(here.release, newest, found.name, "html", request.query_string, request.host_url)
    made = _remembered(tag)
    status = 200
    if made is None:
        made, status = _composed_page(here, found)
        if status == 200:
            _remember(tag, made)
    response = Response(made, status=status, mimetype="text/html")
    if status == 200:
        response.set_etag(tag)
        response.make_conditional(request.environ)
    return response


def _with_pages(article: Markup) -> Markup:
    """Lead from the names of things to their pages here; in a printed report the permanent names stay."""
    return Markup(_NAMED.sub(lambda found: f'href="{page_href(unescape(found[1]))}"', article))  # noqa: S704


def _composed_page(here: Site, found: Report) -> tuple[bytes, int]:
    errors: dict[str, str] = {}
    composed: Composed | None = None
    status = 200
    given: Mapping[str, list[str]] = {name: request.args.getlist(name) for name in request.args}
    pairs: tuple[tuple[str, str], ...] = ()
    asked_release: str | None = None
    try:
        asked = _asked()
        given, pairs, asked_release = asked.values, asked.kept_pairs(), asked.release
        composed = _compose(here, found, asked)
    except ParameterError as error:
        # The form stays, with what was typed and what is wrong with it beside the field.
        status = 400
        errors[error.parameter] = str(error)
    page = render_template(
        "reports/report.html",
        report=found,
        # Fields are made of the parameters alone, which reports and questions have in one form.
        fields=fields(cast(Question, found), dict(given), here.choices, errors),
        errors=errors,
        article=_with_pages(body(composed)) if composed is not None else None,
        composed=composed,
        downloads=[(word, href(f"/reports/{found.name}.{word}", pairs)) for word in ("pdf", "md", *_CITATIONS)],
        release=here.release,
        asked_release=asked_release,
    )
    return page.encode("utf-8"), status
