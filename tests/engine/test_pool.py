"""Queries end within their deadline, their work stops, and others are not disturbed."""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable

import pytest

from kg.engine import Iri, Limits, Literal, Query
from kg.engine.pool import PoolEngine
from kg.errors import (
    ClientBudgetError,
    EngineBusyError,
    KgError,
    NotAcceptableError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTimeoutError,
    QueryTooLargeError,
)
from tests.serve.service import GRAPH, ID, KG, LABEL, is_running, kill

StartEngine = Callable[..., PoolEngine]
BOMB = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
# A busy machine may be late by seconds; what is not stopped would run for hours. `make crash-test` has the figures.
LATE_S = 30.0
_serial = iter(range(10**9))


def fresh(text: str) -> Query:
    """A query that no cache has seen."""
    return Query(text=f"{text} #{next(_serial)}")


def patient(text: str) -> Query:
    """The same, with time enough for a busy machine."""
    return Query(text=fresh(text).text, limits=Limits(seconds=LATE_S))


def wait_until(true: Callable[[], bool], seconds: float = LATE_S) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_terms_keep_language_datatype_and_unbound(shared_engine: PoolEngine) -> None:
    rows = shared_engine.rows(
        f"SELECT ?s ?label ?amount ?none {{ BIND(<{ID}actor/a3> AS ?s) ?s <{LABEL}> ?label ; <{KG}amount> ?amount }}"
    )
    assert rows.columns == ("s", "label", "amount", "none")
    language = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    assert rows.rows == ((Iri(f"{ID}actor/a3"), Literal("actor 3", language, "en"), Literal("3000", integer), None),)
    assert rows.complete


def test_a_form_that_was_not_asked_for_is_an_error(shared_engine: PoolEngine) -> None:
    for wrong in (
        lambda: shared_engine.rows("ASK {}"),
        lambda: shared_engine.ask("SELECT * {}"),
        lambda: shared_engine.graph("ASK {}"),
    ):
        with pytest.raises(QuerySyntaxError):
            wrong()


def test_the_default_graph_is_the_union_unless_the_query_names_graphs(shared_engine: PoolEngine) -> None:
    ask = shared_engine.ask
    assert ask(f"ASK {{ ?s <{KG}amount> ?a ; <{LABEL}> ?l }}")
    assert not ask(f"ASK FROM <{GRAPH}actor> {{ ?s <{KG}amount> ?a }}")
    assert ask(f"ASK FROM <{GRAPH}financing> {{ ?s <{KG}amount> ?a }}")
    assert not ask("ASK FROM <http://unknown/> { ?s ?p ?o }")
    only = Query(text=f"ASK {{ ?s <{KG}amount> ?a }}", default_graphs=(f"{GRAPH}actor",))
    assert json.loads(shared_engine.answer(only).body)["boolean"] is False
    named = Query(text="SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", named_graphs=(f"{GRAPH}actor",))
    rows = json.loads(shared_engine.answer(named).body)["results"]["bindings"]
    assert [row["g"]["value"] for row in rows] == [f"{GRAPH}actor"]


def test_a_syntax_error_has_its_place(shared_engine: PoolEngine) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        shared_engine.ask("ASK {\n  ?s ?p ~~ }")
    assert caught.value.line == 2
    assert caught.value.column is not None


def test_an_answer_under_limits_of_its_own_is_kept_where_they_allow_it(shared_engine: PoolEngine) -> None:
    text = fresh("SELECT * { ?s ?p ?o } LIMIT 5").text
    for keep in (False, True):
        three = Query(text=text, limits=Limits(rows=3, keep=keep))
        assert [shared_engine.answer(three).cached for _ in range(2)] == [False, keep]
    five = shared_engine.answer(Query(text=text, limits=Limits(rows=5, keep=True)))
    assert not five.cached
    assert five.complete


def test_an_answer_is_kept_and_equal(shared_engine: PoolEngine) -> None:
    query = fresh("SELECT * { ?s ?p ?o } LIMIT 5")
    first, second = shared_engine.answer(query), shared_engine.answer(query)
    assert not first.cached
    assert second.cached
    assert first.body == second.body


def test_a_slow_query_ends_at_its_deadline_and_its_process_is_gone(start: StartEngine) -> None:
    engine = start(query_seconds=0.6)
    before = set(engine.worker_pids())
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError):
        engine.answer(fresh(BOMB))
    assert time.monotonic() - begun < LATE_S
    wait_until(lambda: len(engine.worker_pids()) == 3)
    gone = before - set(engine.worker_pids())
    assert len(gone) == 1
    wait_until(lambda: not any(is_running(pid) for pid in gone))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nested exists", "SELECT * { " + "FILTER EXISTS { ?s ?p ?o " * 3_000 + "}" * 3_000 + " }"),
        ("nested groups", "SELECT * " + "{" * 20_000 + "}" * 20_000),
        ("long or", "SELECT * { ?s ?p ?o FILTER(" + " || ".join(["?a = 1"] * 20_000) + ") }"),
        ("many not", "SELECT * { FILTER(" + "!" * 50_000 + "true) }"),
        ("nested closures", "SELECT * { ?s " + "(" * 12 + f"<{KG}parent>*" + ")*" * 12 + " ?o }"),
        ("wide join", "SELECT * { " + " . ".join(f"?a <a:{n}> ?b{n}" for n in range(400)) + " }"),
        ("memory", "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g"),
        ("strings", 'SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d), "x")) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }'),
    ],
)
def test_a_bomb_that_the_guard_does_not_see_kills_only_its_worker(
    shared_engine: PoolEngine, name: str, text: str
) -> None:
    begun = time.monotonic()
    # Trusted texts pass without the limits on their shape, as if the guard had missed them.
    with pytest.raises((QueryTooLargeError, QueryTimeoutError)):
        shared_engine.answer(Query(text=text, trusted=True))
    assert time.monotonic() - begun < LATE_S
    assert shared_engine.answer(patient("ASK {}")).form == "boolean"


def test_cheap_queries_are_answered_beside_eight_bombs(start: StartEngine) -> None:
    engine = start(query_seconds=2.0)
    outcomes: list[str] = []

    def bomb() -> None:
        try:
            engine.answer(fresh(BOMB))
            outcomes.append("answered")
        except KgError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=bomb, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    answered = 0
    while len(outcomes) < 2:
        engine.answer(patient("ASK {}"))
        answered += 1
        time.sleep(0.01)
    # Before the second bomb had ended, one of those that wait was still to come.
    assert answered > 2
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert set(outcomes) <= {"query-timeout", "busy"}


def bombs(engine: PoolEngine, count: int) -> tuple[list[threading.Thread], list[KgError]]:
    """Send bombs at once, each in a thread of its own; give the threads and what becomes of the bombs."""
    errors: list[KgError] = []

    def send() -> None:
        try:
            engine.answer(fresh(BOMB))
        except KgError as error:
            errors.append(error)

    threads = [threading.Thread(target=send, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, errors


@pytest.mark.parametrize(
    ("flags", "sent", "kept"),
    [
        ({"slow_workers": 1, "slow_waiting": 1}, 4, 2),
        ({"fast_workers": 1, "fast_seconds": 60.0, "queue": 1}, 6, 2),
    ],
)
def test_what_is_full_says_so_at_once(start: StartEngine, flags: dict[str, float], sent: int, kept: int) -> None:
    engine = start(query_seconds=60.0, **flags)
    threads, errors = bombs(engine, sent)
    # One runs, one waits; the others are told while both are still there.
    wait_until(lambda: len(errors) == sent - kept)
    assert sum(thread.is_alive() for thread in threads) >= kept
    assert all(isinstance(error, EngineBusyError) and error.retry_after_s >= 1 for error in errors)
    engine.close()
    for thread in threads:
        thread.join(LATE_S)
    assert len(errors) == sent


def test_slow_queries_that_fit_wait_for_each_other_and_are_answered(start: StartEngine) -> None:
    engine = start(query_seconds=10.0, slow_workers=1, slow_waiting=6, fast_seconds=0.01)
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(engine.answer(fresh(slow)).slow)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 4


def test_killing_workers_fails_no_query(start: StartEngine) -> None:
    engine = start()
    chance = random.Random(7)
    failures: list[BaseException] = []
    answered = [0]
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                engine.answer(patient("ASK { ?s ?p ?o }"))
                answered[0] += 1
            except KgError as error:
                failures.append(error)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        # A query has five more tries; a machine too busy to start workers must not use them up.
        wait_until(lambda: len(engine.worker_pids()) == 3)
        kill(chance.choice(engine.worker_pids()))
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert answered[0] > 40


def test_a_killed_zygote_is_started_again(start: StartEngine) -> None:
    engine = start()
    zygote = engine._crew._zygote._process.pid
    kill(zygote)
    for pid in engine.worker_pids():
        kill(pid)
    # Its workers' endings can no longer be told apart, so the query in flight may fail; the next may not.
    wait_until(lambda: _answers(engine))
    assert engine._crew._zygote._process.pid != zygote


def _answers(engine: PoolEngine) -> bool:
    try:
        return engine.answer(fresh("ASK {}")).form == "boolean"
    except KgError:
        return False


def test_closing_ends_queries_and_leaves_no_process(start: StartEngine) -> None:
    engine = start(query_seconds=60.0, slow_workers=1, slow_waiting=1)
    threads, errors = bombs(engine, 2)
    # One runs and one is paused.
    wait_until(lambda: engine.figures()["slow_running"] == engine.figures()["slow_waiting"] == 1)
    pids = [*engine.worker_pids(), engine._crew._zygote._process.pid]
    assert len(pids) >= 4
    engine.close()
    for thread in threads:
        thread.join(LATE_S)
    assert [type(error) for error in errors] == [EngineBusyError] * 2
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_the_row_limit_cuts_and_the_byte_limit_refuses(shared_engine: PoolEngine) -> None:
    cut = shared_engine.answer(Query(text="SELECT * { ?s ?p ?o }", limits=Limits(rows=7)))
    assert len(json.loads(cut.body)["results"]["bindings"]) == 7
    assert (cut.complete, cut.limit) == (False, "rows")
    with pytest.raises(QueryTooLargeError) as caught:
        shared_engine.answer(Query(text="SELECT * { ?s ?p ?o }", limits=Limits(bytes=1_000)))
    assert caught.value.limit == "answer-bytes"


def test_a_long_text_is_refused(shared_engine: PoolEngine) -> None:
    with pytest.raises(QueryTooLargeError) as caught:
        shared_engine.answer(Query(text="ASK {} #" + "x" * 600_000))
    assert caught.value.limit == "query-bytes"


def test_a_form_without_an_acceptable_type_is_refused(shared_engine: PoolEngine) -> None:
    with pytest.raises(NotAcceptableError):
        shared_engine.answer(Query(text="ASK {}", results_type=None))
    with pytest.raises(NotAcceptableError):
        shared_engine.answer(Query(text="CONSTRUCT WHERE { ?s ?p ?o }", graph_type=None))


def test_a_control_character_is_never_put_into_xml(shared_engine: PoolEngine) -> None:
    for text, kind in (
        ('SELECT ("\\u0001" AS ?x) {}', "application/sparql-results+xml"),
        ('CONSTRUCT { <a:a> <a:b> "\\u0001" } {}', "application/rdf+xml"),
    ):
        with pytest.raises(NotAcceptableError):
            shared_engine.answer(Query(text=text, results_type=kind, graph_type=kind))


def test_a_client_that_errs_too_often_waits(start: StartEngine) -> None:
    engine = start(client_errors=5)
    for _ in range(6):
        with pytest.raises(QuerySyntaxError):
            engine.answer(Query(text=fresh("ASK").text, client="one"))
    with pytest.raises(ClientBudgetError) as caught:
        engine.answer(Query(text=fresh("ASK {}").text, client="one"))
    assert 1 <= caught.value.retry_after_s <= 60
    assert engine.answer(Query(text=fresh("ASK {}").text, client="two")).form == "boolean"


def test_a_client_that_is_slow_too_long_keeps_the_fast_lane(start: StartEngine) -> None:
    engine = start(query_seconds=0.5, client_seconds=0.3)
    with pytest.raises(QueryTimeoutError):
        engine.answer(Query(text=fresh(BOMB).text, client="one"))
    with pytest.raises(ClientBudgetError):
        engine.answer(Query(text=fresh(BOMB).text, client="one"))
    assert engine.answer(Query(text=fresh("ASK {}").text, client="one")).form == "boolean"


def test_a_store_beyond_the_bound_is_read_from_disk(start: StartEngine) -> None:
    engine = start(store_memory_mb=0)
    assert engine.figures()["store_in_memory"] == 0
    assert engine.ask("ASK { ?s ?p ?o }")
    with pytest.raises((QueryTooLargeError, QueryTimeoutError)):
        engine.answer(Query(text="SELECT * " + "{" * 20_000 + "}" * 20_000, trusted=True))
    assert engine.ask("ASK { ?s ?p ?o . }")


def test_a_large_store_is_served_from_disk_until_it_is_in_memory(
    start: StartEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.engine.crew._SMALL_BYTES", 0)
    engine = start()
    deadline = time.monotonic() + LATE_S
    while not engine.figures()["store_in_memory"]:
        assert engine.answer(patient("ASK { ?s ?p ?o }")).form == "boolean"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert engine.answer(fresh("ASK { ?s ?p ?o }")).form == "boolean"


def test_refusals_name_their_reason(shared_engine: PoolEngine) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        shared_engine.answer(fresh("ASK { SERVICE <http://x/> {} }"))
    assert caught.value.reason == "service"


def test_workers_ignore_the_interrupt_of_the_terminal(shared_engine: PoolEngine) -> None:
    for pid in shared_engine.worker_pids():
        os.kill(pid, signal.SIGINT)
    assert shared_engine.answer(fresh("ASK {}")).form == "boolean"
