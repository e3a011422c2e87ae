"""Names that never answer cost their owner its few threads, and nobody else anything."""

import asyncio
import gc
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import Answered, HTTPExchange, NeverSent, OutgoingRequest
from campaign_operator.adapters.outbound.resolver import FAILURE_REMEMBERED_SECONDS, SystemResolver
from contract.exchange_kit import eventually
from dialer_kit import ScriptedAPI, connection_to, dialer_on
from scripted_server import answer, scripted_server


class NameServers:
    """In place of `getaddrinfo`: names under `dead.example` are not answered before `end`, those under `no.example`
    are unknown at once, and the machine is asked for all others.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.end = threading.Event()
        self._getaddrinfo = socket.getaddrinfo

    def look_up(self, host: str, *args: Any, **options: Any) -> Any:
        self.asked[host] += 1
        if host.endswith("dead.example"):
            self.end.wait(30)
        if host.endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._getaddrinfo(host, *args, **options)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    servers = NameServers()
    monkeypatch.setattr(socket, "getaddrinfo", servers.look_up)
    yield servers
    servers.end.set()


@pytest.fixture
def resolver() -> Iterator[SystemResolver]:
    resolver = SystemResolver()
    yield resolver
    resolver.close()


@asynccontextmanager
async def looking_up(resolver: SystemResolver, owner: str, *hosts: str) -> AsyncIterator[list[asyncio.Task[Any]]]:
    async def wait_for(host: str) -> None:
        await resolver.of(owner)(host, 443)

    tasks = [asyncio.create_task(wait_for(host)) for host in hosts]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def dead_names(count: int) -> list[str]:
    return [f"n{number}.dead.example" for number in range(count)]


async def test_dead_names_of_one_owner_do_not_delay_the_names_of_another(names: NameServers) -> None:
    async with scripted_server(answer(200)) as server:
        egress = server.egress()
        exchange = HTTPExchange(egress)
        hostile = [
            asyncio.create_task(
                exchange.send(OutgoingRequest(host, "GET", f"https://{host}/", owner="hostile"), deadline_seconds=30)
            )
            for host in dead_names(100)
        ]
        await eventually(lambda: names.asked.total() > 0)
        request = OutgoingRequest("dialer", "GET", server.url, owner="sales")
        assert isinstance(await exchange.send(request, deadline_seconds=5), Answered)
        for each in hostile:
            each.cancel()
        await asyncio.gather(*hostile, return_exceptions=True)
        await exchange.aclose()
        egress.close()


async def test_an_owner_has_a_few_threads(names: NameServers, resolver: SystemResolver) -> None:
    async with looking_up(resolver, "hostile", *dead_names(40)):
        await eventually(lambda: names.asked.total() == 4)
        async with looking_up(resolver, "sales", *dead_names(40)):
            await eventually(lambda: names.asked.total() == 8)


async def test_a_name_that_another_owner_waits_for_behind_dead_ones_is_not_waited_for(
    names: NameServers, resolver: SystemResolver
) -> None:
    async with looking_up(resolver, "hostile", *dead_names(40), "localhost"):
        await eventually(lambda: names.asked.total() == 4)
        async with asyncio.timeout(5):
            assert await resolver.of("sales")("localhost", 443)


async def test_a_name_takes_one_thread_of_its_owner_however_many_wait_for_it(
    names: NameServers, resolver: SystemResolver
) -> None:
    async with (
        looking_up(resolver, "sales", *["a.dead.example"] * 20),
        looking_up(resolver, "sales", "b.dead.example"),
    ):
        await eventually(lambda: names.asked == {"a.dead.example": 1, "b.dead.example": 1})


async def test_a_name_that_nobody_waits_for_any_more_is_not_looked_up(
    names: NameServers, resolver: SystemResolver
) -> None:
    async with looking_up(resolver, "sales", *dead_names(4)):
        async with looking_up(resolver, "sales", "given-up.no.example"):
            await eventually(lambda: names.asked.total() == 4)
        names.end.set()
        with pytest.raises(socket.gaierror):
            await resolver.of("sales")("wanted.no.example", 443)
    assert "given-up.no.example" not in names.asked


async def test_a_lookup_that_fails_when_every_waiter_has_gone_is_no_error_of_the_event_loop(
    names: NameServers, resolver: SystemResolver
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with looking_up(resolver, "sales", "a.dead.example"):
        await eventually(lambda: names.asked.total() == 1)
    names.end.set()
    await eventually(lambda: not resolver._lookups)  # noqa: SLF001 - who asked for it would take the exception
    gc.collect()
    assert complaints == []


async def test_a_name_that_failed_is_looked_up_again_after_half_a_minute(names: NameServers) -> None:
    now = 1000.0
    resolver = SystemResolver(lambda: now)
    for seconds, times in ((0, 1), (FAILURE_REMEMBERED_SECONDS - 1, 1), (2, 2)):
        now += seconds
        with pytest.raises(socket.gaierror, match="not known"):
            await resolver.of("sales")("a.no.example", 443)
        assert names.asked["a.no.example"] == times
    resolver.close()


async def test_a_name_that_failed_for_one_owner_is_looked_up_for_another(
    names: NameServers, resolver: SystemResolver
) -> None:
    for owner in ("sales", "support"):
        with pytest.raises(socket.gaierror):
            await resolver.of(owner)("a.no.example", 443)
    assert names.asked["a.no.example"] == 2


async def test_a_remembered_failure_is_told_as_the_first_was(names: NameServers) -> None:
    egress = Egress(EgressPolicy())
    exchange = HTTPExchange(egress)
    request = OutgoingRequest("dialer", "GET", "https://a.no.example/", owner="sales")
    outcomes = [await exchange.send(request, deadline_seconds=5) for _ in range(2)]
    assert outcomes == [NeverSent("a.no.example cannot be resolved")] * 2
    assert names.asked["a.no.example"] == 1
    await exchange.aclose()
    egress.close()


async def test_a_connection_looks_names_up_in_the_threads_of_its_namespace(names: NameServers) -> None:
    async with scripted_server(route=ScriptedAPI(answer(200, []))) as server, dialer_on(server.egress()) as dialer:
        connections = [
            replace(connection_to(f"https://{owner}.{host}"), owner=owner)
            for owner in ("hostile", "sales")
            for host in dead_names(20)
        ]
        asking = [asyncio.create_task(dialer.authenticate(each)) for each in connections]
        await eventually(lambda: names.asked.total() == 8)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
