"""Two sites of one release: what the rooms have read belongs to a site, since the workers of another may be gone."""

from pathlib import Path

from kg.config import Settings
from kg.serve.app import create_app
from kg.serve.site import open_site
from kg.snapshot import current

ADDRESSES = (
    "/questions/projects-on-the-map",
    "/openapi.json",
    "/questions.ttl",
    "/reports/company-profile",
    "/reconcile?queries=%7B%22q%22%3A%7B%22query%22%3A%22omega%22%7D%7D",
    "/vocab.json",
    "/.well-known/void",
    "/",
    "/projects",
    "/page/actor/omega-systems",
)


def test_a_release_that_is_opened_again_answers_though_its_first_site_is_closed(tiny_snapshots: Path) -> None:
    settings = Settings.load({"snapshots_dir": tiny_snapshots, "fast_workers": 1}, env={})
    answers = []
    for _ in range(2):
        site = open_site(settings, current(tiny_snapshots))
        client = create_app(site).test_client()
        answers.append({address: client.get(address).status_code for address in ADDRESSES})
        site.engine.close()
    # 400: a default that the tiny release does not hold.
    assert set(answers[0].values()) <= {200, 400}
    assert answers[1] == answers[0]
