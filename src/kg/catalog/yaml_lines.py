"""YAML in which every value knows its line and stays as it was written.

`no` is Norway's code and not a truth value here: only the schema decides what a text means.
"""

from dataclasses import dataclass
from typing import TypeAlias

import yaml


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `line` is counted from 1."""

    text: str
    line: int
    is_null: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple["Value", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file; no key occurs twice."""

    items: tuple[tuple[str, int, "Value"], ...]
    line: int


Value: TypeAlias = Scalar | Sequence | Mapping


class HeaderYamlError(Exception):
    """The text is no YAML of the plain kind that headers are written in."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(message)


def read_yaml(text: str) -> Value | None:
    """Return the value of one document, or None if it holds nothing.

    Raises:
        HeaderYamlError: broken YAML, an alias, a key that is no word, or a key that occurs twice.
    """
    # Aliases can make a short text huge, and no header needs one.
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise HeaderYamlError(line, "aliases (*name) are not read in headers")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "broken YAML"
        raise HeaderYamlError(mark.line + 1 if mark else 1, f"the header is no YAML: {problem}") from error
    except yaml.YAMLError as error:
        raise HeaderYamlError(1, f"the header is no YAML: {error}") from error
    except RecursionError as error:
        raise HeaderYamlError(1, "the header is nested too deeply") from error
    return None if node is None else _value(node)


def _value(node: yaml.Node) -> Value:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Scalar(node.value, line, node.tag.endswith(":null"))
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(_value(item) for item in node.value), line)
    if not isinstance(node, yaml.MappingNode):
        raise HeaderYamlError(line, "the header holds something that is neither text, list nor mapping")
    items: list[tuple[str, int, Value]] = []
    for key, item in node.value:
        key_line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise HeaderYamlError(key_line, "a key must be one word")
        if any(key.value == earlier for earlier, _, _ in items):
            raise HeaderYamlError(key_line, f"the key {key.value!r} occurs twice")
        items.append((key.value, key_line, _value(item)))
    return Mapping(tuple(items), line)
