"""Who may send next, without anybody to send to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from mock_server.callbacks.places import AT_ONCE_TO_ONE, Line, Places


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs one test on a loop of its own, which has to come to an end."""

    async def soon() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(soon())


async def taken(places: Places, url: str, wanted: int) -> tuple[list[Line], list[asyncio.Task[Line]]]:
    """What could be had at once of so many wanted places, and those who wait for the rest."""
    asking = [asyncio.create_task(places.take(url)) for _ in range(wanted)]
    for _ in range(3):
        await asyncio.sleep(0)
    return [task.result() for task in asking if task.done()], [task for task in asking if not task.done()]


def dead(number: int) -> str:
    """The URL of a receiver that gives nothing back."""
    return f"http://127.0.0.1:{10_000 + number}/cb"


@pytest.mark.parametrize(("places", "others", "at_least"), [(1024, 0, 32), (1024, 40, 5), (512, 40, 2), (1024, 150, 1)])
def test_however_many_receivers_are_dead_the_next_one_gets_places(places: int, others: int, at_least: int) -> None:
    """Each of the dead wants as many as it may have at all; the next one still has several, and so can go on for ever."""

    async def test() -> None:
        free = Places(places)
        for number in range(others):
            await taken(free, dead(number), AT_ONCE_TO_ONE)
        had, waiting = await taken(free, "http://127.0.0.1:9/cb", 100)
        assert at_least <= len(had) <= AT_ONCE_TO_ONE
        served = 0
        while had:
            free.give_back(had.pop())
            await asyncio.sleep(0)
            served += 1
            had += [task.result() for task in waiting if task.done()]
            waiting = [task for task in waiting if not task.done()]
        assert served == 100

    on_a_loop(test)


def test_a_dead_receiver_with_a_url_for_each_task_is_one_receiver() -> None:
    """It gets a seventeenth of all places, not all of them."""

    async def test() -> None:
        places = Places(1024)
        had = [await taken(places, f"http://127.0.0.1:9/cb?task={number}", 1) for number in range(1000)]
        assert 40 <= sum(len(got) for got, _ in had) <= 64
        assert len((await taken(places, "http://127.0.0.1:10/cb", 100))[0]) == AT_ONCE_TO_ONE

    on_a_loop(test)


def test_a_url_that_never_answers_leaves_places_to_others_of_its_host() -> None:
    """Tests may share a receiver and have a path each."""

    async def test() -> None:
        places = Places(1024)
        assert len((await taken(places, "http://127.0.0.1:9/slow", 1000))[0]) == AT_ONCE_TO_ONE
        assert len((await taken(places, "http://127.0.0.1:9/fast", 1000))[0]) >= AT_ONCE_TO_ONE // 2

    on_a_loop(test)


@pytest.mark.parametrize("hosts", [1, 7, 300])
def test_everybody_has_a_turn_and_nothing_is_kept(hosts: int) -> None:
    """Whoever gives back lets others go on until nobody waits, in order for each URL; then nothing is remembered."""

    async def test() -> None:
        places = Places(20)
        order: list[tuple[int, int]] = []

        async def send(number: int) -> None:
            place = await places.take(dead(number % hosts))
            assert places.free >= 0
            order.append((number % hosts, number))
            await asyncio.sleep(0)
            places.give_back(place)

        await asyncio.gather(*(send(number) for number in range(1000)))
        assert len(order) == 1000
        assert all([n for h, n in order if h == host] == list(range(host, 1000, hosts)) for host in range(hosts))
        assert (places.free, places._lines, places._hosts, list(places._waiting)) == (20, {}, {}, [])

    on_a_loop(test)


def test_a_newcomer_has_a_turn_while_every_place_is_taken() -> None:
    """When there are more dead receivers than places, one that has none comes before those that have one already."""

    async def test() -> None:
        places = Places(64)
        holding = [(await taken(places, dead(number), 1))[0][0] for number in range(64)]
        for number in range(64):
            await taken(places, dead(number), 5)
        assert places.free == 0
        (newcomer,) = (await taken(places, "http://127.0.0.1:9/cb", 1))[1]
        for place in holding:
            places.give_back(place)
            await asyncio.sleep(0)
        assert newcomer.done()

    on_a_loop(test)


def test_those_who_go_away_take_no_place() -> None:
    """Neither while they wait nor when their turn has just come."""

    async def test() -> None:
        places = Places(1)
        (place,), _ = await taken(places, dead(1), 1)
        _, (first, second, third) = await taken(places, dead(1), 3)
        first.cancel()
        await asyncio.sleep(0)
        places.give_back(place)
        second.cancel()
        await asyncio.sleep(0)
        places.give_back(await third)
        await asyncio.gather(first, second, return_exceptions=True)
        assert (places.free, places._lines, places._hosts) == (1, {}, {})

    on_a_loop(test)
