"""The same engine asked from an event loop: nobody waits for what another is slow at."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvloop

from kg.engine import Answer, Limits, Query
from kg.engine.pool import PoolEngine
from kg.errors import EngineBusyError, KgError, QuerySyntaxError, QueryTimeoutError, QueryTooLargeError
from tests.engine.test_pool import BOMB, LATE_S, fresh, patient, wait_until
from tests.serve.service import ID, LABEL, is_running, kill

StartEngine = Callable[..., PoolEngine]
Ask = Callable[[Query], Coroutine[Any, Any, Answer | KgError]]


def at_loop(engine: PoolEngine, work: Callable[[Ask], Coroutine[Any, Any, Any]], threads: int = 4) -> Any:
    """Run a coroutine that is given a way to ask, which returns errors instead of raising them."""

    async def main() -> Any:
        with ThreadPoolExecutor(threads) as pool:

            async def ask(query: Query) -> Answer | KgError:
                try:
                    return await engine.answer_soon(query, pool)
                except KgError as error:
                    return error

            return await work(ask)

    # In a thread of its own: the browser of other tests leaves a loop running in this one.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(uvloop.run, main()).result()


def label(number: int) -> Query:
    return patient(f"SELECT ?l {{ <{ID}actor/a{number % 200}> <{LABEL}> ?l }}")


def test_many_more_than_workers_are_answered_each_its_own(start: StartEngine) -> None:
    engine = start(queue=500)

    async def work(ask: Ask) -> list[Answer | KgError]:
        return await asyncio.gather(*(ask(label(number)) for number in range(300)))

    for number, answer in enumerate(at_loop(engine, work)):
        assert isinstance(answer, Answer)
        assert f'"actor {number % 200}"'.encode() in answer.body


def test_long_texts_and_kept_answers_are_the_same_as_without_a_loop(shared_engine: PoolEngine) -> None:
    long = Query(text=label(7).text + "#" + "\N{CJK UNIFIED IDEOGRAPH-667A}" * 20_000, limits=Limits(seconds=LATE_S))
    plain = Query(text=fresh("ASK {}").text)

    async def work(ask: Ask) -> list[Answer | KgError]:
        return [await ask(long), await ask(plain), await ask(plain), await ask(fresh("SELECT ?x {"))]

    first, second, third, wrong = at_loop(shared_engine, work)
    assert first.body == shared_engine.answer(long).body
    assert (second.cached, third.cached) == (False, True)
    assert shared_engine.answer(plain).cached
    assert isinstance(wrong, QuerySyntaxError)


def test_a_slow_query_ends_at_its_deadline_while_others_are_answered(start: StartEngine) -> None:
    engine = start(query_seconds=1.0)
    before = set(engine.worker_pids())

    async def work(ask: Ask) -> tuple[Answer | KgError, int]:
        bomb = asyncio.create_task(ask(fresh(BOMB)))
        answered = 0
        while not bomb.done():
            answered += isinstance(await ask(label(answered)), Answer)
        return await bomb, answered

    ended, answered = at_loop(engine, work)
    assert isinstance(ended, QueryTimeoutError)
    assert answered > 5
    wait_until(lambda: sum(is_running(pid) for pid in before) < len(before))


def test_more_than_may_wait_are_told_at_once(start: StartEngine) -> None:
    engine = start(fast_workers=1, queue=3, fast_seconds=5.0)

    async def work(ask: Ask) -> list[Answer | KgError]:
        return await asyncio.gather(*(ask(fresh(BOMB)) for _ in range(6)))

    begun = time.monotonic()
    ended = at_loop(engine, work)
    # One is asked, three wait until their deadline, two are refused.
    assert sorted(type(one).__name__ for one in ended) == ["EngineBusyError"] * 5 + ["QueryTimeoutError"]
    assert time.monotonic() - begun < LATE_S
    assert engine.figures()["queries_waiting"] == 0


def test_threads_and_the_loop_get_workers_in_turn(start: StartEngine) -> None:
    engine = start(fast_workers=1, queue=500)
    done: list[int] = []

    def read() -> None:
        for number in range(50):
            engine.answer(label(number))
        done.append(len(done))

    async def work(ask: Ask) -> int:
        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        count = 0
        while any(reader.is_alive() for reader in readers):
            count += len(await asyncio.gather(*(ask(label(number)) for number in range(8))))
        return count

    assert at_loop(engine, work) >= 8
    assert len(done) == 3


def test_killing_workers_fails_no_query_of_a_loop(start: StartEngine) -> None:
    engine = start()
    dice = random.Random(11)

    async def work(ask: Ask) -> list[Answer | KgError]:
        ended: list[Answer | KgError] = []
        for _ in range(20):
            asked = [asyncio.create_task(ask(label(number))) for number in range(5)]
            await asyncio.sleep(dice.random() / 100)
            for pid in dice.sample(engine.worker_pids(), min(2, len(engine.worker_pids()))):
                kill(pid)
            ended += await asyncio.gather(*asked)
        return ended

    assert [one for one in at_loop(engine, work) if not isinstance(one, Answer)] == []


def test_what_kills_its_worker_is_refused_and_the_engine_goes_on(start: StartEngine) -> None:
    engine = start(guard=False)
    deep = fresh("SELECT * {" + "{" * 20_000 + "}" * 20_000 + "}")

    async def work(ask: Ask) -> tuple[Answer | KgError, Answer | KgError]:
        return await ask(deep), await ask(label(1))

    ended, after = at_loop(engine, work)
    assert isinstance(ended, QueryTooLargeError | QuerySyntaxError)
    assert isinstance(after, Answer)


@pytest.mark.parametrize("threads", [1, 4])
def test_closing_ends_what_waits(start: StartEngine, threads: int) -> None:
    engine = start(fast_workers=1, fast_seconds=20.0, query_seconds=20.0)

    async def work(ask: Ask) -> list[Answer | KgError]:
        asked = [asyncio.create_task(ask(fresh(BOMB))) for _ in range(3)]
        await asyncio.sleep(0.3)
        threading.Thread(target=engine.close).start()
        return await asyncio.gather(*asked)

    begun = time.monotonic()
    assert all(isinstance(one, EngineBusyError) for one in at_loop(engine, work, threads))
    assert time.monotonic() - begun < LATE_S / 2
