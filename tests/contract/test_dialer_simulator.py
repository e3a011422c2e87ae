"""The dialer adapter against the simulated dialer, over TLS; its ledger tells what was really carried out."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    AccessRefused,
    Analytics,
    AnalyticsQuery,
    Authenticated,
    CallCounts,
    Cancelled,
    CancelNotOffered,
    CancelRefused,
    Listing,
    ListingNotOffered,
    Rejected,
    ScheduleRequest,
    ScheduleState,
    Throttled,
    Unavailable,
    Unclear,
)
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.fault_rules import AnswerInstead, Cut, Delay, Reset, Withhold
from campaign_sandbox.listener import Listener
from campaign_sandbox.simulator.dialer_faults import (
    FaultRule,
    NoId,
    NotJson,
    NotOffered,
    Oversized,
    PageFault,
    RequestMatch,
)
from campaign_sandbox.simulator.simulator_settings import Client
from dialer_kit import Granted, connection_to, dialer_on
from scripted_server import LOOPBACK
from serving import ANY_CAMPAIGN, CLIENT, RunningSimulator, SteppedClock, running_simulator, until

TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    clock: SteppedClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[RunningSimulator, Egress]]:
    certificate = issue_server_certificate(tmp_path_factory.mktemp("certificates"))
    async with running_simulator(
        now=clock,
        calls_per_second=2.0,
        clients=(CLIENT, Client("other", "other-secret", frozenset({"foreign"}))),
        campaigns={**ANY_CAMPAIGN, "foreign": 5},
        authority=str(certificate.authority),
        listener=Listener(tls=certificate.tls),
    ) as simulator:
        yield simulator, Egress(EgressPolicy(certificate.authority, LOOPBACK))


@pytest.fixture
async def simulator(shared: tuple[RunningSimulator, Egress]) -> AsyncIterator[RunningSimulator]:
    yield shared[0]
    await shared[0].delete_faults()


@pytest.fixture
def connection(simulator: RunningSimulator) -> Connection:
    return connection_to(simulator.base_url)


@pytest.fixture
async def dialer(shared: tuple[RunningSimulator, Egress]) -> AsyncIterator[CXoneDialer]:
    async with dialer_on(shared[1], request_timeout_seconds=1) as dialer:
        yield dialer


@pytest.fixture
def request_(campaign_id: str) -> ScheduleRequest:
    return ScheduleRequest(campaign_id, "Europe/Berlin", TOMORROW, TOMORROW + timedelta(hours=4), uuid.uuid4().hex)


def fault(call: Any, effect: Any, **counters: int) -> FaultRule:
    return FaultRule(match=RequestMatch(call=call), effect=effect, **counters)


async def carried_out(simulator: RunningSimulator, campaign_id: str) -> int:
    return len((await simulator.ledger(campaign_id))["schedules"])


async def test_a_submitted_schedule_is_found_again_in_the_listing(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator
) -> None:
    assert await dialer.authenticate(connection) == Authenticated()
    accepted = await dialer.submit(connection, request_, Granted())
    assert isinstance(accepted, Accepted)
    listing = await dialer.list_schedules(connection, request_.campaign_id)
    assert isinstance(listing, Listing)
    (schedule,) = listing.schedules
    assert schedule.id == accepted.schedule_id
    assert (schedule.time_zone, schedule.start, schedule.end) == (
        request_.time_zone,
        request_.start,
        request_.end,
    )
    assert schedule.state is ScheduleState.SCHEDULED
    (entry,) = (await simulator.ledger(request_.campaign_id))["schedules"]
    assert entry["idempotencyKey"] == request_.idempotency_key


async def test_a_listing_of_several_pages_is_read_whole(
    shared: tuple[RunningSimulator, Egress], connection: Connection, request_: ScheduleRequest
) -> None:
    # all at once they wait for placesselves, so a second is not enough
    async with dialer_on(shared[1], request_timeout_seconds=60) as dialer:
        accepted = await asyncio.gather(
            *(
                dialer.submit(connection, replace(request_, start=request_.start + timedelta(minutes=n)), Granted())
                for n in range(230)
            )
        )
        listing = await dialer.list_schedules(connection, request_.campaign_id)
    assert isinstance(listing, Listing)
    assert {schedule.id for schedule in listing.schedules} == {
        outcome.schedule_id for outcome in accepted if isinstance(outcome, Accepted)
    }
    assert len(listing.schedules) == 230


async def test_counts_are_read_while_a_schedule_is_open(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, clock: SteppedClock
) -> None:
    start = clock() + timedelta(seconds=60)
    await dialer.submit(connection, replace(request_, start=start), Granted())
    query = AnalyticsQuery(
        frozenset({request_.campaign_id, "silent"}), start.replace(microsecond=0), start + timedelta(hours=1)
    )
    assert await dialer.fetch_analytics(connection, query) == Analytics({})
    clock.advance(70)
    counted = await dialer.fetch_analytics(connection, query)
    assert isinstance(counted, Analytics)
    assert set(counted.counts) == {request_.campaign_id}
    counts = counted.counts[request_.campaign_id]
    assert isinstance(counts, CallCounts)
    assert counts.attempted >= counts.completed > 0


@pytest.mark.parametrize(
    ("effect", "schedules"),
    [
        (AnswerInstead(status=500), 0),
        (AnswerInstead(status=503, carry_out=True), 1),
        (Reset(), 0),
        (Reset(carry_out=True), 1),
        (Withhold(), 1),
        (Withhold(carry_out=False), 0),
        (Cut(where="head"), 1),
        (Cut(where="body"), 1),
        (NoId(), 1),
        (NotJson(), 1),
        (Oversized(), 1),
        (Oversized(chunked=True), 1),
        (Delay(before_seconds=1.5), 1),
    ],
)
async def test_whether_or_not_it_was_carried_out_an_answer_that_fails_is_unclear(
    dialer: CXoneDialer,
    connection: Connection,
    request_: ScheduleRequest,
    simulator: RunningSimulator,
    effect: Any,
    schedules: int,
) -> None:
    await simulator.put_faults(fault("submit", effect))
    assert isinstance(await dialer.submit(connection, request_, Granted()), Unclear)

    async def as_expected() -> bool:
        return await carried_out(simulator, request_.campaign_id) == schedules

    await until(as_expected)


async def test_a_throttled_schedule_was_not_carried_out(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator
) -> None:
    for effect, least, most in (
        (AnswerInstead(status=429, headers={"Retry-After": "7"}), 7, 7),
        # The simulator's clock has been moved by other tests, by minutes at most.
        (AnswerInstead(status=429, retry_after_date_seconds=7200), 7000, 8000),
    ):
        await simulator.put_faults(fault("submit", effect))
        outcome = await dialer.submit(connection, request_, Granted())
        assert isinstance(outcome, Throttled)
        assert outcome.retry_after_seconds is not None
        assert least <= outcome.retry_after_seconds <= most
    assert await carried_out(simulator, request_.campaign_id) == 0


async def test_an_expired_token_is_renewed_and_the_schedule_sent_once(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator
) -> None:
    await dialer.authenticate(connection)
    await simulator.expire_tokens()
    assert isinstance(await dialer.submit(connection, request_, Granted()), Accepted)
    assert await carried_out(simulator, request_.campaign_id) == 1


async def test_the_dialers_refusals_are_told_apart(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, clock: SteppedClock
) -> None:
    past = replace(request_, start=clock() - timedelta(hours=1))
    rejected = await dialer.submit(connection, past, Granted())
    assert isinstance(rejected, Rejected)
    assert rejected.code == 422
    assert "past" in rejected.message
    foreign = await dialer.submit(connection, replace(request_, campaign_id="foreign"), Granted())
    assert isinstance(foreign, AccessRefused)
    assert foreign.code == 403
    narrow = replace(connection, scope="analytics:read")
    scopeless = await dialer.submit(narrow, request_, Granted())
    assert isinstance(scopeless, AccessRefused)
    assert (scopeless.code, scopeless.by) in {(401, "dialer"), (403, "dialer")}
    wrong = await dialer.submit(replace(connection, client_secret="wrong"), request_, Granted())
    assert isinstance(wrong, AccessRefused)
    assert (wrong.code, wrong.by) == (401, "token endpoint")


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_dialer_without_listings_is_recognised(
    dialer: CXoneDialer, connection: Connection, simulator: RunningSimulator, campaign_id: str, status: Any
) -> None:
    await simulator.put_faults(fault("list", NotOffered(status=status)))
    assert await dialer.list_schedules(connection, campaign_id) == ListingNotOffered(status)


@pytest.mark.parametrize(
    "effect",
    [PageFault(shape="wrongTypes"), PageFault(shape="absurdPages"), Cut(), Oversized(), NotJson(), Reset(), Withhold()],
)
async def test_a_reading_that_fails_is_unavailable(
    dialer: CXoneDialer,
    connection: Connection,
    request_: ScheduleRequest,
    simulator: RunningSimulator,
    effect: Any,
) -> None:
    await dialer.submit(connection, request_, Granted())
    await simulator.put_faults(fault("list", effect), fault("analytics", effect))
    assert isinstance(await dialer.list_schedules(connection, request_.campaign_id), Unavailable)
    query = AnalyticsQuery(frozenset({request_.campaign_id}), TOMORROW, TOMORROW + timedelta(hours=1))
    assert isinstance(await dialer.fetch_analytics(connection, query), Unavailable)


async def submitted(dialer: CXoneDialer, connection: Connection, request: ScheduleRequest) -> str:
    outcome = await dialer.submit(connection, request, Granted())
    assert isinstance(outcome, Accepted)
    return outcome.schedule_id


async def states(dialer: CXoneDialer, connection: Connection, campaign_id: str) -> list[ScheduleState]:
    listing = await dialer.list_schedules(connection, campaign_id)
    assert isinstance(listing, Listing)
    return [schedule.state for schedule in listing.schedules]


async def test_a_cancelled_schedule_is_cancelled_and_stays_so_however_often_it_is_asked(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest
) -> None:
    campaign_id, schedule_id = request_.campaign_id, await submitted(dialer, connection, request_)
    kept = await submitted(dialer, connection, request_)
    for _ in range(2):
        assert await dialer.cancel(connection, campaign_id, schedule_id, Granted()) == Cancelled()
    assert await states(dialer, connection, campaign_id) == [ScheduleState.CANCELLED, ScheduleState.SCHEDULED]
    assert await dialer.cancel(connection, campaign_id, f"not-{kept}", Granted()) == Cancelled()
    assert await dialer.cancel(connection, campaign_id, f"../{campaign_id}/schedules/{kept}", Granted()) == Cancelled()
    assert await states(dialer, connection, campaign_id) == [ScheduleState.CANCELLED, ScheduleState.SCHEDULED]


async def test_a_schedule_that_has_started_is_not_taken_back(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, clock: SteppedClock
) -> None:
    soon = replace(request_, start=clock() + timedelta(seconds=30))
    schedule_id = await submitted(dialer, connection, soon)
    clock.advance(40)
    outcome = await dialer.cancel(connection, soon.campaign_id, schedule_id, Granted())
    assert outcome == CancelRefused(409, "the schedule has started")


@pytest.mark.parametrize("status", [405, 501])
async def test_a_dialer_that_takes_no_schedule_back_is_recognised(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator, status: Any
) -> None:
    schedule_id = await submitted(dialer, connection, request_)
    await simulator.put_faults(fault("cancel", NotOffered(status=status)))
    assert await dialer.cancel(connection, request_.campaign_id, schedule_id, Granted()) == CancelNotOffered(status)
    assert await states(dialer, connection, request_.campaign_id) == [ScheduleState.SCHEDULED]


@pytest.mark.parametrize(
    "effect",
    [
        AnswerInstead(status=500),
        AnswerInstead(status=503, carry_out=True),
        Reset(),
        Reset(carry_out=True),
        Withhold(),
        Withhold(carry_out=False),
        Cut(where="head"),
        Delay(before_seconds=1.5),
    ],
)
async def test_a_cancellation_without_a_clear_answer_is_repeated_until_the_schedule_is_gone(
    dialer: CXoneDialer,
    connection: Connection,
    request_: ScheduleRequest,
    simulator: RunningSimulator,
    effect: Any,
) -> None:
    schedule_id = await submitted(dialer, connection, request_)
    await simulator.put_faults(fault("cancel", effect, times=1))
    assert isinstance(await dialer.cancel(connection, request_.campaign_id, schedule_id, Granted()), Unavailable)
    assert await dialer.cancel(connection, request_.campaign_id, schedule_id, Granted()) == Cancelled()
    assert await states(dialer, connection, request_.campaign_id) == [ScheduleState.CANCELLED]


async def test_a_cancellation_that_is_throttled_or_forbidden_leaves_the_schedule(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator
) -> None:
    schedule_id = await submitted(dialer, connection, request_)
    await simulator.put_faults(fault("cancel", AnswerInstead(status=429, headers={"Retry-After": "7"})))
    throttled = await dialer.cancel(connection, request_.campaign_id, schedule_id, Granted())
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after_seconds == 7
    await simulator.delete_faults()
    foreign = await dialer.cancel(connection, "foreign", schedule_id, Granted())
    assert isinstance(foreign, AccessRefused)
    assert foreign.code == 403
    assert await states(dialer, connection, request_.campaign_id) == [ScheduleState.SCHEDULED]


async def test_an_expired_token_is_renewed_and_the_schedule_cancelled(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator
) -> None:
    schedule_id = await submitted(dialer, connection, request_)
    await simulator.expire_tokens()
    assert await dialer.cancel(connection, request_.campaign_id, schedule_id, Granted()) == Cancelled()


async def test_many_schedules_at_once_are_each_carried_out_once(
    dialer: CXoneDialer, connection: Connection, request_: ScheduleRequest, simulator: RunningSimulator
) -> None:
    outcomes = await asyncio.gather(
        *(dialer.submit(connection, replace(request_, idempotency_key=f"key-{n}"), Granted()) for n in range(100))
    )
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    ledger = await simulator.ledger(request_.campaign_id)
    keys = [schedule["idempotencyKey"] for schedule in ledger["schedules"]]
    assert sorted(keys) == sorted(f"key-{n}" for n in range(100))
