"""Every hostile input gets its right answer in time, says nothing of the inside, and disturbs nobody."""

import json
import os
import re
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.engine.formats import RESULTS_TYPES
from kg.snapshot import Snapshot
from tests.engine.test_isolation import Listener
from tests.hostile.corpus import FORM, JSON, Case, by_hand
from tests.hostile.generator import generated
from tests.hostile.judge import DEADLINE_S, LEAK, send_all
from tests.serve.service import InProcess, in_process

# KG_HOSTILE_SEED=$RANDOM gives fresh cases; the default keeps the suite the same for all.
SEED = int(os.environ.get("KG_HOSTILE_SEED", "20261124"))


@pytest.fixture(scope="module")
def target(small: tuple[Path, Snapshot]) -> Iterator[InProcess]:
    """The service with a short deadline."""
    with in_process(small[0], small[1], query_seconds=DEADLINE_S, slow_waiting=8) as service:
        yield service


def test_there_are_enough_and_each_has_its_own_name() -> None:
    cases = [*by_hand(), *generated(SEED)]
    assert len(list(by_hand())) >= 400
    assert len(cases) >= 700
    assert [name for name, count in Counter(case.name for case in cases).items() if count > 1] == []


def test_what_was_collected_by_hand(target: InProcess) -> None:
    assert send_all(target, list(by_hand())) == []


def test_what_was_generated(target: InProcess) -> None:
    assert send_all(target, list(generated(SEED))) == []


def test_nothing_of_it_reaches_the_network(target: InProcess) -> None:
    listener = Listener()
    aimed = [
        Case(
            name=case.name,
            method=case.method,
            path=case.path,
            query_string=case.query_string.replace("127.0.0.1%3A9", f"127.0.0.1%3A{listener.port}"),
            headers=case.headers,
            body=case.body.replace(b"127.0.0.1:9/", b"127.0.0.1:%d/" % listener.port),
            statuses=case.statuses,
        )
        for case in by_hand()
        if "ssrf" in case.name or "update" in case.name
    ]
    assert len(aimed) > 100
    send_all(target, aimed)
    listener.close()
    assert listener.hits == 0


def test_the_service_is_as_before_afterwards(target: InProcess) -> None:
    deadline = time.monotonic() + 30
    while target.front.site.engine.figures()["workers_idle"] < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    figures = target.front.site.engine.figures()
    assert figures["slow_running"] == figures["slow_waiting"] == figures["queries_waiting"] == 0
    assert target.client.get("/readyz").status_code == 200


TEXTS = st.text(st.characters(exclude_categories=()), max_size=200)


def right(target: InProcess, text: str, media_type: str) -> None:
    """Whatever the text, the answer is one of the right ones, and whole."""
    body = urlencode({"query": text.encode("utf-8", "surrogatepass")})
    answer = target.client.post("/sparql", data=body, content_type=FORM, headers={"Accept": media_type})
    assert answer.status_code in (200, 400, 403, 406, 413, 503), answer.text
    if answer.status_code != 200:
        assert answer.mimetype == "application/problem+json"
        assert not LEAK.search(answer.text)
    elif media_type == JSON:
        json.loads(answer.data)
    elif media_type.endswith("xml"):
        ET.fromstring(answer.data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.sampled_from(RESULTS_TYPES))
def test_no_text_breaks_the_endpoint(target: InProcess, text: str, media_type: str) -> None:
    right(target, text, media_type)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100),
    st.sampled_from(RESULTS_TYPES),
)
def test_every_literal_comes_back_as_it_was(target: InProcess, text: str, media_type: str) -> None:
    escaped = "".join(f"\\U{ord(character):08x}" for character in text)
    query = f'SELECT ("{escaped}" AS ?x) {{}}'
    answer = target.client.post(
        "/sparql", data=urlencode({"query": query}), content_type=FORM, headers={"Accept": media_type}
    )
    if answer.status_code == 406:
        # Only what XML cannot carry is refused.
        assert media_type.endswith("xml")
        assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text)
        return
    assert answer.status_code == 200, answer.text
    if media_type == JSON:
        assert json.loads(answer.data)["results"]["bindings"][0]["x"]["value"] == text
    elif media_type.endswith("xml"):
        assert next(ET.fromstring(answer.data).iter("{http://www.w3.org/2005/sparql-results#}literal")).text in (
            text,
            None,
        )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["default-graph-uri", "named-graph-uri", "release", "x"]), TEXTS), max_size=4)
)
def test_no_parameter_breaks_the_endpoint(target: InProcess, parameters: list[tuple[str, str]]) -> None:
    encoded = urlencode(
        [("query", "ASK {}"), *((name, value.encode("utf-8", "surrogatepass")) for name, value in parameters)]
    )
    answer = target.client.get("/sparql", query_string=encoded, headers={"Accept": JSON})
    assert answer.status_code in (200, 400, 404), answer.text
    assert not LEAK.search(answer.text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([FORM, "application/sparql-query"]))
def test_no_bytes_break_the_endpoint(target: InProcess, body: bytes, media_type: str) -> None:
    answer = target.client.post("/sparql", data=body, content_type=media_type)
    assert answer.status_code in (200, 400, 403, 415), answer.text
    assert not LEAK.search(answer.text)
