"""The dialer adapter against a simulated dialer whose listing is old, lags, or is touched by somebody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    Analytics,
    AnalyticsQuery,
    CallCounts,
    Cancelled,
    Listing,
    ListingTooLong,
    ScheduleRequest,
    ScheduleState,
    Span,
)
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.listener import Listener
from dialer_kit import Granted, connection_to, dialer_on
from scripted_server import LOOPBACK
from serving import RunningSimulator, SteppedClock, running_simulator

HOUR = timedelta(hours=1)


@asynccontextmanager
async def connected(
    clock: SteppedClock, folder: Path, **settings: Any
) -> AsyncIterator[tuple[RunningSimulator, CXoneDialer, Connection]]:
    certificate = issue_server_certificate(folder)
    async with (
        running_simulator(
            now=clock, authority=str(certificate.authority), listener=Listener(tls=certificate.tls), **settings
        ) as simulator,
        dialer_on(Egress(EgressPolicy(certificate.authority, LOOPBACK))) as dialer,
    ):
        yield simulator, dialer, connection_to(simulator.base_url)


async def submitted(dialer: CXoneDialer, connection: Connection, clock: SteppedClock) -> str:
    request = ScheduleRequest("c1", "Europe/Berlin", clock() + HOUR, clock() + 2 * HOUR, "key")
    outcome = await dialer.submit(connection, request, Granted())
    assert isinstance(outcome, Accepted)
    return outcome.schedule_id


async def states(dialer: CXoneDialer, connection: Connection, span: Span | None = None) -> dict[str, ScheduleState]:
    outcome = await dialer.list_schedules(connection, "c1", span)
    assert isinstance(outcome, Listing), outcome
    return {schedule.id: schedule.state for schedule in outcome.schedules}


async def requests(simulator: RunningSimulator) -> int:
    return sum(request["call"] == "list" for request in (await simulator.ledger("c1"))["requests"])


def around(clock: SteppedClock) -> Span:
    """From now on; what is past touches it at most."""
    return Span(clock(), clock() + 24 * HOUR)


async def test_half_a_million_old_schedules_cost_one_request_where_the_span_is_heeded(
    clock: SteppedClock, tmp_path: Path
) -> None:
    async with connected(clock, tmp_path) as (simulator, dialer, connection):
        await simulator.put_past("c1", 500_000)
        schedule_id = await submitted(dialer, connection, clock)
        assert await states(dialer, connection, around(clock)) == {schedule_id: ScheduleState.SCHEDULED}
        assert await requests(simulator) == 1


@pytest.mark.parametrize(("listing_range", "asked"), [("ignored", 22), ("refused", 23)])
async def test_old_schedules_are_read_and_let_go_where_the_span_is_not_heeded(
    clock: SteppedClock, tmp_path: Path, listing_range: str, asked: int
) -> None:
    async with connected(clock, tmp_path, listing_range=listing_range) as (simulator, dialer, connection):
        await simulator.put_past("c1", 1030)
        schedule_id = await submitted(dialer, connection, clock)
        assert await states(dialer, connection, around(clock)) == {schedule_id: ScheduleState.SCHEDULED}
        assert await requests(simulator) == asked


async def test_too_many_old_schedules_are_told_at_once_and_read_again_once_they_are_deleted(
    clock: SteppedClock, tmp_path: Path
) -> None:
    async with connected(clock, tmp_path, listing_range="ignored") as (simulator, dialer, connection):
        await simulator.put_past("c1", 1_200_000)
        schedule_id = await submitted(dialer, connection, clock)
        outcome = await dialer.list_schedules(connection, "c1", around(clock))
        assert isinstance(outcome, ListingTooLong)
        assert outcome.rows == 1_200_100
        assert await requests(simulator) == 1
        await simulator.put_past("c1", 0)
        assert list(await states(dialer, connection, around(clock))) == [schedule_id]


async def test_a_listing_that_lags_shows_what_was(clock: SteppedClock, tmp_path: Path) -> None:
    async with connected(clock, tmp_path, listing_lag_seconds=20.0) as (_, dialer, connection):
        schedule_id = await submitted(dialer, connection, clock)
        assert await states(dialer, connection) == {}
        clock.advance(20)
        assert await dialer.cancel(connection, "c1", schedule_id, Granted()) == Cancelled()
        assert await states(dialer, connection) == {schedule_id: ScheduleState.SCHEDULED}
        clock.advance(20)
        assert await states(dialer, connection) == {schedule_id: ScheduleState.CANCELLED}


async def test_what_somebody_else_has_done_at_the_dialer_is_listed(clock: SteppedClock, tmp_path: Path) -> None:
    async with connected(clock, tmp_path) as (simulator, dialer, connection):
        cancelled, moved = [await submitted(dialer, connection, clock) for _ in range(2)]
        made = await simulator.create_by_hand("c1", clock(), clock() + HOUR, "Asia/Tokyo")
        await simulator.cancel_by_hand(cancelled)
        await simulator.move_by_hand(moved, end=clock() + 5 * HOUR)
        outcome = await dialer.list_schedules(connection, "c1")
        assert isinstance(outcome, Listing)
        assert [(schedule.id, schedule.end, schedule.state) for schedule in outcome.schedules] == [
            (cancelled, clock() + 2 * HOUR, ScheduleState.CANCELLED),
            (moved, clock() + 5 * HOUR, ScheduleState.SCHEDULED),
            (made, clock() + HOUR, ScheduleState.RUNNING),
        ]


@pytest.mark.parametrize("rows_per_campaign", [1, 3, 250])
async def test_the_rows_of_a_campaign_are_added_up_over_pages(
    clock: SteppedClock, tmp_path: Path, rows_per_campaign: int
) -> None:
    async with connected(clock, tmp_path, calls_per_second=1.0, rows_per_campaign=rows_per_campaign) as (
        simulator,
        dialer,
        connection,
    ):
        start = clock()
        await simulator.create_by_hand("c1", start, start + HOUR)
        await simulator.create_by_hand("c2", start, start + HOUR)
        clock.advance(60)
        query = AnalyticsQuery(frozenset({"c1", "c2"}), start, start + HOUR)
        counts = CallCounts(completed=60, attempted=72, connected=40)
        assert await dialer.fetch_analytics(connection, query) == Analytics({"c1": counts, "c2": counts})
