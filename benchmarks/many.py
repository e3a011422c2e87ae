"""5,000 campaigns: what one more costs beside them, what they take while nothing happens, and what a restart takes."""

import asyncio
from collections.abc import Iterator, Sequence
from statistics import fmean
from time import monotonic

import httpx
from burst import Burst, burst_of
from figures import Line, Result, at_most, told
from machine import cpu_seconds, memory
from session import Session
from traffic import WRITES, Counters, Traffic, quiet
from world import BenchmarkFailedError, World, running_world

ZONES = 2
WAIT_SECONDS = 1200.0
MOST_TIMES = 1.1
IDLE_KB = 25.0
IDLE_CPU_PERCENT = 0.05
RESTART_CPU_SECONDS = 6.0
QUIET_SECONDS = 20.0
IDLE_SECONDS = 60.0
SETTLED_SECONDS = 75.0
"""By then the operator has read every campaign once more, as it does within the settling time after a submission: of a
burst it costs nothing, but a burst that is measured right after another would pay for that one.
"""

LAST_BURSTS = 5
"""The API server looks for garbage once in such a burst, or twice: of one alone, that would decide the figure."""

_WORLDS_BEFORE, _WORLDS_AFTER = 2, 2
"""Worlds of a first burst only, since the machine is not as fast in one minute as in the next."""

NAMES = {"operator": "operator", "kube-apiserver": "API server", "etcd": "etcd", "dialer": "dialer"}
CPU = ("operator", "kube-apiserver", "etcd")

_CALM_SECONDS = 3.0
_CALM_SHARE = 0.02
"""Of a core: less is no look at anything."""


async def measure(session: Session) -> Result:
    """CPU for each of a burst among few and among many; memory, CPU and traffic of all of them idle; a restart."""
    count, few = (500, 20) if session.quick else (5000, 200)
    first = [await _first_burst(session, few) for _ in range(_WORLDS_BEFORE)]
    async with running_world(session.binaries) as world:
        base = memory(world.operator.pid)
        meter = world.meter()
        await _fill(session, world, count - LAST_BURSTS * few)
        await asyncio.sleep(SETTLED_SECONDS)
        await _calm(world)
        last = [await _burst(session, world, f"many-{number}", few) for number in range(LAST_BURSTS)]
        await asyncio.sleep(SETTLED_SECONDS)
        await _calm(world)
        usage, after_burst = meter.usage(), memory(world.operator.pid)
        idle, cpu = await _idle(world)
        session.progress(f"idle: {after_burst.resident_mb:.0f} MB; now a restart")
        calls, counters = await world.calls(), await Counters.at_now(world)
        await world.restart_operator()
        restart_cpu = await _calm(world)
        await asyncio.sleep(QUIET_SECONDS)
        restarted, traffic = memory(world.operator.pid), (await counters.traffic()).without(idle)
        asked = (await world.calls()).total() - calls.total()
        kubernetes = world.kubernetes
    first += [await _first_burst(session, few) for _ in range(_WORLDS_AFTER)]
    times = _of_each(last, CPU) / _of_each(first, CPU)
    session.progress(f"a campaign costs {times:.2f} times as much CPU beside {count}")
    each = (after_burst.resident_mb - base.resident_mb) * 1000 / count
    each_restarted = (restarted.resident_mb - base.resident_mb) * 1000 / count
    return Result(
        title=f"{count} idle campaigns",
        how=f"{count} campaigns of 50 contacts in {ZONES} time zones, submitted and hours before their start. The cost "
        f"of one is CPU of the operator, the API server and etcd for each of a burst of {few}, the first and the last. "
        "Memory for each is VmRSS of the operator less that with one campaign, after the bursts and after a restart. "
        f"Idle CPU is over {IDLE_SECONDS:g} s. A restart is from the start of a new process until it takes no CPU any "
        "more; requests to the dialer and writes to the API server are those since, less what the cluster does by "
        "itself.",
        lines=(
            told(f"CPU for each of the first {few}", _of_each(first, CPU), "ms", 0),
            told(f"CPU for each of the last {few * len(last)}", _of_each(last, CPU), "ms", 0),
            at_most("times as much", times, MOST_TIMES, "times"),
            *_parts(first, last),
            told("memory with one campaign", base.resident_mb, "MB", 0),
            told("memory after the bursts", after_burst.resident_mb, "MB", 0),
            told("highest memory", after_burst.peak_mb, "MB", 0),
            at_most("memory of each, after the bursts", each, IDLE_KB, "kB", 1),
            at_most("memory of each, after a restart", each_restarted, IDLE_KB, "kB", 1),
            at_most("CPU while idle", cpu, IDLE_CPU_PERCENT, "%"),
            at_most("CPU of a restart, to the end of the first look at all", restart_cpu, RESTART_CPU_SECONDS, "s", 1),
            at_most("requests to the dialer by a restart", asked, 0, "", 0),
            at_most("writes by a restart", _writes(traffic), 0, "", 0),
        ),
        kubernetes=kubernetes,
        others_percent=usage.others_percent,
        figures={
            "many.campaigns": count,
            "many.base_mb": base.resident_mb,
            "many.memory_mb": after_burst.resident_mb,
            "many.restarted_mb": restarted.resident_mb,
            "many.idle_cpu_percent": cpu,
            "many.restart_cpu_seconds": restart_cpu,
        },
    )


def _of_each(bursts: Sequence[Burst], processes: Sequence[str]) -> float:
    """CPU of these processes for each campaign, in milliseconds: the mean of the bursts."""
    return fmean(sum(burst.usage.by_process[name] for name in processes) / len(burst.waits) for burst in bursts) * 1000


def _parts(first: Sequence[Burst], last: Sequence[Burst]) -> Iterator[Line]:
    """Where it grows, and, by the dialer that does the same for each, how much slower the machine was meanwhile."""
    for name in (*CPU, "dialer"):
        before, after = _of_each(first, [name]), _of_each(last, [name])
        what = f"CPU of the {NAMES[name]} for each of the last, beside {before:.1f} ms for the first"
        yield told(what, after, "ms", 1)


async def _first_burst(session: Session, count: int) -> Burst:
    async with running_world(session.binaries) as world:
        return await _burst(session, world, "first", count)


async def _burst(session: Session, world: World, prefix: str, count: int) -> Burst:
    burst = await burst_of(world, prefix, count, ZONES, WAIT_SECONDS)
    session.progress(f"{count} campaigns, {prefix}: {burst.cpu_of_each * 1000:.0f} ms of CPU each")
    await _calm(world)
    return burst


async def _fill(session: Session, world: World, count: int) -> None:
    """In bursts of a size that a user may have."""
    made = 0
    while made < count:
        some = min(500, count - made)
        await burst_of(world, f"fill-{made}", some, ZONES, WAIT_SECONDS)
        made += some
        session.progress(f"{made} of {count} campaigns between the two bursts")


async def _idle(world: World) -> tuple[Traffic, float]:
    """What the cluster does by itself, and what the operator takes of a core meanwhile, in percent."""
    before, begun = cpu_seconds(world.operator.pid), monotonic()
    traffic = await quiet(world, IDLE_SECONDS)
    return traffic, (cpu_seconds(world.operator.pid) - before) / (monotonic() - begun) * 100


async def _calm(world: World) -> float:
    """Wait until the operator takes no CPU any more and looks at nothing; the CPU time of its process by then."""
    pid = world.operator.pid
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                before = cpu_seconds(pid)
                await asyncio.sleep(_CALM_SECONDS)
                is_calm = cpu_seconds(pid) - before < _CALM_SHARE * _CALM_SECONDS
                if is_calm and await _looks(world) == 0:
                    return before
    except TimeoutError:
        raise BenchmarkFailedError(f"the operator was not calm within {WAIT_SECONDS:g} s") from None


async def _looks(world: World) -> float | None:
    """How many looks are under way; None where the operator serves no metrics yet."""
    try:
        return (await world.operator_metrics()).total("campaign_operator_looks_under_way")
    except httpx.TransportError:
        return None


def _writes(traffic: Traffic) -> float:
    """Of campaigns and Events; the Lease and what the cluster writes are not the operator's answer to a restart."""
    ours = ("outboundcampaigns", "outboundcampaigns/status", "events")
    return round(sum(traffic.to(resource, *WRITES) for resource in ours))
