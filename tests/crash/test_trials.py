"""A short form of every trial of `make crash-test`."""

from tests.crash.trials import run_trials


def test_every_promise_holds_in_the_short_trials() -> None:
    broken = [f"{one.name}: {one.seen}" for one in run_trials(short=True, seed=7) if not one.held]
    assert broken == []
