"""When a zone may be called: the openings of its days, and a window fitted into them.

An *opening* is a time [start, end) during which a zone is open. On each local date that is not closed there is one for
each span of its weekday, from the start to the end of the span, both placed like any local time (`place`), so that a
change of the clocks is treated here as it is everywhere. `24:00` is the next midnight. Openings that touch are one. A
date that a zone skipped, or on which its clocks skip all of a span, has none. A span whose start the clocks show twice
has two: between them the clocks show a time before the start again.

Each zone has its own hours. A *policy* narrows those of a campaign: what is open is what the campaign and every policy
open. `CallingHours.of` is the one place where they meet, and `ZoneHours.spans_on` alone says what is open on a date.
Knows neither cron nor runs, nor how hours are written (`written_hours`).
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache, reduce
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import Adjustment, Outside, Weekday
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.date_set import NO_DATES
from campaign_operator.domain.planning.public_holidays import HolidayCalendar
from campaign_operator.domain.planning.windows import Window, place, repetition_of, skipped
from campaign_operator.wording import listed

FIELD = "spec.callingHours"

DAYS_AHEAD = 366
"""How many local dates after that of the match an opening is looked for."""

_DAY = timedelta(days=1)

WEEK = tuple(Weekday)
"""The days by `date.weekday`."""


@dataclass(frozen=True, slots=True, order=True)
class DaySpan:
    """[start, end) of a date, as times since its local midnight; `start` is the smaller."""

    start: timedelta
    end: timedelta

    @property
    def text(self) -> str:
        """The hours as people write them, such as `08:00 to 21:00`."""
        return f"{clock_text(self.start)} to {clock_text(self.end)}"


@dataclass(frozen=True, slots=True)
class ClosedDates:
    """Dates on which nobody is called."""

    exclude_dates: AbstractSet[date] = NO_DATES
    holidays: tuple[HolidayCalendar, ...] = ()

    def __contains__(self, day: date) -> bool:
        return day in self.exclude_dates or any(day in calendar for calendar in self.holidays)

    def holidays_on(self, day: date) -> Iterator[tuple[str, HolidayCalendar]]:
        """The holidays that a date is, with whose they are."""
        for calendar in self.holidays:
            name = calendar.name_of(day)
            if name is not None:
                yield name, calendar


@dataclass(frozen=True, slots=True)
class ZoneHours:
    """The rules of a zone: the spans of each weekday by `date.weekday`, in order and apart from each other, and the
    closed dates of the campaign, after which come those of the zone alone, and those of policies.
    """

    week: tuple[tuple[DaySpan, ...], ...]
    closed: tuple[ClosedDates, ...]

    def spans_on(self, day: date) -> tuple[DaySpan, ...]:
        """When a zone with these rules is open on a date, by its clocks."""
        spans = self.week[day.weekday()]
        return () if spans and self.is_closed_date(day) else spans

    def within(self, others: "ZoneHours") -> "ZoneHours":
        """What both these rules and the others open. A local time is never placed before an earlier one, so the
        openings of the spans in common are what the openings of both have in common.
        """
        week = tuple(_in_common(mine, theirs) for mine, theirs in zip(self.week, others.week, strict=True))
        return ZoneHours(week, (*self.closed, *others.closed))

    def is_closed_date(self, day: date) -> bool:
        """Whether it is an excluded date or a holiday, whatever its weekday."""
        return any(day in dates for dates in self.closed)

    def holiday_on(self, day: date) -> str | None:
        """The name of the holiday that a date is; None where it is none."""
        return next((name for name, _ in self.holidays_on(day)), None)

    def holidays_on(self, day: date) -> Iterator[tuple[str, HolidayCalendar]]:
        """The holidays that a date is, with whose they are."""
        for dates in self.closed:
            yield from dates.holidays_on(day)

    @property
    def closed_text(self) -> str:
        """What a closed date is, in words."""
        has_holidays = any(dates.holidays for dates in self.closed)
        return "an excluded date or a holiday" if has_holidays else "an excluded date"

    @property
    def open_days(self) -> tuple[Weekday, ...]:
        """The weekdays on which it opens."""
        return tuple(day for day, spans in zip(WEEK, self.week, strict=True) if spans)

    @property
    def text(self) -> str:
        """The hours as people write them: `08:00 to 21:00`, or `09:00 to 20:00 on Mon, Tue; 10:00 to 13:00 on Sat`."""
        days_by_spans: dict[tuple[DaySpan, ...], list[str]] = {}
        for day, spans in zip(WEEK, self.week, strict=True):
            if spans:
                days_by_spans.setdefault(spans, []).append(day)
        texts = {" and ".join(span.text for span in spans): days for spans, days in days_by_spans.items()}
        if len(texts) == 1:
            return next(iter(texts))
        return "; ".join(f"{text} on {listed(days)}" for text, days in texts.items())

    @property
    def longest_seconds(self) -> float:
        """How long it stays open at most, by a clock that is never changed; without end where it never closes."""
        longest = open_for = timedelta()
        end = timedelta()
        for number in range(2 * len(WEEK)):
            midnight = number * _DAY
            for span in self.week[number % len(WEEK)]:
                touches = midnight + span.start == end
                open_for = (open_for if touches else timedelta()) + span.end - span.start
                end = midnight + span.end
                longest = max(longest, open_for)
        return float("inf") if longest >= 2 * len(WEEK) * _DAY else longest.total_seconds()


def _in_common(spans: Iterable[DaySpan], others: Iterable[DaySpan]) -> tuple[DaySpan, ...]:
    both = (DaySpan(max(one.start, other.start), min(one.end, other.end)) for one in spans for other in others)
    return tuple(sorted(span for span in both if span.start < span.end))


@dataclass(frozen=True, slots=True)
class HoursPolicy:
    """Hours that a campaign can only narrow, kept by those who answer for them. `name` is what people are told. Two
    with the same `digest` have the same rules. `zones` has every name of a zone that has rules of its own.
    """

    name: str
    digest: str
    everywhere: ZoneHours = field(compare=False, repr=False)
    zones: Mapping[str, ZoneHours] = field(compare=False, repr=False)

    def of(self, zone: str) -> ZoneHours:
        """The rules of a zone."""
        return self.zones.get(zone, self.everywhere)

    @property
    def holidays(self) -> frozenset[HolidayCalendar]:
        """All calendars that any zone has."""
        return _calendars((self.everywhere, *self.zones.values()))


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The hours of a campaign, checked: those of the zones that have rules of their own, and of all others; and the
    policies that narrow them.
    """

    everywhere: ZoneHours
    outside: Outside
    zones: Mapping[str, ZoneHours] = field(default_factory=dict)
    policies: tuple[HoursPolicy, ...] = ()
    _narrowed: dict[tuple[int, ...], ZoneHours] = field(default_factory=dict, init=False, compare=False, repr=False)

    def of(self, zone: str) -> ZoneHours:
        """The rules of a zone: what the campaign and every policy open. The same object for zones that have the same
        rules everywhere.
        """
        own = self.own(zone)
        if not self.policies:
            return own
        every = (own, *(policy.of(zone) for policy in self.policies))
        key = tuple(map(id, every))
        if key not in self._narrowed:
            self._narrowed[key] = reduce(ZoneHours.within, every)
        return self._narrowed[key]

    def own(self, zone: str) -> ZoneHours:
        """The rules that the campaign itself has for a zone."""
        return self.zones.get(zone, self.everywhere)

    def by_rules(self, zones: Iterable[str]) -> tuple[tuple[ZoneHours, tuple[str, ...]], ...]:
        """The zones that have the same rules, with these."""
        groups: dict[int, tuple[ZoneHours, list[str]]] = {}
        for zone in zones:
            rules = self.of(zone)
            groups.setdefault(id(rules), (rules, []))[1].append(zone)
        return tuple((rules, tuple(alike)) for rules, alike in groups.values())

    @property
    def narrowed_by(self) -> str:
        """Who else has a say, to follow words about the hours: `, narrowed by the operator's policy`; else empty."""
        return f", narrowed by {' and '.join(policy.name for policy in self.policies)}" if self.policies else ""

    @property
    def holidays(self) -> frozenset[HolidayCalendar]:
        """All calendars that any zone has, by the campaign or by a policy."""
        own = _calendars((self.everywhere, *self.zones.values()))
        return own.union(*(policy.holidays for policy in self.policies))


def _calendars(every: Iterable[ZoneHours]) -> frozenset[HolidayCalendar]:
    return frozenset(calendar for rules in every for dates in rules.closed for calendar in dates.holidays)


@dataclass(frozen=True, slots=True)
class Opening:
    """[start, end) of one zone on a local date, both in UTC; never empty."""

    day: date
    start: datetime
    end: datetime


def fitted(window: Window, hours: CallingHours, zone: ZoneInfo, *, on: date | None = None) -> Window:
    """The window, moved, shortened or skipped so that nothing of it lies outside the hours of its zone.

    A start inside an opening stays. One outside moves to the next opening, with as much time after it as before, or
    makes the window a skipped one. An end after the close of the opening is moved to the close. With `on` the window
    belongs to that local date: it starts on that date or is skipped. Without, raises SpecError where `outside` is Defer
    and the zone does not open within 366 days.
    """
    if on is not None and not hours.of(zone.key).spans_on(on):
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
    rules = hours.of(zone.key)
    for day in _dates(zone, instant):
        for span in rules.spans_on(day):
            yield from _openings_on(day, span.start, span.end, zone)


def _dates(zone: ZoneInfo, instant: datetime) -> Iterator[date]:
    today = instant.astimezone(zone).date().toordinal()
    # the calendar ends with the year 9999, and its last day has no midnight after it
    for ordinal in range(today, min(today + DAYS_AHEAD, date.max.toordinal() - 1) + 1):
        yield date.fromordinal(ordinal)


@lru_cache(maxsize=8192)  # the same few dates are asked for again and again, for every campaign
def _openings_on(day: date, opens: timedelta, closes: timedelta, zone: ZoneInfo) -> tuple[Opening, ...]:
    midnight = datetime.combine(day, time())
    start, end = place(midnight + opens, zone).instant, place(midnight + closes, zone).instant
    # of a date that opens at midnight no time lies before the start
    repetition = repetition_of(midnight + opens, zone) if opens else None
    if repetition is not None and repetition.set_back < min(repetition.again, end):
        return Opening(day, start, repetition.set_back), Opening(day, repetition.again, end)
    return (Opening(day, start, end),) if start < end else ()


def hours_error(hours: CallingHours, field: str, message: str) -> SpecError:
    """That the hours of a campaign never open, because of this field of them, which is empty where it is no single one.
    It may be that of a policy, which is named since the campaign cannot change it.
    """
    if not hours.policies:
        return SpecError(f"{FIELD}.{field}" if field else FIELD, message)
    return SpecError(FIELD, f"{message}; these are the hours of the campaign{hours.narrowed_by}")


def _never_open(hours: CallingHours, zone: ZoneInfo, instant: datetime) -> SpecError:
    rules = hours.of(zone.key)
    where = f"{zone.key} is never open in the {DAYS_AHEAD} days from {instant.astimezone(zone).date()}"
    skipping = next((day for day in _dates(zone, instant) if rules.spans_on(day)), None)
    if not rules.open_days:
        return hours_error(hours, "", f"{where}: no time of the week is open there; extend the hours")
    if skipping is None:
        rule = f"every {', '.join(rules.open_days)} is {rules.closed_text}"
        return hours_error(hours, "excludeDates", f"{where}: {rule}; remove a date, or add days")
    rule = f"on {skipping}, which is not {rules.closed_text}, the clocks skip the hours from start to end"
    return hours_error(hours, "", f"{where}: {rule}; remove a date, add days, or extend the hours")


def clock_text(since_midnight: timedelta) -> str:
    """A time of day as people write it, up to 24:00."""
    minutes = since_midnight // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"
