"""Reading schedules: a listing is whole or it is none.

A schedule that a listing does not show is sent again, so whatever could hide one makes the listing unusable.
"""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from campaign_operator.domain.dialing.outcomes import (
    AccessRefused,
    DestinationRefused,
    Listing,
    ListingNotOffered,
    Schedule,
    ScheduleState,
    Span,
    Throttled,
    Unavailable,
)
from dialer_kit import ScriptedAPI, connection_to, dialer_to, page
from scripted_server import Reply, answer, garbage, hang_up, reset, scripted_server

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


def rows_named(*ids: str) -> list[dict[str, str]]:
    return [ROW | {"id": id_} for id_ in ids]


async def listing_of(*replies: Reply, span: Span | None = None) -> object:
    async with (
        scripted_server(route=ScriptedAPI(*replies)) as server,
        dialer_to(server) as (dialer, connection),
    ):
        return await dialer.list_schedules(connection, "8f14e45f", span)


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
        (page([ROW, ROW | {"endTime": "2026-11-25T19:00:00Z"}]),),
        (page([ROW, ROW | {"state": "CANCELLED"}]),),
        (page([ROW, ROW | {"state": "CANCELLED", "startTime": "whenever"}]),),
        (page([ROW], 1, 2), page([ROW | {"timezone": "Europe/London"}], 2, 2)) * 2,
        (page([ROW | {"campaignId": "another"}]),),
        (page([ROW | {"campaignId": None}]),),
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
        {"id": "<" * 22},
        {"id": "ü" * 65},
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
    (field,) = broken
    assert outcome.message.startswith("the listing cannot be used: page 1: row 2: it")
    assert field in outcome.message
    assert len(outcome.message) < 120


async def test_a_cancelled_row_that_cannot_be_read_does_no_harm() -> None:
    cancelled = ROW | {"id": "gone", "state": "CANCELLED", "startTime": "whenever"}
    assert await listing_of(page([cancelled, ROW])) == Listing((SCHEDULED,))


async def test_a_row_given_twice_in_the_same_way_is_one_schedule() -> None:
    """A row that is added at the top while the pages are read pushes another down onto the next page."""
    assert await listing_of(page([ROW, ROW | {"startTime": "2026-11-25T14:00:00Z"}])) == Listing((SCHEDULED,))
    two_pages = (page([ROW], 1, 2), page([ROW], 2, 2))
    assert await listing_of(*two_pages, *two_pages) == Listing((SCHEDULED,))


async def test_two_accounts_of_one_schedule_are_told_as_such() -> None:
    outcome = await listing_of(page([ROW, ROW | {"timezone": "Europe/London"}]))
    assert outcome == Unavailable("the listing cannot be used: it contains one schedule twice, with different values")


async def test_schedules_that_others_have_made_are_listed_as_they_are() -> None:
    """Which of them is one of ours is told by its zone, start and end, and not by the listing."""
    others = [
        ROW | {"id": "o-1", "timezone": "Mars/Base"},
        ROW | {"id": "o-2", "startTime": "1999-01-01T00:00:00Z", "endTime": "1998-01-01T00:00:00Z"},
        ROW | {"id": "o-3", "state": "FINISHED", "name": "made by hand", "scheduleType": "RECURRING"},
        ROW | {"id": "o-4", "state": "CANCELLED", "campaignId": "8f14e45f"},
    ]
    listing = await listing_of(page([ROW, *others]))
    assert isinstance(listing, Listing)
    assert [schedule.id for schedule in listing.schedules] == ["s-1", "o-1", "o-2", "o-3", "o-4"]
    assert listing.schedules[1].time_zone == "Mars/Base"
    assert listing.schedules[4].state is ScheduleState.CANCELLED


async def test_a_schedule_of_another_campaign_is_neither_taken_for_ours_nor_passed_over() -> None:
    outcome = await listing_of(page([ROW | {"campaignId": "another"}]))
    assert outcome == Unavailable(
        "the listing cannot be used: page 1: row 1: it belongs to another campaign; see campaignId"
    )


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
        assert "more than 100000 pages" in outcome.message
        assert len(api.api_requests) == 1


async def test_a_million_rows_on_one_page_are_too_large_to_be_read() -> None:
    row = json.dumps(ROW)
    body = f'{{"data": [{", ".join([row] * 1_000_000)}], "page": 1, "totalPages": 1}}'.encode()
    outcome = await listing_of(answer(200, raw=body))
    assert outcome == Unavailable(
        "the listing cannot be used: page 1: its body is too large, encoded or cut off, or it repeats a secret"
    )


async def test_a_row_that_cannot_be_read_ends_the_reading_at_once() -> None:
    api = ScriptedAPI(page(rows_named("a", ""), 1, 900))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        assert isinstance(await dialer.list_schedules(connection, "8f14e45f"), Unavailable)
        assert len(api.api_requests) == 1


async def test_a_campaign_id_that_no_path_can_hold_is_not_looked_for() -> None:
    async with (
        scripted_server(route=ScriptedAPI(page([]))) as server,
        dialer_to(server) as (dialer, connection),
    ):
        assert isinstance(await dialer.list_schedules(connection, ".."), Unavailable)
        assert server.connections == 0


async def test_a_listing_where_it_may_not_be_read_is_destination_refused() -> None:
    async with scripted_server(route=ScriptedAPI()) as server, dialer_to(server) as (dialer, _):
        connection = connection_to(server.url, api_base_url="https://10.0.0.5")
        assert isinstance(await dialer.list_schedules(connection, "8f14e45f"), DestinationRefused)
