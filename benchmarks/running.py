"""1,000 campaigns that begin at one instant, and then run: how late the last is seen to run, beside a bare client that
makes the same requests, and what it takes to count their calls.
"""

import asyncio
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from bare_client import CountedRequests, bare_client
from campaigns import NAMESPACE, RESOURCE
from figures import Line, Result, at_most, told
from kubernetes.aio.client import CustomObjectsApi
from machine import Usage, memory
from session import Session
from traffic import Counters, Traffic, quiet
from world import BenchmarkFailedError, DialerSettings, World, running_world

ZONES = 2
POLL_SECONDS = 30
"""What `campaign-operator run` does by default; the benchmark only waits by it."""

CALLS_PER_SECOND = 0.5
WAIT_SECONDS = 600.0
QUIET_SECONDS = 20.0
LAST_SECONDS = 15.0
CPU_PERCENT = 8.0
QUERIES = 10.0
_COUNTED_BEFORE_SECONDS = 3.0
"""So long before the start, the counters are read, which takes a moment."""

_ANOTHER_STATE = "Held"
"""One that no campaign of this benchmark comes to by itself."""

_LEAST_SECONDS_AHEAD = 60
_SECONDS_FOR_EACH = 0.09
"""For the creation and submission of one: less on a quiet machine."""


@dataclass(frozen=True, slots=True)
class _Starts:
    """Starts that were due at once: seconds from the first that a watch has told of to the last, and what they took."""

    spread: float
    usage: Usage


async def measure(session: Session) -> Result:
    """From the first Running to the last; CPU and queries over some poll periods in which all numbers change."""
    count, periods = (100, 2) if session.quick else (1000, 4)
    # a minute until all run, two periods until all were polled, the measured ones, and one to spare
    total_calls = int((60 + (periods + 3) * POLL_SECONDS) * CALLS_PER_SECOND)
    dialer = DialerSettings(total_calls=total_calls, calls_per_second=CALLS_PER_SECOND)
    async with running_world(session.binaries, dialer) as world:
        base = memory(world.operator.pid)
        idle = await quiet(world, QUIET_SECONDS)
        start = _start(count)
        session.progress(f"{count} campaigns begin at {start:%H:%M}")
        names = [f"running-{number}" for number in range(count)]
        await asyncio.gather(*(_create(world, name, start) for name in names))
        await _all(world, names, "Scheduled")
        starts, requests = await _starts(world, names, start, idle)
        begun = monotonic()
        session.progress(f"the last was Running {starts.spread:.1f} s after the first")
        await asyncio.sleep(2 * POLL_SECONDS)
        before, counters, meter = await world.calls(), await Counters.at_now(world), world.meter()
        await asyncio.sleep(periods * POLL_SECONDS)
        usage, traffic = meter.usage(), (await counters.traffic()).without(idle)
        queries = ((await world.calls())["analytics"] - before["analytics"]) / periods
        await asyncio.sleep(max(0.0, begun + total_calls / CALLS_PER_SECOND + 5 * POLL_SECONDS - monotonic()))
        meter = world.meter()
        await asyncio.sleep(periods * POLL_SECONDS)
        still = meter.usage()
        after = memory(world.operator.pid)
        counted = CountedRequests.of(requests, count)
        await world.stop_operator()
        bare = await _bare(world, counted, names)
        session.progress(f"a bare client takes {bare.spread:.1f} s for the same requests")
    cpu, cpu_still = (each.by_process["operator"] / each.seconds * 100 for each in (usage, still))
    return Result(
        title=f"{count} campaigns that begin at one instant",
        how=f"{count} campaigns of 50 contacts in {ZONES} time zones, with one start, each polled every "
        f"{POLL_SECONDS} s. From the event of a watch in which the first is `Running` to that of the last. Then, over "
        f"{periods * POLL_SECONDS} s in which every poll finds new numbers, and as long when none does: CPU is user "
        "and system time of the operator's process, in percent of one core; queries are those that "
        "the dialer's ledger has; status writes and bytes are counted by the API server and etcd, less what the "
        "cluster does by itself. Memory is VmRSS. In the end the operator is stopped, and a bare client, with as many "
        "connections as the operator has, makes for all campaigns at once the requests that the API server counted for "
        f"each from the start to the last `Running`: {counted.reads} times it reads the campaign, {counted.metadata} "
        f"times it writes its metadata, and {counted.status} times its status in its final size.",
        lines=(
            at_most("last Running after the first", starts.spread, LAST_SECONDS, "s", 1),
            *_beside(starts, bare, count),
            told("requests of the operator for each start", requests.of_the_operator() / count, ""),
            at_most("CPU, numbers change at every poll", cpu, CPU_PERCENT, "%"),
            told("CPU, numbers do not change", cpu_still, "%"),
            at_most("analytics queries in each period", queries, QUERIES, "", 1),
            told("status writes in each period, for each campaign", _writes(traffic) / count / periods, "", 2),
            told("bytes that etcd writes for each status write", _bytes_of_each(traffic), "B", 0),
            told("memory with one campaign", base.resident_mb, "MB", 0),
            told("memory, all running", after.resident_mb, "MB", 0),
            told("highest memory", after.peak_mb, "MB", 0),
        ),
        kubernetes=world.kubernetes,
        others_percent=max(each.others_percent for each in (starts.usage, usage, bare.usage)),
        figures={
            "running.campaigns": count,
            "running.base_mb": base.resident_mb,
            "running.memory_mb": after.resident_mb,
            "running.cpu_percent": cpu,
            "running.cpu_percent_without_news": cpu_still,
            "running.etcd_bytes_of_a_write": _bytes_of_each(traffic),
        },
    )


async def _starts(world: World, names: list[str], start: datetime, idle: Traffic) -> tuple[_Starts, Traffic]:
    ahead = (start - datetime.now(UTC)).total_seconds() - _COUNTED_BEFORE_SECONDS
    if ahead < 0:
        raise BenchmarkFailedError("the machine is too slow: not all campaigns were Scheduled before their start")
    await asyncio.sleep(ahead)
    counters, meter = await Counters.at_now(world), world.meter()
    running = await _all(world, names, "Running")
    return _Starts(max(running) - min(running), meter.usage()), (await counters.traffic()).without(idle)


async def _bare(world: World, counted: CountedRequests, names: list[str]) -> _Starts:
    """The same requests at once, by which each campaign comes to a state that no watch has told of before."""
    listed: Any = await CustomObjectsApi(world.client).list_namespaced_custom_object(**RESOURCE, namespace=NAMESPACE)
    by_name = {campaign["metadata"]["name"]: campaign for campaign in listed["items"]}
    changed = [(by_name[name], _in_another_state(by_name[name])) for name in names]
    async with bare_client(world, counted) as client:
        meter = world.meter()
        await asyncio.gather(*(client.ask(before, after) for before, after in changed))
        seen = await _all(world, names, _ANOTHER_STATE)
        return _Starts(max(seen) - min(seen), meter.usage())


def _in_another_state(campaign: dict[str, Any]) -> dict[str, Any]:
    changed = deepcopy(campaign)
    changed["status"]["runs"][0]["state"] = _ANOTHER_STATE
    return changed


def _beside(starts: _Starts, bare: _Starts, count: int) -> list[Line]:
    def each(what: str, seconds: float) -> Line:
        return told(what, seconds / count * 1000, "ms", 1)

    return [
        told("bare client: last after the first", bare.spread, "s", 1),
        told("times as long as the bare client", starts.spread / bare.spread, "times"),
        each("CPU of the operator for each start", starts.usage.by_process["operator"]),
        each("CPU of the API server and etcd for each start", starts.usage.control_plane_seconds),
        each("the same for the bare client", bare.usage.control_plane_seconds),
    ]


def _start(count: int) -> datetime:
    """A full minute, far enough ahead for all of them to be submitted before it."""
    ahead = timedelta(seconds=max(_LEAST_SECONDS_AHEAD, count * _SECONDS_FOR_EACH) + 60)
    return (datetime.now(UTC) + ahead).replace(second=0, microsecond=0)


async def _create(world: World, name: str, start: datetime) -> None:
    spec: dict[str, Any] = {
        "cron": f"{start.minute} {start.hour} * * *",
        "startMode": "SameInstant",
        "windowSeconds": 3600,
        "completion": {"expectedCalls": 1_000_000},
    }
    await world.campaigns.create(name, zones=ZONES, contacts=50, namespace=NAMESPACE, **spec)


async def _all(world: World, names: list[str], state: str) -> list[float]:
    return await asyncio.gather(*(world.reached(name, state, WAIT_SECONDS) for name in names))


def _writes(traffic: Traffic) -> float:
    return traffic.to("outboundcampaigns/status", "PUT", "PATCH")


def _bytes_of_each(traffic: Traffic) -> float:
    writes = _writes(traffic)
    return traffic.etcd_bytes / writes if writes >= 1 else 0.0
