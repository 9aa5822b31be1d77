"""Reads `queries/*.rq` into a catalogue, or says everything that is wrong with them."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from kg.catalog import sentence
from kg.catalog.bind import substitute
from kg.catalog.body import Body, Note, check_order, check_parameters, read_body, terms_in
from kg.catalog.faults import CatalogError, Fault
from kg.catalog.header import Header, read_header
from kg.catalog.records import Column, Form, Parameter, ParameterType, Question
from kg.catalog.values import dummy_terms
from kg.charts import ChartError
from kg.charts import check as check_chart
from kg.engine import Term
from kg.errors import UnknownQuestionError
from kg.vocab import CODE_KINDS, ID, KG, TABLE_KINDS, compact

log = logging.getLogger(__name__)

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Catalog:
    """All saved questions in the order of their names."""

    questions: tuple[Question, ...]

    @classmethod
    def load(cls, queries_dir: Path, *, known_terms: frozenset[str] | None = None) -> "Catalog":
        """Read every `.rq` file of a folder.

        `known_terms` holds the IRIs that the ontology files describe. With it the check is the whole one that
        a build makes: terms, and the grammar by a real parser.

        Raises:
            CatalogError: some files are wrong; it lists every fault with file and line.
        """
        faults: list[Fault] = []
        questions: list[Question] = []
        paths = sorted(queries_dir.glob("*.rq"))
        if not paths:
            faults.append(Fault(queries_dir, 1, "the folder holds no saved question (*.rq)"))
        for path in paths:
            question, wrong = read_question(path, known_terms=known_terms)
            faults.extend(wrong)
            if question is not None:
                questions.append(question)
        if faults:
            raise CatalogError(faults)
        return cls(tuple(questions))

    @classmethod
    def of_release(cls, queries_dir: Path) -> "Catalog":
        """Read the questions of a published release, which an older version of this software may have checked.

        Rules that are newer than the release must not make it unreadable: what they say about finding, columns and
        chart is passed over, and a question that can no longer be read is left out, with a line in the log.
        """
        questions: list[Question] = []
        left_out: list[str] = []
        for path in sorted(queries_dir.glob("*.rq")):
            question, wrong, told = _read_file(path, None)
            if question is None or wrong:
                left_out.append(path.stem)
            else:
                questions.append(question if not told else replace(question, finding=None))
        if left_out:
            log.warning("questions that this version cannot read are left out: %s", ", ".join(left_out))
        return cls(tuple(questions))

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def __len__(self) -> int:
        return len(self.questions)

    def question(self, name: str) -> Question:
        """Return the question of that name.

        Raises:
            UnknownQuestionError: there is none; the message names the nearest.
        """
        for question in self.questions:
            if question.name == name:
                return question
        near = get_close_matches(name, [question.name for question in self.questions], n=3, cutoff=0.4)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise UnknownQuestionError(f"no saved question is named {name!r}{hint}")


def read_question(path: Path, *, known_terms: frozenset[str] | None = None) -> tuple[Question | None, list[Fault]]:
    """Read one file; returns the question, or None where it is not sound, and its faults."""
    question, wrong, told = _read_file(path, known_terms)
    return (None if wrong or told else question), [*wrong, *told]


def parse_question(
    text: str, path: Path, *, known_terms: frozenset[str] | None = None
) -> tuple[Question | None, list[Fault]]:
    """Read the text of one file; `path` gives the name and stands in the faults."""
    question, wrong, told = _parse(text, path, known_terms)
    return (None if wrong or told else question), [*wrong, *told]


def _read_file(path: Path, known: frozenset[str] | None) -> tuple[Question | None, list[Fault], list[Fault]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return None, [Fault(path, 1, f"the file is not UTF-8: {error.reason} at byte {error.start}")], []
    if text.startswith("\ufeff"):
        return None, [Fault(path, 1, "the file starts with a byte order mark; save it without")], []
    return _parse(text.replace("\r\n", "\n"), path, known)


def _parse(text: str, path: Path, known: frozenset[str] | None) -> tuple[Question | None, list[Fault], list[Fault]]:
    """Return the question if it can be made, faults that change its answer, and faults in what is told beside it."""
    header, faults = read_header(text, path)
    told: list[Fault] = []

    def note(line: int, message: str) -> None:
        faults.append(Fault(path, line, message))

    def note_told(line: int, message: str) -> None:
        told.append(Fault(path, line, message))

    if not _NAME.match(path.stem):
        note(1, "the file's name must be kebab-case: letters, digits and single hyphens")
    body = read_body(text, note)
    if header is None or body is None:
        return None, faults, told
    check_order(body, note)
    check_parameters(body, header.params, note)
    _check_terms(header, body, known, note)
    _check_columns(header, body, note_told)
    question = _question(header, body, text, path)
    _check_finding(header, question, note_told)
    if not faults and not told and known is not None:
        _check_syntax(question, note)
    return question, faults, told


def _question(header: Header, body: Body, text: str, path: Path) -> Question:
    described = {column.name: column for column in header.columns}
    return Question(
        name=path.stem,
        summary=header.summary,
        description=header.description,
        tags=header.tags,
        answers=header.answers,
        params=header.params,
        columns=tuple(described.get(name, Column(name=name, meaning="")) for name in body.columns),
        chart=header.chart,
        evidence=header.evidence,
        finding=header.finding,
        caution=header.caution,
        expect=header.expect,
        seconds=header.seconds,
        form=body.form,
        body=text,
        path=path,
    )


def _check_terms(header: Header, body: Body, known: frozenset[str] | None, note: Note) -> None:
    if known is None:
        return
    checked = tuple(f"{ID}{kind}/" for kind in CODE_KINDS)
    for iri, token in terms_in(body, note):
        ours = iri.startswith((KG, *checked)) and iri not in (KG, *checked)
        if ours and iri not in known:
            near = get_close_matches(iri, known, n=1)
            hint = f"; nearest: {compact(near[0])}" if near else ""
            note(token.line, f"the ontology has no term {compact(iri)}{hint}")
        elif iri.startswith(ID) and not iri.startswith(checked):
            kind = iri[len(ID) :].partition("/")[0]
            if kind and kind not in (*TABLE_KINDS, "evidence", "release"):
                note(token.line, f"there is no kind of resource named {kind!r}")
    for parameter in header.params:
        class_iri = parameter.class_iri
        if class_iri is not None and class_iri.startswith(KG) and class_iri not in known:
            message = f"parameter {parameter.name}: the ontology has no class {compact(class_iri)}"
            note(header.line("params"), message)


def _check_columns(header: Header, body: Body, note: Note) -> None:
    if body.form is Form.CONSTRUCT:
        if header.chart is not None or header.columns or header.evidence:
            note(1, "a CONSTRUCT has no columns, chart or evidence")
        return
    groups: list[tuple[str, tuple[str, ...]]] = [
        ("columns", tuple(column.name for column in header.columns)),
        (
            "chart" if dict(header.lines).get("chart") else "map",
            header.chart.columns() if header.chart else (),
        ),
        ("evidence", header.evidence),
        ("expect", header.expect.columns),
    ]
    groups += [("expect", invariant.columns) for invariant in header.expect.invariants]
    for key, names in groups:
        for name in names:
            if name not in body.columns:
                note(header.line(key), f"{key} names the column {name!r}, which SELECT does not give")
    if header.chart is not None:
        try:
            check_chart(header.chart)
        except ChartError as error:
            note(header.line("map" if "map" in dict(header.lines) else "chart"), str(error))
    for name in body.columns:
        if name not in [column.name for column in header.columns]:
            note(header.line("columns"), f"column {name} has no meaning in the header's columns")
    if header.expect.columns and header.expect.columns != body.columns:
        note(header.line("expect"), f"expect lists other columns than SELECT: {', '.join(body.columns)}")


def _check_finding(header: Header, question: Question, note: Note) -> None:
    columns = tuple(column.name for column in question.columns)
    params = tuple(parameter.name for parameter in question.params)
    for fault in sentence.faults(header.finding or "", columns, params):
        note(header.line("finding"), f"finding: {fault}")


def _check_syntax(question: Question, note: Note) -> None:
    """Parse the body as it is, and once with a value for every parameter.

    Every set of values gives the same kinds of tokens in the same places as one of these or a mixture of
    them, so what parses here parses for all values (see bind.py).
    """
    filled: dict[str, tuple[Term, ...]] = {parameter.name: _dummies(parameter) for parameter in question.params}
    for text in (question.body, substitute(question, filled)):
        fault = _syntax_fault(text)
        if fault is not None:
            note(*fault)
            return


def _dummies(parameter: Parameter) -> tuple[Term, ...]:
    terms = dummy_terms(parameter.type)
    return terms * 2 if parameter.multi and parameter.type is not ParameterType.ENUM else terms


def _syntax_fault(text: str) -> tuple[int, str] | None:
    from pyoxigraph import Store

    try:
        Store().query(text)
    except SyntaxError as error:
        message = str(error)
        where = re.search(r"error at (\d+):(\d+): (.*)", message, re.DOTALL)
        if where is None:
            return 1, f"the query is broken: {message}"
        return int(where[1]), f"the query is broken: column {where[2]}: {' '.join(where[3].split())}"
    return None
