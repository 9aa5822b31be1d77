"""The saved questions as OpenAPI 3.1, one operation each."""

from collections.abc import Mapping
from typing import Any, Final

from kg.catalog.formats import offered
from kg.catalog.load import Catalog
from kg.catalog.rdf import describe
from kg.catalog.records import Form, Parameter, ParameterType, Question
from kg.catalog.values import MAX_VALUE_CHARACTERS

Example = Mapping[str, Any]
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
# What `kg.catalog.values` takes, without the characters beyond the first plane: not all readers of patterns know them.
_WRITABLE: Final = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\ufffe\\uffff]*$"
_TYPES: Final[Mapping[ParameterType, dict[str, Any]]] = {
    ParameterType.IRI: {"type": "string", "maxLength": MAX_VALUE_CHARACTERS, "pattern": _WRITABLE},
    ParameterType.STRING: {"type": "string", "maxLength": MAX_VALUE_CHARACTERS, "pattern": _WRITABLE},
    ParameterType.INTEGER: {"type": "integer"},
    ParameterType.DECIMAL: {"type": "number"},
    ParameterType.GYEAR: {"type": "string", "pattern": "^[1-9][0-9]{3}$"},
    ParameterType.DATE: {"type": "string", "format": "date"},
    ParameterType.ENUM: {"type": "string"},
}


def document(
    catalog: Catalog, *, server: str, release: str, examples: Mapping[str, Example] | None = None
) -> dict[str, Any]:
    """Return the description as plain values ready for JSON.

    `server` is the address of the service without a final slash; `examples` has for some questions an answer
    in plain rows.
    """
    answers = examples or {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CityLedger: saved questions",
            "version": release,
            "summary": "Who exports smart-city technology to whom, with the evidence behind each statement.",
            "description": "Every question is a GET. An answer that is not complete says so in its body, where "
            "the format can, and in the headers KG-Complete and KG-Limit.",
            "license": {"name": "Data: CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "servers": [{"url": server or "/"}],
        "tags": [{"name": tag} for tag in sorted({tag for question in catalog for tag in question.tags})],
        "paths": {
            "/questions": {"get": _list_operation()},
            **{
                f"/questions/{question.name}": {"get": _operation(question, answers.get(question.name))}
                for question in catalog
            },
        },
        "components": {"schemas": _SCHEMAS, "parameters": _COMMON, "headers": _HEADERS},
    }


def _list_operation() -> dict[str, Any]:
    return {
        "operationId": "list-questions",
        "summary": "All saved questions",
        "responses": {
            "200": {
                "description": "The questions",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Questions"}}},
            }
        },
    }


def _operation(question: Question, example: Example | None) -> dict[str, Any]:
    parameters = [_parameter(parameter) for parameter in question.params]
    if question.form is Form.SELECT:
        parameters += [{"$ref": f"#/components/parameters/{name}"} for name in _COMMON]
    return {
        "operationId": question.name,
        "summary": question.summary,
        "description": question.description + (f" {question.caution}" if question.caution else ""),
        "tags": list(question.tags),
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "The answer",
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
                "content": _content(question, example),
            },
            "400": {"description": "A parameter is wrong", "content": _PROBLEM},
            "406": {"description": "No such form of the answer", "content": _PROBLEM},
            "503": {"description": "Too slow or too busy; Retry-After may say when", "content": _PROBLEM},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(_TYPES[parameter.type])
    if parameter.type is ParameterType.ENUM:
        schema["enum"] = [value for value, _ in parameter.values]
    for word, bound in (("minimum", parameter.minimum), ("maximum", parameter.maximum)):
        if bound is not None and parameter.type in (ParameterType.INTEGER, ParameterType.DECIMAL):
            schema[word] = int(bound) if bound == bound.to_integral_value() else float(bound)
    default: list[Any] = [_plain(parameter, value) for value in parameter.default]
    if parameter.multi:
        schema = {"type": "array", "items": schema}
        if default:
            schema["default"] = default
    elif default:
        schema["default"] = default[0]
    example = _plain(parameter, parameter.example)
    return {
        "name": parameter.name,
        "in": "query",
        "description": f"{parameter.label}: {describe(parameter)}",
        "required": False,
        # An untouched field of a form: the default.
        "allowEmptyValue": True,
        "schema": schema,
        "example": [example] if parameter.multi else example,
        **({"style": "form", "explode": True} if parameter.multi else {}),
    }


def _plain(parameter: Parameter, text: str) -> Any:
    if parameter.type is ParameterType.INTEGER:
        return int(text)
    return float(text) if parameter.type is ParameterType.DECIMAL else text


def _content(question: Question, example: Example | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for known in offered(question):
        entry: dict[str, Any] = {"schema": {"type": "string"}}
        if known.suffix == "json":
            entry = {"schema": _rows_schema(question)}
            if example is not None:
                entry["example"] = example
        elif known.media_type.endswith("json"):
            entry = {"schema": {"type": ["object", "array"]}}
        found[known.media_type] = entry
    return found


def _rows_schema(question: Question) -> dict[str, Any]:
    row = {
        column.name: {
            "type": ["string", "number", "boolean", "null"],
            "description": column.meaning + (f" ({column.unit})" if column.unit else ""),
        }
        for column in question.columns
    }
    rows = {"type": "array", "items": {"type": "object", "properties": row}}
    return {"allOf": [{"$ref": "#/components/schemas/Answer"}, {"properties": {"rows": rows}}]}


_SCHEMAS: Final[dict[str, Any]] = {
    "Answer": {
        "type": "object",
        "required": ["columns", "rows", "complete", "release"],
        "properties": {
            "question": {"type": "string"},
            "parameters": {"type": "object"},
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {"type": "array", "items": {"type": "object"}},
            "complete": {"type": "boolean"},
            "limit": {"type": "string"},
            "release": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "page": {"type": "object"},
            "empty": {"type": "object"},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "parameter": {"type": "string"},
            "expected": {"type": "string"},
            "example": {"type": "string"},
        },
    },
    "Questions": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "summary", "tags", "params"],
            "properties": {
                "name": {"type": "string"},
                "summary": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "params": {"type": "array", "items": {"type": "object"}},
            },
        },
    },
}
_COMMON: Final[dict[str, Any]] = {
    "page": {
        "name": "page",
        "in": "query",
        "description": "Which page, counted from 1; Link headers lead to the others",
        "allowEmptyValue": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    },
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "Rows on a page",
        "allowEmptyValue": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": 10_000},
    },
    "evidence": {
        "name": "evidence",
        "in": "query",
        "description": "1 adds to each row the places in the sources that it rests on; the rows stay the same",
        "allowEmptyValue": True,
        "schema": {"type": "string", "enum": ["0", "1"]},
    },
    "bom": {
        "name": "bom",
        "in": "query",
        "description": "1 begins CSV and TSV with a byte order mark, for spreadsheets that need it",
        "allowEmptyValue": True,
        "schema": {"type": "string", "enum": ["0", "1"]},
    },
}
_HEADERS: Final[dict[str, Any]] = {
    "KG-Release": {"description": "The release that answered", "schema": {"type": "string"}},
    "KG-Complete": {"description": "true or false", "schema": {"type": "string"}},
    "KG-Limit": {"description": "Why the answer is not complete", "schema": {"type": "string"}},
    "Link": {"description": "Other pages (RFC 8288)", "schema": {"type": "string"}},
}
