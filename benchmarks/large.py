"""What many large campaigns take of the operator's memory at once: every daily campaign of one cron is submitted at the
same moment.
"""

import asyncio
from zoneinfo import available_timezones

from figures import Result, at_most, told
from machine import memory
from session import Session
from world import World, running_world

ZONES = 420
MEMORY_MB = 350.0
WAIT_SECONDS = 1800.0


async def measure(session: Session) -> Result:
    """The highest memory while recurring campaigns are submitted, suspended and deleted, all at once."""
    count = 4 if session.quick else 40
    async with running_world(session.binaries) as world:
        idle = memory(world.operator.pid)
        names = [f"large-{n}" for n in range(count)]
        meter = world.meter()
        await asyncio.gather(*(_create(world, name) for name in names))
        await _all(world, names, "Scheduled")
        scheduled = memory(world.operator.pid)
        session.progress(f"{count} campaigns scheduled; the operator had {scheduled.peak_mb:.0f} MB at most")
        await asyncio.gather(*(world.campaigns.suspend(name) for name in names))
        await _all(world, names, "Cancelled")
        suspended = memory(world.operator.pid)
        session.progress(f"all suspended; the operator had {suspended.peak_mb:.0f} MB at most")
        await asyncio.gather(*(world.campaigns.delete(name) for name in names))
        async with asyncio.timeout(WAIT_SECONDS):
            await asyncio.gather(*(world.campaigns.gone(name) for name in names))
        usage, deleted = meter.usage(), memory(world.operator.pid)
        kubernetes = world.kubernetes
    return Result(
        title=f"{count} recurring campaigns of {ZONES} time zones at once",
        how=f"{count} campaigns with `runPolicy: Recurring` and a contact in each of {ZONES} time zones, created by "
        "concurrent requests; when the next run of each is submitted, all are suspended at once, and when all are "
        "cancelled, all are deleted. Memory is VmHWM of the operator's process up to then.",
        lines=(
            told("memory with one small campaign", idle.resident_mb, "MB", 0),
            told("highest memory, all submitted", scheduled.peak_mb, "MB", 0),
            told("highest memory, all suspended", suspended.peak_mb, "MB", 0),
            at_most("highest memory, all deleted", deleted.peak_mb, MEMORY_MB, "MB", 0),
            told("from the first create to the last deletion", usage.seconds, "s", 0),
        ),
        kubernetes=kubernetes,
        others_percent=usage.others_percent,
    )


def large_zones(count: int) -> list[str]:
    """So many names of places, the same for every campaign."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))[:count]


async def _create(world: World, name: str) -> None:
    await world.campaigns.create(name, zones=large_zones(ZONES), contacts=ZONES, runPolicy="Recurring")


async def _all(world: World, names: list[str], state: str) -> None:
    await asyncio.gather(*(world.reached(name, state, WAIT_SECONDS) for name in names))
