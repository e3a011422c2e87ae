"""How long 1,000 campaigns that are created at once wait, beside what the API server alone takes for the same writes.

The floor is a bare client, with the connections that the operator has, which writes for each campaign what the operator
was counted to write: the create request, the finalizer, statuses of the final size, and Events. It reads nothing. It
plays twice: as it is, and with the same requests to the dialer that the operator makes, which shares the cores, too.
"""

import asyncio
from dataclasses import replace
from time import monotonic
from typing import Any

from bare_client import CountedRequests, bare_client
from burst import Burst, burst_of
from campaigns import NAMESPACE, RESOURCE, campaign_id
from figures import Result, at_most, percentile, told
from kubernetes.aio.client import CoreV1Api, CustomObjectsApi
from machine import Usage
from plain_dialer import PlainDialer, plain_dialer
from session import Session
from traffic import WRITES, Counters, quiet
from world import BenchmarkFailedError, World, running_world

WAIT_SECONDS = 600.0
LAST_SECONDS = 25.0
MEDIAN_SECONDS = 12.0
ZONES = 2
QUIET_SECONDS = 20.0
SETTLED_SECONDS = 5.0


async def measure(session: Session) -> Result:
    """The last and the median from the first create request to Scheduled, and the same for the bare client."""
    count = 100 if session.quick else 1000
    async with running_world(session.binaries) as world:
        idle = await quiet(world, QUIET_SECONDS)
        counters = await Counters.at_now(world)
        burst = await burst_of(world, "burst", count, ZONES, WAIT_SECONDS)
        session.progress(f"{count} campaigns: all Scheduled after {burst.scheduled:.1f} s; now a bare client")
        await asyncio.sleep(SETTLED_SECONDS)
        traffic = (await counters.traffic()).without(idle)
        writes = replace(CountedRequests.of(traffic, count), reads=0, lists=0)
        await world.stop_operator()
        floor, floor_usage = await _bare(world, "floor", writes, count, None)
        await asyncio.sleep(SETTLED_SECONDS)
        async with plain_dialer(world) as dialer:
            submitting, _ = await _bare(world, "submitting", writes, count, dialer)
    return Result(
        title=f"{count} campaigns at once, and a bare client",
        how=f"{count} campaigns of 50 contacts in {ZONES} time zones, created by concurrent requests; a wait is from "
        "before the first create request leaves to the event of a watch in which a campaign is `Scheduled`. Then the "
        "operator is stopped, and a bare client creates as many on the same control plane and writes what the API "
        f"server counted for each: {writes.metadata} times its metadata, {writes.status} times its status in its final "
        f"size, and {writes.events} Events, with as many connections as the operator has. It reads nothing. At last, "
        "it does so for as many again, and also asks the dialer for its listing and submits the schedules of "
        "each, before the last status.",
        lines=(
            at_most("all Scheduled after", burst.scheduled, LAST_SECONDS, "s", 1),
            at_most("median", percentile(burst.waits, 50), MEDIAN_SECONDS, "s", 1),
            told("all created after", burst.created, "s", 1),
            told("bare client: all Scheduled after", max(floor), "s", 1),
            told("bare client: median", percentile(floor, 50), "s", 1),
            told("bare client that also submits: all Scheduled after", max(submitting), "s", 1),
            told("bare client that also submits: median", percentile(submitting, 50), "s", 1),
            told("times as long as the bare client", burst.scheduled / max(floor), "times"),
            *_costs(burst, floor_usage, count),
            told("requests of the operator for each campaign", traffic.of_the_operator() / count, "", 1),
            told("those that write", traffic.of_the_operator(WRITES) / count, "", 1),
            told("bytes that etcd writes for each campaign", traffic.etcd_bytes / count / 1000, "kB", 1),
        ),
        kubernetes=world.kubernetes,
        others_percent=burst.usage.others_percent,
        figures={
            "burst.campaigns": count,
            "burst.operator_cpu_seconds": burst.usage.by_process["operator"] / count,
            "burst.control_plane_cpu_seconds": burst.usage.control_plane_seconds / count,
        },
    )


def _costs(burst: Burst, floor: Usage, count: int) -> list[Any]:
    bare = floor.by_process["benchmark"]
    return [
        told("CPU of the operator for each campaign", burst.usage.by_process["operator"] / count * 1000, "ms", 0),
        told(
            "CPU of the API server and etcd for each campaign",
            burst.usage.control_plane_seconds / count * 1000,
            "ms",
            0,
        ),
        told("the same for the bare client", floor.control_plane_seconds / count * 1000, "ms", 0),
        told("CPU of the bare client for each campaign, with its watch", bare / count * 1000, "ms", 0),
    ]


async def _bare(
    world: World, prefix: str, writes: CountedRequests, count: int, dialer: PlainDialer | None
) -> tuple[list[float], Usage]:
    """Seconds until each was Scheduled, from before the first create request."""
    example: Any = await CustomObjectsApi(world.client).get_namespaced_custom_object(
        **RESOURCE, namespace=NAMESPACE, name="burst-0"
    )
    events = await CoreV1Api(world.client).list_namespaced_event(
        NAMESPACE, field_selector="involvedObject.name=burst-0"
    )
    if not events.items:
        raise BenchmarkFailedError("the operator has posted no Event for burst-0")
    event = world.client.sanitize_for_serialization(events.items[-1])  # type: ignore[no-untyped-call] # it has no types
    names = [f"{prefix}-{number}" for number in range(count)]
    waits = [asyncio.create_task(world.reached(name, "Scheduled", WAIT_SECONDS)) for name in names]
    async with bare_client(world, writes, dialer) as client:
        meter = world.meter()
        begun = monotonic()
        await asyncio.gather(*(client.start(name, campaign_id(name), example, event) for name in names))
        return [moment - begun for moment in await asyncio.gather(*waits)], meter.usage()
