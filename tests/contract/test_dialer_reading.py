"""Reading schedules and counts: a listing is whole or it is none, and counts are read or unknown, never zero.

A schedule that a listing does not show is sent again, so whatever could hide one makes the listing unusable.
"""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from campaign_operator.domain.dialing import (
    AccessRefused,
    Analytics,
    AnalyticsQuery,
    CallCounts,
    DestinationRefused,
    Listing,
    ListingNotOffered,
    Schedule,
    ScheduleState,
    Throttled,
    Unavailable,
)
from dialer_kit import ScriptedAPI, connection_to, dialer_to
from manual_clock import ManualClock
from scripted_server import Received, Reply, answer, garbage, hang_up, reset, scripted_server, silence

ROW = {
    "id": "s-1",
    "startTime": "2026-11-25T09:00:00-05:00",
    "endTime": "2026-11-25T18:00:00Z",
    "timezone": "America/New_York",
    "state": "SCHEDULED",
}
SCHEDULED = Schedule(
    "s-1",
    "America/New_York",
    datetime(2026, 11, 25, 14, 0, tzinfo=UTC),
    datetime(2026, 11, 25, 18, 0, tzinfo=UTC),
    ScheduleState.SCHEDULED,
)
QUERY = AnalyticsQuery(
    frozenset({"c-1", "c-2"}),
    datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    datetime(2026, 11, 25, 12, 0, 30, 999, tzinfo=UTC),
)
COUNTS = {"campaignId": "c-1", "callsCompleted": 3, "callsAttempted": 5, "connected": 4}


def page(rows: object, number: object = 1, total: object = 1) -> Reply:
    return answer(200, {"data": rows, "page": number, "totalPages": total})


def rows_named(*ids: str) -> list[dict[str, str]]:
    return [ROW | {"id": id_} for id_ in ids]


async def listing_of(*replies: Reply) -> object:
    async with (
        scripted_server(route=ScriptedAPI(*replies)) as server,
        dialer_to(server) as (dialer, connection),
    ):
        return await dialer.list_schedules(connection, "8f14e45f")


async def test_a_listing_is_asked_for_page_by_page_as_agreed() -> None:
    pages = [page(rows_named("a", "b"), 1, 2), page(rows_named("c"), 2, 2)]
    api = ScriptedAPI(*pages, *pages)
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        listing = await dialer.list_schedules(connection, "8f14e45f")
    assert isinstance(listing, Listing)
    assert [schedule.id for schedule in listing.schedules] == ["a", "b", "c"]
    first = api.api_requests[0]
    assert (first.method, first.headers["authorization"]) == ("GET", "Bearer tok-1")
    assert urlsplit(first.target).path == "/api/v2/outbound/campaigns/8f14e45f/schedules"
    asked = [parse_qs(urlsplit(request.target).query) for request in api.api_requests]
    assert asked == [{"page": [number], "pageSize": ["100"]} for number in ("1", "2", "1", "2")]


async def test_a_schedule_is_read_with_its_times_in_utc() -> None:
    assert await listing_of(page([ROW])) == Listing((SCHEDULED,))


@pytest.mark.parametrize("reply", [page([]), page([], 1, 0), answer(200, {"data": [], "totalPages": 1})])
async def test_a_campaign_without_schedules_has_an_empty_listing(reply: Reply) -> None:
    assert await listing_of(reply) == Listing(())


async def test_a_row_that_moves_up_while_the_pages_are_read_is_not_lost() -> None:
    """While page 2 is read, `a` is taken away from page 1, and `c` moves to where nobody looks any more."""
    moving = [page(rows_named("a", "b"), 1, 2), page(rows_named("d"), 2, 2)]
    settled = [page(rows_named("b", "c"), 1, 2), page(rows_named("d"), 2, 2)]
    listing = await listing_of(*moving, *settled, *settled)
    assert isinstance(listing, Listing)
    assert [schedule.id for schedule in listing.schedules] == ["b", "c", "d"]


async def test_a_listing_that_never_stands_still_is_unavailable() -> None:
    pages = [
        reply
        for reading in range(3)
        for reply in (page(rows_named(f"a{reading}", "b"), 1, 2), page(rows_named("c"), 2, 2))
    ]
    assert isinstance(await listing_of(*pages), Unavailable)


@pytest.mark.parametrize(
    "replies",
    [
        (page([ROW], 1, 2), page([ROW], 2, 2)),
        (page(rows_named("a", "a")),),
        (page(rows_named("a"), 1, 2), page(rows_named("b"), 2, 3)),
        (page(rows_named("a"), 1, 2), page(rows_named("b"), 2, 1)),
        (page(rows_named("a"), 1, 2), page([], 2, 2)),
        (page([], 1, 2),),
        (page(rows_named("a"), 1, 0),),
        (page(rows_named("a"), 2, 2),),
        (page(rows_named("a"), 7, 1),),
        (page(rows_named("a"), 1, 2), page(rows_named("b"), 2, 3), page(rows_named("c"), 3, 3)) * 2,
        (page(rows_named("a"), "1", 1),),
        (page(rows_named("a"), 1, 1_000_000_000),),
        (page(rows_named("a"), 1, -1),),
        (page(rows_named("a"), 1, "1"),),
        (page(rows_named("a"), 1, 1.0),),
        (page(rows_named("a"), 1, True),),
        (page(rows_named("a"), 1, None),),
        (page(None),),
        (page("none"),),
        (page({"0": ROW}),),
        (page(["s-1"]),),
        (page([None]),),
        (answer(200, {"totalPages": 1}),),
        (answer(200, {"data": [ROW]}),),
        (answer(200, [ROW]),),
        (answer(200, raw=b"<html>"),),
        (answer(200, {"data": [ROW], "totalPages": 1}, cut_after=30),),
        (answer(200, {"data": [ROW | {"note": "x" * 2_000_000}], "totalPages": 1}),),
        (page(rows_named("a"), 1, 2), answer(404)),
        (page(rows_named("a"), 1, 2), answer(500)),
        (page(rows_named("a"), 1, 2), reset),
        (answer(204),),
        (answer(206, {"data": [ROW], "totalPages": 1}),),
        (answer(302, headers={"Location": "/"}),),
        (answer(400),),
        (answer(422),),
        (answer(500),),
        (reset,),
        (hang_up,),
        (garbage(b"?"),),
    ],
)
async def test_a_listing_that_is_not_whole_is_unavailable(replies: tuple[Reply, ...]) -> None:
    assert isinstance(await listing_of(*replies), Unavailable)


@pytest.mark.parametrize(
    "broken",
    [
        {"id": ""},
        {"id": 5},
        {"id": None},
        {"id": "x" * 129},
        {"id": "a\nb"},
        {"startTime": "2026-11-25T09:00:00"},
        {"startTime": "2026-11-25"},
        {"startTime": "tomorrow"},
        {"startTime": 1764061200},
        {"startTime": "20261125T090000Z"},
        {"startTime": "2026-W48-3T09:00:00Z"},
        {"startTime": "2026-02-30T09:00:00Z"},
        {"startTime": "2026-11-25T23:59:60Z"},
        {"startTime": "0001-01-01T00:00:00+14:00"},
        {"startTime": "2026-11-25T09:00:00+24:00"},
        {"endTime": None},
        {"timezone": None},
        {"timezone": ""},
        {"timezone": "x" * 65},
        {"state": "PAUSED"},
        {"state": "scheduled"},
        {"state": None},
        {"state": ["SCHEDULED"]},
    ],
)
async def test_one_row_that_cannot_be_read_makes_the_listing_unavailable(broken: dict[str, object]) -> None:
    """It could be the very schedule that is looked for."""
    outcome = await listing_of(page([ROW | {"id": "good"}, ROW | broken]))
    assert isinstance(outcome, Unavailable)
    assert "listing" in outcome.message


async def test_a_cancelled_row_that_cannot_be_read_does_no_harm() -> None:
    cancelled = ROW | {"id": "gone", "state": "CANCELLED", "startTime": "whenever"}
    assert await listing_of(page([cancelled, ROW])) == Listing((SCHEDULED,))


@pytest.mark.parametrize("field", list(ROW))
async def test_a_row_without_one_of_its_fields_makes_the_listing_unavailable(field: str) -> None:
    row = {name: value for name, value in ROW.items() if name != field}
    assert isinstance(await listing_of(page([row])), Unavailable)


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_dialer_without_listings_says_so(status: int) -> None:
    assert await listing_of(answer(status)) == ListingNotOffered(status)


async def test_a_listing_refused_or_throttled_is_told_as_such() -> None:
    assert await listing_of(answer(403, {"message": "not yours"})) == AccessRefused(
        403, "dialer", "the dialer answered 403: not yours"
    )
    assert await listing_of(answer(401)) == AccessRefused(401, "dialer", "the dialer answered 401")
    assert await listing_of(answer(429, headers={"Retry-After": "9"})) == Throttled(9, "the dialer answered 429")


async def test_a_listing_renews_its_token_once() -> None:
    assert isinstance(await listing_of(answer(401), page([ROW])), Listing)


async def test_an_absurd_number_of_pages_costs_one_request() -> None:
    api = ScriptedAPI(page(rows_named("a"), 1, 1_000_000_000))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.list_schedules(connection, "8f14e45f")
        assert isinstance(outcome, Unavailable)
        assert "more than 1000 pages" in outcome.message
        assert len(api.api_requests) == 1


async def test_a_listing_is_given_up_after_its_time() -> None:
    clock = ManualClock()

    def endless(request: Received) -> Reply:
        clock.advance(1)
        number = int(parse_qs(urlsplit(request.target).query).get("page", ["1"])[0])
        return page(rows_named(f"s-{number}"), number, 1000)

    api = ScriptedAPI()

    def route(request: Received) -> Reply:
        return endless(request) if request.method == "GET" else api(request)

    async with scripted_server(route=route) as server, dialer_to(server, clock) as (dialer, connection):
        assert isinstance(await dialer.list_schedules(connection, "8f14e45f"), Unavailable)
        assert len(server.requests) < 200


async def test_a_campaign_id_that_no_path_can_hold_is_not_looked_for() -> None:
    async with (
        scripted_server(route=ScriptedAPI(page([]))) as server,
        dialer_to(server) as (dialer, connection),
    ):
        assert isinstance(await dialer.list_schedules(connection, ".."), Unavailable)
        assert server.connections == 0


async def analytics_of(*replies: Reply, query: AnalyticsQuery = QUERY) -> object:
    async with (
        scripted_server(route=ScriptedAPI(*replies)) as server,
        dialer_to(server) as (dialer, connection),
    ):
        return await dialer.fetch_analytics(connection, query)


async def test_analytics_are_asked_for_as_agreed() -> None:
    api = ScriptedAPI(page([COUNTS]))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcome = await dialer.fetch_analytics(connection, QUERY)
    assert outcome == Analytics({"c-1": CallCounts(completed=3, attempted=5, connected=4)})
    (request,) = api.api_requests
    assert (request.method, request.target) == ("POST", "/api/v2/analytics/outbound/details/query")
    assert request.json == {
        "dateFrom": "2026-11-25T09:00:00Z",
        "dateTo": "2026-11-25T12:00:30Z",
        "groupBy": ["campaignId"],
        "metrics": ["callsCompleted", "callsAttempted", "connected"],
        "filter": {"campaignId": {"in": ["c-1", "c-2"]}},
        "page": 1,
        "pageSize": 100,
    }


async def test_all_pages_of_analytics_are_read() -> None:
    replies = (page([COUNTS], 1, 2), page([COUNTS | {"campaignId": "c-2", "callsCompleted": 9}], 2, 2))
    outcome = await analytics_of(*replies)
    assert isinstance(outcome, Analytics)
    assert {id_: counts.completed for id_, counts in outcome.counts.items()} == {"c-1": 3, "c-2": 9}


async def test_a_campaign_without_a_row_has_had_no_call_yet() -> None:
    assert await analytics_of(page([])) == Analytics({})


async def test_rows_that_were_not_asked_for_are_left_out() -> None:
    assert await analytics_of(page([COUNTS | {"campaignId": "c-9"}])) == Analytics({})


@pytest.mark.parametrize(
    "broken",
    [
        {"callsCompleted": "3"},
        {"callsCompleted": None},
        {"callsCompleted": -1},
        {"callsCompleted": 3.5},
        {"callsCompleted": True},
        {"callsCompleted": 2**31},
        {"connected": []},
        {"callsAttempted": "about 5"},
    ],
)
async def test_a_campaign_whose_numbers_cannot_be_read_is_unreadable_and_not_zero(
    broken: dict[str, object],
) -> None:
    other = COUNTS | {"campaignId": "c-2"}
    outcome = await analytics_of(page([COUNTS | broken, other]))
    assert outcome == Analytics({"c-2": CallCounts(3, 5, 4)}, frozenset({"c-1"}))


async def test_a_campaign_with_two_rows_is_unreadable() -> None:
    outcome = await analytics_of(page([COUNTS, COUNTS | {"callsCompleted": 4}]))
    assert outcome == Analytics({}, frozenset({"c-1"}))


@pytest.mark.parametrize(
    "replies",
    [
        (page([COUNTS | {"campaignId": 5}]),),
        (page("none"),),
        (page([COUNTS], 1, 1_000_000_000),),
        (page([COUNTS], 1, "1"),),
        (page([COUNTS], 1, 2), page([], 2, 2)),
        (page([COUNTS], 1, 2), page([COUNTS | {"campaignId": "c-2"}], 2, 3)),
        (answer(200, {}),),
        (answer(200, raw=b"nothing"),),
        (answer(200, {"data": [COUNTS | {"note": "x" * 2_000_000}], "totalPages": 1}),),
        (answer(500),),
        (answer(503),),
        (reset,),
        (garbage(b"?"),),
    ],
)
async def test_analytics_that_cannot_be_read_are_unavailable_and_not_zero(replies: tuple[Reply, ...]) -> None:
    assert isinstance(await analytics_of(*replies), Unavailable)


async def test_analytics_that_do_not_come_in_time_are_unavailable() -> None:
    async with (
        scripted_server(route=ScriptedAPI(silence)) as server,
        dialer_to(server, request_timeout_seconds=0.3) as (dialer, connection),
    ):
        assert isinstance(await dialer.fetch_analytics(connection, QUERY), Unavailable)


@pytest.mark.parametrize("status", [400, 422])
async def test_a_query_that_the_dialer_will_not_take_is_told_with_its_status(status: int) -> None:
    outcome = await analytics_of(answer(status, {"message": "unknown campaign"}))
    assert outcome == Unavailable(f"the dialer answered {status}: unknown campaign", status)


async def test_analytics_refused_or_throttled_are_told_as_such() -> None:
    assert await analytics_of(answer(403)) == AccessRefused(403, "dialer", "the dialer answered 403")
    assert await analytics_of(answer(429)) == Throttled(None, "the dialer answered 429")
    assert await analytics_of(answer(401), page([COUNTS])) == Analytics({"c-1": CallCounts(3, 5, 4)})


@pytest.mark.parametrize(
    "query",
    [
        AnalyticsQuery(frozenset(), QUERY.date_from, QUERY.date_to),
        AnalyticsQuery(QUERY.campaign_ids, QUERY.date_from, QUERY.date_from),
    ],
)
async def test_a_query_that_can_have_no_answer_is_not_sent(query: AnalyticsQuery) -> None:
    async with (
        scripted_server(route=ScriptedAPI(page([]))) as server,
        dialer_to(server) as (dialer, connection),
    ):
        assert await dialer.fetch_analytics(connection, query) == Analytics({})
        assert server.connections == 0


async def test_reading_from_where_it_may_not_be_read_is_destination_refused() -> None:
    async with scripted_server(route=ScriptedAPI()) as server, dialer_to(server) as (dialer, _):
        connection = connection_to(server.url, api_base_url="https://10.0.0.5")
        assert isinstance(await dialer.list_schedules(connection, "8f14e45f"), DestinationRefused)
        assert isinstance(await dialer.fetch_analytics(connection, QUERY), DestinationRefused)
