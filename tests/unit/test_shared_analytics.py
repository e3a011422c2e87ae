"""Sharing analytics: how many queries many campaigns cost, and that one cannot spoil it for the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from campaign_operator.adapters.analytics import SharedAnalytics
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    AccessOutcome,
    AccessRefused,
    Analytics,
    AnalyticsOutcome,
    AnalyticsQuery,
    AuthenticateOutcome,
    CallCounts,
    CancelOutcome,
    ListOutcome,
    ScheduleRequest,
    SendPermission,
    Span,
    SubmitOutcome,
    Throttled,
    Unavailable,
)
from campaign_operator.domain.status.polling import AnalyticsFault
from manual_clock import NOON, ManualClock

CONNECTION = Connection(
    "operator", "secret", "https://dialer.example/token", "https://dialer.example", "analytics:read"
)
FROM = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
POLL_SECONDS = 30.0


class FakeDialer:
    """Counts by the wall clock: every campaign has completed as many calls as seconds have passed since noon."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.queries: list[AnalyticsQuery] = []
        self.connections: list[Connection] = []
        self.refuses: Callable[[AnalyticsQuery], AnalyticsOutcome | None] = lambda _query: None
        self.open = asyncio.Event()
        self.open.set()

    async def fetch_analytics(self, connection: Connection, query: AnalyticsQuery) -> AnalyticsOutcome:
        self.queries.append(query)
        self.connections.append(connection)
        await self.open.wait()
        refused = self.refuses(query)
        if refused is not None:
            return refused
        calls = int((self._clock.now() - NOON).total_seconds())
        return Analytics({id_: CallCounts(calls, calls, calls) for id_ in query.campaign_ids})

    async def authenticate(self, connection: Connection) -> AuthenticateOutcome:
        raise NotImplementedError

    async def check_access(self, connection: Connection, campaign_id: str) -> AccessOutcome:
        raise NotImplementedError

    async def submit(
        self, connection: Connection, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        raise NotImplementedError

    async def list_schedules(self, connection: Connection, campaign_id: str, span: Span | None = None) -> ListOutcome:
        raise NotImplementedError

    async def cancel(
        self, connection: Connection, campaign_id: str, schedule_id: str, permission: SendPermission
    ) -> CancelOutcome:
        raise NotImplementedError


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def dialer(clock: ManualClock) -> FakeDialer:
    return FakeDialer(clock)


@pytest.fixture
async def shared(dialer: FakeDialer, clock: ManualClock) -> AsyncIterator[SharedAnalytics]:
    shared = SharedAnalytics(dialer, clock, POLL_SECONDS)
    yield shared
    await shared.aclose()


async def ask(
    shared: SharedAnalytics, campaign_id: str = "c-1", **changes: datetime | None
) -> CallCounts | AnalyticsFault:
    return await shared.counts(CONNECTION, campaign_id, changes.get("date_from") or FROM, changes.get("date_to"))


def names(count: int) -> list[str]:
    return [f"c-{number:03}" for number in range(count)]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_answer_from_before_the_moment_that_counts_is_not_served_from_memory(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    """The last poll before a time-out was served by one of some seconds earlier, and a run that had reached its calls
    timed out.
    """
    clock.advance(7)
    await ask(shared)
    clock.advance(2)
    deadline = clock.now()
    assert await ask(shared) == CallCounts(7, 7, 7)
    assert await shared.counts(CONNECTION, "c-1", FROM, None, as_of=deadline) == CallCounts(9, 9, 9)
    assert await shared.counts(CONNECTION, "c-1", FROM, None, as_of=deadline) == CallCounts(9, 9, 9)
    assert len(dialer.queries) == 2


async def test_a_campaign_is_told_its_calls_up_to_now(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    clock.advance(7)
    assert await ask(shared) == CallCounts(7, 7, 7)
    assert dialer.queries == [AnalyticsQuery(frozenset({"c-1"}), FROM, NOON + timedelta(seconds=7))]


async def test_two_hundred_campaigns_at_two_hundred_moments_cost_about_one_query_per_period(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    """Two, to be exact, since a query names a hundred campaigns at most."""
    campaigns = names(200)
    for campaign_id in campaigns:
        await ask(shared, campaign_id)
    dialer.queries.clear()
    oldest = 0.0
    for _ in range(10):
        for campaign_id in campaigns:
            clock.advance(POLL_SECONDS / 200)
            outcome = await ask(shared, campaign_id)
            assert isinstance(outcome, CallCounts)
            oldest = max(oldest, (clock.now() - NOON).total_seconds() - outcome.completed)
    assert len(dialer.queries) <= 2 * 12
    assert oldest <= POLL_SECONDS
    assert {id_ for query in dialer.queries for id_ in query.campaign_ids} == set(campaigns)


async def test_a_lone_campaign_is_never_served_its_own_last_answer_again(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    for period in range(5):
        outcome = await ask(shared)
        assert isinstance(outcome, CallCounts)
        assert outcome.completed == period * 29
        clock.advance(29)
    assert len(dialer.queries) == 5


async def test_all_who_ask_at_once_share_one_query_after_the_one_under_way(
    shared: SharedAnalytics, dialer: FakeDialer
) -> None:
    dialer.open.clear()
    first = asyncio.create_task(ask(shared, "c-first"))
    await settle()
    others = [asyncio.create_task(ask(shared, campaign_id)) for campaign_id in names(50)]
    await settle()
    assert len(dialer.queries) == 1
    dialer.open.set()
    outcomes = await asyncio.gather(first, *others)
    assert all(isinstance(outcome, CallCounts) for outcome in outcomes)
    assert [len(query.campaign_ids) for query in dialer.queries] == [1, 51]


async def test_who_gives_up_waiting_leaves_the_query_to_the_others(shared: SharedAnalytics, dialer: FakeDialer) -> None:
    dialer.open.clear()
    first = asyncio.create_task(ask(shared))
    second = asyncio.create_task(ask(shared))
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    dialer.open.set()
    assert isinstance(await second, CallCounts)
    assert len(dialer.queries) == 1


async def test_a_query_names_a_hundred_campaigns_at_most(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in names(250)))
    clock.advance(POLL_SECONDS)
    dialer.queries.clear()
    await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in names(250)))
    assert [len(query.campaign_ids) for query in dialer.queries] == [100, 100, 50]


async def test_another_start_another_end_or_other_credentials_are_another_query(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    ended = NOON - timedelta(hours=1)
    await ask(shared)
    await ask(shared, date_from=FROM + timedelta(minutes=1))
    await ask(shared, date_to=ended)
    await shared.counts(replace(CONNECTION, client_secret="other"), "c-1", FROM, None)
    assert len(dialer.queries) == 4
    assert dialer.queries[2].date_to == ended
    assert dialer.connections[3].client_secret == "other"


async def test_an_end_that_is_ahead_does_not_part_campaigns_and_one_reached_is_kept_to(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    end = NOON + timedelta(seconds=40)
    await ask(shared, "c-1", date_to=end)
    await ask(shared, "c-2", date_to=NOON + timedelta(hours=5))
    await ask(shared, "c-3")
    clock.advance(28)
    await asyncio.gather(ask(shared, "c-1", date_to=end), ask(shared, "c-3"))
    assert dialer.queries[-1].campaign_ids == {"c-1", "c-2", "c-3"}
    clock.advance(28)
    await ask(shared, "c-1", date_to=end)
    assert dialer.queries[-1] == AnalyticsQuery(frozenset({"c-1"}), FROM, end)


async def test_a_campaign_that_asks_no_more_is_forgotten(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    await asyncio.gather(ask(shared, "c-gone"), ask(shared, "c-here"))
    for _ in range(7):
        clock.advance(POLL_SECONDS)
        await ask(shared, "c-here")
    assert dialer.queries[3].campaign_ids == {"c-gone", "c-here"}
    assert dialer.queries[-1].campaign_ids == {"c-here"}


def refusing(foreign: set[str], outcome: AnalyticsOutcome) -> Callable[[AnalyticsQuery], AnalyticsOutcome | None]:
    return lambda query: outcome if foreign & query.campaign_ids else None


REFUSALS: list[AnalyticsOutcome] = [
    AccessRefused(403, "dialer", "not yours"),
    AccessRefused(404, "dialer", "unknown"),
    Unavailable("the dialer answered 422", 422),
    Unavailable("the dialer answered 400", 400),
]


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_foreign_campaign_takes_nothing_from_the_others(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock, refusal: AnalyticsOutcome
) -> None:
    campaigns = names(100)
    await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in campaigns))
    dialer.refuses = refusing({"c-037"}, refusal)
    clock.advance(POLL_SECONDS)
    dialer.queries.clear()
    outcomes = await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in campaigns))
    told = dict(zip(campaigns, outcomes, strict=True))
    assert told.pop("c-037") == refusal
    assert all(isinstance(outcome, CallCounts) for outcome in told.values())
    assert len(dialer.queries) <= 15


async def test_a_refused_campaign_is_set_aside_and_asked_for_by_itself_later(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    dialer.refuses = refusing({"c-000"}, REFUSALS[0])
    campaigns = names(10)
    for _ in range(5):
        await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in campaigns))
        dialer.queries.clear()
        clock.advance(POLL_SECONDS)
    outcomes = await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in campaigns))
    assert isinstance(outcomes[0], AccessRefused)
    assert all(isinstance(outcome, CallCounts) for outcome in outcomes[1:])
    assert all(query.campaign_ids in ({"c-000"}, set(campaigns[1:])) for query in dialer.queries)

    dialer.refuses = lambda _query: None
    clock.advance(5 * POLL_SECONDS)
    outcomes = await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in campaigns))
    assert all(isinstance(outcome, CallCounts) for outcome in outcomes)


async def test_several_foreign_campaigns_are_all_found(shared: SharedAnalytics, dialer: FakeDialer) -> None:
    foreign = {"c-005", "c-050", "c-099"}
    dialer.refuses = refusing(foreign, REFUSALS[0])
    campaigns = names(100)
    dialer.open.clear()
    asking = [asyncio.create_task(ask(shared, campaign_id)) for campaign_id in campaigns]
    await settle()
    dialer.open.set()
    told = dict(zip(campaigns, await asyncio.gather(*asking), strict=True))
    assert {id_ for id_, outcome in told.items() if not isinstance(outcome, CallCounts)} == foreign


async def test_a_right_that_is_missing_altogether_does_not_cost_a_query_per_campaign(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    dialer.refuses = lambda _query: REFUSALS[0]
    campaigns = names(100)
    for _ in range(3):
        outcomes = await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in campaigns))
        assert set(outcomes) == {REFUSALS[0]}
        clock.advance(POLL_SECONDS)
    assert len(dialer.queries) <= 20


@pytest.mark.parametrize(
    ("fault", "queries"),
    [
        (Unavailable("no answer within 30 s"), 6),
        (Unavailable("the dialer answered 500", 500), 6),
        (AccessRefused(401, "dialer", "token"), 6),
        (AccessRefused(401, "token endpoint", "secret"), 6),
        (Throttled(None, "slow down"), 6),
        (Throttled(600.0, "slow down"), 1),
    ],
)
async def test_a_query_that_fails_is_not_divided_nor_repeated_by_everyone(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock, fault: AnalyticsOutcome, queries: int
) -> None:
    dialer.refuses = lambda _query: fault
    for campaign_id in names(200):
        assert await ask(shared, campaign_id) == fault
        clock.advance(POLL_SECONDS / 200)
    assert len(dialer.queries) == queries


async def test_a_failure_of_one_hundred_is_told_to_the_rest_without_asking_for_them(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in names(250)))
    clock.advance(POLL_SECONDS)
    dialer.queries.clear()
    fault = Throttled(5.0, "slow down")
    dialer.refuses = lambda query: fault if "c-100" in query.campaign_ids else None
    outcomes = await asyncio.gather(*(ask(shared, campaign_id) for campaign_id in names(250)))
    assert len(dialer.queries) == 2
    assert all(isinstance(outcome, CallCounts) for outcome in outcomes[:100])
    assert set(outcomes[100:]) == {fault}


async def test_after_a_failure_the_next_query_that_succeeds_is_believed(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    dialer.refuses = lambda _query: Unavailable("reset")
    assert isinstance(await ask(shared), Unavailable)
    dialer.refuses = lambda _query: None
    assert isinstance(await ask(shared), Unavailable)
    clock.advance(6)
    assert isinstance(await ask(shared), CallCounts)


async def test_fresh_counts_are_given_while_a_newcomers_query_fails(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    await ask(shared, "c-1")
    dialer.refuses = lambda _query: Unavailable("reset")
    clock.advance(5)
    assert isinstance(await ask(shared, "c-2"), Unavailable)
    assert isinstance(await ask(shared, "c-1"), CallCounts)


async def test_a_campaign_without_calls_has_zero_and_one_that_cannot_be_read_has_none(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    dialer.refuses = lambda _query: Analytics({}, frozenset({"c-2"}))
    none, unreadable = await asyncio.gather(ask(shared, "c-1"), ask(shared, "c-2"))
    assert none == CallCounts(0, 0, 0)
    assert isinstance(unreadable, Unavailable)


async def test_a_dialer_that_is_slow_to_refuse_is_not_asked_for_ever(
    shared: SharedAnalytics, dialer: FakeDialer, clock: ManualClock
) -> None:
    def slowly(_query: AnalyticsQuery) -> AnalyticsOutcome:
        clock.advance(10)
        return REFUSALS[0]

    dialer.refuses = slowly
    dialer.open.clear()
    asking = [asyncio.create_task(ask(shared, campaign_id)) for campaign_id in names(100)]
    await settle()
    dialer.open.set()
    await asyncio.gather(*asking)
    assert len(dialer.queries) <= 4
