"""The reconciliation service as OpenRefine uses it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from kg import snapshot
from kg.link.entities import Entities
from kg.serve.reconcile import index_of
from tests.conftest import SHARED
from tests.reconcile.schemas import FILES
from tests.reconcile.spellings import other_names, spellings
from tests.serve.service import InProcess, in_process

PUBLISHED = SHARED / "reference" / "reconciliation-0.2"


@pytest.fixture(scope="module")
def service(real_snapshots: Path) -> Iterator[InProcess]:
    with in_process(real_snapshots, snapshot.current(real_snapshots), query_seconds=30.0) as running:
        yield running


@pytest.fixture(scope="module")
def entities(service: InProcess) -> Entities:
    return index_of(service.front.site).entities


def ask(service: InProcess, queries: dict[str, Any], *, post: bool = False) -> dict[str, Any]:
    valid("reconciliation-query-batch", queries)
    form = {"queries": json.dumps(queries, ensure_ascii=False)}
    answer = (
        service.client.post("/reconcile", data=form) if post else service.client.get("/reconcile", query_string=form)
    )
    assert answer.status_code == 200, answer.text
    return valid("reconciliation-result-batch", answer.json)


def get(service: InProcess, path: str, **parameters: object) -> Any:
    answer = service.client.get(path, query_string=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.json


def valid(name: str, document: Any) -> Any:
    jsonschema.Draft202012Validator(FILES[name]).validate(document)
    if (PUBLISHED / f"{name}.json").is_file():
        published(name).validate(document)
    return document


def published(name: str) -> Any:
    """The published schema of that name, which may refer to type.json beside it."""
    schema, types = (json.loads((PUBLISHED / f"{one}.json").read_text(encoding="utf-8")) for one in (name, "type"))
    registry: Any = Registry()
    for uri in ("type.json", types["$id"]):
        registry = registry.with_resource(uri, Resource.from_contents(types, DRAFT7))
    return jsonschema.Draft7Validator(schema, registry=registry)


def test_our_schemas_refuse_what_the_published_ones_refuse(service: InProcess) -> None:
    if not PUBLISHED.is_dir():
        pytest.skip(f"SKIPPED LOUDLY: the published schemas of the API are not in {PUBLISHED}")
    samples = {
        "manifest": get(service, "/reconcile"),
        "reconciliation-result-batch": ask(service, {"a": {"query": "Huawei"}, "b": {"query": "Nairobi"}}),
        "suggest-entities-response": get(service, "/reconcile/suggest/entity", prefix="hua"),
        "suggest-types-response": get(service, "/reconcile/suggest/type", prefix="comp"),
        "suggest-properties-response": get(service, "/reconcile/suggest/property", prefix="country"),
        "data-extension-property-proposal": get(service, "/reconcile/extend/propose", type="Company"),
        "data-extension-response": get(
            service, "/reconcile", extend='{"ids": ["place/kenya"], "properties": [{"id": "isoAlpha2"}]}'
        ),
    }
    for name, sample in samples.items():
        theirs, ours = published(name), jsonschema.Draft202012Validator(FILES[name])
        assert theirs.is_valid(sample) and ours.is_valid(sample), name
        for damaged in damaged_copies(sample):
            assert theirs.is_valid(damaged) or not ours.is_valid(damaged), (name, damaged)


def damaged_copies(document: Any) -> Iterator[Any]:
    """Yield copies of a document, each with one value taken out or of another type."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield {other: kept for other, kept in document.items() if other != key}
            yield from ({**document, key: damaged} for damaged in damaged_copies(value))
    elif isinstance(document, list):
        for place, value in enumerate(document[:2]):
            yield from ([*document[:place], damaged, *document[place + 1 :]] for damaged in damaged_copies(value))
    yield from (wrong for wrong in (7, "text", [], {}, True, None) if type(wrong) is not type(document))


def test_the_manifest_is_valid_and_its_addresses_answer(service: InProcess) -> None:
    manifest = valid("manifest", get(service, "/reconcile"))
    assert manifest["versions"] == ["0.2"]
    for kind in ("entity", "type", "property"):
        part = manifest["suggest"][kind]
        assert service.client.get(part["service_path"], query_string={"prefix": "a"}).status_code == 200
    preview = manifest["preview"]["url"].replace("{{id}}", "actor/huawei").removeprefix("http://localhost")
    assert "Huawei" in service.client.get(preview).text


@pytest.mark.parametrize("post", [False, True])
def test_a_batch_is_answered_by_get_and_post(service: InProcess, post: bool) -> None:
    answers = ask(service, {"a": {"query": "Huawei"}, "b": {"query": "华为"}, "c": {"query": "Hikvison"}}, post=post)
    assert set(answers) == {"a", "b", "c"}
    assert answers["a"]["result"][0]["id"] == "actor/huawei"
    assert answers["a"]["result"][0]["match"] is True
    assert answers["c"]["result"][0]["id"] == "actor/hikvision"


@pytest.mark.parametrize("seed", [20261124, 7, 4711])
def test_spellings_find_what_they_mean_and_strangers_find_nothing(
    service: InProcess, entities: Entities, seed: int, record_property: Any
) -> None:
    labelled = spellings(entities, seed)
    batch = {
        str(number): {"query": one.text, **({"type": one.type} if one.type else {}), "limit": 3}
        for number, one in enumerate(labelled)
    }
    answers = ask(service, batch, post=True)
    right = wrong = missed = 0
    for number, one in enumerate(labelled):
        sure = [candidate["id"] for candidate in answers[str(number)]["result"] if candidate["match"]]
        right += bool(set(sure) & one.wanted)
        wrong += bool(set(sure) - one.wanted)
        missed += bool(one.wanted and not set(sure) & one.wanted)
    precision, recall = right / (right + wrong), right / (right + missed)
    record_property("precision", precision)
    record_property("recall", recall)
    assert precision >= 0.98, (precision, recall)
    # The seed of the first row is the labelled set; a fresh one may be two points off.
    assert recall >= (0.95 if seed == 20261124 else 0.93), (precision, recall)


@pytest.mark.parametrize("seed", [20261129, 12])
def test_a_name_of_ours_with_another_word_in_it_is_another_name(
    service: InProcess, entities: Entities, seed: int
) -> None:
    names = other_names(entities, seed, 500)
    answers = ask(service, {str(number): {"query": name} for number, name in enumerate(names)}, post=True)
    wrong = [
        (names[int(key)], candidate["name"])
        for key, answer in answers.items()
        for candidate in answer["result"]
        if candidate["match"]
    ]
    assert len(wrong) <= 15, wrong


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("5th Five-Year Plan", "policy/9th-five-year-plan"),
        ("Safe Philippines phase IV", "project/safe-philippines-1"),
        ("AI-assisted diagnosis in two hospitals of Guangzhou", "project/ecuador-ai-covid-diagnosis"),
        ("Iraq", "place/iran"),
        ("Pisco", "actor/cisco"),
    ],
)
def test_what_is_alike_but_another_is_shown_and_not_matched(service: InProcess, name: str, near: str) -> None:
    found = ask(service, {"q": {"query": name, "limit": 10}})["q"]["result"]
    assert near in [candidate["id"] for candidate in found]
    assert not any(candidate["match"] for candidate in found)


@pytest.mark.parametrize("kind", ["spellings", "long names"])
def test_a_thousand_queries_cost_less_than_five_seconds(service: InProcess, entities: Entities, kind: str) -> None:
    if kind == "spellings":
        texts = [one.text for seed in range(5) for one in spellings(entities, seed)]
    else:
        texts = other_names(entities, 5, 1000)
    batch = {str(number): {"query": text} for number, text in enumerate(texts)}
    assert len(batch) == 1000
    begun = time.process_time()
    answer = service.client.post("/reconcile", data={"queries": json.dumps(batch)})
    assert time.process_time() - begun < 5
    assert answer.status_code == 200 and set(answer.json) == set(batch)


def test_a_chinese_legal_form_is_no_other_name(service: InProcess) -> None:
    answers = ask(
        service,
        {
            "registered": {"query": "华为技术有限公司"},
            "bare": {"query": "华为"},
            "another": {"query": "华为云计算有限公司"},
            "half": {"query": "Huawei", "limit": 1.0},
        },
    )
    for key in ("registered", "bare", "half"):
        assert [one["id"] for one in answers[key]["result"] if one["match"]] == ["actor/huawei"]
    assert not any(one["match"] for one in answers["another"]["result"])
    assert len(answers["half"]["result"]) == 1


def test_types_and_properties_narrow(service: InProcess) -> None:
    answers = ask(
        service,
        {
            "place": {"query": "Kenya", "type": "Country"},
            "government": {"query": "Kenya", "type": "GovernmentBody", "limit": 1},
            "both": {"query": "Nairobi", "type": ["City", "Project"]},
            "property": {"query": "Safe city", "properties": [{"pid": "country", "v": "Kenya"}]},
            "by-id": {"query": "Safe city", "properties": [{"pid": "country", "v": {"id": "place/kenya"}}]},
            "only": {"query": "", "type": "Country", "properties": [{"pid": "isoAlpha2", "v": "KE"}]},
            "wrong": {"query": "Nairobi", "properties": [{"pid": "country", "v": "Norway"}]},
        },
    )
    assert answers["place"]["result"][0]["id"] == "place/kenya"
    assert answers["government"]["result"][0]["id"] == "actor/government-of-kenya"
    assert answers["both"]["result"][0]["id"] == "place/nairobi"
    assert answers["property"]["result"][0]["id"] == "project/nairobi-safe-city"
    assert answers["by-id"] == answers["property"]
    assert [one["id"] for one in answers["only"]["result"]][:1] == ["place/kenya"]
    assert not any(one["match"] for one in answers["wrong"]["result"])


def test_scores_are_explained(service: InProcess) -> None:
    query = {"query": "Huawei", "type": "Company", "properties": [{"pid": "country", "v": "China"}]}
    best = ask(service, {"q": query})["q"]["result"][0]
    features = {feature["id"]: feature["value"] for feature in best["features"]}
    assert features == {"name": 100.0, "type": 1.0, "property:country": 1.0}
    assert best["score"] == 100.0
    page = service.client.get("/reconcile/features").text
    assert 'id="name"' in page and 'id="type"' in page


def test_suggest_finds_by_prefix_of_any_name(service: InProcess) -> None:
    found = valid("suggest-entities-response", get(service, "/reconcile/suggest/entity", prefix="huaw"))
    assert found["result"][0]["id"] == "actor/huawei"
    chinese = get(service, "/reconcile/suggest/entity", prefix="肯尼")
    assert "place/kenya" in [one["id"] for one in chinese["result"]]
    types = valid("suggest-types-response", get(service, "/reconcile/suggest/type", prefix="comp"))
    assert "Company" in [one["id"] for one in types["result"]]
    properties = valid("suggest-properties-response", get(service, "/reconcile/suggest/property", prefix="country"))
    assert "country" in [one["id"] for one in properties["result"]]


def test_flyouts_tell_a_few_lines(service: InProcess) -> None:
    assert "Huawei" in get(service, "/reconcile/flyout/entity", id="actor/huawei")["html"]
    assert "Company" in get(service, "/reconcile/flyout/type", id="Company")["html"]
    assert service.client.get("/reconcile/flyout/entity?id=actor/nobody").status_code == 404


def test_data_extension_gives_values_of_properties(service: InProcess) -> None:
    proposal = valid("data-extension-property-proposal", get(service, "/reconcile/extend/propose", type="Company"))
    assert proposal["type"] == "Company" and proposal["properties"]
    asked = {
        "ids": ["project/nairobi-safe-city", "place/kenya", "actor/nobody"],
        "properties": [
            {"id": "country"},
            {"id": "isoAlpha2"},
            {"id": "suppliedBy", "settings": {"limit": "1", "content": "name"}},
        ],
    }
    answer = valid("data-extension-response", get(service, "/reconcile", extend=json.dumps(asked)))
    assert [one["id"] for one in answer["meta"]] == ["country", "isoAlpha2", "suppliedBy"]
    assert answer["rows"]["project/nairobi-safe-city"]["country"] == [{"id": "place/kenya", "name": "Kenya"}]
    assert answer["rows"]["place/kenya"]["isoAlpha2"] == [{"str": "KE"}]
    assert len(answer["rows"]["project/nairobi-safe-city"]["suppliedBy"]) == 1
    assert "str" in answer["rows"]["project/nairobi-safe-city"]["suppliedBy"][0]
    assert answer["rows"]["actor/nobody"] == {"country": [], "isoAlpha2": [], "suppliedBy": []}


def extend_by(settings: dict[str, Any]) -> str:
    return json.dumps({"ids": ["place/kenya"], "properties": [{"id": "country", "settings": settings}]})


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"queries": "not json"}, "queries"),
        ({"queries": "[1, 2]"}, "queries"),
        ({"queries": '{"q": 7}'}, "queries.q"),
        ({"queries": '{"q": {}}'}, "queries.q"),
        ({"queries": '{"q": {"query": 5}}'}, "queries.q.query"),
        ({"queries": '{"q": {"query": "x", "type": "Spaceship"}}'}, "queries.q.type"),
        ({"queries": '{"q": {"query": "x", "limit": -1}}'}, "queries.q.limit"),
        ({"queries": '{"q": {"query": "x", "properties": [{"pid": "colour", "v": "red"}]}}'}, "properties[0].pid"),
        ({"queries": '{"q": {"query": "x", "properties": [{"pid": "country"}]}}'}, "properties[0]"),
        ({"queries": '{"q": {"query": "x", "type_strict": "maybe"}}'}, "type_strict"),
        ({"queries": "{" * 5000}, "queries"),
        ({"queries": '{"q": {"query": "x", "type_strict": ["all"]}}'}, "type_strict"),
        ({"queries": '{"q": {"query": "x", "limit": NaN}}'}, "queries.q.limit"),
        ({"extend": "[]"}, "extend"),
        ({"extend": extend_by({"limit": "²"})}, "settings.limit"),
        ({"extend": extend_by({"limit": -1})}, "settings.limit"),
        ({"extend": extend_by({"content": "everything"})}, "settings.content"),
        ({"extend": '{"ids": "a", "properties": []}'}, "extend.ids"),
        ({"extend": '{"ids": [], "properties": [{"id": "colour"}]}'}, "extend.properties[0].id"),
        ({"queries": "{}", "extend": "{}"}, "queries"),
    ],
)
def test_bad_requests_name_the_part_and_the_form(service: InProcess, parameters: dict[str, str], named: str) -> None:
    for answer in (
        service.client.get("/reconcile", query_string=parameters),
        service.client.post("/reconcile", data=parameters),
    ):
        assert answer.status_code == 400
        assert answer.mimetype == "application/problem+json"
        assert named in answer.json["parameter"]
        assert "Traceback" not in answer.text


def test_too_many_queries_are_refused_whole(service: InProcess) -> None:
    batch = {str(number): {"query": "Huawei"} for number in range(10_000)}
    answer = service.client.post("/reconcile", data={"queries": json.dumps(batch)})
    assert answer.status_code == 413
    assert "1000" in answer.json["detail"]


def test_a_form_without_queries_is_told_what_is_missing(service: InProcess) -> None:
    assert service.client.post("/reconcile", data={"other": "1"}).status_code == 400


def test_markup_in_a_query_stays_text(service: InProcess) -> None:
    answer = service.client.get("/reconcile/suggest/entity", query_string={"prefix": "<script>alert(1)</script>"})
    assert answer.status_code == 200 and answer.mimetype == "application/json"
