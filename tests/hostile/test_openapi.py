"""Requests made from the service's own description: what it allows is taken, what it forbids is refused."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

from kg.snapshot import current
from tests.serve.service import InProcess, in_process

SEED = int(os.environ.get("KG_HOSTILE_SEED", "20261124"))
EXAMPLES = int(os.environ.get("KG_OPENAPI_EXAMPLES", "1"))
ALWAYS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def described(tiny_snapshots: Path) -> Iterator[InProcess]:
    """The service on the tiny release, with time enough for a busy machine."""
    with in_process(tiny_snapshots, current(tiny_snapshots), query_seconds=20.0, query_memory_mb=1_024) as service:
        yield service


@pytest.fixture(scope="module")
def operations(described: InProcess) -> list[APIOperation]:
    """Every operation of the description, in an order that changes with the seed."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", described.front)
    found = [result.ok() for result in schema.get_all_operations()]
    random.Random(SEED).shuffle(found)
    return found


def only_the_release_knows(case: schemathesis.Case, problem: dict[str, Any]) -> bool:
    """Whether a refusal is right though the description allows the value.

    Only the release can tell whether a thing or a page exists, and a schema cannot tell 10.0 from 10.
    """
    name, expected = problem["parameter"], problem["expected"]
    return problem["type"].endswith("/parameter") and (
        "of this release" in expected
        or "a page from 1 to" in expected
        or isinstance((case.query or {}).get(name), float)
    )


def send(operation: APIOperation, mode: GenerationMode, examples: int) -> None:
    """Make requests for one operation and judge the answers."""

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_it(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Accept-Encoding": "identity"})
        if mode is GenerationMode.NEGATIVE:
            case.validate_response(answer, checks=[*ALWAYS, checks.negative_data_rejection])
        elif answer.status_code == 400 and only_the_release_knows(case, answer.json()):
            case.validate_response(answer, checks=ALWAYS)
        else:
            case.validate_response(answer, checks=[*ALWAYS, checks.positive_data_acceptance])

    try_it()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_is_as_described(operations: list[APIOperation], mode: GenerationMode) -> None:
    assert len(operations) > 60
    for operation in operations:
        # Without parameters nothing can be wrong.
        if mode is GenerationMode.POSITIVE or len(list(operation.query)):
            send(operation, mode, EXAMPLES)
