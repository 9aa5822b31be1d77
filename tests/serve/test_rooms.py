"""What holds for every address of the service, whatever room answers it."""

import gzip

import pytest

from tests.serve.service import InProcess

ROOMS = (
    "/",
    "/sparql",
    "/questions",
    "/questions/names-of-actors.csv",
    "/questions/names-of-actors.srj",
    "/questions/names-of-actors.srx",
    "/questions/names-of-actors.rq",
    "/questions.ttl",
    "/openapi.json",
    "/actors",
    "/search?q=actor",
    "/about",
    "/reconcile",
    "/dump/",
    "/static/kg.css",
)


@pytest.mark.parametrize("path", ROOMS)
def test_a_read_can_be_repeated_compressed_and_asked_for_by_scripts(service: InProcess, path: str) -> None:
    got = service.client.get(path)
    head = service.client.head(path)
    assert (got.status_code, head.status_code, head.data) == (200, 200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Vary", "Cache-Control"):
        assert head.headers.get(name) == got.headers[name]
    assert "Accept-Encoding" in got.headers["Vary"]

    tag = got.headers["ETag"]
    zipped = service.client.get(path, headers={"Accept-Encoding": "gzip"})
    if len(got.data) >= 1_000:
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(zipped.data) == got.data
        assert zipped.headers["ETag"] != tag
    for known in (tag, f'"other", W/{tag.removeprefix("W/")}', "*"):
        assert service.client.get(path, headers={"If-None-Match": known}).status_code == 304
    again = {"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]}
    assert service.client.get(path, headers=again).status_code == 304

    asked = {"Origin": "https://x.example", "Access-Control-Request-Headers": "if-none-match"}
    leave = service.client.options(path, headers=asked)
    assert leave.status_code in (200, 204)
    assert "GET" in leave.headers["Access-Control-Allow-Methods"]
    assert "If-None-Match" in leave.headers["Access-Control-Allow-Headers"]
    assert leave.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", [path for path in ROOMS if "." not in path])
def test_a_type_that_nobody_has_is_refused_with_those_there_are(service: InProcess, path: str) -> None:
    answer = service.client.get(path, headers={"Accept": "image/x-nothing"})
    assert answer.status_code == 406
    assert answer.json["offered"]


def test_the_state_of_the_service_is_kept_by_nobody(service: InProcess) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = service.client.get(path, headers={"Accept": "image/x-nothing"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer.headers
