"""A set of dates in little memory is a set like others, and the plan's hash does not tell which it was."""

import sys
from dataclasses import replace
from datetime import date, timedelta

from builders import blueprint, excluding
from hypothesis import given
from hypothesis import strategies as st

from campaign_operator.domain.calendars.gathered_dates import MAX_DATES
from campaign_operator.domain.planning.date_set import DateSet
from campaign_operator.domain.planning.plan_inputs import inputs_hash

dates = st.sets(st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 3, 1)))


@given(dates, st.dates(min_value=date(2025, 12, 1), max_value=date(2026, 4, 1)))
def test_it_has_the_dates_that_a_set_has(days: set[date], day: date) -> None:
    assert DateSet(days) == days
    assert list(DateSet(days)) == sorted(days)
    assert (day in DateSet(days)) is (day in days)


@given(dates, dates)
def test_with_more_dates_it_is_the_union(days: set[date], more: set[date]) -> None:
    assert DateSet(days).with_more(more) == days | more
    assert (DateSet(days) == DateSet(more)) is (days == more)
    if days == more:
        assert hash(DateSet(days)) == hash(DateSet(more))


def test_without_more_dates_it_is_no_copy() -> None:
    calendar = DateSet([date(2026, 12, 25)])
    assert calendar.with_more([]) is calendar


@given(dates)
def test_an_edit_is_told_from_a_touch_as_by_any_other_set(days: set[date]) -> None:
    inputs = blueprint().inputs

    def hash_with(excluded: frozenset[date] | DateSet) -> str:
        return inputs_hash(replace(inputs, calling_hours=excluding(excluded)), "c")

    assert hash_with(DateSet(days)) == hash_with(frozenset(days))


def test_the_largest_calendar_takes_a_little_memory() -> None:
    calendar = DateSet(date(2026, 1, 1) + timedelta(days=number) for number in range(MAX_DATES))
    assert sys.getsizeof(calendar._ordinals) < 5 * MAX_DATES  # noqa: SLF001 - it is all that there is
