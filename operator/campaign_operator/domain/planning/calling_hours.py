"""When a zone may be called: the openings of its days, and a window fitted into them.

An *opening* is a time [start, end) during which a zone is open. On each local date whose weekday is among the days and
that is not excluded there is one, from the start to the end of the hours, both placed like any local time (`place`), so
that a change of the clocks is treated here as it is everywhere. `24:00` is the next midnight. Openings that touch are
one. A date that a zone skipped, or on which its clocks skip all of the hours, has none. One on which the clocks show
the start twice has two: between them the clocks show a time before the start again.

Owns the check of `spec.callingHours` beyond its schema. Knows neither cron nor runs.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from campaign_operator.api.calling_hours_spec import CallingHoursSpec
from campaign_operator.api.vocabulary import Adjustment, Outside, Weekday
from campaign_operator.domain.errors import Findings, SpecError
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.planning.windows import Window, place, repetition_of, skipped
from campaign_operator.wording import quoted

FIELD = "spec.callingHours"

DAYS_AHEAD = 366
"""How many local dates after that of the match an opening is looked for."""

_TIME = re.compile(r"(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MIDNIGHT = "24:00"
_DAY = timedelta(days=1)

WEEK = tuple(Weekday)
"""The days by `date.weekday`."""


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The hours of a campaign, checked; `start` and `end` are times since the local midnight, `start` the smaller."""

    start: timedelta
    end: timedelta
    days: frozenset[Weekday]
    exclude_dates: AbstractSet[date]
    outside: Outside

    def is_open_on(self, day: date) -> bool:
        """Whether the calendar opens that date."""
        return WEEK[day.weekday()] in self.days and day not in self.exclude_dates

    @property
    def text(self) -> str:
        """The hours as people write them, such as `08:00 to 21:00`."""
        return f"{_clock_text(self.start)} to {_clock_text(self.end)}"


@dataclass(frozen=True, slots=True)
class Opening:
    """[start, end) of one zone on a local date, both in UTC; never empty."""

    day: date
    start: datetime
    end: datetime


def parse_calling_hours(spec: CallingHoursSpec, further_dates: DateSet = NO_DATES) -> CallingHours:
    """The hours that a spec asks for, with the dates of its calendar excluded besides its own. Raises InvalidSpecError
    with every error at once.
    """
    findings = Findings()
    start = _time_of_day(spec.start)
    end = _DAY if spec.end == _MIDNIGHT else _time_of_day(spec.end)
    if start is None:
        findings.add(f"{FIELD}.start", partial(_not_a_time, spec.start, "from 00:00 to 23:59, such as 08:00"))
    if end is None:
        findings.add(f"{FIELD}.end", partial(_not_a_time, spec.end, "from 00:01 to 24:00, such as 21:00"))
    if start is not None and end is not None and start >= end:
        findings.add(f"{FIELD}.start", partial(_not_before, spec.start, spec.end))
    if not spec.days:
        findings.add(f"{FIELD}.days", lambda: "must have at least 1 day, or nobody can be called")
    dates = [iso_date(text) for text in spec.exclude_dates]
    for index, (text, found) in enumerate(zip(spec.exclude_dates, dates, strict=True)):
        if found is None:
            findings.add(f"{FIELD}.excludeDates[{index}]", partial(_not_a_date, text))
    findings.raise_if_any()
    assert start is not None and end is not None  # noqa: S101, PT018 - found above
    excluded = further_dates.with_more(d for d in dates if d is not None)
    return CallingHours(start, end, frozenset(spec.days), excluded, spec.outside)


def fitted(window: Window, hours: CallingHours, zone: ZoneInfo, *, on: date | None = None) -> Window:
    """The window, moved, shortened or skipped so that nothing of it lies outside the hours of its zone.

    A start inside an opening stays. One outside moves to the next opening, with as much time after it as before, or
    makes the window a skipped one. An end after the close of the opening is moved to the close. With `on` the window
    belongs to that local date: it starts on that date or is skipped. Without, raises SpecError where `outside` is Defer
    and the zone does not open within 366 days.
    """
    if on is not None and not hours.is_open_on(on):
        return skipped(window, Adjustment.CLOSED_DATE)
    openings = openings_from(hours, zone, window.start)
    opening = next((o for o in openings if o.end > window.start), None)
    if on is not None and (opening is None or opening.day != on):
        return skipped(window, Adjustment.OUTSIDE_CALLING_HOURS)
    start, adjustments = window.start, window.adjustments
    if hours.outside is Outside.SKIP and (opening is None or start < opening.start):
        return skipped(window, Adjustment.OUTSIDE_CALLING_HOURS)
    if opening is None:
        raise _never_open(hours, zone, window.start)
    if start < opening.start:
        start, adjustments = opening.start, (*adjustments, Adjustment.DEFERRED_TO_OPENING)
    end = start + (window.end - window.start)
    close = _close(opening, openings, end)
    if close < end:
        end, adjustments = close, (*adjustments, Adjustment.CLIPPED_AT_CLOSING)
    return Window(start=start, end=end, adjustments=adjustments)


def is_open_throughout(start: datetime, end: datetime, hours: CallingHours, zone: ZoneInfo) -> bool:
    """Whether a zone is open from `start` to `end` without a break."""
    openings = openings_from(hours, zone, start)
    opening = next((o for o in openings if o.end > start), None)
    return opening is not None and opening.start <= start and _close(opening, openings, end) >= end


def _close(opening: Opening, later: Iterator[Opening], end: datetime) -> datetime:
    """When the opening closes, counting those that touch it; looked at no further than to `end`."""
    close = opening.end
    while close < end:
        following = next(later, None)
        if following is None or following.start > close:
            break
        close = max(close, following.end)
    return close


def next_opening(hours: CallingHours, zone: ZoneInfo, instant: datetime) -> Opening | None:
    """The opening that the instant lies in, else the next; None where there is none within 366 days."""
    return next((o for o in openings_from(hours, zone, instant) if o.end > instant), None)


def openings_from(hours: CallingHours, zone: ZoneInfo, instant: datetime) -> Iterator[Opening]:
    """The openings of each date from that of `instant` to 366 days after it, in order.

    Those of earlier dates are over: they end by the midnight after them, before which no clock shows a later date.
    """
    for day in _dates(hours, zone, instant):
        yield from _openings_on(day, hours.start, hours.end, zone)


def _dates(hours: CallingHours, zone: ZoneInfo, instant: datetime) -> Iterator[date]:
    today = instant.astimezone(zone).date().toordinal()
    # the calendar ends with the year 9999, and its last day has no midnight after it
    for ordinal in range(today, min(today + DAYS_AHEAD, date.max.toordinal() - 1) + 1):
        day = date.fromordinal(ordinal)
        if hours.is_open_on(day):
            yield day


@lru_cache(maxsize=8192)  # the same few dates are asked for again and again, for every campaign
def _openings_on(day: date, opens: timedelta, closes: timedelta, zone: ZoneInfo) -> tuple[Opening, ...]:
    midnight = datetime.combine(day, time())
    start, end = place(midnight + opens, zone).instant, place(midnight + closes, zone).instant
    # of a date that opens at midnight no time lies before the start
    repetition = repetition_of(midnight + opens, zone) if opens else None
    if repetition is not None and repetition.set_back < min(repetition.again, end):
        return Opening(day, start, repetition.set_back), Opening(day, repetition.again, end)
    return (Opening(day, start, end),) if start < end else ()


def _never_open(hours: CallingHours, zone: ZoneInfo, instant: datetime) -> SpecError:
    first = instant.astimezone(zone).date()
    where = f"{zone.key} is never open in the {DAYS_AHEAD} days from {first}"
    days = ", ".join(day for day in Weekday if day in hours.days)
    skipping = next(_dates(hours, zone, instant), None)
    if skipping is None:
        rule = f"every {days} is an excluded date"
        return SpecError(f"{FIELD}.excludeDates", f"{where}: {rule}; remove a date, or add days")
    rule = f"on {skipping}, which is not an excluded date, the clocks skip the hours from start to end"
    return SpecError(FIELD, f"{where}: {rule}; remove a date, add days, or extend the hours")


def _clock_text(since_midnight: timedelta) -> str:
    minutes = since_midnight // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _time_of_day(text: str) -> timedelta | None:
    found = _TIME.fullmatch(text)
    return timedelta(hours=int(found["hours"]), minutes=int(found["minutes"])) if found else None


def iso_date(text: str) -> date | None:
    """The date that is written YYYY-MM-DD, or None where there is none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _not_a_time(text: str, rule: str) -> str:
    return f"{quoted(text)} is not a valid time of day; write HH:MM {rule}"


def _not_before(start: str, end: str) -> str:
    return (
        f"{quoted(start)} must be before end, {quoted(end)}; the hours cannot go past midnight, and 24:00 is "
        "midnight at the end of the day"
    )


def _not_a_date(text: str) -> str:
    return f"{quoted(text)} is not a valid date; write YYYY-MM-DD, such as 2026-12-25"
