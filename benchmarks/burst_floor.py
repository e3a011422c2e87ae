"""How long 1,000 campaigns that are created at once wait, beside what the API server alone takes for the same writes.

The floor is a bare client, with the connections that the operator has, which writes for each campaign what the operator
was counted to write: the create request, the finalizer, statuses of the final size, and Events. It reads nothing, and
asks no dialer.
"""

import asyncio
from copy import deepcopy
from dataclasses import dataclass
from time import monotonic
from typing import Any

from burst import Burst, burst_of
from campaigns import NAMESPACE, RESOURCE, campaign_id
from figures import Result, at_most, percentile, told
from kubernetes.aio.client import CoreV1Api, CustomObjectsApi
from machine import Usage
from session import Session
from traffic import WRITES, Counters, Traffic, quiet
from world import BenchmarkFailedError, World, running_world

WAIT_SECONDS = 600.0
LAST_SECONDS = 25.0
MEDIAN_SECONDS = 12.0
ZONES = 2
QUIET_SECONDS = 20.0
SETTLED_SECONDS = 5.0
_MERGE_PATCH = "application/merge-patch+json"
_INTERMEDIATE = "Planned"


@dataclass(frozen=True, slots=True)
class _Writes:
    """What the operator writes for one campaign, to the nearest whole number; beside the create request."""

    metadata: int
    status: int
    events: int

    @classmethod
    def counted(cls, traffic: Traffic, campaigns: int) -> "_Writes":
        def each(resource: str, *verbs: str) -> int:
            return round(traffic.to(resource, *verbs) / campaigns)

        return cls(
            metadata=each("outboundcampaigns", "PUT", "PATCH"),
            status=each("outboundcampaigns/status", "PUT", "PATCH"),
            events=each("events", "POST", "PATCH"),
        )


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
        writes = _Writes.counted(traffic, count)
        await world.stop_operator()
        floor, floor_usage = await _bare(world, writes, count)
    return Result(
        title=f"{count} campaigns at once, and a bare client",
        how=f"{count} campaigns of 50 contacts in {ZONES} time zones, created by concurrent requests; a wait is from "
        "before the first create request leaves to the event of a watch in which a campaign is `Scheduled`. Then the "
        "operator is stopped, and a bare client creates as many on the same control plane and writes what the API "
        f"server counted for each: {writes.metadata} times its metadata, {writes.status} times its status in its final "
        f"size, and {writes.events} Events, with as many connections as the operator has. It reads nothing.",
        lines=(
            at_most("all Scheduled after", burst.scheduled, LAST_SECONDS, "s", 1),
            at_most("median", percentile(burst.waits, 50), MEDIAN_SECONDS, "s", 1),
            told("all created after", burst.created, "s", 1),
            told("bare client: all Scheduled after", max(floor), "s", 1),
            told("bare client: median", percentile(floor, 50), "s", 1),
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


async def _bare(world: World, writes: _Writes, count: int) -> tuple[list[float], Usage]:
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
    names = [f"floor-{number}" for number in range(count)]
    waits = [asyncio.create_task(world.reached(name, "Scheduled", WAIT_SECONDS)) for name in names]
    meter = world.meter()
    begun = monotonic()
    await asyncio.gather(*(_write(world, writes, name, example, event) for name in names))
    return [moment - begun for moment in await asyncio.gather(*waits)], meter.usage()


async def _write(world: World, writes: _Writes, name: str, example: dict[str, Any], event: dict[str, Any]) -> None:
    objects, core = CustomObjectsApi(world.client), CoreV1Api(world.client)
    at: dict[str, Any] = {**RESOURCE, "namespace": NAMESPACE, "name": name}
    body = {key: example[key] for key in ("apiVersion", "kind")}
    spec = {**example["spec"], "campaignID": campaign_id(name)}
    written: Any = await objects.create_namespaced_custom_object(
        **RESOURCE, namespace=NAMESPACE, body={**body, "metadata": {"name": name}, "spec": spec}
    )
    for number in range(writes.metadata):
        finalizers = example["metadata"].get("finalizers", [])
        patch = {"metadata": {"finalizers": finalizers, "annotations": {"number": str(number)}}}
        written = await objects.patch_namespaced_custom_object(**at, body=patch, _content_type=_MERGE_PATCH)
    for number in range(writes.status):
        status = _nth_status(example["status"], number, writes.status)
        written = await objects.replace_namespaced_custom_object_status(**at, body={**written, "status": status})
    for number in range(writes.events):
        again: Any = {
            **event,
            "metadata": {"name": f"{name}.{number}", "namespace": NAMESPACE},
            "involvedObject": {**event["involvedObject"], "name": name, "uid": written["metadata"]["uid"]},
        }
        await core.create_namespaced_event(NAMESPACE, again)


def _nth_status(final: dict[str, Any], number: int, of: int) -> dict[str, Any]:
    """Each is another, or the API server would not write it; only the last is Scheduled."""
    status = deepcopy(final)
    if number < of - 1:
        status["observedGeneration"] = number + 2
        for run in status["runs"]:
            run["state"] = _INTERMEDIATE
    return status
