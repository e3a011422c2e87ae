"""A listing of the part around the present: whole within its span, whatever the dialer makes of from and to."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest

from campaign_operator.domain.dialing.outcomes import Listing, ListingNotOffered, ListOutcome, Span, Unavailable
from dialer_kit import ListingAPI, connection_to, dialer_to, page
from manual_clock import ManualClock
from scripted_server import Reply, answer, scripted_server

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SPAN = Span(NOON, NOON + timedelta(hours=6))
ROW = {"timezone": "Europe/London", "state": "SCHEDULED"}
RANGE = {"from": "2026-11-25T12:00:00Z", "to": "2026-11-25T18:00:00Z"}


def row(name: str, start_hours: float, end_hours: float, **changes: object) -> dict[str, object]:
    """A row of the listing, in hours from noon."""
    times = {"startTime": start_hours, "endTime": end_hours}
    return {"id": name, **ROW, **{k: (NOON + timedelta(hours=v)).isoformat() for k, v in times.items()}, **changes}


def refusing(status: int) -> Callable[[Mapping[str, str]], Reply | None]:
    """A dialer that does not know from and to."""
    return lambda query: answer(status, {"message": "unknown parameter"}) if "from" in query else None


async def listing(api: ListingAPI, *, times: int = 1, span: Span | None = SPAN) -> ListOutcome:
    """What the listing comes to when it is asked for so many times."""
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        outcomes = [await dialer.list_schedules(connection, "8f14e45f", span) for _ in range(times)]
    return outcomes[-1]


def names(outcome: ListOutcome) -> list[str]:
    assert isinstance(outcome, Listing), outcome
    return [schedule.id for schedule in outcome.schedules]


async def test_the_dialer_is_asked_for_the_span_in_utc() -> None:
    api = ListingAPI([row("a", 1, 2)])
    berlin = timezone(timedelta(hours=1))
    span = Span(SPAN.start.astimezone(berlin), SPAN.end.astimezone(berlin))
    assert names(await listing(api, span=span)) == ["a"]
    assert api.queries == [{"page": "1", "pageSize": "100", **RANGE}]


async def test_the_whole_seconds_asked_for_enclose_the_span() -> None:
    api = ListingAPI([])
    fraction = timedelta(milliseconds=300)
    await listing(api, span=Span(SPAN.start + fraction, SPAN.end + fraction))
    assert api.queries == [{"page": "1", "pageSize": "100", "from": RANGE["from"], "to": "2026-11-25T18:00:01Z"}]


async def test_without_a_span_all_is_asked_for() -> None:
    api = ListingAPI([row("old", -48, -40), row("a", 1, 2)])
    assert names(await listing(api, span=None)) == ["old", "a"]
    assert api.queries == [{"page": "1", "pageSize": "100"}]


async def test_every_page_is_asked_for_with_the_same_span() -> None:
    api = ListingAPI([row("a", 1, 2), row("b", 2, 3)], page_size=1)
    assert names(await listing(api)) == ["a", "b"]
    assert api.queries == [{"page": number, "pageSize": "100", **RANGE} for number in ("1", "2", "1", "2")]


async def test_what_only_touches_the_span_lies_outside_it() -> None:
    rows = [row("before", -4, 0), row("into", -4, 0.1), row("round", -4, 9), row("out of", 5.9, 9), row("after", 6, 9)]
    assert names(await listing(ListingAPI(rows))) == ["into", "round", "out of"]


async def test_a_dialer_that_ignores_the_span_is_read_whole_and_what_lies_outside_is_let_go() -> None:
    rows = [row(f"old-{number}", -number - 2, -number - 1) for number in range(7)]
    api = ListingAPI([*rows, row("a", 1, 2), row("b", 3, 4)], page_size=2)
    assert names(await listing(api)) == ["a", "b"]
    assert [query["page"] for query in api.queries if query["page"] in "15"] == ["1", "5", "1", "5"]


@pytest.mark.parametrize("status", [400, 422])
async def test_a_dialer_that_refuses_the_span_is_asked_for_all_and_that_is_remembered(status: int) -> None:
    api = ListingAPI([row("old", -4, -3), row("a", 1, 2)], instead=refusing(status))
    assert names(await listing(api, times=3)) == ["a"]
    assert ["from" in query for query in api.queries] == [True, False, False, False]


async def test_a_refusal_is_remembered_for_its_connection_only() -> None:
    api = ListingAPI([row("a", 1, 2)], instead=refusing(400))
    async with scripted_server(route=api) as server, dialer_to(server) as (dialer, connection):
        await dialer.list_schedules(connection, "8f14e45f", SPAN)
        await dialer.list_schedules(connection_to(server.url, client_id="another"), "8f14e45f", SPAN)
        await dialer.list_schedules(connection, "c9f0f895", SPAN)
    assert ["from" in query for query in api.queries] == [True, False, True, False, False]


async def test_a_dialer_that_refused_the_span_is_asked_anew_after_a_day() -> None:
    clock = ManualClock()
    api = ListingAPI([row("a", 1, 2)], instead=refusing(400))
    async with scripted_server(route=api) as server, dialer_to(server, clock) as (dialer, connection):
        await dialer.list_schedules(connection, "8f14e45f", SPAN)
        clock.advance(86_401)
        await dialer.list_schedules(connection, "8f14e45f", SPAN)
    assert ["from" in query for query in api.queries] == [True, False, True, False]


async def test_a_refusal_that_is_not_about_the_span_is_told_and_not_remembered() -> None:
    api = ListingAPI([], instead=lambda _query: answer(400, {"message": "bad campaign"}))
    outcome = await listing(api, times=2)
    assert outcome == Unavailable("the dialer answered 400: bad campaign", 400)
    assert ["from" in query for query in api.queries] == [True, False, True, False]


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_dialer_without_listings_is_not_asked_again_for_all(status: int) -> None:
    api = ListingAPI([], instead=lambda _query: answer(status))
    assert await listing(api) == ListingNotOffered(status)
    assert len(api.queries) == 1


@pytest.mark.parametrize("ends", [(-3, 2), (2, -3)], ids=["outside first", "inside first"])
@pytest.mark.parametrize("page_size", [100, 1])
async def test_a_schedule_that_lies_in_the_span_and_outside_it_makes_the_listing_unavailable(
    ends: tuple[float, float], page_size: int
) -> None:
    """One of the two accounts is not true."""
    api = ListingAPI([row("a", -4, end) for end in ends], page_size)
    assert await listing(api) == Unavailable(
        "the listing cannot be used: it contains one schedule twice, with different values"
    )


async def test_one_row_that_cannot_be_read_makes_the_listing_unavailable() -> None:
    """It could lie in the span."""
    rows = [row("old", -4, -3), row("a", 1, 2, startTime="whenever")]
    assert isinstance(await listing(ListingAPI(rows)), Unavailable)


async def test_a_cancelled_row_that_cannot_be_read_does_no_harm() -> None:
    rows = [row("gone", 1, 2, startTime="whenever", state="CANCELLED"), row("a", 1, 2)]
    assert names(await listing(ListingAPI(rows))) == ["a"]


async def test_a_listing_whose_older_rows_move_while_it_is_read_is_read_again() -> None:
    """While page 2 is read, `old` is taken away from page 1, and `a` moves to where nobody looks any more."""
    old, other, a, b = row("old", -9, -8), row("other", -4, -3), row("a", 1, 2), row("b", 2, 3)
    moving = [page([old, other], 1, 2), page([b], 2, 2)]
    settled = [page([other, a], 1, 2), page([b], 2, 2)]
    replies = [*moving, *settled, *settled]
    api = ListingAPI([], instead=lambda _query: replies.pop(0))
    assert names(await listing(api)) == ["a", "b"]


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_span_has_a_length(seconds: int) -> None:
    with pytest.raises(ValueError, match="before its end"):
        Span(NOON, NOON + timedelta(seconds=seconds))
