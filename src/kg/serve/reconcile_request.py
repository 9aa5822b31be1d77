"""What a client of `/reconcile` asks, read and checked once, after the Reconciliation Service API 0.2."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.errors import ParameterError, QueryTooLargeError
from kg.link.entities import Entities
from kg.link.match import Wanted
from kg.vocab import ID, KG

MOST_QUERIES: Final = 1_000
MOST_IDS: Final = 1_000
MOST_CANDIDATES: Final = 50
MOST_LETTERS: Final = 500
DEFAULT_CANDIDATES: Final = 5
_EXAMPLE: Final = '{"q0": {"query": "Huawei", "type": "Company"}}'
_EXTEND_EXAMPLE: Final = '{"ids": ["actor/huawei"], "properties": [{"id": "country"}]}'


def read_queries(text: str, entities: Entities) -> dict[str, Wanted]:
    """Read the batch of the parameter `queries`.

    Raises:
        ParameterError: not JSON, not a batch, an unknown type or property.
        QueryTooLargeError: more queries than one batch may have.
    """
    batch = _json(text, "queries", _EXAMPLE)
    if not isinstance(batch, dict):
        raise ParameterError("queries", "a JSON object from your own keys to queries", _EXAMPLE)
    if len(batch) > MOST_QUERIES:
        raise QueryTooLargeError(
            f"a batch has at most {MOST_QUERIES} queries, this one has {len(batch)}: send it in parts", "batch-queries"
        )
    return {key: _query(f"queries.{key}", query, entities) for key, query in batch.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One property that is wanted of things.

    Attributes:
        most: values of it at most, 0 for all.
        names_only: the names of things without their identifiers.
    """

    property: str
    most: int
    names_only: bool


def read_extension(text: str, entities: Entities) -> tuple[tuple[str, ...], tuple[Wish, ...]]:
    """Read the parameter `extend`: ids of things, and properties with their settings.

    Raises:
        ParameterError: not JSON, not of the form, or an unknown property. Unknown ids are no fault: their rows are
            empty.
        QueryTooLargeError: more ids than one request may have.
    """
    asked = _json(text, "extend", _EXTEND_EXAMPLE)
    if not isinstance(asked, dict):
        raise ParameterError("extend", "a JSON object with ids and properties", _EXTEND_EXAMPLE)
    ids, properties = asked.get("ids"), asked.get("properties")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise ParameterError("extend.ids", "a list of identifiers", _EXTEND_EXAMPLE)
    if not isinstance(properties, list) or not all(isinstance(one, dict) for one in properties):
        raise ParameterError("extend.properties", "a list of properties", _EXTEND_EXAMPLE)
    if len(ids) > MOST_IDS:
        raise QueryTooLargeError(f"at most {MOST_IDS} ids at once, this request has {len(ids)}", "batch-ids")
    found = []
    for place, one in enumerate(properties):
        pid = _property(f"extend.properties[{place}].id", one.get("id"), entities)
        settings = one.get("settings", {})
        if not isinstance(settings, dict):
            raise ParameterError(f"extend.properties[{place}].settings", "a JSON object", '{"limit": "1"}')
        found.append(_wish(f"extend.properties[{place}].settings", pid, settings))
    return tuple(short_id(one) for one in ids), tuple(found)


def short_id(text: str) -> str:
    """Return an identifier without the identifier space, should the client have sent the whole IRI."""
    return text.removeprefix(ID)


def whole_number(value: object, where: str, default: int, most: int) -> int:
    """Read a limit; more than the most allowed counts as the most.

    Raises:
        ParameterError: not a whole number above zero.
    """
    if value is None or value == "":
        return default
    try:
        # The schema of the API has a number, so 5.0 is 5.
        number = int(value if isinstance(value, float) else str(value))
    except (ValueError, OverflowError):
        number = 0
    if isinstance(value, bool) or number < 1:
        raise ParameterError(where, "a whole number above zero", str(default))
    return min(number, most)


def _wish(where: str, pid: str, settings: Mapping[str, object]) -> Wish:
    most = str(settings.get("limit") or 0)
    if re.fullmatch("[0-9]{1,9}", most) is None:
        raise ParameterError(f"{where}.limit", "a whole number", "1")
    content = settings.get("content", "thing")
    if content not in ("thing", "name"):
        raise ParameterError(f"{where}.content", "thing or name", "thing")
    return Wish(property=pid, most=int(most), names_only=content == "name")


def _query(where: str, query: object, entities: Entities) -> Wanted:
    if not isinstance(query, dict):
        raise ParameterError(where, "a query object", '{"query": "Huawei"}')
    text = query.get("query", "")
    if not isinstance(text, str):
        raise ParameterError(f"{where}.query", "a text", '"Huawei"')
    raw = query.get("properties", [])
    if not isinstance(raw, list):
        raise ParameterError(f"{where}.properties", "a list of properties", '[{"pid": "country", "v": "China"}]')
    properties = tuple(
        _constraint(f"{where}.properties[{place}]", constraint, entities) for place, constraint in enumerate(raw)
    )
    if not text.strip() and not properties:
        raise ParameterError(where, "a query, or at least one property", '{"query": "Huawei"}')
    strictness = query.get("type_strict", "any")
    if strictness not in ("any", "should", "all"):
        raise ParameterError(f"{where}.type_strict", "any, should or all", '"any"')
    types = query.get("type") or []
    listed = [types] if isinstance(types, str) else types
    if not isinstance(listed, list):
        raise ParameterError(f"{where}.type", "a type or a list of types", '"Company"')
    return Wanted(
        text=text[:MOST_LETTERS],
        types=tuple(_type(f"{where}.type", one, entities) for one in listed),
        all_types=strictness == "all",
        strict=strictness != "should",
        properties=properties,
        limit=whole_number(query.get("limit"), f"{where}.limit", DEFAULT_CANDIDATES, MOST_CANDIDATES),
    )


def _constraint(where: str, constraint: object, entities: Entities) -> tuple[str, tuple[str, ...]]:
    if not isinstance(constraint, dict) or "v" not in constraint:
        raise ParameterError(where, "an object with pid and v", '{"pid": "country", "v": "China"}')
    pid = _property(f"{where}.pid", constraint.get("pid"), entities)
    value = constraint["v"]
    values = value if isinstance(value, list) else [value]
    return pid, tuple(_value(f"{where}.v", one) for one in values)


def _value(where: str, value: object) -> str:
    if isinstance(value, dict):
        value = value.get("id")
        if isinstance(value, str):
            return short_id(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ParameterError(where, "a text, a number, a boolean, or an object with an id", '"China"')


def _type(where: str, value: object, entities: Entities) -> str:
    if isinstance(value, dict):
        value = value.get("id")
    if isinstance(value, str):
        name = value.removeprefix(KG).removeprefix("kg:")
        if name in entities.types:
            return name
    known = ", ".join(list(entities.types)[:12])
    raise ParameterError(where, f"a type of this service, among them {known}", '"Company"')


def _property(where: str, value: object, entities: Entities) -> str:
    if isinstance(value, str):
        name = value.removeprefix(KG).removeprefix("kg:")
        if name in entities.properties:
            return name
    raise ParameterError(where, "a property of this service (/reconcile/suggest/property lists them)", '"country"')


def _json(text: str, parameter: str, example: str) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParameterError(parameter, f"JSON ({error})"[:200], example) from None
    return found
