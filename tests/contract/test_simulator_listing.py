"""The simulated dialer's listing where it lags, is asked for a range of time, or has grown over the years."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from contract.dialer_client import DialerClient, logged_in, schedule_body
from serving import RunningSimulator, SteppedClock, running_simulator

HOUR = timedelta(hours=1)


@asynccontextmanager
async def dialer(clock: SteppedClock, **settings: Any) -> AsyncIterator[tuple[RunningSimulator, DialerClient]]:
    async with running_simulator(now=clock, **settings) as simulator, logged_in(simulator) as api:
        yield simulator, api


async def submitted(api: DialerClient, clock: SteppedClock, *, in_hours: float = 1) -> str:
    """An hour's schedule of the campaign c1."""
    answer = await api.submit("c1", schedule_body("c1", clock() + in_hours * HOUR))
    return str(answer.raise_for_status().json()["id"])


async def listed(api: DialerClient, **query: Any) -> dict[str, str]:
    """The schedules of the first page with their states, in order."""
    answer = await api.list("c1", **query)
    return {row["id"]: row["state"] for row in answer.raise_for_status().json()["data"]}


async def test_a_schedule_shows_once_it_is_as_old_as_the_lag(clock: SteppedClock) -> None:
    async with dialer(clock, listing_lag_seconds=20.0) as (_, api):
        schedule_id = await submitted(api, clock)
        clock.advance(19.9)
        assert await listed(api) == {}
        clock.advance(0.1)
        assert await listed(api) == {schedule_id: "SCHEDULED"}


async def test_a_schedule_that_was_cancelled_shows_as_it_was_for_as_long_as_the_lag(clock: SteppedClock) -> None:
    async with dialer(clock, listing_lag_seconds=20.0) as (_, api):
        schedule_id = await submitted(api, clock)
        clock.advance(60)
        assert (await api.cancel("c1", schedule_id)).status_code == 204
        assert (await api.cancel("c1", schedule_id)).status_code == 404
        clock.advance(19.9)
        assert await listed(api) == {schedule_id: "SCHEDULED"}
        clock.advance(0.1)
        assert await listed(api) == {schedule_id: "CANCELLED"}


async def test_a_schedule_that_was_moved_shows_its_former_times_for_as_long_as_the_lag(clock: SteppedClock) -> None:
    async with dialer(clock, listing_lag_seconds=20.0) as (simulator, api):
        schedule_id = await submitted(api, clock, in_hours=1)
        clock.advance(60)
        before = (await api.list("c1")).json()["data"]
        await simulator.move_by_hand(schedule_id, clock() + 2 * HOUR, clock() + 3 * HOUR)
        clock.advance(10)
        await simulator.move_by_hand(schedule_id, clock() + 4 * HOUR, clock() + 5 * HOUR)
        assert (await api.list("c1")).json()["data"] == before
        clock.advance(10)
        between = (await api.list("c1")).json()["data"]
        clock.advance(10)
        after = (await api.list("c1")).json()["data"]
    assert before != between != after != before


async def test_the_ledger_does_not_lag(clock: SteppedClock) -> None:
    async with dialer(clock, listing_lag_seconds=20.0) as (simulator, api):
        await submitted(api, clock)
        assert len((await simulator.ledger("c1"))["schedules"]) == 1


async def test_a_range_shows_what_overlaps_it_and_not_what_only_touches_it(clock: SteppedClock) -> None:
    async with dialer(clock) as (_, api):
        start = clock()
        ids = [await submitted(api, clock, in_hours=hours) for hours in (1, 1.5, 2, 2.5, 3)]
        both = {"from": (start + 2 * HOUR).isoformat(), "to": (start + 3 * HOUR).isoformat()}
        assert list(await listed(api, **both)) == ids[1:4]
        assert list(await listed(api, **{"from": both["from"]})) == ids[1:]
        assert list(await listed(api, to=both["to"])) == ids[:4]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("text", ["", "today", "2026-11-25", "2026-11-25T09:00:00"])
async def test_a_range_that_cannot_be_read_is_refused_by_name(
    api: DialerClient, campaign_id: str, name: str, text: str
) -> None:
    answer = await api.list(campaign_id, **{name: text})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"{name}: ")


async def test_a_range_may_be_ignored(clock: SteppedClock) -> None:
    async with dialer(clock, listing_range="ignored") as (_, api):
        schedule_id = await submitted(api, clock)
        later = (clock() + 9 * HOUR).isoformat()
        assert list(await listed(api, **{"from": later, "to": "whenever"})) == [schedule_id]


@pytest.mark.parametrize("query", [{"from": "2026-11-25T09:00:00Z"}, {"to": "2026-11-25T09:00:00Z"}])
async def test_a_range_may_be_refused(clock: SteppedClock, query: dict[str, str]) -> None:
    async with dialer(clock, listing_range="refused") as (_, api):
        schedule_id = await submitted(api, clock)
        assert (await api.list("c1", **query)).status_code == 400
        assert list(await listed(api)) == [schedule_id]


async def test_zones_may_be_listed_by_their_canonical_names(clock: SteppedClock) -> None:
    """The ledger keeps the name that was submitted."""
    async with dialer(clock, listed_zones="canonical") as (simulator, api):
        start, end = clock() + HOUR, clock() + 2 * HOUR
        for zone in ("US/Eastern", "Etc/UTC"):
            await simulator.create_by_hand("c1", start, end, zone)
        rows = (await api.list("c1")).json()["data"]
        assert [row["timezone"] for row in rows] == ["America/New_York", "Etc/UTC"]
        assert {one["timezone"] for one in (await simulator.ledger("c1"))["schedules"]} == {"US/Eastern", "Etc/UTC"}


async def test_half_a_million_finished_schedules_come_before_those_that_were_made(clock: SteppedClock) -> None:
    async with dialer(clock) as (simulator, api):
        await simulator.put_past("c1", 500_000)
        schedule_id = await submitted(api, clock)
        first, last = [(await api.list("c1", page=page)).json() for page in (1, 5001)]
        assert (first["totalPages"], len(first["data"])) == (5001, 100)
        assert [row["id"] for row in first["data"][:2]] == ["past-0000001", "past-0000002"]
        assert {row["state"] for row in first["data"]} == {"FINISHED"}
        assert [row["id"] for row in last["data"]] == [schedule_id]
        assert (await api.list("c1", page=5000)).json()["data"][-1]["id"] == "past-0500000"
        assert [row["id"] for row in (await simulator.ledger("c1"))["schedules"]] == [schedule_id]
        await simulator.put_past("c1", 0)
        assert list(await listed(api)) == [schedule_id]


async def test_finished_schedules_are_asked_for_by_range_like_the_others(clock: SteppedClock) -> None:
    async with dialer(clock) as (simulator, api):
        until = clock() - HOUR
        await simulator.put_past("c1", 500_000, until)
        assert len(await listed(api, **{"from": until.isoformat()})) == 0
        ten_minutes = {
            "from": (until - timedelta(minutes=12)).isoformat(),
            "to": (until - timedelta(minutes=2)).isoformat(),
        }
        found = await listed(api, **ten_minutes)
        assert list(found) == [f"past-{number:07}" for number in range(499_989, 499_999)]


async def test_finished_schedules_have_called_nobody(clock: SteppedClock) -> None:
    async with dialer(clock, calls_per_second=10.0) as (simulator, api):
        await simulator.put_past("c1", 1000)
        body = {
            "dateFrom": (clock() - 24 * HOUR).isoformat(),
            "dateTo": clock().isoformat(),
            "groupBy": ["campaignId"],
            "metrics": ["callsCompleted"],
            "filter": {"campaignId": {"in": ["c1"]}},
            "page": 1,
            "pageSize": 100,
        }
        assert (await api.analytics(body)).json()["data"] == []
