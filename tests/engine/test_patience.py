"""Waits of an event loop end when they have lasted too long, each at its own time."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvloop

from kg.engine.patience import Patience


def run(work: Any) -> Any:
    """Run a coroutine in a thread of its own, since the browser of other tests leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(uvloop.run, work).result()


def test_each_wait_ends_in_its_turn_and_not_before_its_time() -> None:
    async def main() -> list[tuple[int, float]]:
        loop = asyncio.get_running_loop()
        patience = Patience(loop)
        begun = time.monotonic()
        ended: list[tuple[int, float]] = []

        async def wait(number: int, seconds: float) -> None:
            future: asyncio.Future[None] = loop.create_future()
            patience.limit(future, seconds)
            await future
            ended.append((number, time.monotonic() - begun - seconds))

        # The last begun is the first to end.
        await asyncio.gather(*(wait(number, 0.3 - number / 20) for number in range(5)))
        return ended

    ended = run(main())
    assert [number for number, _ in ended] == [4, 3, 2, 1, 0]
    assert all(late > -0.005 for _, late in ended)


def test_a_wait_with_no_time_left_ends_at_once() -> None:
    async def main() -> list[None]:
        loop = asyncio.get_running_loop()
        patience = Patience(loop)
        waits = [loop.create_future() for _ in range(6)]
        for wait, seconds in zip(waits, (0.05, -1.0, 0.0, 0.02, -0.5, 0.05), strict=True):
            patience.limit(wait, seconds)
        return await asyncio.wait_for(asyncio.gather(*waits), 10)

    assert run(main()) == [None] * 6


def test_what_has_ended_by_itself_is_left_alone() -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        patience = Patience(loop)
        first, second, third = (loop.create_future() for _ in range(3))
        limits = [patience.limit(future, 0.02) for future in (first, second, third)]
        first.set_result("here")
        limits[0].forget()
        second.cancel()
        await asyncio.sleep(0.1)
        # A loop that has waited for all of them begins anew.
        fourth = loop.create_future()
        patience.limit(fourth, 0.02)
        return [first.result(), second.cancelled(), third.result(), await fourth]

    assert run(main()) == ["here", True, None, None]
