"""`/reconcile`: the Reconciliation Service API 0.2, so that OpenRefine and others can match names to our things.

Identifiers are kind and slug (`actor/huawei`), types and properties are local names of the ontology.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request

from kg.errors import ParameterError
from kg.link.entities import Entities, Entity, TermLabel, Value, read_entities
from kg.link.match import MARGIN, SURE, Candidate, MatchIndex
from kg.serve.problems import problem
from kg.serve.reconcile_request import Wish, read_extension, read_queries, short_id, whole_number
from kg.serve.site import Site, address_of, site
from kg.vocab import ID, KG

blueprint = Blueprint("reconcile", __name__)

# More general classes would tell a person nothing.
_DEFAULT_TYPES: Final = ("Actor", "Company", "GovernmentBody", "Place", "City", "Country", "Project", "Product")
_MOST_SUGGESTED: Final = 50
_FEATURES: Final = (
    ("name", "How well the best of the thing's names fits, 0 to 100. Words that few names have count more."),
    ("type", "1 when the thing has one of the types asked for, else 0. Without it the score falls by 30 %."),
    (
        "property:…",
        "How well the best value of a property fits, 0 to 1. With properties the name makes 70 % of the score, the "
        "mean of the properties 30 %; a property that nothing fits prevents a match.",
    ),
)


def index_of(here: Site) -> MatchIndex:
    """Return the names of a release, read when they are first needed."""
    return here.memo.once("reconcile", lambda: MatchIndex(read_entities(here.engine)))


@blueprint.route("/reconcile", methods=["GET", "POST"])
def reconcile() -> Response:
    """The manifest; with `queries` candidates for each; with `extend` values of properties."""
    here = site()
    queries = request.values.get("queries")
    extend = request.values.get("extend")
    if queries is not None and extend is not None:
        raise ParameterError("queries", "either queries or extend", message="send queries or extend, not both")
    if queries is not None:
        index = index_of(here)
        batch = read_queries(queries, index.entities)
        answers = {key: {"result": [_candidate(one) for one in index.find(wanted)]} for key, wanted in batch.items()}
        return _json(answers)
    if extend is not None:
        return _json(_extended(index_of(here).entities, extend))
    if request.method == "POST":
        raise ParameterError("queries", "a batch of queries as a form field", '{"q0": {"query": "Huawei"}}')
    return _json(_manifest(here, index_of(here).entities))


@blueprint.get("/reconcile/suggest/entity")
def suggest_entity() -> Response:
    """Things whose name begins so."""
    index = index_of(site())
    found = index.suggest(_prefix(), _limit())
    return _json({"result": [_suggested(entity) for entity in found]})


@blueprint.get("/reconcile/suggest/type")
def suggest_type() -> Response:
    """Classes whose name begins so."""
    return _json({"result": _terms(index_of(site()).entities.types)})


@blueprint.get("/reconcile/suggest/property")
def suggest_property() -> Response:
    """Properties whose name begins so."""
    return _json({"result": _terms(index_of(site()).entities.properties)})


@blueprint.get("/reconcile/extend/propose")
def propose_properties() -> Response:
    """Properties that things of a type have, the commonest first."""
    entities = index_of(site()).entities
    name = request.args.get("type", "").removeprefix(KG)
    if name and name not in entities.types:
        raise ParameterError("type", "a type of this service (/reconcile/suggest/type lists them)", "Company")
    pids = entities.type_properties.get(name, ()) if name else tuple(entities.properties)
    limit = whole_number(request.args.get("limit"), "limit", _MOST_SUGGESTED, 500)
    shown = [{"id": pid, "name": entities.properties[pid].name} for pid in pids[:limit]]
    return _json({"type": name, "limit": limit, "properties": shown} if name else {"limit": limit, "properties": shown})


@blueprint.get("/reconcile/flyout/<kind>")
def flyout(kind: str) -> Response:
    """A few lines about a thing, a type or a property."""
    entities, asked = index_of(site()).entities, request.args.get("id", "")
    entity = entities.by_id.get(short_id(asked)) if kind == "entity" else None
    term: TermLabel | None = None
    if kind in {"type", "property"}:
        term = (entities.types if kind == "type" else entities.properties).get(asked.removeprefix(KG))
    if entity is None and term is None:
        return problem(404, "not-found", "Not Found", f"There is no {kind} {asked!r} here.")
    html = render_template("reconcile/flyout.html", entity=entity, term=term)
    return _json({"id": asked, "html": html})


@blueprint.get("/reconcile/preview")
def preview() -> Response:
    """A small page about a thing."""
    asked = short_id(request.args.get("id", ""))
    entity = index_of(site()).entities.by_id.get(asked)
    if entity is None:
        return problem(404, "not-found", "Not Found", f"There is no thing {asked!r} here.")
    response = Response(
        render_template("reconcile/preview.html", entity=entity, iri=ID + entity.id, facts=_shown(entity))
    )
    # The one page that others may frame: it is made for the side panel of their tables.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors *"
    return response


@blueprint.get("/reconcile/features")
def features() -> Response:
    """What a score is made of."""
    return Response(render_template("reconcile/features.html", features=_FEATURES, sure=SURE, margin=MARGIN))


def _manifest(here: Site, entities: Entities) -> dict[str, Any]:
    base = address_of(here)
    services = {
        kind: {
            "service_url": base,
            "service_path": f"/reconcile/suggest/{kind}",
            "flyout_service_url": base,
            "flyout_service_path": f"/reconcile/flyout/{kind}?id=${{id}}",
        }
        for kind in ("entity", "type", "property")
    }
    return {
        "versions": ["0.2"],
        "name": "CityLedger",
        "identifierSpace": ID,
        "schemaSpace": KG,
        "documentation": f"{base}/reconcile/features",
        "serviceVersion": here.release,
        "view": {"url": f"{base}/id/{{{{id}}}}"},
        "feature_view": {"url": f"{base}/reconcile/features#{{{{id}}}}"},
        "defaultTypes": [
            {"id": name, "name": entities.types[name].name} for name in _DEFAULT_TYPES if name in entities.types
        ],
        "suggest": services,
        "preview": {"url": f"{base}/reconcile/preview?id={{{{id}}}}", "width": 430, "height": 300},
        "extend": {
            "propose_properties": {"service_url": base, "service_path": "/reconcile/extend/propose"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": "Most values",
                    "type": "number",
                    "default": 0,
                    "help_text": "At most so many values of the property; 0 is all",
                },
                {
                    "name": "content",
                    "label": "What to give",
                    "type": "select",
                    "default": "thing",
                    "help_text": "A thing with its identifier, or only its name",
                    "choices": [{"value": "thing", "name": "Thing"}, {"value": "name", "name": "Name"}],
                },
            ],
        },
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    entity = one.entity
    made: dict[str, Any] = {
        "id": entity.id,
        "name": entity.label,
        "score": one.score,
        "match": one.sure,
        "type": _types(entity),
        "features": [{"id": name, "value": value} for name, value in one.features.items()],
    }
    words = entity.description if one.name == entity.label else f"{one.name}. {entity.description}".rstrip(". ")
    return {**made, "description": words} if words else made


def _suggested(entity: Entity) -> dict[str, Any]:
    made = {"id": entity.id, "name": entity.label, "notable": _types(entity)}
    return {**made, "description": entity.description} if entity.description else made


def _types(entity: Entity) -> list[dict[str, str]]:
    types = index_of(site()).entities.types
    return [{"id": name, "name": types[name].name} for name in sorted(entity.types)]


def _terms(terms: Mapping[str, TermLabel]) -> list[dict[str, str]]:
    prefix = _prefix(required=False).lower()
    found = [
        term
        for term in terms.values()
        if term.name.lower().startswith(prefix)
        or term.id.lower().startswith(prefix)
        or f" {prefix}" in term.name.lower()
    ]
    return [
        {"id": term.id, "name": term.name, **({"description": term.description} if term.description else {})}
        for term in found[: _limit()]
    ]


def _extended(entities: Entities, text: str) -> dict[str, Any]:
    ids, wishes = read_extension(text, entities)
    rows: dict[str, Any] = {}
    for one in ids:
        entity = entities.by_id.get(one)
        rows[one] = {wish.property: _cells(entity, wish) for wish in wishes}
    meta = [{"id": wish.property, "name": entities.properties[wish.property].name} for wish in wishes]
    return {"meta": meta, "rows": rows}


def _cells(entity: Entity | None, wish: Wish) -> list[dict[str, Any]]:
    values = entity.facts.get(wish.property, ()) if entity is not None else ()
    return [_cell(value, names_only=wish.names_only) for value in values[: wish.most or None]]


def _cell(value: Value, *, names_only: bool) -> dict[str, Any]:
    if value.iri.startswith(ID) and not names_only:
        return {"id": value.iri[len(ID) :], "name": value.text}
    return {"str": value.text}


def _shown(entity: Entity) -> list[tuple[str, str]]:
    """Return the facts that help to tell a thing from another, at most six."""
    names = index_of(site()).entities.properties
    wanted = ("country", "locatedIn", "parent", "suppliedBy", "status", "maker", "issuer", "start", "date")
    return [
        (names[pid].name, ", ".join(value.text for value in entity.facts[pid][:4]))
        for pid in wanted
        if pid in entity.facts
    ][:6]


def _prefix(*, required: bool = True) -> str:
    prefix = request.args.get("prefix", "")
    if required and not prefix.strip():
        raise ParameterError("prefix", "the beginning of a name", "Hua")
    return prefix[:200]


def _limit() -> int:
    return whole_number(request.args.get("limit"), "limit", 10, _MOST_SUGGESTED)


def _json(content: object) -> Response:
    response = jsonify(content)
    response.headers["Vary"] = "Accept-Encoding"
    return response
