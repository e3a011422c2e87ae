"""What one namespace can do to the others: their waits beside a hostile namespace, against the same without it.

One world for all deeds. For each, campaigns of another namespace are created one after another and waited for, first
without the deed and then while it goes on, so that both are measured within a minute of each other.
"""

import asyncio
import base64
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from campaigns import NAMESPACE, RESOURCE
from figures import Line, Result, at_most, percentile, told
from kubernetes.aio.client import CoreV1Api, CustomObjectsApi
from machine import memory
from session import Session
from slow_names import DEAD
from world import CLIENT_ID, CLIENT_SECRET, World, running_world, until

HOSTILE = "hostile"
MOST_TIMES = 1.5
WAIT_SECONDS = 120.0
COMPLETED_SECONDS = 240.0
LIST_ROWS = 3_000_000
CALENDAR_LINES = 90_000
_WHOLE, _QUICK = 50, 5


@dataclass(frozen=True, slots=True)
class _Hostile:
    """The namespace, and a server that takes requests and answers none."""

    world: World
    silent_url: str

    async def connect(self, name: str, api_url: str, token_url: str) -> None:
        values = {"client-id": CLIENT_ID, "client-secret": CLIENT_SECRET, "environment": "benchmark"}
        body: Any = {
            "metadata": {"name": name},
            "stringData": {**values, "api-base-url": api_url, "token-url": token_url},
        }
        await CoreV1Api(self.world.client).create_namespaced_secret(HOSTILE, body)

    async def config_map(self, name: str, **data: Any) -> None:
        body: Any = {"metadata": {"name": name}, **data}
        await CoreV1Api(self.world.client).create_namespaced_config_map(HOSTILE, body)

    async def campaign(self, name: str, *, contacts: int = 2, **spec: Any) -> None:
        await self.world.campaigns.create(name, zones=2, contacts=contacts, namespace=HOSTILE, **spec)

    async def statuses(self) -> list[dict[str, Any]]:
        objects = CustomObjectsApi(self.world.client)
        found: Any = await objects.list_namespaced_custom_object(**RESOURCE, namespace=HOSTILE)
        return [each.get("status", {}) for each in found["items"]]

    async def are_looked_at(self) -> None:
        """The operator has looked at each campaign: what it costs to create them is not what is measured."""

        async def all_have_conditions() -> bool:
            return all(status.get("conditions") for status in await self.statuses())

        await until(all_have_conditions, "the hostile campaigns have conditions")

    async def remove_all(self) -> None:
        await CustomObjectsApi(self.world.client).delete_collection_namespaced_custom_object(
            **RESOURCE, namespace=HOSTILE
        )
        await until(self._is_empty, "the hostile campaigns are deleted")

    async def _is_empty(self) -> bool:
        return not await self.statuses()


async def _dead_names(hostile: _Hostile, count: int) -> None:
    for number in range(count):
        url = f"https://n{number}.{DEAD}"
        await hostile.connect(f"dead-{number}", url, f"{url}/token")
        await hostile.campaign(f"dead-{number}", connection={"secretRef": {"name": f"dead-{number}"}})
    await hostile.are_looked_at()


async def _slow_token_endpoints(hostile: _Hostile, count: int) -> None:
    for number in range(count):
        await hostile.connect(f"slow-{number}", hostile.world.dialer_url, f"{hostile.silent_url}/token/{number}")
        await hostile.campaign(f"slow-{number}", connection={"secretRef": {"name": f"slow-{number}"}})
    await hostile.are_looked_at()


async def _slow_webhooks(hostile: _Hostile, count: int) -> None:
    await hostile.connect("cxone", hostile.world.dialer_url, f"{hostile.world.dialer_url}/api/v2/oauth/token")
    ended: dict[str, Any] = {
        "cron": "* * * * *",
        "startMode": "SameInstant",
        "windowSeconds": 60,
        "completion": {"expectedCalls": 1},
    }
    for number in range(count):
        await hostile.campaign(f"hook-{number}", webhook={"url": f"{hostile.silent_url}/{number}"}, **ended)

    async def all_are_completed() -> bool:
        return {status.get("state") for status in await hostile.statuses()} == {"Completed"}

    await until(all_are_completed, "the hostile campaigns are completed", COMPLETED_SECONDS)


async def _huge_lists(hostile: _Hostile, count: int) -> None:
    """Of one id each: it is a few kilobytes, and what repeats has to be found."""
    packed = _base64(gzip.compress(b"id,timeZone\n" + b"same,Europe/Paris\n" * LIST_ROWS))
    for number in range(count):
        await hostile.config_map(f"list-{number}", binaryData={"list.csv.gz": packed})
        source = {"configMapKeyRef": {"name": f"list-{number}", "key": "list.csv.gz"}}
        await hostile.campaign(f"list-{number}", contacts=0, contactsFrom=[source])


async def _huge_calendars(hostile: _Hostile, count: int) -> None:
    for number in range(count):
        await hostile.config_map(f"calendar-{number}", data={"dates.txt": "2026-12-25\n" * CALENDAR_LINES})
        source = {"configMapKeyRef": {"name": f"calendar-{number}", "key": "dates.txt"}}
        spec: dict[str, Any] = {
            "connection": {"secretRef": {"name": "nowhere"}},
            "callingHours": {"excludeDatesFrom": source},
        }
        await hostile.campaign(f"calendar-{number}", **spec)


async def _broken_campaigns(hostile: _Hostile, count: int) -> None:
    for number in range(4 * count):
        await hostile.campaign(f"broken-{number}", connection={"secretRef": {"name": "nowhere"}}, cron="61 * * * *")
    await hostile.are_looked_at()


DEEDS: dict[str, Callable[[_Hostile, int], Awaitable[None]]] = {
    "{count} dialers with names that are not answered": _dead_names,
    "{count} token endpoints that do not answer": _slow_token_endpoints,
    "{count} webhooks to a host that does not answer": _slow_webhooks,
    "{count} lists of 3000000 rows": _huge_lists,
    "{count} calendars of a megabyte": _huge_calendars,
    "4 times {count} broken campaigns": _broken_campaigns,
}
"""What the hostile namespace does, with how many."""


async def measure(session: Session) -> Result:
    """The 99th percentile from apply to Scheduled in another namespace, beside each deed and without it."""
    count = _QUICK if session.quick else _WHOLE
    lines: list[Line] = []
    async with running_world(session.binaries, operator="slow_names.py") as world, _hostile(world) as hostile:
        meter = world.meter()
        for number, (named, deed) in enumerate(DEEDS.items()):
            what = named.format(count=count)
            without = await _waits(world, f"without-{number}", count)
            await deed(hostile, count)
            beside = await _waits(world, f"beside-{number}", count)
            await hostile.remove_all()
            times = percentile(beside, 99) / percentile(without, 99)
            session.progress(f"{what}: {percentile(without, 99):.2f} s without, {percentile(beside, 99):.2f} s beside")
            lines += (
                told(f"{what}: 99th percentile without", percentile(without, 99), "s"),
                told(f"{what}: 99th percentile beside", percentile(beside, 99), "s"),
                at_most(f"{what}: times as long", times, MOST_TIMES, "times", 1),
            )
        usage = meter.usage()
        lines.append(told("highest memory of the operator", memory(world.operator.pid).peak_mb, "MB", 0))
    return Result(
        title="Beside a hostile namespace",
        how=f"{count} campaigns of 50 contacts in 2 time zones in one namespace, created one after another, from the "
        "moment before the create request leaves to `Scheduled`; first without, then while another namespace does what "
        "the line says. One world for all lines. Names that are not answered are a stand-in for `getaddrinfo` that "
        "blocks for 10 s.",
        lines=tuple(lines),
        kubernetes=world.kubernetes,
        others_percent=usage.others_percent,
    )


async def _waits(world: World, name: str, count: int) -> list[float]:
    """The first does not count: it waits for what the deed took to prepare."""
    waits = []
    for number in range(count + 1):
        begun = await world.campaigns.create(f"{name}-{number}", zones=2, contacts=50, namespace=NAMESPACE)
        waits.append(await world.reached(f"{name}-{number}", "Scheduled", WAIT_SECONDS) - begun)
    return waits[1:]


@asynccontextmanager
async def _hostile(world: World) -> AsyncIterator[_Hostile]:
    body: Any = {"metadata": {"name": HOSTILE}}
    await CoreV1Api(world.client).create_namespace(body)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(world.certificate.tls.certificate, world.certificate.tls.key)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # the operator resets a connection that it gives up
            while await reader.read(65_536):
                pass
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield _Hostile(world, f"https://localhost:{server.sockets[0].getsockname()[1]}")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
