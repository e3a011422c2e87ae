"""Which rule of the calling hours moved, shortened or skipped a window, and where it is written.

Owns the words for it. Hours come from the campaign and from policies; each is asked by itself whether a zone is open,
and those that say no are named. Decides nothing: what becomes of a window is in `calling_hours.fitted`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import Adjustment
from campaign_operator.domain.planning.calling_hours import FIELD, CallingHours, HoursPolicy, ZoneHours, clock_text
from campaign_operator.domain.planning.windows import Window
from campaign_operator.domain.planning.zones import load_zone

_DAY = timedelta(days=1)
_ZONES = f"{FIELD}.zones"


@dataclass(frozen=True, slots=True)
class DecidingRule:
    """`rule` of `source` made this adjustment: `closes at 20:00 on Sat` of `the operator's policy`."""

    adjustment: Adjustment
    source: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Written:
    """The rules of one zone as one source has them. `source`: where its hours are; `closed_by`: where each set of its
    closed dates is.
    """

    source: str
    closed_by: tuple[str, ...]
    rules: ZoneHours

    def is_open(self, day: date, since_midnight: timedelta) -> bool:
        return any(span.start <= since_midnight < span.end for span in self.rules.spans_on(day))

    def opens_at(self, day: date, since_midnight: timedelta) -> bool:
        return any(span.start == since_midnight for span in self.rules.spans_on(day))

    def why_closed(self, day: date, since_midnight: timedelta) -> tuple[str, str]:
        """Source and rule by which a time is closed."""
        spans = self.rules.spans_on(day)
        if not spans:
            return self.why_no_hours(day)
        earlier = [span.end for span in spans if span.end <= since_midnight]
        if earlier:
            return self.source, f"closes at {clock_text(earlier[-1])} on {day:%a}"
        if not since_midnight and self.closes_at_midnight(day - _DAY):
            return self.source, f"closes at 24:00 on {day - _DAY:%a}"
        return self.opening(day, spans[0].start)

    def opening(self, day: date, since_midnight: timedelta) -> tuple[str, str]:
        return self.source, f"opens at {clock_text(since_midnight)} on {day:%a}"

    def closes_at_midnight(self, day: date) -> bool:
        return any(span.end == _DAY for span in self.rules.spans_on(day))

    def why_no_hours(self, day: date) -> tuple[str, str]:
        """Source and rule by which a date has no hours."""
        placed = list(zip(self.closed_by, self.rules.closed, strict=True))
        for source, dates in placed:
            for name, calendar in dates.holidays_on(day):
                return f"{source}.holidays" if source == FIELD else source, f"{day} is {name} in {calendar}"
        for source, dates in placed:
            if day in dates.exclude_dates:
                return source, f"{day} is an excluded date"
        return self.source, f"closed on {day:%a}"


def deciding_rules(
    hours: CallingHours, zone: str, day: date, match: datetime, window: Window
) -> tuple[DecidingRule, ...]:
    """Why the window is not the plain one of its match, each rule once. `day`: the local date of the match, and `match`
    its instant. What the clocks do is no rule of the hours.
    """
    every = [_of_campaign(hours, zone), *(_of_policy(policy, zone) for policy in hours.policies)]
    clock = load_zone(zone)
    times = _Times(day, _local(match, clock), _local(window.start, clock), _local(window.end, clock))
    return tuple(
        DecidingRule(adjustment, source, rule)
        for adjustment in window.adjustments
        for source, rule in dict.fromkeys(_reasons(adjustment, every, times))
    )


def _of_campaign(hours: CallingHours, zone: str) -> _Written:
    own = hours.own(zone)
    source = FIELD if own.week is hours.everywhere.week else _ZONES
    return _Written(source, (FIELD, *(_ZONES for _ in own.closed[1:])), own)


def _of_policy(policy: HoursPolicy, zone: str) -> _Written:
    rules = policy.of(zone)
    return _Written(policy.name, (policy.name,) * len(rules.closed), rules)


@dataclass(frozen=True, slots=True)
class _Times:
    """Local times of a window, each with its date and as the time since midnight."""

    day: date
    match: tuple[date, timedelta]
    start: tuple[date, timedelta]
    end: tuple[date, timedelta]


def _reasons(adjustment: Adjustment, every: Sequence[_Written], times: _Times) -> Iterable[tuple[str, str]]:
    match adjustment:
        case Adjustment.CLOSED_DATE:
            return _no_hours(every, times.day) or _nothing_in_common(every, times.day)
        case Adjustment.OUTSIDE_CALLING_HOURS:
            return _closed(every, *times.match)
        case Adjustment.DEFERRED_TO_OPENING:
            if closed_dates := _no_hours(every, times.day):
                return closed_dates
            day, since_midnight = times.start
            opening = [each for each in every if each.opens_at(day, since_midnight)] if day == times.day else []
            return [each.opening(day, since_midnight) for each in opening] or _closed(every, *times.match)
        case Adjustment.CLIPPED_AT_CLOSING:
            return _closed(every, *times.end)
    return ()


def _no_hours(every: Sequence[_Written], day: date) -> list[tuple[str, str]]:
    return [each.why_no_hours(day) for each in every if not each.rules.spans_on(day)]


def _closed(every: Sequence[_Written], day: date, since_midnight: timedelta) -> list[tuple[str, str]]:
    return [each.why_closed(day, since_midnight) for each in every if not each.is_open(day, since_midnight)]


def _nothing_in_common(every: Sequence[_Written], day: date) -> list[tuple[str, str]]:
    return [(each.source, f"no hours in common with the others on {day:%a}") for each in every]


def _local(instant: datetime, clock: ZoneInfo) -> tuple[date, timedelta]:
    shown = instant.astimezone(clock).replace(tzinfo=None)
    return shown.date(), shown - datetime.combine(shown.date(), time())
