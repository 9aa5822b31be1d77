"""Reads `queries/reports/*.md`: YAML between two `---` lines, then Markdown with values and questions in it."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kg.catalog import Fault
from kg.catalog.header import read_parameters
from kg.catalog.yaml_lines import HeaderYamlError, Mapping, Scalar, read_yaml
from kg.report.records import Argument, Condition, Embedded, Inline, Piece, Report, Verb

DEFAULT_LIMIT: Final = 20
OPTIONS: Final = ("show", "columns", "limit", "caption", "empty")
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_FENCE: Final = re.compile(r"^(`{3,}|~{3,})[ ]*(.*?)[ ]*$")
_PLACE: Final = re.compile(r"\{\{(.*?)\}\}")
_KEYS: Final = ("title", "summary", "params")
# The private use area marks the places in the text while it is rendered (see compose).
_RESERVED: Final = re.compile("[\ue000-\uf8ff]")
Note = Callable[[int, str], None]


def read_report(path: Path) -> tuple[Report | None, list[Fault]]:
    """Read one file; returns the report, or None where it is not sound, and its faults."""
    faults: list[Fault] = []

    def note(line: int, message: str) -> None:
        faults.append(Fault(path, line, message))

    try:
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        note(1, f"the file cannot be read as UTF-8: {error}")
        return None, faults
    if not _NAME.match(path.stem):
        note(1, "the file's name must be kebab-case: letters, digits and single hyphens")
    lines = text.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        note(1, "the report starts with YAML between two lines of ---")
        return None, faults
    end = lines.index("---", 1)
    try:
        # The empty line in the place of the first --- keeps the line numbers.
        head = read_yaml("\n" + "\n".join(lines[1:end]))
    except HeaderYamlError as error:
        note(error.line, error.message)
        return None, faults
    if not isinstance(head, Mapping):
        note(2, "the front matter must be a mapping with title and summary")
        return None, faults
    keys = {key: value for key, _, value in head.items}
    for key, line, _ in head.items:
        if key not in _KEYS:
            note(line, f"the front matter has the unknown key {key!r}; known: {', '.join(_KEYS)}")
    texts = {}
    for key in ("title", "summary"):
        value = keys.get(key)
        if not isinstance(value, Scalar) or not value.text.strip():
            note(value.line if value else 1, f"the front matter has no {key}")
        else:
            texts[key] = " ".join(value.text.split())
    params, wrong = read_parameters(keys.get("params"), path)
    faults.extend(wrong)
    pieces, prose = _pieces(lines, end + 1, note)
    if faults:
        return None, faults
    report = Report(
        name=path.stem,
        title=texts["title"],
        summary=texts["summary"],
        params=params,
        pieces=tuple(pieces),
        prose=tuple(prose),
        path=path,
    )
    return report, faults


def _pieces(lines: list[str], start: int, note: Note) -> tuple[list[Piece], list[tuple[int, str]]]:
    pieces: list[Piece] = []
    prose: list[tuple[int, str]] = []
    index = start
    while index < len(lines):
        fence = _FENCE.match(lines[index])
        if fence is None:
            _prose(lines[index], index + 1, pieces, prose, note)
            index += 1
            continue
        close = next((i for i in range(index + 1, len(lines)) if lines[i].strip() == fence[1]), None)
        if close is None:
            note(index + 1, f"the block {fence[1]} is never closed")
            break
        word, _, name = fence[2].partition(" ")
        if word != "question":
            note(index + 1, f"a report holds no block {fence[2] or 'without a word'!r}; only ```question NAME")
        else:
            found = _embedded(name.strip(), lines[index + 1 : close], index + 1, prose, note)
            if found is not None:
                pieces.append(found)
        index = close + 1
    return pieces, prose


def _prose(text: str, line: int, pieces: list[Piece], prose: list[tuple[int, str]], note: Note) -> None:
    if _RESERVED.search(text):
        note(line, "a character of the private use area; type another")
    position = 0
    for place in _PLACE.finditer(text):
        pieces.append(text[position : place.start()])
        prose.append((line, text[position : place.start()]))
        inline = _inline(place[1], line, prose, note)
        if inline is not None:
            pieces.append(inline)
        position = place.end()
    rest = text[position:]
    if "{{" in rest or "}}" in rest:
        note(line, "{{ without }} on the same line, or }} without {{")
    pieces.append(rest + "\n")
    prose.append((line, rest))


def _inline(text: str, line: int, prose: list[tuple[int, str]], note: Note) -> Inline | None:
    try:
        words = shlex.split(text)
    except ValueError as error:
        note(line, f"{{{{{text}}}}}: {error}")
        return None
    verb = next((known for known in Verb if words and words[0] == known), None)
    if verb is None:
        note(line, f"{{{{{text}}}}} starts with none of {', '.join(Verb)}")
        return None
    plain = [word for word in words[1:] if "=" not in word]
    pairs = [word.split("=", 1) for word in words[1:] if "=" in word]
    options = {name: value for name, value in pairs if name in ("as", "where")}
    arguments = tuple(Argument(name, value) for name, value in pairs if name not in ("as", "where"))
    names = [name for name, _ in pairs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        note(line, f"{{{{{text}}}}} gives {name} twice")
    one, _, many = options.get("as", "").partition("/")
    if "as" in options:
        prose.append((line, options["as"]))
    fewest, most = {Verb.PARAM: (1, 1), Verb.VALUE: (2, 2), Verb.COUNT: (1, 2), Verb.SUM: (2, 2), Verb.FINDING: (1, 1)}[
        verb
    ]
    if not fewest <= len(plain) <= most:
        note(line, f"{{{{{text}}}}}: {verb} takes {fewest if fewest == most else f'{fewest} or {most}'} names")
        return None
    is_param = verb is Verb.PARAM
    return Inline(
        verb=verb,
        question="" if is_param else plain[0],
        column=plain[0] if is_param else (plain[1] if len(plain) > 1 else None),
        arguments=arguments,
        condition=_condition(options["where"]) if "where" in options else None,
        one=one or None,
        many=many or one or None,
        line=line,
    )


def _condition(text: str) -> Condition:
    if text.startswith("!"):
        return Condition(text[1:], None, is_known=False)
    column, separator, wanted = text.partition(":")
    return Condition(column, wanted if separator else None)


def _embedded(
    name: str, lines: list[str], line: int, prose: list[tuple[int, str]], note: Note
) -> Embedded | None:  # fmt: skip
    options: dict[str, str] = {}
    arguments: list[Argument] = []
    for number, text in enumerate(lines, start=line + 1):
        if not text.strip():
            continue
        key, colon, value = text.partition(":")
        key, value = key.strip(), value.strip()
        if not colon or not key or not value:
            note(number, f"{text.strip()!r} is no `key: value`")
        elif key in options or key in [argument.name for argument in arguments]:
            note(number, f"{key} is given twice")
        elif key in OPTIONS:
            options[key] = value
            if key in ("caption", "empty"):
                prose.append((number, value))
        else:
            arguments.append(Argument(key, value))
    shown = options.get("show", "table").split()
    for word in shown:
        if word not in ("table", "chart"):
            note(line, f"show: {word!r} is neither table nor chart")
    limit = options.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit) <= 1000):
        note(line, f"limit is {limit!r}; it is a whole number from 1 to 1000")
        limit = "1"
    if not name:
        note(line, "```question without the name of a question")
        return None
    return Embedded(
        question=name,
        arguments=tuple(arguments),
        has_table="table" in shown,
        has_chart="chart" in shown,
        columns=tuple(options.get("columns", "").replace(",", " ").split()),
        limit=int(limit),
        caption=options.get("caption"),
        empty=options.get("empty"),
        line=line,
    )
