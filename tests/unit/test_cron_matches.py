"""The matches of a cron expression are the right ones: a table, and a walk over every minute."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.cron import CronSchedule, parse_cron
from campaign_operator.domain.planning.cron_matches import matches, next_match


@pytest.mark.parametrize(
    ("text", "not_before", "expected"),
    [
        ("0 9 * * *", "2026-11-25T08:59", "2026-11-25T09:00"),
        ("0 9 * * *", "2026-11-25T09:00", "2026-11-25T09:00"),
        ("0 9 * * *", "2026-11-25T09:00:00.000001", "2026-11-26T09:00"),
        ("0 9 * * *", "2026-11-25T09:00:59.999999", "2026-11-26T09:00"),
        ("* * * * *", "2026-12-31T23:59:01", "2027-01-01T00:00"),
        ("30 2 29 2 *", "2026-11-25T09:00", "2028-02-29T02:30"),
        ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
        ("0 0 31 2 0", "2026-02-02T00:00", "2026-02-08T00:00"),
        ("0 0 31 2 0", "2026-03-01T00:00", "2027-02-07T00:00"),
        ("0 0 13 * 5", "2026-11-12T00:00", "2026-11-13T00:00"),
        ("0 0 13 * 5", "2026-11-14T00:00", "2026-11-20T00:00"),
        ("0 0 13 * 5,*", "2026-11-14T00:00", "2026-12-13T00:00"),
        ("0 0 1-31 * 1", "2026-11-24T00:00", "2026-11-24T00:00"),
        ("0 0 */2 * 1", "2026-11-24T00:00", "2026-11-25T00:00"),
        ("0 0 31 4,5 *", "2026-04-01T00:00", "2026-05-31T00:00"),
        ("9-9 * * * *", "2026-11-25T09:10", "2026-11-25T10:09"),
        ("0 12 * * 7", "2026-11-25T00:00", "2026-11-29T12:00"),
        ("0 0 1 1 *", "1970-01-01T00:01", "1971-01-01T00:00"),
    ],
)
def test_the_first_match_from_a_time_on(text: str, not_before: str, expected: str) -> None:
    found = next_match(parse_cron(text), datetime.fromisoformat(not_before))
    assert found == datetime.fromisoformat(expected)
    assert found.tzinfo is None


def test_at_the_end_of_the_calendar_there_is_no_match_left() -> None:
    with pytest.raises(SpecError, match="has no match in the 10 years after 9999-12-31 23:59:00"):
        next_match(parse_cron("0 9 * * *"), datetime(9999, 12, 31, 23, 59))  # noqa: DTZ001 -- floating
    with pytest.raises(SpecError, match="has no match"):
        next_match(parse_cron("0 9 * * *"), datetime.max)  # noqa: DTZ901 -- floating


@dataclass(frozen=True)
class Written:
    """A field as generated: its text, the numbers it means, and whether a part of it is a star."""

    text: str
    numbers: frozenset[int]
    starred: bool


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@st.composite
def written_items(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...]) -> Written:
    def number(value: int) -> str:
        spelled = [str(value), f"0{value}"]
        if names:
            name = names[value - low]
            spelled += [name, name.upper(), name.title()]
        return draw(st.sampled_from(spelled))

    step = draw(st.sampled_from([1, 1, 2, 3, 5, 7, 13, 31, 99]))
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    form = draw(st.sampled_from(["*", "*/n", "a", "a/n", "a-b", "a-b/n"]))
    if form == "*":
        return Written("*", frozenset(range(low, high + 1)), True)
    if form == "*/n":
        return Written(f"*/{step}", frozenset(range(low, high + 1, step)), step == 1)
    if form == "a":
        return Written(number(first), frozenset({first}), False)
    if form == "a/n":
        return Written(f"{number(first)}/{step}", frozenset(range(first, high + 1, step)), False)
    if form == "a-b":
        return Written(f"{number(first)}-{number(last)}", frozenset(range(first, last + 1)), False)
    return Written(f"{number(first)}-{number(last)}/{step}", frozenset(range(first, last + 1, step)), False)


@st.composite
def written_fields(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...] = ()) -> Written:
    items = draw(st.lists(written_items(low, high, names), min_size=1, max_size=3))
    return Written(
        ",".join(item.text for item in items),
        frozenset().union(*(item.numbers for item in items)),
        any(item.starred for item in items),
    )


@st.composite
def written_crons(draw: st.DrawFn) -> tuple[Written, ...]:
    return (
        draw(written_fields(0, 59)),
        draw(written_fields(0, 23)),
        draw(written_fields(1, 31)),
        draw(written_fields(1, 12, MONTHS)),
        draw(written_fields(0, 6, WEEKDAYS)),
    )


def is_due_on(day: datetime, cron: tuple[Written, ...]) -> bool:
    _, _, dates, months, weekdays = cron
    by_date, by_weekday = day.day in dates.numbers, (day.weekday() + 1) % 7 in weekdays.numbers
    if day.month not in months.numbers:
        return False
    return (by_date and by_weekday) if dates.starred or weekdays.starred else (by_date or by_weekday)


def walk(cron: tuple[Written, ...], start: datetime, days: int) -> Iterator[datetime]:
    """Every match from `start` on, found by looking at each day, and at each minute of a day that is due."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(days):
        day = midnight + timedelta(days=number)
        if is_due_on(day, cron):
            for minute in range(24 * 60):
                if minute // 60 in cron[1].numbers and minute % 60 in cron[0].numbers:
                    found = day + timedelta(minutes=minute)
                    if found >= start:
                        yield found


floating_times = st.datetimes(datetime(2025, 1, 1), datetime(2031, 1, 1))  # noqa: DTZ001 -- floating


@given(cron=written_crons(), start=floating_times)
@settings(max_examples=400, deadline=None)
def test_the_matches_are_those_of_a_walk_over_every_minute(cron: tuple[Written, ...], start: datetime) -> None:
    text = " ".join(field.text for field in cron)
    walked = walk(cron, start, days=10 * 366)
    expected = [match for _, match in zip(range(5), walked, strict=False)]
    if not expected:
        with pytest.raises(SpecError, match="no match in the next 10 years"):
            parse_cron(text)
        return
    schedule = parse_cron(text)
    assert following(schedule, start, len(expected)) == expected


def following(schedule: CronSchedule, start: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    for _ in range(count):
        found.append(next_match(schedule, start))
        start = found[-1] + timedelta(minutes=1)
    return found


@given(cron=written_crons(), start=floating_times)
@settings(max_examples=100, deadline=None)
def test_a_minute_is_a_match_where_the_walk_finds_it_and_nowhere_else(
    cron: tuple[Written, ...], start: datetime
) -> None:
    try:
        schedule = parse_cron(" ".join(field.text for field in cron))
    except SpecError:
        return
    start = start.replace(second=0, microsecond=0)
    minutes = [start + timedelta(minutes=number) for number in range(2 * 24 * 60)]
    due = set(walk(cron, start, days=4))
    assert [minute for minute in minutes if matches(schedule, minute)] == [
        minute for minute in minutes if minute in due
    ]
