"""Calling hours checked against clocks that are read minute by minute.

Around every change of the clocks of every zone from 2025 to 2030 (a link is its target), from two days before it to
three days after, the zone is a row of minutes, each open or closed. A window is found by walking along that row: to the
next open minute, of the same date in ContactLocal, and on until one is closed. The planner, which reckons with openings
and never looks at a minute, must give the same start, end and adjustments. It is asked in either startMode for six
windows at each change, drawn by chance: hours that begin or end just before, within and just after what the change
skipped or repeated, the default hours and all day; on all days, without the day of the change, and on four days of the
week; deferred and skipped; of 1, 4 or 30 hours; and from matches within 36 hours of the change. The few whose end lies
beyond the row are left out.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from builders import hours, plan_inputs
from clocks import DAY, HOUR, MINUTE, Clocks, changes

from campaign_operator.api.vocabulary import StartMode, Weekday
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.plan import placed_windows

DAYS_BEFORE, DAYS_AFTER = 2, 3
QUESTIONS_PER_CHANGE = 6
MISSING_DAYS = (
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
)


@dataclass(frozen=True)
class Question:
    """A match, how long its window is, and the hours as a manifest has them."""

    match: datetime
    window_hours: int
    start: str
    end: str
    days: tuple[str, ...]
    excluded: tuple[str, ...]
    outside: str
    start_mode: StartMode = StartMode.CONTACT_LOCAL


def times_near(clocks: Clocks, at: int) -> set[str]:
    """Times just before, within and just after what the change at that minute skipped or repeated."""
    after = clocks.shown[at]
    before = clocks.shown[at - 1] + MINUTE
    near = [before - HOUR, before, before + (after - before) / 2, after, after + HOUR // 2, after + HOUR]
    return {f"{moment.replace(second=0):%H:%M}" for moment in near}


def questions(clocks: Clocks, change: datetime, chance: random.Random) -> Iterator[Question]:
    at = clocks.instants.index(change)
    after = clocks.shown[at]
    times = times_near(clocks, at)
    for number in range(QUESTIONS_PER_CHANGE):
        start, end = sorted(chance.sample([*sorted(times | {"00:00", "08:00", "21:00"}), "24:00"], 2))
        if number == 0:
            start, end = "08:00", "21:00"
        if number == 1:
            start, end = "00:00", "24:00"
        yield Question(
            match=clocks.shown[at + chance.randint(-36 * 60, 36 * 60)].replace(second=0),
            window_hours=chance.choice([1, 4, 30]),
            start=start,
            end=end,
            days=tuple(sorted(chance.sample(list(Weekday), chance.choice([4, 7])))),
            excluded=(str(after.date()),) if chance.random() < 0.3 else (),
            outside=chance.choice(["Defer", "Defer", "Skip"]),
        )


class Row:
    """The minutes of a zone, each open (1) or closed (0)."""

    def __init__(self, clocks: Clocks, dates: list[date], question: Question) -> None:
        self.clocks = clocks
        self.minutes = bytearray(len(clocks.instants))
        for day in dates:
            if self.is_called_on(day, question):
                self.open(day, question.start, question.end)

    def open(self, day: date, start: str, end: str) -> None:
        """From the first minute at which the clocks show the start to that at which they show the end."""
        opens, closes = self.index(day, start), self.index(day, end)
        self.minutes[opens:closes] = bytes([1]) * (closes - opens)
        first = at_time(day, start)
        if start != "00:00" and min(self.clocks.shown[opens:closes], default=first) < first:
            for at in range(opens, closes):
                self.minutes[at] = self.clocks.shown[at] >= first

    def is_called_on(self, day: date, question: Question) -> bool:
        return f"{day:%a}" in question.days and str(day) not in question.excluded

    def index(self, day: date, time: str) -> int:
        """The first minute at which the clocks show that time; the row's end where they do so only later."""
        local = at_time(day, time)
        if local < self.clocks.shown[0]:
            return 0
        if local > self.clocks.shown[-1]:
            return len(self.minutes)
        return self.minute_of(self.clocks.placed(local)[0])

    def minute_of(self, instant: datetime) -> int:
        return (instant - self.clocks.instants[0]) // MINUTE

    def window(self, question: Question) -> tuple[datetime, datetime, str] | None:
        """Start, end and adjustments; None for a start or an end that lies beyond the row."""
        placed, reason = self.clocks.placed(question.match)
        return self.window_from(placed, reason, question.match.date(), question)

    def window_from(
        self, placed: datetime, reason: str, day: date, question: Question
    ) -> tuple[datetime, datetime, str] | None:
        """The same for a match of that date that was placed there."""
        instants = self.clocks.instants
        adjustments = [reason] if reason else []
        start = self.minute_of(placed)
        local = question.start_mode is StartMode.CONTACT_LOCAL
        if local and not self.is_called_on(day, question):
            return placed, placed + MINUTE, ",".join([*adjustments, "ClosedDate"])
        deferred = not self.minutes[start]
        if deferred:
            start = self.minutes.find(1, start)
        is_on_its_date = start > -1 and self.clocks.shown[start].date() == day
        if (deferred and question.outside == "Skip") or (local and not is_on_its_date):
            return placed, placed + MINUTE, ",".join([*adjustments, "OutsideCallingHours"])
        if deferred:
            adjustments.append("DeferredToOpening")
        end = start + question.window_hours * 60
        if start == -1 or end >= len(instants):
            return None
        closed = self.minutes.find(0, start)
        if -1 < closed < end:
            end = closed
            adjustments.append("ClippedAtClosing")
        return instants[start], instants[end], ",".join(adjustments)


def at_time(day: date, time: str) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local
    return midnight + int(time[:2]) * HOUR + int(time[3:]) * MINUTE


def planned(zone: str, question: Question, allowed: CallingHours) -> tuple[datetime, datetime, str]:
    """What the operator makes of the question."""
    (window,) = placed_windows(
        plan_inputs(
            schedule=parse_cron("0 9 * * *"),
            start_mode=question.start_mode,
            time_zone=zone,
            window_seconds=question.window_hours * 3600,
            calling_hours=allowed,
            contacts_by_zone={zone: 1},
        ),
        question.match,
    )
    return window.start, window.end, ",".join(window.adjustments)


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2028, 2029, 2030, "missing days"])
def test_around_every_change_a_window_is_the_one_found_by_walking_along_the_minutes(year: int | str) -> None:
    chance = random.Random(str(year))  # noqa: S311 - a sample, no secret
    asked = beyond = 0
    for zone, change in changes_in(year):
        clocks = Clocks(zone, change - DAYS_BEFORE * DAY, (DAYS_BEFORE + DAYS_AFTER) * 24 * 60)
        dates = sorted({shown.date() for shown in clocks.shown})
        for drawn in questions(clocks, change, chance):
            row = Row(clocks, dates, drawn)
            for question in [replace(drawn, start_mode=start_mode) for start_mode in StartMode]:
                expected = row.window(question)
                asked += 1
                if expected is None:
                    beyond += 1
                    continue
                allowed = hours(
                    question.start,
                    question.end,
                    days=question.days,
                    excludeDates=question.excluded,
                    outside=question.outside,
                )
                assert planned(zone, question, allowed) == expected, (zone, question)
    assert beyond < asked / 10


def changes_in(year: int | str) -> list[tuple[str, datetime]]:
    if isinstance(year, str):
        return [*MISSING_DAYS] * 20
    return [(zone, change) for zone, change in changes() if change.year == year]
