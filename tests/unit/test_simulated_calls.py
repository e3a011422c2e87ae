"""How the simulated dialer counts calls."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sandbox.simulator.calls import CallingSpan, CallRate, count_calls

NOON = datetime(2030, 1, 15, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=400)

moments = st.integers(-10_000, 100_000_000_000).map(lambda us: NOON + timedelta(microseconds=us))
spans = st.integers(0, 20_000_000_000).map(lambda us: timedelta(microseconds=us))
openings = st.lists(st.builds(lambda start, span: CallingSpan(start, start + span), moments, spans), max_size=8)
rates = st.builds(
    CallRate,
    calls_per_second=st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000),
    total=st.integers(0, 5000),
)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def completed(openings: list[CallingSpan], rate: CallRate, since: datetime, until: datetime) -> int:
    return count_calls(openings, rate, since, until).completed


@given(openings, rates, moments, moments)
def test_counts_never_fall_as_time_goes_on(
    openings: list[CallingSpan], rate: CallRate, one: datetime, other: datetime
) -> None:
    earlier = count_calls(openings, rate, LONG_AGO, min(one, other))
    later = count_calls(openings, rate, LONG_AGO, max(one, other))

    assert earlier.completed <= later.completed
    assert earlier.attempted <= later.attempted
    assert earlier.connected <= later.connected


@given(openings, rates, moments, moments)
def test_no_range_of_dates_has_more_calls_than_the_campaigns_total(
    openings: list[CallingSpan], rate: CallRate, since: datetime, until: datetime
) -> None:
    assert 0 <= completed(openings, rate, since, until) <= rate.total


@given(openings, rates, st.lists(moments, min_size=3, max_size=6))
def test_the_calls_of_ranges_that_follow_each_other_add_up_to_those_of_the_whole(
    openings: list[CallingSpan], rate: CallRate, cuts: list[datetime]
) -> None:
    cuts.sort()
    parts = [count_calls(openings, rate, since, until) for since, until in pairwise(cuts)]
    whole = count_calls(openings, rate, cuts[0], cuts[-1])

    assert sum(part.completed for part in parts) == whole.completed
    assert sum(part.attempted for part in parts) == whole.attempted
    assert sum(part.connected for part in parts) == whole.connected


@given(openings, rates, moments, moments)
def test_connected_calls_are_completed_and_completed_ones_attempted(
    openings: list[CallingSpan], rate: CallRate, since: datetime, until: datetime
) -> None:
    counts = count_calls(openings, rate, since, until)

    assert counts.connected <= counts.completed <= counts.attempted


@given(openings, rates, moments, moments, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_schedules_changes_the_count(
    openings: list[CallingSpan], rate: CallRate, since: datetime, until: datetime, random: Random
) -> None:
    twice = openings * 2
    random.shuffle(twice)

    assert count_calls(twice, rate, since, until) == count_calls(openings, rate, since, until)


@given(openings, rates, moments, moments, moments)
def test_a_schedule_made_later_changes_nothing_of_what_was_counted_before(
    openings: list[CallingSpan], rate: CallRate, since: datetime, now: datetime, start: datetime
) -> None:
    later = CallingSpan(max(start, now), max(start, now) + timedelta(hours=1))

    assert count_calls([*openings, later], rate, since, now) == count_calls(openings, rate, since, now)


@pytest.mark.parametrize(
    ("seconds", "calls"), [(-1, 0), (0, 0), (0.000001, 1), (0.5, 1), (0.500001, 2), (2, 4), (1e6, 10)]
)
def test_calls_are_placed_at_the_rate_from_the_opening_on_until_the_total_is_reached(
    seconds: float, calls: int
) -> None:
    all_day = [CallingSpan(NOON, after(86400))]

    assert completed(all_day, CallRate(Fraction(2), total=10), LONG_AGO, after(seconds)) == calls


def test_overlapping_schedules_do_not_make_a_campaign_faster() -> None:
    overlapping = [
        CallingSpan(NOON, after(10)),
        CallingSpan(after(1), after(2)),
        CallingSpan(after(5), after(20)),
        CallingSpan(after(20), after(30)),
    ]

    assert completed(overlapping, CallRate(Fraction(1), total=100), LONG_AGO, after(1000)) == 30


def test_a_call_at_the_edge_of_two_ranges_belongs_to_the_later_one() -> None:
    rate = CallRate(Fraction(1), total=100)
    all_day = [CallingSpan(NOON, after(86400))]

    assert completed(all_day, rate, NOON, after(1)) == 1
    assert completed(all_day, rate, after(1), after(1.000001)) == 1


def test_a_decimal_rate_is_counted_exactly() -> None:
    all_day = [CallingSpan(NOON, after(86400))]

    assert completed(all_day, CallRate(Fraction("0.3"), total=100_000), LONG_AGO, after(86400)) == 25920


def test_a_range_the_wrong_way_round_has_no_calls() -> None:
    assert completed([CallingSpan(NOON, after(10))], CallRate(Fraction(1), total=10), after(9), after(3)) == 0
