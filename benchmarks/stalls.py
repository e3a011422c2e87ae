"""How long one campaign keeps the operator's event loop from all others, with the largest that a user may hand in.

Each deed is done to a real operator, one after another, and the longest step of its loop meanwhile is taken. A step
counts by its own CPU time: by the clock, it also tells how busy the machine is.
"""

import base64
import gzip
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from campaigns import NAMESPACE, RESOURCE
from figures import Line, Result, at_most, told
from kubernetes.aio.client import CoreV1Api, CustomObjectsApi
from large import large_zones
from session import Session
from timed_steps import BY_CLOCK, BY_CPU, LONGEST_STEP
from world import BenchmarkFailedError, World, running_world, until

STALL_MS = 50.0
ZONES = 420
CONTACTS = 2000
LIST_ROWS = 3_000_000
WAIT_SECONDS = 240.0
CALENDAR_BYTES = 1_000_000
DATES = 10_000
_ALWAYS = {"start": "00:00", "end": "24:00"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKLY = [
    {"days": [day], "start": f"{hour:02}:00", "end": f"{hour + 2:02}:00"} for day in _DAYS for hour in (6, 10, 14)
]
_COUNTRIES = (
    "US",
    "DE",
    "FR",
    "GB",
    "IT",
    "ES",
    "PL",
    "NL",
    "BE",
    "AT",
    "CH",
    "SE",
    "NO",
    "DK",
    "FI",
    "PT",
    "IE",
    "CZ",
)


async def _large_campaigns(world: World) -> list[str]:
    names = [f"large-{number}" for number in range(8)]
    for name in names:
        await _campaign(world, name)
    return names


async def _large_calendar(world: World) -> list[str]:
    """Of as many events as a calendar may have bytes for, from 2030 on, so that there is a match today."""
    lines, size, number = ["BEGIN:VCALENDAR"], 0, 0
    while size < CALENDAR_BYTES and number < DATES:
        date = f"{2030 + number // 336}{number // 28 % 12 + 1:02}{number % 28 + 1:02}"
        words = f"UID:{number}\nSUMMARY:the office is closed for a holiday\nDTSTART;VALUE=DATE:{date}"
        event = f"BEGIN:VEVENT\n{words}\nEND:VEVENT"
        lines.append(event)
        size, number = size + len(event) + 1, number + 1
    await _config_map(world, "calendar", data={"closed.ics": "\n".join([*lines, "END:VCALENDAR", ""])})
    source = {"configMapKeyRef": {"name": "calendar", "key": "closed.ics"}}
    await _campaign(world, "calendar", callingHours={**_ALWAYS, "excludeDatesFrom": source})
    return ["calendar"]


async def _large_policy(world: World) -> list[str]:
    zones = large_zones(ZONES)
    dates = [f"2030-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 25)]
    entries = [{"timeZones": zones[at * 8 : at * 8 + 8], "weekly": _WEEKLY, "excludeDates": dates} for at in range(45)]
    # JSON is YAML, and YAML's own writer would make aliases of what repeats, which a policy may not have
    text = json.dumps({**_ALWAYS, "zones": entries})
    await _config_map(world, "policy", data={"policy.yaml": text})
    source = {"configMapKeyRef": {"name": "policy", "key": "policy.yaml"}}
    await _campaign(world, "policy", callingHours={**_ALWAYS, "policyFrom": source})
    return ["policy"]


async def _many_holidays(world: World) -> list[str]:
    holidays = [{"country": country} for country in _COUNTRIES]
    await _campaign(world, "holidays", callingHours={**_ALWAYS, "holidays": holidays})
    return ["holidays"]


async def _hopeless_searches(world: World) -> list[str]:
    """Of which no match in a year is open in any zone: they come seven minutes after the spans of a minute."""
    spans = [{"days": _DAYS, "start": f"{hour:02}:00", "end": f"{hour:02}:01"} for hour in (9, 13, 17)]
    hours: dict[str, Any] = {"weekly": spans, "outside": "Skip"}
    for mode in ("SameInstant", "ContactLocal"):
        await _campaign(world, f"hopeless-{mode.lower()}", cron="7 * * * *", startMode=mode, callingHours=hours)
    return ["hopeless-sameinstant", "hopeless-contactlocal"]


async def _packed_lists(world: World) -> list[str]:
    """Of one id each: it is a few kilobytes, and what repeats has to be found."""
    packed = gzip.compress(b"id,timeZone\n" + b"same,Europe/Paris\n" * LIST_ROWS)
    await _config_map(world, "packed", binaryData={"list.csv.gz": base64.b64encode(packed).decode()})
    source = {"configMapKeyRef": {"name": "packed", "key": "list.csv.gz"}}
    names = [f"packed-{number}" for number in range(6)]
    for name in names:
        await world.campaigns.create(name, zones=2, contacts=0, contactsFrom=[source])
    return names


_SCHEDULED, _STALLED = "Scheduled", "Stalled"

DEEDS: dict[str, tuple[Callable[[World], Awaitable[list[str]]], str]] = {
    f"8 campaigns of {ZONES} time zones and {CONTACTS} contacts": (_large_campaigns, _SCHEDULED),
    "an .ics calendar of a megabyte": (_large_calendar, _SCHEDULED),
    "a calling-hours policy of 240 kB": (_large_policy, _SCHEDULED),
    f"holidays of {len(_COUNTRIES)} countries": (_many_holidays, _SCHEDULED),
    "2 searches for a match that find none": (_hopeless_searches, _STALLED),
    f"6 campaigns of one list of {LIST_ROWS} rows, 26 kB in a gzip": (_packed_lists, _STALLED),
}
"""What is handed in, and what becomes of it; each returns the names of its campaigns."""


async def measure(session: Session) -> Result:
    """The longest step of the event loop until the operator has said what becomes of each campaign."""
    lines: list[Line] = []
    async with running_world(session.binaries, operator="timed_steps.py") as world:
        meter = world.meter()
        begun = await _longest_step(world)
        lines.append(told("the start of the process, by CPU time", begun[BY_CPU], "ms", 0))
        for what, (deed, end) in DEEDS.items():
            names = await deed(world)
            await until(partial(_all_are, world, names, end), f"{what} are looked at", WAIT_SECONDS)
            longest = await _longest_step(world)
            session.progress(f"{what}: {longest[BY_CPU]:.0f} ms of CPU time, {longest[BY_CLOCK]:.0f} ms by the clock")
            lines.append(at_most(f"{what}, by CPU time", longest[BY_CPU], STALL_MS, "ms", 0))
            lines.append(told(f"{what}, by the clock", longest[BY_CLOCK], "ms", 0))
        usage = meter.usage()
    return Result(
        title="The longest step of the event loop",
        how="What a campaign hands in that is large, one after another, to an operator that tells the longest step of "
        "its event loop, in which all other campaigns wait: from before the first create request until each campaign "
        "is `Scheduled`, or Stalled for the reason that it has. By the clock, a step is also longer when another "
        "program has the core.",
        lines=tuple(lines),
        kubernetes=world.kubernetes,
        others_percent=usage.others_percent,
    )


async def _longest_step(world: World) -> dict[str, float]:
    """In milliseconds, since it was last asked for."""
    longest = (await world.operator_metrics()).by(LONGEST_STEP, "by")
    return {by: seconds * 1000 for by, seconds in longest.items()}


async def _all_are(world: World, names: list[str], end: str) -> bool:
    """Raises BenchmarkFailedError where a campaign that is to be Scheduled is Stalled: then nothing was measured."""
    objects = CustomObjectsApi(world.client)
    for name in names:
        found: Any = await objects.get_namespaced_custom_object(**RESOURCE, namespace=NAMESPACE, name=name)
        status = found.get("status", {})
        stalled = [c["message"] for c in status.get("conditions", []) if (c["type"], c["status"]) == (_STALLED, "True")]
        if stalled and end != _STALLED:
            raise BenchmarkFailedError(f"{name} is Stalled: {stalled[0]}")
        if not stalled and status.get("state") != end:
            return False
    return True


async def _campaign(world: World, name: str, **spec: Any) -> None:
    await world.campaigns.create(name, zones=large_zones(ZONES), contacts=CONTACTS, **spec)


async def _config_map(world: World, name: str, **content: Any) -> None:
    body: Any = {"metadata": {"name": name}, **content}
    await CoreV1Api(world.client).create_namespaced_config_map(NAMESPACE, body)
