"""What one campaign costs the API server: requests from its creation to Scheduled, and bytes that etcd writes."""

import asyncio
from statistics import mean

from figures import Line, Result, at_most, told
from session import Session
from traffic import USERS, Counters, Traffic, quiet
from world import World, running_world

WAIT_SECONDS = 30.0
MOST_REQUESTS = 7.0
QUIET_SECONDS = 30.0
SETTLED_SECONDS = 3.0
"""By then the operator has posted its Events."""

_ANSWER_COUNTED_SECONDS = 0.02
"""The watch may tell of a write before the API server has counted it."""


async def measure(session: Session) -> Result:
    """Requests by verb and resource, until Scheduled and until the operator is quiet."""
    count = 5 if session.quick else 20
    async with running_world(session.binaries) as world:
        await asyncio.sleep(SETTLED_SECONDS)
        session.progress(f"measuring for {QUIET_SECONDS:g} s what the cluster does by itself")
        idle = await quiet(world, QUIET_SECONDS)
        meter = world.meter()
        both = [await _one(world, f"counted-{number}", idle) for number in range(count)]
        usage = meter.usage()
    until, all_of_it = [first for first, _ in both], [last for _, last in both]
    names = sorted(
        {what for traffic in all_of_it for what, number in traffic.requests.items() if number >= 1} - {USERS}
    )
    lines: list[Line] = []
    for what in names:
        before, after = (mean(traffic.requests.get(what, 0.0) for traffic in part) for part in (until, all_of_it))
        if round(after, 1):
            lines.append(Line(what, f"{before:.1f}, in the end {after:.1f}"))
    total = mean(traffic.of_the_operator() for traffic in until)
    whole = mean(traffic.of_the_operator() for traffic in all_of_it)
    etcd_bytes = mean(traffic.etcd_bytes for traffic in all_of_it)
    return Result(
        title="Requests to the API server for one campaign",
        how=f"{count} campaigns of 50 contacts in 2 time zones, one after another. Counted by "
        "`apiserver_request_total` from before the create request to the event of a watch in which the campaign is "
        "`Scheduled`, and "
        f"{SETTLED_SECONDS:g} s later; less the create request itself, and less what the cluster does by itself, as "
        f"measured for {QUIET_SECONDS:g} s before. A watch is not counted, nor what the operator "
        "reads later. Bytes are those that etcd writes to its log "
        "(`etcd_disk_wal_write_bytes_total`), the created campaign itself included.",
        lines=(
            *lines,
            at_most("requests from create to Scheduled", total, MOST_REQUESTS, "", 1),
            told("requests in the end", whole, "", 1),
            told("bytes that etcd writes for each", etcd_bytes / 1000, "kB", 1),
        ),
        kubernetes=world.kubernetes,
        others_percent=usage.others_percent,
        figures={"requests.of_a_run": whole, "requests.etcd_bytes_of_a_run": etcd_bytes},
    )


async def _one(world: World, name: str, idle: Traffic) -> tuple[Traffic, Traffic]:
    counters = await Counters.at_now(world)
    await world.campaigns.create(name, zones=2, contacts=50)
    await world.reached(name, "Scheduled", WAIT_SECONDS)
    await asyncio.sleep(_ANSWER_COUNTED_SECONDS)
    until = await counters.traffic()
    await asyncio.sleep(SETTLED_SECONDS)
    return until.without(idle), (await counters.traffic()).without(idle)
