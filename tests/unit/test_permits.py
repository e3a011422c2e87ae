"""Permits bound what is under way at one connection, and take no memory for connections that are used no more."""

import asyncio
import gc

from builders import NOW, spec
from lone_campaign import Life, LoneStore, WillingDialer, wire

from campaign_operator.engine.submission import Permits
from manual_clock import ManualClock


def permits_in_memory() -> int:
    gc.collect()
    return sum(isinstance(each, Permits) for each in gc.get_objects())


async def test_the_permits_of_a_connection_are_forgotten_with_its_last_request() -> None:
    before = permits_in_memory()
    life = Life(LoneStore(wire(spec(), {}, finalizer=False)), WillingDialer(), ManualClock(NOW))
    await life.look()
    assert len(life.dialer.schedules) == 2
    assert permits_in_memory() == before


async def test_who_waits_for_permits_gets_them_when_they_are_given_back() -> None:
    permits, came = Permits(2), list[str]()

    async def take(name: str, wanted: int) -> None:
        async with permits.take(wanted) as count:
            came.append(f"{name} {count}")
            await asyncio.sleep(0)

    await asyncio.gather(take("a", 2), take("b", 5), take("c", 1))
    assert came == ["a 2", "b 2", "c 1"]
