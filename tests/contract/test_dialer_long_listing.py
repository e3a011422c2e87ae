"""A listing that has grown over the years: read side by side, within bounds, and told when it is too long."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from campaign_operator.domain.dialing.outcomes import Listing, ListingTooLong, ListOutcome, Span, Throttled, Unavailable
from dialer_kit import ListingAPI, dialer_to, page
from manual_clock import ManualClock
from scripted_server import Conversation, Received, Reply, answer, scripted_server, silence

SPAN = Span(datetime(2026, 11, 25, 12, 0, tzinfo=UTC), datetime(2026, 11, 25, 18, 0, tzinfo=UTC))
OLD = {
    "startTime": "2025-11-25T09:00:00Z",
    "endTime": "2025-11-25T18:00:00Z",
    "timezone": "Europe/London",
    "state": "FINISHED",
}
REMEDY = "cancel or delete old schedules of the campaign at the dialer"


def old_rows(count: int, first: int = 0) -> list[dict[str, str]]:
    return [OLD | {"id": f"s-{number}"} for number in range(first, first + count)]


class Crowd:
    """Replies to all pages but the first that wait until 8 of them are under way."""

    def __init__(self) -> None:
        self.under_way = self.most = 0
        self._is_full = asyncio.Event()

    def __call__(self, query: Mapping[str, str]) -> Reply | None:
        number = int(query["page"])
        return None if number == 1 else self._reply(number)

    def _reply(self, number: int) -> Reply:
        async def reply(conversation: Conversation, request: Received) -> None:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            if self.under_way == 8:
                self._is_full.set()
            await self._is_full.wait()
            self.under_way -= 1
            await page(old_rows(1, number), number, 40)(conversation, request)

        return reply


def forty_pages(crowd: Crowd) -> ListingAPI:
    return ListingAPI(old_rows(40), page_size=1, instead=crowd)


async def test_eight_pages_are_read_side_by_side() -> None:
    crowd = Crowd()
    api = forty_pages(crowd)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.list_schedules(connection, "8f14e45f")
    assert isinstance(outcome, Listing)
    assert len(outcome.schedules) == 40
    assert crowd.most == 8
    assert sorted(int(query["page"]) for query in api.queries) == sorted([*range(1, 41)] * 2)


async def test_listings_of_one_connection_have_eight_places_between_them() -> None:
    """Half of the pool stays free for what must be sent in time."""
    crowd = Crowd()
    api = forty_pages(crowd)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcomes = await asyncio.gather(*(dialer.list_schedules(connection, "8f14e45f") for _ in range(3)))
    assert all(isinstance(outcome, Listing) for outcome in outcomes)
    assert crowd.most == 8


async def test_a_dialer_that_throttles_eight_pages_is_read_page_by_page_from_then_on() -> None:
    """Else each reading would be throttled before it is whole, for ever."""
    under_way, most = 0, 0

    def instead(query: Mapping[str, str]) -> Reply | None:
        number = int(query["page"])
        return None if number == 1 else answer(429) if len(api.queries) < 10 else unhurried(number)

    def unhurried(number: int) -> Reply:
        async def reply(conversation: Conversation, request: Received) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            for _ in range(20):
                await asyncio.sleep(0)
            under_way -= 1
            await page(old_rows(1, number), number, 40)(conversation, request)

        return reply

    api = ListingAPI(old_rows(40), page_size=1, instead=instead)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert isinstance(await dialer.list_schedules(connection, "8f14e45f"), Throttled)
        api.queries[:] = [{}] * 10
        assert isinstance(await dialer.list_schedules(connection, "8f14e45f"), Listing)
    assert most == 1


async def test_the_first_page_that_fails_ends_the_reading_of_all() -> None:
    api = ListingAPI(
        old_rows(40),
        page_size=1,
        instead=lambda query: {"1": None, "5": answer(500)}.get(query["page"], silence),
    )
    async with (
        asyncio.timeout(60),
        scripted_server(route=api) as server,
        dialer_to(server, request_timeout_seconds=600) as (dialer, connection),
    ):
        outcome = await dialer.list_schedules(connection, "8f14e45f")
    assert outcome == Unavailable("the dialer answered 500", 500)


async def test_pages_that_tell_another_number_than_the_first_make_the_listing_unavailable() -> None:
    def instead(query: Mapping[str, str]) -> Reply | None:
        number = int(query["page"])
        return page(old_rows(1, number), number, 6) if number == 3 else None

    async with (
        scripted_server(route=ListingAPI(old_rows(5), 1, instead)) as server,
        dialer_to(server) as (dialer, connection),
    ):
        outcome = await dialer.list_schedules(connection, "8f14e45f")
    assert outcome == Unavailable(
        "the listing cannot be used: page 3: its number of pages differs from that of the first page"
    )


async def outcome_of(api: ListingAPI, span: Span | None, clock: ManualClock | None = None) -> ListOutcome:
    async with scripted_server(route=api) as server, dialer_to(server, clock) as (dialer, connection):
        return await dialer.list_schedules(connection, "8f14e45f", span)


def claiming(pages: int, rows: list[dict[str, str]], clock: ManualClock | None = None) -> ListingAPI:
    """A listing of so many pages, each with as many rows as are given, and ten seconds for each where a clock is."""

    def instead(query: Mapping[str, str]) -> Reply | None:
        if clock is not None:
            clock.advance(10)
        number = int(query["page"])
        return page([row | {"id": f"{row['id']}-{number}"} for row in rows], number, pages)

    return ListingAPI([], instead=instead)


@pytest.mark.parametrize(
    ("pages", "rows", "span", "told"),
    [
        (
            10_001,
            old_rows(10),
            None,
            "about 100,010 schedules of the campaign on 10,001 pages, but at most 100,000 schedules on 10,000",
        ),
        (
            1001,
            old_rows(100),
            None,
            "about 100,100 schedules of the campaign on 1,001 pages, but at most 100,000 schedules on 10,000",
        ),
        (
            10_001,
            old_rows(9),
            SPAN,
            "about 90,009 schedules of the campaign on 10,001 pages, but at most 1,000,000 schedules on 10,000",
        ),
        (
            334,
            old_rows(3000),
            SPAN,
            "about 1,002,000 schedules of the campaign on 334 pages, but at most 1,000,000 schedules on 10,000",
        ),
    ],
)
async def test_a_listing_that_is_too_long_costs_one_request(
    pages: int, rows: list[dict[str, str]], span: Span | None, told: str
) -> None:
    api = claiming(pages, rows)
    ignored = "; the dialer ignores the requested time range" if span else ""
    assert await outcome_of(api, span) == ListingTooLong(
        pages * len(rows), f"the dialer lists {told} pages can be read{ignored}; {REMEDY}"
    )
    assert len(api.queries) == 1


async def test_a_dialer_that_heeds_the_span_and_has_too_much_within_it_is_not_told_to_ignore_it() -> None:
    within = {"startTime": "2026-11-25T13:00:00Z", "endTime": "2026-11-25T14:00:00Z"}
    outcome = await outcome_of(claiming(10_001, [row | within for row in old_rows(1)]), SPAN)
    assert isinstance(outcome, ListingTooLong)
    assert "ignores" not in outcome.message


async def test_a_long_listing_that_is_not_read_in_time_is_too_long() -> None:
    clock = ManualClock()
    api = claiming(5000, old_rows(2), clock)
    outcome = await outcome_of(api, SPAN, clock)
    assert isinstance(outcome, ListingTooLong)
    assert outcome.rows == 10_000
    assert "pages could be read in 600 s; the dialer ignores" in outcome.message
    assert outcome.message.endswith(REMEDY)
    assert len(api.queries) < 80


async def test_a_listing_that_is_not_long_and_not_read_in_time_is_that_of_a_slow_dialer() -> None:
    clock = ManualClock()
    outcome = await outcome_of(claiming(900, old_rows(2), clock), SPAN, clock)
    assert isinstance(outcome, Unavailable)
    assert "it took more than 600 s to read" in outcome.message
    assert outcome.message.endswith("of 900 pages")


async def test_a_dialer_that_refuses_the_span_and_lists_too_much_is_not_asked_for_it_again() -> None:
    def instead(query: Mapping[str, str]) -> Reply | None:
        return answer(422) if "from" in query else page(old_rows(1), 1, 10_001)

    api = ListingAPI([], instead=instead)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        for _ in range(2):
            outcome = await dialer.list_schedules(connection, "8f14e45f", SPAN)
            assert isinstance(outcome, ListingTooLong)
            assert "ignores" not in outcome.message
    assert ["from" in query for query in api.queries] == [True, False, False]
