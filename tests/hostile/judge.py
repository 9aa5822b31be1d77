"""Send hostile cases and say what is wrong with the answers."""

import json
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.hostile.corpus import JSON, Case
from tests.serve.service import InProcess

DEADLINE_S = 1.0
# A busy machine may not answer in time what costs nothing; 503 is then the right answer, and a client tries again.
_TRIES = 4
_SLACK_S = 10.0
LEAK = re.compile(
    r"Traceback|File \"[^\"]+\", line|site-packages|/usr/lib|/home/|/root/|panicked at|RUST_BACKTRACE|\.py\b"
)


def faults(target: InProcess, case: Case) -> list[str]:
    """Send a case and give what is wrong with the answer."""
    for _ in range(_TRIES):
        begun = time.monotonic()
        answer = target.client.open(
            case.path, method=case.method, query_string=case.query_string, headers=list(case.headers), data=case.body
        )
        took = time.monotonic() - begun
        if answer.status_code != 503 or 503 in case.statuses:
            break
    found = []
    if answer.status_code not in case.statuses:
        found.append(f"status {answer.status_code}, right are {sorted(case.statuses)}: {answer.text[:200]}")
    if answer.status_code >= 500 and answer.status_code != 503:
        found.append("a failure of the server")
    if took > DEADLINE_S + _SLACK_S:
        found.append(f"took {took:.1f} s")
    # A query is not given back, so what looks like our inside is ours.
    if answer.status_code >= 400 and LEAK.search(answer.text):
        found.append(f"leak: {answer.text[:300]}")
    found += [f"holds {text!r}" for text in case.absent if text in answer.text]
    if "X-Injected" in answer.headers:
        found.append("a header was injected")
    if answer.status_code >= 400 and answer.mimetype == "application/problem+json":
        document = answer.json
        if document["status"] != answer.status_code or not document["type"].startswith("https://"):
            found.append("not a problem document")
    elif answer.status_code >= 400 and answer.mimetype != "text/html" and case.method != "HEAD":
        found.append(f"an error as {answer.mimetype}")
    if answer.status_code == 200 and answer.mimetype == JSON:
        json.loads(answer.data)
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        found.append("no nosniff")
    return [f"{case.name}: {fault}" for fault in found]


def send_all(target: InProcess, cases: Iterable[Case]) -> list[str]:
    """Send cases four at a time."""
    with ThreadPoolExecutor(4) as threads:
        return [fault for found in threads.map(lambda case: faults(target, case), cases) for fault in found]
