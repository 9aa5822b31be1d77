"""JSON schemas of the Reconciliation Service API 0.2, written down from its text (W3C Community Group report, 2023).

They say no less than the published ones, which carry no licence of their own and are therefore not in this repository.
Where a copy of them stands in ../shared/reference/reconciliation-0.2/, the tests use it as well.
"""

from typing import Any

_TEXT = {"type": "string"}
_NAMED = {"type": "object", "properties": {"id": _TEXT, "name": _TEXT}, "required": ["id", "name"]}
_TYPES = {"type": "array", "items": {"oneOf": [{**_NAMED, "required": ["id"]}, _TEXT]}}
_WITH_ID = {"type": "object", "properties": {"url": {"type": "string", "pattern": r"\{\{id\}\}"}}, "required": ["url"]}
_SUGGEST = {
    "type": "object",
    "properties": {
        "service_url": _TEXT,
        "service_path": _TEXT,
        "flyout_service_url": _TEXT,
        "flyout_service_path": {"type": "string", "pattern": r"\$\{id\}"},
    },
}


def _setting(kind: str, default: str, **more: Any) -> dict[str, Any]:
    properties = {
        "type": {"const": kind},
        "default": {"type": default},
        "label": _TEXT,
        "name": _TEXT,
        "help_text": _TEXT,
        **more,
    }
    return {"type": "object", "properties": properties, "required": ["type", "label", "name", *more]}


_CHOICE = {"type": "object", "properties": {"value": _TEXT, "name": _TEXT}, "required": ["value", "name"]}
_SETTINGS = {
    "oneOf": [
        _setting("number", "number"),
        _setting("text", "string"),
        _setting("checkbox", "boolean"),
        _setting("select", "string", choices={"type": "array", "items": _CHOICE}),
    ]
}
MANIFEST: dict[str, Any] = {
    "type": "object",
    "properties": {
        "versions": {"type": "array", "items": _TEXT, "contains": {"const": "0.2"}},
        "name": _TEXT,
        "identifierSpace": _TEXT,
        "schemaSpace": _TEXT,
        "documentation": _TEXT,
        "serviceVersion": _TEXT,
        "logo": _TEXT,
        "view": _WITH_ID,
        "feature_view": _WITH_ID,
        "defaultTypes": {"type": "array", "items": _NAMED, "uniqueItems": True},
        "suggest": {"type": "object", "properties": dict.fromkeys(("entity", "property", "type"), _SUGGEST)},
        "preview": {
            "type": "object",
            "properties": {**_WITH_ID["properties"], "width": {"type": "integer"}, "height": {"type": "integer"}},  # type: ignore[dict-item]
            "required": ["url", "width", "height"],
        },
        "extend": {
            "type": "object",
            "properties": {
                "propose_properties": _SUGGEST,
                "property_settings": {"type": "array", "items": _SETTINGS},
            },
        },
    },
    "required": ["versions", "name", "identifierSpace", "schemaSpace"],
}
_SCALAR: list[dict[str, Any]] = [{"type": kind} for kind in ("string", "number", "boolean")]
_SCALAR.append({"type": "object", "properties": {"id": _TEXT, "name": _TEXT}, "required": ["id"]})
QUERY_BATCH: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "query": _TEXT,
            "type": {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]},
            "limit": {"type": "number", "minimum": 1},
            "type_strict": {"enum": ["any", "all", "should"]},
            "properties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "pid": _TEXT,
                        "v": {"oneOf": [*_SCALAR, {"type": "array", "items": {"oneOf": _SCALAR}}]},
                    },
                    "required": ["pid", "v"],
                },
            },
        },
        "required": ["query"],
    },
}
_CANDIDATE = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "score": {"type": "number"},
        "match": {"type": "boolean"},
        "type": _TYPES,
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": _TEXT, "value": {"type": ["boolean", "number"]}},
                "required": ["id", "value"],
            },
        },
    },
    "required": ["id", "name", "score"],
}
RESULT_BATCH: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"result": {"type": "array", "items": _CANDIDATE}},
        "required": ["result"],
    },
}


def _result(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"result": {"type": "array", "items": item}}, "required": ["result"]}


_SUGGESTED: dict[str, Any] = {**_NAMED, "properties": {**_NAMED["properties"], "description": _TEXT}}  # type: ignore[dict-item]
SUGGEST_ENTITIES = _result({**_SUGGESTED, "properties": {**_SUGGESTED["properties"], "notable": _TYPES}})
SUGGEST_TERMS = _result(_SUGGESTED)
_CELL = {
    "type": "object",
    "oneOf": [
        {"maxProperties": 0},
        {"required": ["id", "name"], "properties": {"id": _TEXT, "name": _TEXT}, "additionalProperties": False},
        {"required": ["str"], "properties": {"str": _TEXT}, "additionalProperties": False},
        {"required": ["int"], "properties": {"int": {"type": "integer"}}, "additionalProperties": False},
        {"required": ["float"], "properties": {"float": {"type": "number"}}, "additionalProperties": False},
        {"required": ["date"], "properties": {"date": _TEXT}, "additionalProperties": False},
        {"required": ["bool"], "properties": {"bool": {"type": "boolean"}}, "additionalProperties": False},
    ],
}
EXTENSION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "meta": {"type": "array", "items": _NAMED},
        "rows": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "array", "items": _CELL}},
        },
    },
    "required": ["meta", "rows"],
}
PROPOSAL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": _TEXT,
        "limit": {"type": "number"},
        "properties": {"type": "array", "items": _NAMED},
    },
    "required": ["properties"],
}
FILES = {
    "manifest": MANIFEST,
    "reconciliation-query-batch": QUERY_BATCH,
    "reconciliation-result-batch": RESULT_BATCH,
    "suggest-entities-response": SUGGEST_ENTITIES,
    "suggest-types-response": SUGGEST_TERMS,
    "suggest-properties-response": SUGGEST_TERMS,
    "data-extension-response": EXTENSION,
    "data-extension-property-proposal": PROPOSAL,
}
