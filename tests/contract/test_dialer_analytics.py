"""Reading analytics: counts are read or unknown, never zero by mistake."""

from datetime import UTC, datetime

import pytest

from campaign_operator.api.vocabulary import MAX_COUNT
from campaign_operator.domain.dialing.outcomes import (
    AccessRefused,
    Analytics,
    AnalyticsQuery,
    CallCounts,
    DestinationRefused,
    Throttled,
    Unavailable,
)
from dialer_kit import ScriptedAPI, connection_to, dialer_to, page
from scripted_server import Reply, answer, garbage, reset, scripted_server, silence

QUERY = AnalyticsQuery(
    frozenset({"c-1", "c-2"}),
    datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    datetime(2026, 11, 25, 12, 0, 30, 999, tzinfo=UTC),
)
COUNTS = {"campaignId": "c-1", "callsCompleted": 3, "callsAttempted": 5, "connected": 4}


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


async def test_within_the_second_of_the_start_nothing_is_asked_for() -> None:
    start = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    api = ScriptedAPI(page([COUNTS]))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        query = AnalyticsQuery(frozenset({"c-1"}), start, start.replace(microsecond=999_000))
        assert await dialer.fetch_analytics(connection, query) == Analytics({})
    assert api.api_requests == []


async def test_all_pages_of_analytics_are_read() -> None:
    pages = (page([COUNTS], 1, 2), page([COUNTS | {"campaignId": "c-2", "callsCompleted": 9}], 2, 2))
    outcome = await analytics_of(*pages, *pages)
    assert isinstance(outcome, Analytics)
    assert {id_: counts.completed for id_, counts in outcome.counts.items()} == {"c-1": 3, "c-2": 9}


async def test_the_rows_of_a_campaign_are_added_up_on_one_page() -> None:
    """An ordinary dialer answers one row for each interval or list."""
    rows = [COUNTS, COUNTS | {"campaignId": "c-2"}, COUNTS | {"callsCompleted": 4}, COUNTS]
    outcome = await analytics_of(page(rows))
    assert outcome == Analytics({"c-1": CallCounts(10, 15, 12), "c-2": CallCounts(3, 5, 4)})


async def test_the_rows_of_a_campaign_are_added_up_over_pages() -> None:
    pages = (page([COUNTS, COUNTS | {"campaignId": "c-2"}], 1, 2), page([COUNTS], 2, 2))
    outcome = await analytics_of(*pages, *pages)
    assert outcome == Analytics({"c-1": CallCounts(6, 10, 8), "c-2": CallCounts(3, 5, 4)})


async def test_a_row_that_moves_to_the_next_page_while_they_are_read_is_not_counted_twice() -> None:
    """A row for a new interval comes first, and the last row of page 1 is seen again on page 2."""
    other = COUNTS | {"campaignId": "c-2"}
    moving = (page([COUNTS, other], 1, 2), page([other], 2, 2))
    settled = (page([COUNTS, COUNTS], 1, 2), page([other], 2, 2))
    assert await analytics_of(*moving, *settled, *settled) == Analytics(
        {"c-1": CallCounts(6, 10, 8), "c-2": CallCounts(3, 5, 4)}
    )


async def test_numbers_that_go_up_between_two_readings_are_those_of_the_later_one() -> None:
    later = COUNTS | {"callsCompleted": 4}
    outcome = await analytics_of(*(page([row], number, 2) for row in (COUNTS, later) for number in (1, 2)))
    assert outcome == Analytics({"c-1": CallCounts(8, 10, 8)})


async def test_analytics_that_never_stand_still_are_unavailable() -> None:
    readings = [(page([COUNTS] * reading, 1, 2), page([COUNTS], 2, 2)) for reading in (1, 2, 3)]
    outcome = await analytics_of(*(reply for reading in readings for reply in reading))
    assert isinstance(outcome, Unavailable)
    assert "every attempt returned different rows" in outcome.message


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


@pytest.mark.parametrize("rows", [[{"connected": None}, {}], [{}, {"connected": None}], [{}, {"connected": None}, {}]])
async def test_one_row_that_cannot_be_read_makes_its_campaign_unreadable(rows: list[dict[str, object]]) -> None:
    outcome = await analytics_of(page([COUNTS | {"campaignId": "c-2"}, *(COUNTS | row for row in rows)]))
    assert outcome == Analytics({"c-2": CallCounts(3, 5, 4)}, frozenset({"c-1"}))


@pytest.mark.parametrize(
    ("numbers", "readable"), [([MAX_COUNT], True), ([MAX_COUNT + 1], False), ([MAX_COUNT, 1], False)]
)
async def test_counts_beyond_what_a_status_takes_are_unreadable(numbers: list[int], readable: bool) -> None:
    outcome = await analytics_of(page([COUNTS | {"callsAttempted": number} for number in numbers]))
    assert isinstance(outcome, Analytics)
    assert (set(outcome.counts), outcome.unreadable) == (
        ({"c-1"}, frozenset()) if readable else (set(), frozenset({"c-1"}))
    )


@pytest.mark.parametrize(
    "replies",
    [
        (page([COUNTS | {"campaignId": 5}]),),
        (page("none"),),
        (page([COUNTS], 1, 1_000_000_000),),
        (page([COUNTS], 1, 1001),),
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


async def test_analytics_where_they_may_not_be_read_are_destination_refused() -> None:
    async with scripted_server(route=ScriptedAPI()) as server, dialer_to(server) as (dialer, _):
        connection = connection_to(server.url, api_base_url="https://10.0.0.5")
        assert isinstance(await dialer.fetch_analytics(connection, QUERY), DestinationRefused)
