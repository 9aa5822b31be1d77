"""What the command line does with questions: values from `-p name=value`, a question or a file, bytes out."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.catalog.choices import Choices
from kg.catalog.drawing import PICTURES, picture
from kg.catalog.empty import explain
from kg.catalog.faults import CatalogError
from kg.catalog.formats import FORMATS, media_type, write
from kg.catalog.load import Catalog, parse_question
from kg.catalog.nothing import NOT_EVIDENCE, why_nothing
from kg.catalog.records import Form, Question
from kg.catalog.run import QuestionAnswer, run
from kg.engine import Answer, Engine, Query
from kg.engine.formats import JSON, XML
from kg.errors import ParameterError, UnknownQuestionError

# Words for --format beside the suffixes; `table` is what people read.
FORMAT_WORDS: Final = ("table", *(known.suffix for known in FORMATS), *PICTURES)
_HEADER: Final = re.compile(r"^#\+", re.MULTILINE)
_RESULT_TYPES: Final = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/sparql-results+json",
    "srj": "application/sparql-results+json",
    "srx": "application/sparql-results+xml",
    "table": "text/csv",
    "txt": "text/csv",
}
_GRAPH_TYPES: Final = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "table": "text/turtle",
    "txt": "text/turtle",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An answer in a format.

    Attributes:
        complete: False when rows were left out.
        empty: for a table without rows why that is so, else None.
    """

    body: bytes
    complete: bool
    empty: str | None


def read_pairs(pairs: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of `name=value` words by name; a name may occur several times.

    Raises:
        ParameterError: a word has no equals sign.
    """
    values: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ParameterError(pair, "name=value", "country=KE")
        values.setdefault(name.strip(), []).append(value)
    return values


def find(catalog: Catalog, name: str, stdin_text: str | None = None) -> Question | str:
    """Return the saved question that a word names, else the SPARQL text of a file or of standard input.

    `-` is standard input, whose text the caller reads. A file or text with a header is a question too.

    Raises:
        UnknownQuestionError: neither a question nor a file has this name.
        CatalogError: the file has a header that is wrong.
    """
    if name == "-":
        return _text_or_question(stdin_text or "", Path("stdin.rq"))
    path = Path(name)
    if path.suffix == ".rq" or "/" in name:
        if not path.is_file():
            raise UnknownQuestionError(f"{name}: no such file")
        return _text_or_question(path.read_text(encoding="utf-8"), path)
    return catalog.question(name)


def _text_or_question(text: str, path: Path) -> Question | str:
    if not _HEADER.search(text):
        return text
    question, faults = parse_question(text, path)
    if question is None:
        raise CatalogError(faults)
    return question


def ask(engine: Engine, question: Question, pairs: Sequence[str] = (), *, evidence: bool = False) -> QuestionAnswer:
    """Ask a question with values as the command line gives them.

    Raises:
        ParameterError: an unknown parameter or a wrong value.
    """
    return run(engine, question, read_pairs(pairs), choices=Choices(engine), evidence=evidence)


def answer_bytes(
    engine: Engine,
    asked: Question | str,
    pairs: Sequence[str] = (),
    *,
    format_word: str = "table",
    evidence: bool = False,
    bom: bool = False,
) -> Written:
    """Return the answer to a question, or to plain SPARQL, in a format.

    `table` is the text that people read; for a CONSTRUCT it is Turtle.

    Raises:
        ParameterError: an unknown parameter or a wrong value; plain SPARQL has no parameters.
        NotAcceptableError: the answer has no such form.
    """
    if isinstance(asked, Question):
        suffix = format_word
        if format_word == "table":
            suffix = "txt" if asked.form is Form.SELECT else "ttl"
        choices = Choices(engine)
        graph_type = media_type(suffix)
        answer = run(engine, asked, read_pairs(pairs), choices=choices, evidence=evidence, graph_type=graph_type)
        empty = _why_empty(engine, answer, choices) if asked.form is Form.SELECT and not answer.rows else None
        body = picture(answer, suffix) if suffix in PICTURES else write(answer, suffix, bom=bom)
        return Written(body=body, complete=answer.complete, empty=empty)
    if pairs:
        raise ParameterError(pairs[0].partition("=")[0], "no parameter: plain SPARQL has none")
    done = engine.answer(
        Query(
            text=asked,
            results_type=_RESULT_TYPES.get(format_word),
            graph_type=_GRAPH_TYPES.get(format_word),
        )
    )
    empty = why_nothing(engine, asked) if _has_no_rows(done) else None
    return Written(body=done.body, complete=done.complete, empty=empty)


def _has_no_rows(done: Answer) -> bool:
    if done.form != "bindings":
        return False
    if done.media_type == JSON:
        return not json.loads(done.body)["results"]["bindings"]
    return b"<result>" not in done.body if done.media_type == XML else done.body.count(b"\n") <= 1


def _why_empty(engine: Engine, answer: QuestionAnswer, choices: Choices) -> str:
    reason = explain(engine, answer, choices)
    return reason.message if reason is not None else NOT_EVIDENCE
