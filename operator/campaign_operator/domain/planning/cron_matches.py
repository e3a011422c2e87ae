"""When a cron schedule matches, in floating (zone-less) time.

Must not know any time zone: the library that finds the next match never sees a change of the clocks, and where a match
falls in a zone is settled elsewhere.

The library is given nothing but lists of numbers, since it reads more than this dialect has, and some of it
otherwise (`9-9` as "every hour").
"""

from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from croniter import croniter

from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.cron import YEARS_SEARCHED, CronSchedule
from campaign_operator.wording import quoted


def next_match(schedule: CronSchedule, not_before: datetime) -> datetime:
    """The first match at or after `not_before`; both floating.

    Raises `SpecError` where there is none, which for a parsed schedule happens only at the end of the
    calendar.
    """
    # The library looks strictly after its start.
    start = not_before.replace(second=0, microsecond=0)
    try:
        if start == not_before:
            start -= timedelta(minutes=1)
        return copy(_search(schedule)).get_next(datetime, start_time=start)
    except (ValueError, OverflowError) as error:
        raise SpecError(
            "spec.cron",
            f"{quoted(schedule.text)} has no match in the {YEARS_SEARCHED} years after {not_before}",
        ) from error


@lru_cache(maxsize=256)
def _search(schedule: CronSchedule) -> croniter:
    """The library's search, to be copied: to read an expression anew takes longer than to find a match in it."""
    return croniter(schedule.expanded, max_years_between_matches=YEARS_SEARCHED)


def matches_between(schedule: CronSchedule, start: datetime, end: datetime) -> tuple[int, datetime]:
    """How many matches lie in [start, end), and the last of them; `start` is one, and `end` is later. All floating.

    Counted by dates, not match by match: a week of `* * * * *` has ten thousand.
    """
    count, last = 0, start
    times = [time(hour, minute) for hour in schedule.hours for minute in schedule.minutes]
    for day in dates_of_matches(schedule, start.date(), (end - start).days + 1):
        first = bisect_left(times, start.time()) if day == start.date() else 0
        stop = bisect_left(times, end.time()) if day == end.date() else len(times)
        if day <= end.date() and stop > first:
            count, last = count + stop - first, datetime.combine(day, times[stop - 1])
    return count, last


def dates_of_matches(schedule: CronSchedule, first: date, days: int) -> Iterator[date]:
    """The dates with a match, from `first` to so many days later."""
    for ordinal in range(first.toordinal(), min(first.toordinal() + days, date.max.toordinal()) + 1):
        day = date.fromordinal(ordinal)
        if day.month in schedule.months and _is_a_day_of(schedule, day):
            yield day


def matches(schedule: CronSchedule, floating: datetime) -> bool:
    """Whether the minute that `floating` lies in is a match."""
    return (
        floating.minute in schedule.minutes
        and floating.hour in schedule.hours
        and floating.month in schedule.months
        and _is_a_day_of(schedule, floating)
    )


def _is_a_day_of(schedule: CronSchedule, day: date) -> bool:
    by_date = day.day in schedule.days_of_month
    by_weekday = day.isoweekday() % 7 in schedule.days_of_week
    if schedule.day_of_month_restricted and schedule.day_of_week_restricted:
        return by_date or by_weekday
    return by_date and by_weekday
