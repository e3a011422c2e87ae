"""When campaigns are woken by the clock: once at the moment that was asked for, and once in each poll period."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine.alarms import POLLED_AT_ONCE, LoopAlarms
from campaign_operator.engine.looks import Asked
from manual_clock import ManualClock

ONE, OTHER = CampaignRef("sales", "one"), CampaignRef("sales", "other")
CHECK, POLL = Asked(check=True), Asked(poll=True)
POLL_SECONDS = 30.0


class TimedLoop(asyncio.SelectorEventLoop):
    """A loop whose time stands still until it is moved, and never waits."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()

    def time(self) -> float:
        return self.clock.monotonic()

    def pass_by(self, seconds: int) -> None:
        """Let time pass second by second, and call what is due."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.call_soon(self.stop)
            self.run_forever()


class Woken:
    """Alarms, and who was woken by them."""

    def __init__(self, loop: TimedLoop) -> None:
        self.calls: list[tuple[CampaignRef, Asked]] = []
        self.alarms = LoopAlarms(loop.clock, lambda ref, asked: self.calls.append((ref, asked)), POLL_SECONDS)


@pytest.fixture
def loop() -> Iterator[TimedLoop]:
    made = TimedLoop()
    yield made
    made.close()


def within(loop: TimedLoop, act: object) -> None:
    """Call it as a callback of the loop."""
    loop.call_soon(act)  # type: ignore[arg-type] # it is a function without arguments
    loop.call_soon(loop.stop)
    loop.run_forever()


def test_an_alarm_rings_once_at_its_moment(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set(ONE, loop.clock.now() + timedelta(seconds=60)))
    loop.pass_by(59)
    assert woken.calls == []
    loop.pass_by(100)
    assert woken.calls == [(ONE, CHECK)]


def test_the_last_alarm_that_was_set_counts(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set_in(ONE, 10))
    within(loop, lambda: woken.alarms.set_in(ONE, 100))
    loop.pass_by(90)
    assert woken.calls == []
    within(loop, lambda: woken.alarms.clear(ONE))
    loop.pass_by(90)
    assert woken.calls == []


def test_polls_begin_at_once_and_go_on_in_their_period_however_often_they_are_asked_for(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.poll(ONE))
    assert woken.calls == [(ONE, POLL)]
    for _ in range(9):
        loop.pass_by(10)
        within(loop, lambda: woken.alarms.poll(ONE))
    assert woken.calls == [(ONE, POLL)] * 4


def test_polls_end_where_nothing_runs_any_more_and_begin_at_once_with_the_next_run(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.poll(ONE))
    within(loop, lambda: woken.alarms.poll_no_more(ONE))
    loop.pass_by(100)
    assert len(woken.calls) == 1
    within(loop, lambda: woken.alarms.poll(ONE))
    assert len(woken.calls) == 2


def test_the_first_polls_of_those_beyond_a_hundred_come_a_period_later(loop: TimedLoop) -> None:
    woken = Woken(loop)
    many = [CampaignRef("sales", f"campaign-{number}") for number in range(3 * POLLED_AT_ONCE)]

    def begin() -> None:
        for ref in many:
            woken.alarms.poll(ref)

    within(loop, begin)
    assert [ref for ref, _ in woken.calls] == many[:POLLED_AT_ONCE]
    for _ in range(2):
        woken.calls.clear()
        loop.pass_by(29)
        assert woken.calls == []
        loop.pass_by(1)
        assert sorted(str(ref) for ref, _ in woken.calls) == sorted(map(str, many))


def test_polls_and_the_alarm_of_a_campaign_know_nothing_of_each_other(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.poll(ONE))
    within(loop, lambda: woken.alarms.set_in(ONE, 45))
    within(loop, lambda: woken.alarms.set_in(OTHER, 50))
    loop.pass_by(59)
    assert woken.calls == [(ONE, POLL), (ONE, POLL), (ONE, CHECK), (OTHER, CHECK)]


def test_at_the_end_nothing_rings_any_more(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set_in(ONE, 10))
    within(loop, lambda: woken.alarms.poll(OTHER))
    within(loop, woken.alarms.close)
    loop.pass_by(100)
    assert woken.calls == [(OTHER, POLL)]


def test_after_a_suspended_machine_what_is_due_by_the_wall_clock_rings_within_half_a_minute(loop: TimedLoop) -> None:
    """The loop's clock has stood still meanwhile."""
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set(ONE, loop.clock.now() + timedelta(minutes=55)))
    within(loop, lambda: woken.alarms.set(OTHER, loop.clock.now() + timedelta(minutes=120)))
    loop.pass_by(300)
    loop.clock.advance_wall(3000)
    loop.pass_by(31)
    assert woken.calls == [(ONE, CHECK)]


def test_an_alarm_says_when_it_was_due_by_the_loops_clock_however_late_it_rings(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set(ONE, loop.clock.now() + timedelta(seconds=600)))
    loop.pass_by(300)
    loop.clock.advance_wall(3000)
    loop.pass_by(31)
    ((_, asked),) = woken.calls
    late = 300 + 3000 - 600  # and what passed until the clocks were compared
    assert asked.due_at is not None
    assert late <= loop.time() - asked.due_at <= late + 31


def test_an_alarm_that_rings_before_its_time_or_has_none_was_never_due(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set(ONE, loop.clock.now() + timedelta(days=1)))
    within(loop, lambda: woken.alarms.set_in(OTHER, 10))
    loop.pass_by(3700)
    assert [(ref, asked.due_at) for ref, asked in woken.calls] == [(OTHER, None), (ONE, None)]


def test_where_the_wall_clock_was_set_back_an_alarm_rings_by_it(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set(ONE, loop.clock.now() + timedelta(minutes=10)))
    loop.clock.advance_wall(-600)
    loop.pass_by(1100)
    assert woken.calls == []
    loop.pass_by(101)
    assert woken.calls == [(ONE, CHECK)]


def test_an_alarm_in_so_many_seconds_knows_nothing_of_the_wall_clock(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set_in(ONE, 100))
    within(loop, lambda: woken.alarms.set(OTHER, loop.clock.now() + timedelta(days=1)))
    loop.clock.advance_wall(3600)
    loop.pass_by(90)
    assert woken.calls == []


def test_a_campaign_that_asks_for_nothing_costs_nothing(loop: TimedLoop) -> None:
    woken = Woken(loop)
    within(loop, lambda: woken.alarms.set(ONE, loop.clock.now() + timedelta(seconds=10)))
    loop.pass_by(100)
    assert loop._scheduled == []  # type: ignore[attr-defined] # noqa: SLF001 - how asyncio calls its timers
