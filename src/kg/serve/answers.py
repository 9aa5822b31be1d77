"""An answer in rows as a response: its bytes, whether it is whole, and where its other pages are."""

from flask import Response

from kg.catalog.formats import Format
from kg.catalog.run import QuestionAnswer
from kg.serve.question_request import Asked
from kg.serve.question_view import href
from kg.serve.responses import text_response


def data_response(body: bytes, known: Format, answer: QuestionAnswer, path: str, asked: Asked) -> Response:
    """Return an answer that was written in a format, with all that its headers must say."""
    response = text_response(body.decode("utf-8"), known.media_type)
    tell_completeness(response, answer)
    link_pages(response, answer, path, asked)
    if known.suffix in ("csv", "tsv"):
        # Long names and all values would make no file name; the question's name does.
        disposition = f'attachment; filename="{answer.question.name}-{answer.release}.{known.suffix}"'
        response.headers["Content-Disposition"] = disposition
    return response


def tell_completeness(response: Response, answer: QuestionAnswer) -> None:
    """Say whether the answer is whole, and of which release."""
    response.headers["KG-Complete"] = "true" if answer.complete else "false"
    if answer.limit is not None:
        response.headers["KG-Limit"] = answer.limit
    response.headers["KG-Release"] = answer.release


def page_links(answer: QuestionAnswer, path: str, asked: Asked) -> dict[str, str]:
    """Return the addresses of other pages by relation."""
    page = answer.page
    if page is None or (page.count == 1 and page.number == 1):
        return {}
    numbers = {"first": 1, "last": page.count}
    if 1 < page.number <= page.count:
        numbers["prev"] = page.number - 1
    if page.number < page.count:
        numbers["next"] = page.number + 1
    return {
        relation: href(path, [*asked.page_pairs(), ("limit", str(page.size)), ("page", str(number))])
        for relation, number in numbers.items()
    }


def link_pages(response: Response, answer: QuestionAnswer, path: str, asked: Asked) -> None:
    """Name the other pages in the header."""
    # RFC 8288, 3: relative references are resolved against the request's address.
    links = [f'<{target}>; rel="{relation}"' for relation, target in page_links(answer, path, asked).items()]
    if links:
        response.headers["Link"] = ", ".join(links)
