"""Starts the sandbox's servers for tests: real uvicorn and sockets, a free port, each in a thread of its own.
own.

A thread, so that a test whose own event loop is busy, or is a different one, finds a dialer that answers all
the same; not a process, so that a test can hand in its own clock.
"""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from campaign_sandbox.listener import Listener
from campaign_sandbox.running_server import wall_clock
from campaign_sandbox.simulator.dialer_faults import FaultRule
from campaign_sandbox.simulator.server import simulated_dialer
from campaign_sandbox.simulator.simulator_settings import Client, SimulatorSettings
from campaign_sandbox.webhook_receiver import ReceiverSettings, webhook_receiver

CLIENT = Client("operator", "operator-secret")
ANY_CAMPAIGN = {"*": 100}


class SteppedClock:
    """A clock that stands still until it is moved. Starts at the wall clock's whole second."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


async def until(condition: Callable[[], Awaitable[bool]], every_seconds: float = 0.01) -> None:
    """Wait, for a minute at most, for what can only be seen by asking a server again."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - an Event does not reach across HTTP
            await asyncio.sleep(every_seconds)


@asynccontextmanager
async def in_own_thread(server: Callable[[], AbstractAsyncContextManager[str]]) -> AsyncIterator[str]:
    """Run a server in a thread with an event loop of its own; yields its base URL, stops it at the end."""
    ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        async with server() as base_url:
            stop = asyncio.Event()
            ready.set_result((base_url, asyncio.get_running_loop(), stop))
            await stop.wait()

    def target() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=target, name="sandbox-server", daemon=True)
    thread.start()
    base_url, loop, stop = await asyncio.wrap_future(ready)
    try:
        yield base_url
    finally:
        loop.call_soon_threadsafe(stop.set)
        await asyncio.to_thread(thread.join)


@dataclass(frozen=True)
class _RunningServer:
    base_url: str
    trust: ssl.SSLContext | bool = field(repr=False)

    def client(self, read_timeout_seconds: float = 10) -> httpx.AsyncClient:
        """A plain HTTP client for this server; the caller closes it."""
        timeout = httpx.Timeout(10, read=read_timeout_seconds)
        return httpx.AsyncClient(base_url=self.base_url, verify=self.trust, timeout=timeout, trust_env=False)

    async def _control(self, method: str, url: str, /, body: Any = None, **query: str | None) -> httpx.Response:
        given = {name: value for name, value in query.items() if value is not None}
        async with self.client() as client:
            return (await client.request(method, url, params=given, json=body)).raise_for_status()


class RunningSimulator(_RunningServer):
    """A simulated dialer that runs, and its control end points."""

    @property
    def token_url(self) -> str:
        return f"{self.base_url}/api/v2/oauth/token"

    async def ledger(self, campaign_id: str | None = None) -> dict[str, Any]:
        return dict((await self._control("GET", "/_ledger", campaign=campaign_id)).json())

    async def put_faults(self, *rules: FaultRule, campaign_id: str | None = None) -> None:
        """Put these rules in the place of all, or of those of one campaign."""
        body = {"rules": [rule.model_dump(mode="json", by_alias=True) for rule in rules]}
        await self._control("PUT", "/_faults", body, campaign=campaign_id)

    async def delete_faults(self, campaign_id: str | None = None) -> None:
        await self._control("DELETE", "/_faults", campaign=campaign_id)

    async def expire_tokens(self) -> None:
        await self._control("POST", "/_tokens/expire")

    async def create_by_hand(self, campaign_id: str, start: datetime, end: datetime, time_zone: str = "Etc/UTC") -> str:
        """Make a schedule as a person at the dialer does; its id."""
        times = {"startTime": start.isoformat(), "endTime": end.isoformat()}
        body = {"campaignId": campaign_id, "timezone": time_zone, **times}
        return str((await self._control("POST", "/_schedules", body)).json()["id"])

    async def move_by_hand(self, schedule_id: str, start: datetime | None = None, end: datetime | None = None) -> None:
        """Give a schedule other times as a person at the dialer does."""
        times = {"startTime": start, "endTime": end}
        body = {name: moment.isoformat() for name, moment in times.items() if moment is not None}
        await self._control("PATCH", f"/_schedules/{schedule_id}", body)

    async def cancel_by_hand(self, schedule_id: str) -> None:
        """Cancel a schedule as a person at the dialer does."""
        await self._control("DELETE", f"/_schedules/{schedule_id}")

    async def put_lag(self, campaign_id: str, seconds: int) -> None:
        """Have the campaign's listing lag by so many seconds."""
        await self._control("PUT", "/_lag", {"seconds": seconds}, campaign=campaign_id)

    async def put_past(self, campaign_id: str, count: int, until: datetime | None = None) -> None:
        """Have the campaign begin its listing with so many finished schedules."""
        body = {"count": count} | ({} if until is None else {"until": until.isoformat()})
        await self._control("PUT", "/_past", body, campaign=campaign_id)


class RunningReceiver(_RunningServer):
    """A receiver of webhooks that runs, and its control end points."""

    async def deliveries(self, path: str | None = None) -> list[dict[str, Any]]:
        return list((await self._control("GET", "/_deliveries", path=path)).json()["deliveries"])

    async def forget_deliveries(self) -> None:
        await self._control("DELETE", "/_deliveries")

    async def put_faults(self, *rules: Any) -> None:
        """Put these rules, as JSON, in the place of all."""
        await self._control("PUT", "/_faults", {"rules": list(rules)})


@asynccontextmanager
async def running_simulator(
    *,
    clients: tuple[Client, ...] = (CLIENT,),
    campaigns: Mapping[str, int] = ANY_CAMPAIGN,
    now: Callable[[], datetime] = wall_clock,
    authority: str | None = None,
    **settings: Any,
) -> AsyncIterator[RunningSimulator]:
    """A simulated dialer; `settings` are further fields of SimulatorSettings.

    `authority` is the path of the PEM file to trust where `settings["listener"]` has TLS.
    """
    chosen = SimulatorSettings(clients=clients, campaigns=campaigns, **settings)
    async with in_own_thread(lambda: simulated_dialer(chosen, now)) as base_url:
        yield RunningSimulator(base_url, _trust(authority))


@asynccontextmanager
async def running_receiver(
    *, secret: str | None = None, authority: str | None = None, listener: Listener | None = None
) -> AsyncIterator[RunningReceiver]:
    """A receiver of webhooks; `authority` is the path of the PEM file to trust where `listener` has TLS."""
    settings = ReceiverSettings(secret=secret, listener=listener or Listener())
    async with in_own_thread(lambda: webhook_receiver(settings)) as base_url:
        yield RunningReceiver(base_url, _trust(authority))


def _trust(authority: str | None) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=authority) if authority else False
