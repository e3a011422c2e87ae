"""What a large campaign writes while it runs: status writes, and the bytes that they are to etcd."""

import asyncio

from figures import Result, at_most, told
from large import large_zones
from machine import memory
from session import Session
from traffic import Counters, quiet
from world import DialerSettings, running_world

ZONES = 420
WAIT_SECONDS = 300.0
QUIET_SECONDS = 30.0
POLL_SECONDS = 30
_HOUR = 3600


async def measure(session: Session) -> Result:
    """Status writes and bytes over some minutes in which every poll finds new numbers, as an hour's."""
    minutes = 1 if session.quick else 4
    dialer = DialerSettings(calls_per_second=0.5)
    async with running_world(session.binaries, dialer) as world:
        idle = await quiet(world, QUIET_SECONDS)
        await world.campaigns.create(
            "large",
            zones=large_zones(ZONES),
            contacts=ZONES,
            cron="* * * * *",
            startMode="SameInstant",
            windowSeconds=3600,
            completion={"expectedCalls": 1_000_000},
        )
        await world.reached("large", "Running", WAIT_SECONDS)
        await asyncio.sleep(POLL_SECONDS)
        session.progress(f"running; measuring for {minutes} minutes")
        counters, meter = await Counters.at_now(world), world.meter()
        await asyncio.sleep(minutes * 60)
        traffic, usage = (await counters.traffic()).without(idle), meter.usage()
        resident = memory(world.operator.pid)
        kubernetes = world.kubernetes
    periods = round(traffic.seconds / POLL_SECONDS)
    writes = traffic.to("outboundcampaigns/status", "PUT", "PATCH")
    return Result(
        title=f"A campaign of {ZONES} time zones while it runs",
        how=f"A campaign with a contact in each of {ZONES} time zones, all of them open, in which every poll finds new "
        f"numbers, for {minutes} minutes; by the hour, as counted by the API server and by etcd's own "
        "`etcd_disk_wal_write_bytes_total`, less what the cluster does by itself. Compaction gives back what earlier "
        "versions of the object take of etcd's file (the API server asks for it every 5 minutes).",
        lines=(
            at_most(f"status writes in {periods} times {POLL_SECONDS} s", writes, periods + 1, "", 0),
            told("status writes in an hour", writes / traffic.seconds * _HOUR, "", 0),
            told("bytes of each that etcd writes", traffic.etcd_bytes / max(writes, 1) / 1000, "kB", 1),
            told("bytes that etcd writes in an hour", traffic.etcd_bytes / traffic.seconds * _HOUR / 1e6, "MB", 1),
            told("growth of etcd's file meanwhile", traffic.etcd_growth / 1e6, "MB", 1),
            told("CPU of the operator", usage.by_process["operator"] / usage.seconds * 100, "%"),
            told("memory of the operator", resident.resident_mb, "MB", 0),
        ),
        kubernetes=kubernetes,
        others_percent=usage.others_percent,
        figures={"large_run.etcd_bytes_per_hour": traffic.etcd_bytes / traffic.seconds * _HOUR},
    )
