"""The `#+` lines of a saved question as records; every fault is noted with its line."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TypeVar

from kg.catalog.faults import Fault
from kg.catalog.records import Column, Expectation, Invariant, InvariantKind, Parameter, ParameterType
from kg.catalog.yaml_lines import HeaderYamlError, Mapping, Scalar, Sequence, Value, read_yaml
from kg.charts.spec import ChartSpec, Mark
from kg.vocab import KINDS, expand

# grlc reads an underscore in a name as the beginning of a datatype or a language.
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_TAG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_CHART_CHANNELS: Final = (
    "title", "x", "y", "color", "size", "label", "start", "end", "steps", "place", "lat", "long", "unit",
)  # fmt: skip
_DEFAULT_SECONDS: Final = 5.0
_EXAMPLES: Final = {
    ParameterType.IRI: "place:kenya",
    ParameterType.STRING: "camera",
    ParameterType.INTEGER: "10",
    ParameterType.DECIMAL: "2.5",
    ParameterType.GYEAR: "2018",
    ParameterType.DATE: "2018-07-01",
}
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the header lines say; names of columns are not yet compared with the body."""

    summary: str
    description: str
    tags: tuple[str, ...]
    answers: tuple[int, ...]
    params: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    chart: ChartSpec | None
    evidence: tuple[str, ...]
    finding: str | None
    caution: str | None
    expect: Expectation
    seconds: float
    lines: tuple[tuple[str, int], ...]

    def line(self, key: str) -> int:
        """Return the line on which a top-level key stands, or 1."""
        return dict(self.lines).get(key, 1)


@dataclass(slots=True)
class _Reader:
    """Collects faults while values are read."""

    path: Path
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, message: str) -> None:
        self.faults.append(Fault(self.path, line, message))

    def keys(self, value: Value, known: Iterable[str], what: str) -> dict[str, Value]:
        """Return the entries of a mapping; an unknown key and anything but a mapping is a fault."""
        if not isinstance(value, Mapping):
            self.fault(value.line, f"{what} must be a mapping (key: value)")
            return {}
        names = tuple(known)
        for key, line, _ in value.items:
            if key not in names:
                self.fault(line, f"{what} has the unknown key {key!r}; known: {', '.join(names)}")
        return {key: item for key, _, item in value.items if key in names}

    def text(self, value: Value | None, what: str) -> str | None:
        """Return a text, or None where it is absent or empty."""
        if value is None:
            return None
        if not isinstance(value, Scalar):
            self.fault(value.line, f"{what} must be one text")
            return None
        return " ".join(value.text.split()) or None

    def texts(self, value: Value | None, what: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        if value is None:
            return ()
        if isinstance(value, Scalar):
            return (value.text,) if value.text else ()
        if isinstance(value, Sequence) and all(isinstance(item, Scalar) for item in value.items):
            return tuple(item.text for item in value.items if isinstance(item, Scalar))
        self.fault(value.line, f"{what} must be a list of words")
        return ()

    def flag(self, value: Value | None, what: str) -> bool:
        """Return true or false; absent is false."""
        if value is None:
            return False
        if isinstance(value, Scalar) and value.text in ("true", "false"):
            return value.text == "true"
        self.fault(value.line, f"{what} must be true or false")
        return False

    def number(self, value: Value | None, what: str) -> Decimal | None:
        """Return a finite number, or None where it is absent or wrong."""
        if value is None:
            return None
        try:
            number = Decimal(value.text) if isinstance(value, Scalar) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.fault(value.line, f"{what} must be a number")
            return None
        return number

    def count(self, value: Value | None, what: str) -> int | None:
        """Return a whole number that is not negative, or None."""
        number = self.number(value, what)
        if number is None:
            return None
        if number != int(number) or number < 0:
            self.fault(value.line if value else 1, f"{what} must be a whole number, not negative")
            return None
        return int(number)

    def one_of(self, value: Value, make: Callable[[str], Item], known: Iterable[str], what: str) -> Item | None:
        """Return the member of an enumeration that a text names."""
        text = self.text(value, what) or ""
        try:
            return make(text)
        except ValueError:
            self.fault(value.line, f"{what} is {text!r}; it must be one of {', '.join(known)}")
            return None


def read_header(text: str, path: Path) -> tuple[Header | None, list[Fault]]:
    """Read the `#+` lines at the top of a file.

    Returns the header, or None where it cannot be read at all, and everything that is wrong with it.
    """
    reader = _Reader(path)
    yaml_lines: list[str] = []
    ended = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#+") and ended:
            reader.fault(number, "header lines (#+) stand together at the top of the file")
        elif line.startswith("#+"):
            if "\t" in line:
                reader.fault(number, "a tab in the header; indent with spaces")
            yaml_lines.append(line[2:].replace("\t", "    "))
        else:
            ended = True
    try:
        value = read_yaml("\n".join(yaml_lines))
    except HeaderYamlError as fault:
        reader.fault(fault.line, fault.message)
        return None, reader.faults
    if value is None:
        reader.fault(1, "the file has no header; it starts with #+ summary: ...")
        return None, reader.faults
    header = _header(reader, value)
    return header, reader.faults


def _header(reader: _Reader, value: Value) -> Header | None:
    known = (
        "summary", "description", "tags", "answers", "params", "columns", "chart", "map", "evidence",
        "finding", "caution", "expect", "seconds",
    )  # fmt: skip
    keys = reader.keys(value, known, "the header")
    if not isinstance(value, Mapping):
        return None
    for needed in ("summary", "description", "tags"):
        if needed not in keys:
            reader.fault(value.line, f"the header has no {needed}")
    tags = reader.texts(keys.get("tags"), "tags")
    for tag in tags:
        if not _TAG.match(tag):
            reader.fault(keys["tags"].line, f"the tag {tag!r} must be kebab-case")
    answers: list[int] = []
    for text in reader.texts(keys.get("answers"), "answers"):
        if text.isdecimal() and 1 <= int(text) <= 40:
            answers.append(int(text))
        else:
            reader.fault(keys["answers"].line, f"answers holds {text!r}; it lists competency questions 1 to 40")
    seconds = reader.number(keys.get("seconds"), "seconds")
    if seconds is not None and not 0 < seconds <= 60:
        reader.fault(keys["seconds"].line, "seconds must be above 0 and at most 60")
    if "chart" in keys and "map" in keys:
        reader.fault(keys["map"].line, "a question has a chart or a map, not both")
    return Header(
        summary=reader.text(keys.get("summary"), "summary") or "",
        description=reader.text(keys.get("description"), "description") or "",
        tags=tags,
        answers=tuple(answers),
        params=_params(reader, keys.get("params")),
        columns=_columns(reader, keys.get("columns")),
        chart=_chart(reader, keys.get("chart"), keys.get("map")),
        evidence=reader.texts(keys.get("evidence"), "evidence"),
        finding=reader.text(keys.get("finding"), "finding"),
        caution=reader.text(keys.get("caution"), "caution"),
        expect=_expect(reader, keys.get("expect")),
        seconds=float(seconds) if seconds else _DEFAULT_SECONDS,
        lines=tuple((key, line) for key, line, _ in value.items),
    )


def _params(reader: _Reader, value: Value | None) -> tuple[Parameter, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        reader.fault(value.line, "params must be a mapping from names to {type: ...}")
        return ()
    found = [_param(reader, name, line, item) for name, line, item in value.items]
    return tuple(parameter for parameter in found if parameter is not None)


def _param(reader: _Reader, name: str, line: int, value: Value) -> Parameter | None:
    what = f"parameter {name}"
    if not _WORD.match(name) or name.lower() in ("page", "limit", "evidence", "format", "bom", "release"):
        reader.fault(line, f"{what}: the name must be letters and digits, and none that the service itself uses")
    known = (
        "type", "label", "description", "class", "kind", "values", "default", "optional", "multi",
        "minimum", "maximum", "example",
    )  # fmt: skip
    keys = reader.keys(value, known, what)
    if "type" not in keys:
        reader.fault(line, f"{what} has no type")
        return None
    kind = reader.one_of(keys["type"], ParameterType, ParameterType, f"{what}: type")
    if kind is None:
        return None
    class_iri = _class(reader, keys.get("class"), what)
    resource_kind = reader.text(keys.get("kind"), f"{what}: kind")
    if resource_kind is not None and resource_kind not in KINDS:
        reader.fault(keys["kind"].line, f"{what}: unknown kind {resource_kind!r}; known: {', '.join(KINDS)}")
    if (kind is ParameterType.IRI) != (class_iri is not None or resource_kind is not None):
        reader.fault(line, f"{what}: an iri, and only an iri, names its class (kg:Country) or its kind (role)")
    values = _enum_values(reader, keys.get("values"), what)
    if (kind is ParameterType.ENUM) != bool(values):
        reader.fault(line, f"{what}: an enum, and only an enum, lists its values")
    optional = reader.flag(keys.get("optional"), f"{what}: optional")
    multi = reader.flag(keys.get("multi"), f"{what}: multi")
    default = reader.texts(keys.get("default"), f"{what}: default")
    if optional and default:
        reader.fault(line, f"{what}: an optional parameter has no default; without a value it has no effect")
    if not optional and not default:
        reader.fault(line, f"{what}: give a default, or say optional: true")
    if len(default) > 1 and not multi:
        reader.fault(line, f"{what}: several defaults need multi: true")
    if "label" not in keys:
        reader.fault(line, f"{what} has no label")
    example = reader.text(keys.get("example"), f"{what}: example")
    fallback = values[0][0] if values else _EXAMPLES.get(kind, "")
    return Parameter(
        name=name,
        type=kind,
        label=reader.text(keys.get("label"), f"{what}: label") or name,
        description=reader.text(keys.get("description"), f"{what}: description"),
        class_iri=class_iri,
        kind=resource_kind,
        values=values,
        default=default,
        optional=optional,
        multi=multi,
        minimum=reader.number(keys.get("minimum"), f"{what}: minimum"),
        maximum=reader.number(keys.get("maximum"), f"{what}: maximum"),
        example=example or (default[0] if default else fallback),
    )


def _class(reader: _Reader, value: Value | None, what: str) -> str | None:
    text = reader.text(value, f"{what}: class")
    if value is None or text is None:
        return None
    try:
        return expand(text)
    except KeyError:
        reader.fault(value.line, f"{what}: class {text!r} has an unknown prefix")
        return None


def _enum_values(reader: _Reader, value: Value | None, what: str) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((key, reader.text(item, f"{what}: values") or key) for key, _, item in value.items)
    return tuple((text, text) for text in reader.texts(value, f"{what}: values"))


def _columns(reader: _Reader, value: Value | None) -> tuple[Column, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        reader.fault(value.line, "columns must be a mapping from names to meanings")
        return ()
    columns: list[Column] = []
    for name, line, item in value.items:
        if isinstance(item, Scalar):
            meaning, unit, listed = reader.text(item, f"column {name}"), None, None
        else:
            keys = reader.keys(item, ("meaning", "unit", "list"), f"column {name}")
            meaning = reader.text(keys.get("meaning"), f"column {name}: meaning")
            unit = reader.text(keys.get("unit"), f"column {name}: unit")
            listed = reader.text(keys.get("list"), f"column {name}: list")
        if meaning is None:
            reader.fault(line, f"column {name} has no meaning")
        if listed is not None and listed.partition("?")[2] not in (known for known, _, _ in value.items):
            reader.fault(line, f"column {name}: list is a list and a column that narrows it, such as projects?country")
        columns.append(Column(name=name, meaning=meaning or "", unit=unit, list=listed))
    return tuple(columns)


def _chart(reader: _Reader, chart: Value | None, world: Value | None) -> ChartSpec | None:
    value = chart if chart is not None else world
    if value is None:
        return None
    keys = reader.keys(value, ("mark", *_CHART_CHANNELS) if world is None else _CHART_CHANNELS, "the chart")
    mark: Mark | None = Mark.MAP
    if world is None:
        if "mark" not in keys:
            reader.fault(value.line, "the chart has no mark")
            return None
        mark = reader.one_of(keys["mark"], Mark, Mark, "the chart's mark")
    if mark is None:
        return None
    channels = {name: reader.text(keys.get(name), f"the chart's {name}") for name in _CHART_CHANNELS if name != "steps"}
    return ChartSpec(mark=mark, steps=reader.texts(keys.get("steps"), "the chart's steps"), **channels)


def _expect(reader: _Reader, value: Value | None) -> Expectation:
    if value is None:
        return Expectation()
    keys = reader.keys(value, ("min_rows", "max_rows", "columns", "invariants"), "expect")
    invariants: list[Invariant] = []
    for text in reader.texts(keys.get("invariants"), "expect: invariants"):
        word, *columns = text.split()
        try:
            invariants.append(Invariant(kind=InvariantKind(word), columns=tuple(columns)))
        except ValueError:
            kinds = ", ".join(InvariantKind)
            reader.fault(keys["invariants"].line, f"unknown invariant {text!r}; it starts with one of {kinds}")
    return Expectation(
        min_rows=reader.count(keys.get("min_rows"), "expect: min_rows") or 0,
        max_rows=reader.count(keys.get("max_rows"), "expect: max_rows"),
        columns=reader.texts(keys.get("columns"), "expect: columns"),
        invariants=tuple(invariants),
    )


def read_parameters(value: Value | None, path: Path) -> tuple[tuple[Parameter, ...], list[Fault]]:
    """Read a mapping of parameters in the form of a question's `params`, as reports have it too."""
    reader = _Reader(path)
    return _params(reader, value), reader.faults
