"""How long a whole department waits: 200 campaigns created at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from figures import Line, Result, at_most, told
from machine import Usage
from session import Session
from world import World, running_world

WAIT_SECONDS = 180.0
ALL_SCHEDULED_SECONDS = 15.0
FEW_ZONES, MANY_ZONES = 2, 10


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst, in seconds from before the first create request left: until all were created, and until each was
    Scheduled.
    """

    created: float
    waits: tuple[float, ...]
    usage: Usage
    kubernetes: str

    @property
    def scheduled(self) -> float:
        """Until all were."""
        return max(self.waits)

    @property
    def cpu_of_each(self) -> float:
        """Seconds of the operator, the API server and etcd for each campaign."""
        return (self.usage.by_process["operator"] + self.usage.control_plane_seconds) / len(self.waits)


async def measure(session: Session) -> Result:
    """From before the first create request leaves to the event in which the last run is Scheduled."""
    count, rounds = (20, 1) if session.quick else (200, 3)
    few = [await _new_burst(session, count, FEW_ZONES) for _ in range(rounds)]
    many = [await _new_burst(session, count, MANY_ZONES) for _ in range(rounds)]
    return Result(
        title=f"{count} campaigns at once",
        how=f"{count} campaigns of 50 contacts, created by concurrent requests, with {FEW_ZONES} time zones each (so "
        f"{count * FEW_ZONES} schedules) and with {MANY_ZONES}. A time is from the moment before the first create "
        "request leaves to the event of a watch in which the last campaign is `Scheduled`. Median of "
        f"{rounds} rounds, each on a new control plane, dialer and operator, all on this machine.",
        lines=(*_lines(few, count, FEW_ZONES), *_lines(many, count, MANY_ZONES)),
        kubernetes=few[0].kubernetes,
        others_percent=max(burst.usage.others_percent for burst in (*few, *many)),
    )


def _lines(bursts: Sequence[Burst], count: int, zones: int) -> list[Line]:
    def each(what: str, seconds: Sequence[float]) -> Line:
        return told(f"{zones} zones: CPU of {what} for each campaign", median(seconds) / count * 1000, "ms", 0)

    scheduled = [burst.scheduled for burst in bursts]
    return [
        at_most(f"{zones} zones: all Scheduled after", median(scheduled), ALL_SCHEDULED_SECONDS, "s", 1),
        told(f"{zones} zones: in the slowest round", max(scheduled), "s", 1),
        told(f"{zones} zones: all created after", median([burst.created for burst in bursts]), "s", 1),
        each("the operator", [burst.usage.by_process["operator"] for burst in bursts]),
        each("the API server and etcd", [burst.usage.control_plane_seconds for burst in bursts]),
        each("the dialer", [burst.usage.by_process["dialer"] for burst in bursts]),
    ]


async def _new_burst(session: Session, count: int, zones: int) -> Burst:
    async with running_world(session.binaries) as world:
        burst = await burst_of(world, "burst", count, zones)
    session.progress(
        f"{count} campaigns of {zones} zones: all created after {burst.created:.1f} s, all Scheduled after "
        f"{burst.scheduled:.1f} s"
    )
    return burst


async def burst_of(world: World, prefix: str, count: int, zones: int, wait_seconds: float = WAIT_SECONDS) -> Burst:
    """So many campaigns of 50 contacts, created by concurrent requests and waited for."""
    names = [f"{prefix}-{number}" for number in range(count)]
    meter = world.meter()
    waits = [asyncio.create_task(world.reached(name, "Scheduled", wait_seconds)) for name in names]
    begun = await asyncio.gather(*(world.campaigns.create(name, zones=zones, contacts=50) for name in names))
    created = meter.usage().seconds
    reached = await asyncio.gather(*waits)
    return Burst(created, tuple(moment - min(begun) for moment in reached), meter.usage(), world.kubernetes)
