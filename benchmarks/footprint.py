"""What the operator takes of a machine: memory and CPU with 200 campaigns, each of 50 contacts, all running.

One world for all of it, so that the figures differ by nothing but what they are about: first the campaigns are created,
then the dialer's numbers change at every poll, then they stand still.
"""

import asyncio
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from figures import Result, at_most, told
from machine import Usage, memory
from session import Session
from world import DialerSettings, World, running_world

WAIT_SECONDS = 240.0
MEMORY_MB = 200.0
CPU_PERCENT = 5.0
ZONES = 10
POLL_SECONDS = 30
"""What `campaign-operator run` does by default; the benchmark only waits by it."""

CALLS_PER_SECOND = 0.5
_LATEST_SECOND_TO_BEGIN = 15


async def measure(session: Session) -> Result:
    """Memory after the burst and while polling; CPU over some poll periods."""
    count, periods = (20, 1) if session.quick else (200, 2)
    # one period to settle, the measured ones, and one to spare
    total_calls = int((periods + 2) * POLL_SECONDS * CALLS_PER_SECOND)
    dialer = DialerSettings(total_calls=total_calls, calls_per_second=CALLS_PER_SECOND)
    async with running_world(session.binaries, dialer) as world:
        idle = memory(world.operator.pid)
        await _wait_for_the_beginning_of_a_minute(session)
        await asyncio.gather(*(_create(world, f"running-{n}") for n in range(count)))
        names = [f"running-{n}" for n in range(count)]
        await _all(world, names, "Scheduled")
        scheduled = memory(world.operator.pid)
        session.progress(f"{count} campaigns scheduled; the operator has {scheduled.resident_mb:.0f} MB")
        begun = await _all(world, names, "Running")
        await asyncio.sleep(POLL_SECONDS)
        changing = await _polled(session, world, periods, "with numbers that change")
        await asyncio.sleep(max(0.0, begun + total_calls / CALLS_PER_SECOND + POLL_SECONDS + 5 - monotonic()))
        still = await _polled(session, world, periods, "with numbers that do not change")
        running = memory(world.operator.pid)
    return Result(
        title=f"{count} campaigns running",
        how=f"{count} campaigns of 50 contacts in {ZONES} time zones, all running, each polled every {POLL_SECONDS} s. "
        f"CPU is user and system time of the operator's process over {periods * POLL_SECONDS} s, in percent of one "
        "core: while every poll finds new numbers (so every poll ends in a status write), and while none does. Memory "
        "is VmRSS of that process, and VmHWM, its highest.",
        lines=(
            told("memory with one campaign", idle.resident_mb, "MB", 0),
            at_most("memory, all Scheduled", scheduled.resident_mb, MEMORY_MB, "MB", 0),
            at_most("memory, all running", running.resident_mb, MEMORY_MB, "MB", 0),
            at_most("highest memory", running.peak_mb, MEMORY_MB, "MB", 0),
            at_most("CPU, numbers change at every poll", _percent(changing), CPU_PERCENT, "%"),
            at_most("CPU, numbers do not change", _percent(still), CPU_PERCENT, "%"),
        ),
        kubernetes=world.kubernetes,
        others_percent=max(changing.others_percent, still.others_percent),
    )


async def _create(world: World, name: str) -> None:
    running: dict[str, Any] = {"cron": "* * * * *", "startMode": "SameInstant", "windowSeconds": 3600}
    await world.campaigns.create(name, zones=ZONES, contacts=50, completion={"expectedCalls": 1_000_000}, **running)


async def _all(world: World, names: list[str], state: str) -> float:
    return max(await asyncio.gather(*(world.reached(name, state, WAIT_SECONDS) for name in names)))


async def _wait_for_the_beginning_of_a_minute(session: Session) -> None:
    """So that all campaigns get the same first start: they are planned 30 s ahead, for the next full minute."""
    second = datetime.now(UTC).second
    if second > _LATEST_SECOND_TO_BEGIN:
        session.progress(f"waiting {60 - second} s for the next full minute")
        await asyncio.sleep(60 - second)


async def _polled(session: Session, world: World, periods: int, what: str) -> Usage:
    session.progress(f"measuring for {periods * POLL_SECONDS} s, {what}")
    meter = world.meter()
    await asyncio.sleep(periods * POLL_SECONDS)
    usage = meter.usage()
    session.progress(f"the operator took {_percent(usage):.1f}% of a core")
    return usage


def _percent(usage: Usage) -> float:
    return usage.by_process["operator"] / usage.seconds * 100
