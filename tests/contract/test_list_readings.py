"""What campaigns share of a reading, and what large lists of some namespaces leave to the others."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from builders import campaign, spec

from campaign_operator.adapters import list_reader
from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.list_reader import ListReader
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.engine.ports import ListReading
from contract.download_kit import LIST, chunk, downloads_over, knowing_every_name, sending
from contract.exchange_kit import eventually
from scripted_server import Conversation, Received, Reply, ScriptedServer, answer, scripted_server

LARGE_ROWS = 1000
LARGE = b"id,timeZone\n" + b"".join(b"c%d,Asia/Tokyo\n" % number for number in range(20_000))


@dataclass
class Reading:
    """Lists over a server, with names of hosts that all lead to it."""

    server: ScriptedServer
    lists: ContactLists
    woken: list[CampaignRef]

    def campaign(self, namespace: str, name: str = "c", host: str = "a", **changes: object) -> Campaign:
        source = {"url": {"address": f"https://{host}.lists.example:{self.server.port}/{namespace}.csv"}, **changes}
        listed = spec(contacts=None, contactsFrom=[source])
        return campaign(ref=CampaignRef(namespace, name), uid=f"uid-{name}", spec=listed)

    async def begin(self, *campaigns: Campaign) -> None:
        for each in campaigns:
            found = await self.lists.read(each, max_age_seconds=30)
            assert isinstance(found, ListReading)

    async def contacts(self, each: Campaign) -> int | None:
        found = await self.lists.read(each, max_age_seconds=30)
        assert isinstance(found, ListReading), found
        return found.count.contacts if found.count is not None else None

    async def has_asked(self, times: int) -> None:
        await eventually(lambda: len(self.server.requests) == times)

    async def is_woken(self, *campaigns: Campaign) -> None:
        await eventually(lambda: {each.ref for each in campaigns} <= set(self.woken))


@asynccontextmanager
async def reading_from(replies: Callable[[Received], Reply]) -> AsyncIterator[Reading]:
    async with (
        scripted_server(route=replies, certificate_for=("*.lists.example",)) as server,
        downloads_over(knowing_every_name(server)) as downloads,
    ):
        clock, woken = SystemClock(), list[CampaignRef]()
        objects = KeyedObjects(None, clock)  # type: ignore[arg-type] # no list here stands in an object
        reader = ListReader(objects, downloads, clock, ListLimits(), ShortSteps(), large_rows=LARGE_ROWS)
        lists = ContactLists(reader, clock, woken.append)
        try:
            yield Reading(server, lists, woken)
        finally:
            await lists.aclose()


def the_list(_request: Received) -> Reply:
    return answer(200, raw=LIST)


async def test_campaigns_that_name_the_same_list_share_one_reading_and_are_all_woken() -> None:
    async with reading_from(the_list) as reading:
        campaigns = [reading.campaign("sales", f"c{number}") for number in range(10)]
        await reading.begin(*campaigns)
        await reading.is_woken(*campaigns)
        assert [await reading.contacts(each) for each in campaigns] == [1] * 10
        assert len(reading.server.requests) == 1


async def test_other_columns_and_another_namespace_are_readings_of_their_own() -> None:
    async with reading_from(the_list) as reading:
        campaigns = [
            reading.campaign("sales"),
            reading.campaign("sales", "other", host="b", idColumn="timeZone", timeZoneColumn="id"),
            reading.campaign("support", host="a"),
        ]
        await reading.begin(*campaigns)
        await reading.is_woken(*campaigns)
        assert len(reading.server.requests) == 3


async def test_a_shared_reading_goes_on_when_the_campaign_that_began_it_is_gone_and_ends_with_the_last() -> None:
    begun = asyncio.Event()

    async def slow(conversation: Conversation, request: Received) -> None:
        begun.set()
        await conversation.gone()

    async with reading_from(lambda _: slow) as reading:
        first, second = reading.campaign("sales", "first"), reading.campaign("sales", "second")
        await reading.begin(first, second)
        await begun.wait()
        reading.lists.forget(first.ref)
        found = await reading.lists.read(second, max_age_seconds=30)
        assert isinstance(found, ListReading)
        assert found.being_read
        assert not reading.server.saw_reset
        reading.lists.forget(second.ref)
        await eventually(lambda: reading.server.saw_reset)


async def test_the_package_for_phone_numbers_is_imported_beside_the_loop_and_only_for_a_list_that_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(list_reader, "read_phone_data", lambda: threads.append(threading.get_ident()))
    numbers = b"id,phone\nc1,+12125550100\n"
    async with reading_from(lambda _: answer(200, raw=numbers if threads else LIST)) as reading:
        plain, by_phone = reading.campaign("sales", "plain"), reading.campaign("sales", phoneColumn="phone")
        await reading.begin(plain)
        await reading.is_woken(plain)
        assert threads == []
        await reading.begin(by_phone)
        await reading.is_woken(by_phone)
        assert await reading.contacts(by_phone) == 1
        (thread,) = threads
        assert thread != threading.get_ident()


async def test_large_lists_that_do_not_end_leave_others_with_small_ones_their_places() -> None:
    """A reading that has many contacts keeps them in memory for as long as its server pleases."""

    def replies(request: Received) -> Reply:
        return the_list(request) if host_of(request) == "small" else sending(chunk(LARGE))

    async with reading_from(replies) as reading:
        hostile = [
            reading.campaign(f"hostile{each}", f"c{number}", host=f"{each}{number}")
            for each in range(4)
            for number in range(3)
        ]
        await reading.begin(*hostile)
        await reading.has_asked(len(hostile))
        small = reading.campaign("small", host="small")
        await reading.begin(small)
        await reading.is_woken(small)
        assert await reading.contacts(small) == 1


async def test_two_readings_at_once_are_large_and_one_of_a_namespace() -> None:
    ends = {each: asyncio.Event() for each in ("a1", "a2", "b1", "c1")}

    async def large(conversation: Conversation, request: Received) -> None:
        await conversation.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(LARGE))
        await ends[host_of(request)].wait()
        await conversation.write(b"0\r\n\r\n")

    async with reading_from(lambda request: large if host_of(request) in ends else the_list(request)) as reading:
        by_name = {name: reading.campaign(name[0], name, host=name) for name in ends}
        for number, each in enumerate(by_name.values(), start=1):
            await reading.begin(each)
            await reading.has_asked(number)
        ends["a2"].set()
        ends["c1"].set()
        for number in range(5):  # long enough for any other list that could be read
            small = reading.campaign("small", f"c{number}", host=f"small{number}")
            await reading.begin(small)
            await reading.is_woken(small)
        assert {ref.namespace for ref in reading.woken} == {"small"}
        for ended, then in (("b1", "c1"), ("a1", "a2")):
            ends[ended].set()
            await reading.is_woken(by_name[ended], by_name[then])
        assert [await reading.contacts(each) for each in by_name.values()] == [20_000] * 4


def host_of(request: Received) -> str:
    return request.headers["host"].partition(".")[0]
