"""Polls that need no pass: what is new in an answer, and how often progress alone is written."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from builders import NOW, SETTINGS, run, spec, window
from hypothesis import given
from hypothesis import strategies as st
from lone_campaign import REF, Life, LoneStore, NoCalls, WillingDialer, wire

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import Completion
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.dialing.outcomes import CallCounts, Unavailable
from campaign_operator.domain.status.polling import News, news_of, polled
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.polls import PROGRESS_WRITES_PER_SECOND, Polls, progress_interval
from manual_clock import ManualClock

HOUR = 3600
COMPLETION = Completion(expected_calls=10, grace_seconds=HOUR)


def running(*answers: CallCounts | Unavailable, starts: tuple[float, ...] = (-HOUR,)) -> OutboundCampaignStatus:
    """A campaign with a run for each start, after these polls."""
    status = OutboundCampaignStatus(
        runs=tuple(
            run(window(WindowState.SUBMITTED, start=start, end=HOUR), planned_from=str(number))
            for number, start in enumerate(starts)
        )
    )
    for answer in answers:
        status = polled(status, answer, COMPLETION, until=NOW, generation=1, now=NOW)
    return status


def counts(completed: int) -> CallCounts:
    return CallCounts(completed, completed * 2, completed // 2)


@pytest.mark.parametrize(
    ("status", "answer", "news"),
    [
        pytest.param(running(), counts(0), News.MORE, id="the first answer"),
        pytest.param(running(counts(4)), counts(4), News.NONE, id="the same numbers again"),
        pytest.param(running(counts(4)), counts(9), News.PROGRESS, id="more calls, and the last is not among them"),
        pytest.param(running(counts(4)), CallCounts(4, 9, 2), News.PROGRESS, id="more attempts"),
        pytest.param(running(counts(4)), counts(10), News.MORE, id="the last call"),
        pytest.param(running(counts(10)), counts(12), News.PROGRESS, id="calls beyond those that are expected"),
        pytest.param(running(counts(4)), counts(3), News.MORE, id="fewer calls than before"),
        pytest.param(running(counts(4), counts(3)), counts(4), News.MORE, id="as many as before they were fewer"),
        pytest.param(running(counts(4)), Unavailable("no answer"), News.MORE, id="no answer"),
        pytest.param(running(counts(4), Unavailable("no")), counts(4), News.MORE, id="an answer after there was none"),
        pytest.param(
            running(counts(8), starts=(-HOUR, -HOUR / 2)), counts(10), News.MORE, id="the last call of the older run"
        ),
    ],
)
def test_what_a_poll_tells(status: OutboundCampaignStatus, answer: CallCounts, news: News) -> None:
    assert news_of(status, answer, COMPLETION, until=NOW) is news


@given(before=st.integers(0, 12), after=st.integers(0, 14), starts=st.lists(st.sampled_from([-2.0, -1.0]), max_size=2))
def test_what_is_left_to_a_later_poll_would_have_changed_no_state(before: int, after: int, starts: list[float]) -> None:
    status = running(counts(before), starts=tuple(hour * HOUR for hour in (*starts, -1.5)))
    news = news_of(status, counts(after), COMPLETION, until=NOW)
    written = polled(status, counts(after), COMPLETION, until=NOW, generation=1, now=NOW)
    if news is News.NONE:
        assert written == status
    if news is News.PROGRESS:
        assert written.conditions == status.conditions
        reached = [[r.metrics.calls_completed >= 10 for r in each.runs] for each in (status, written)]
        assert reached[0] == reached[1]


@pytest.mark.parametrize(
    ("here", "namespaces", "seconds"),
    [
        pytest.param(1, 1, 0.1, id="a single campaign"),
        pytest.param(300, 1, 30, id="as many as can be written in each period"),
        pytest.param(1000, 1, 100, id="a thousand in one namespace"),
        pytest.param(10, 2, 2, id="a few beside a namespace of thousands"),
    ],
)
def test_each_namespace_has_the_same_share_of_the_writes(here: int, namespaces: int, seconds: float) -> None:
    assert progress_interval(here, namespaces) == pytest.approx(seconds)
    assert here / progress_interval(here, namespaces) * namespaces == pytest.approx(PROGRESS_WRITES_PER_SECOND)


@dataclass
class Calls(NoCalls):
    """Analytics with so many calls by now."""

    completed: int = 0

    async def counts(self, *_: object, **__: object) -> CallCounts:
        return counts(self.completed)


async def polls_with_news(others: int, periods: int, completed: Callable[[int], int]) -> list[int]:
    """The periods whose poll is left to a pass, of a campaign that runs beside so many others of its namespace."""
    store, clock, calls = LoneStore(wire(spec(completion=COMPLETION), {}, finalizer=False)), ManualClock(NOW), Calls()
    life = Life(store, WillingDialer(), clock)
    await life.look()
    planned = await store.read(REF)
    assert planned is not None
    clock.advance((planned.status.runs[0].first_start - clock.now()).total_seconds() + 1)
    await life.look(poll=True)
    campaign = await store.read(REF)
    assert campaign is not None
    polls = Polls(
        calls,
        Observer(store, Blueprints(calls, calls, calls, SETTINGS), FairPlaces(share=1), clock, SETTINGS),
        clock,
        SETTINGS,
    )
    memory, left = Memory(campaign.uid), []
    for ref in (REF, *(CampaignRef(REF.namespace, f"other-{number}") for number in range(others))):
        polls.begin(ref)
    for period in range(periods):
        clock.advance(SETTINGS.poll_seconds)
        calls.completed = completed(period)
        if not await polls.comes_to_nothing(campaign, memory):
            left.append(period)
    return left


async def test_of_a_few_campaigns_each_poll_with_news_is_left_to_a_pass() -> None:
    assert await polls_with_news(0, 4, lambda _: 1) == [0, 1, 2, 3]
    assert await polls_with_news(0, 4, lambda _: 0) == []


async def test_of_a_thousand_each_writes_its_progress_once_in_a_hundred_seconds() -> None:
    left = await polls_with_news(999, 20, lambda _: 1)
    assert len(left) == pytest.approx(20 * SETTINGS.poll_seconds / 100, abs=1)
    assert max(later - earlier for earlier, later in pairwise(left)) * SETTINGS.poll_seconds <= 120


async def test_the_last_call_waits_for_no_turn() -> None:
    assert await polls_with_news(5000, 4, lambda period: 10 if period == 2 else 0) == [2]
