"""What a report may say: known questions, columns and parameters, and no number that nobody can trace."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from kg.catalog import Catalog, CatalogError, Fault, Question
from kg.errors import UnknownQuestionError
from kg.report.read import read_report
from kg.report.records import Argument, Embedded, Inline, Report, Verb

# A figure by itself; `5G`, `ECU911` and `COVID-19` are names.
_FIGURE: Final = re.compile(r"(?<![\w-])[0-9][0-9.,]*(?![\w-])")
_NUMBER_WORD: Final = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|billions?|"
    r"trillions?|half|twice|double|percent|per cent)\b",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def load_reports(folder: Path, catalog: Catalog) -> tuple[Report, ...]:
    """Read every report of a release in the order of their names.

    They were checked when the release was built; one that is older than today's rules and breaks them is left out.
    """
    read = (read_report(path)[0] for path in sorted(folder.glob("*.md")))
    return tuple(one for one in read if one is not None and not check_report(one, catalog))


def check_reports(folder: Path, catalog: Catalog) -> tuple[Fault, ...]:
    """Return everything that is wrong with the reports of a folder, for the build."""
    return tuple(sorted(_read(folder, catalog)[1]))


def find_report(folder: Path, catalog: Catalog, name: str) -> Report:
    """Return one report.

    Raises:
        UnknownQuestionError: there is none of that name; the message names the nearest.
        CatalogError: it is wrong.
    """
    names = [path.stem for path in sorted(folder.glob("*.md"))]
    if name not in names:
        near = get_close_matches(name, names, n=3, cutoff=0.4)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise UnknownQuestionError(f"no report is named {name!r}{hint}")
    path = folder / f"{name}.md"
    report, faults = read_report(path)
    if report is not None:
        faults += check_report(report, catalog)
    if report is None or faults:
        raise CatalogError(faults)
    return report


def _read(folder: Path, catalog: Catalog) -> tuple[list[Report], list[Fault]]:
    reports: list[Report] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.md")):
        report, wrong = read_report(path)
        faults += wrong
        if report is not None:
            faults += check_report(report, catalog)
            reports.append(report)
    return reports, faults


def check_report(report: Report, catalog: Catalog) -> list[Fault]:
    """Return what is wrong between a report and the questions that it asks."""
    faults: list[Fault] = []
    for line, text in report.prose:
        faults += [Fault(report.path, line, message) for message in _typed_numbers(text)]
        faults += [Fault(report.path, line, message) for message in _placeholders(report, text)]
    faults += [Fault(report.path, 1, f"title: {message}") for message in _placeholders(report, report.title)]
    for piece in report.pieces:
        if isinstance(piece, Inline):
            faults += [Fault(report.path, piece.line, message) for message in _inline(report, piece, catalog)]
        elif isinstance(piece, Embedded):
            faults += [Fault(report.path, piece.line, message) for message in _embedded(report, piece, catalog)]
    return faults


def _typed_numbers(text: str) -> list[str]:
    # The address of a link is no prose.
    prose = re.sub(r"\]\([^)]*\)", "]", text)
    # An ordered list is counted by Markdown.
    prose = re.sub(r"^\s*[0-9]+\.\s", "", prose)
    found = [match.group() for pattern in (_FIGURE, _NUMBER_WORD) for match in pattern.finditer(prose)]
    return [f"the number {word!r} is typed in the prose; numbers come from questions" for word in found]


def _placeholders(report: Report, text: str) -> list[str]:
    return [
        f"{{{name}}} is no parameter of the report" for name in _PLACEHOLDER.findall(text) if report.param(name) is None
    ]


def _find(catalog: Catalog, name: str) -> Question | str:
    try:
        return catalog.question(name)
    except UnknownQuestionError as error:
        return str(error)


def _inline(report: Report, piece: Inline, catalog: Catalog) -> list[str]:
    if piece.verb is Verb.PARAM:
        known = report.param(piece.column or "") is not None
        return [] if known else [f"{piece.column!r} is no parameter of the report"]
    question = _find(catalog, piece.question)
    if isinstance(question, str):
        return [question]
    faults = _arguments(report, question, piece.arguments)
    used = [piece.column] if piece.column else []
    used += [piece.condition.column] if piece.condition else []
    faults += _columns(question, used)
    faults += _evidence(question)
    if piece.verb is Verb.FINDING and question.finding is None:
        faults.append(f"{question.name} has no finding")
    if piece.verb is Verb.SUM:
        unit = next((column.unit for column in question.columns if column.name == piece.column), None)
        if unit is None or unit == "currency" or unit.startswith("see "):
            faults.append(f"{question.name}: {piece.column} is in no single unit, so it has no sum")
    return faults


def _embedded(report: Report, piece: Embedded, catalog: Catalog) -> list[str]:
    question = _find(catalog, piece.question)
    if isinstance(question, str):
        return [question]
    faults = _arguments(report, question, piece.arguments)
    faults += _columns(question, piece.columns)
    faults += _evidence(question)
    if piece.has_chart and question.chart is None:
        faults.append(f"{question.name} has no chart")
    return faults


def _arguments(report: Report, question: Question, arguments: Sequence[Argument]) -> list[str]:
    faults: list[str] = []
    given = [argument.name for argument in arguments]
    for argument in arguments:
        taken = question.param(argument.name)
        if taken is None:
            known = ", ".join(parameter.name for parameter in question.params) or "none"
            faults.append(f"{question.name} has no parameter {argument.name!r}; it has {known}")
        if argument.reference is None:
            continue
        given_on = report.param(argument.reference)
        if given_on is None:
            faults.append(f"${argument.reference} is no parameter of the report")
        elif taken is not None and taken.type is not given_on.type:
            # An IRI in the place of a text matches nothing, and the report would say that nobody says anything.
            faults.append(
                f"{question.name}: {taken.name} takes {taken.type}, and ${argument.reference} is {given_on.type}"
            )
    for parameter in question.params:
        # A default that nobody sees would answer about another country than the title says.
        if not parameter.optional and parameter.name not in given:
            faults.append(f"{question.name} needs {parameter.name}; give it, even where it is the default")
    return faults


def _columns(question: Question, names: Sequence[str]) -> list[str]:
    known = [column.name for column in question.columns]
    return [f"{question.name} has no column {name!r}; it has {', '.join(known)}" for name in names if name not in known]


def _evidence(question: Question) -> list[str]:
    if question.evidence:
        return []
    return [f"{question.name} declares no evidence, so its numbers can have no footnote"]
