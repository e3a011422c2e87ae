"""When each zone of a campaign is called for a match of `cron`.

Owns the one difference between the start modes: whose clock a match is placed on, and whether its window belongs to the
local date of the match. Looks at no clock of the machine, and knows neither earlier runs nor contacts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import Outside, StartMode
from campaign_operator.domain.planning.calling_hours import DAYS_AHEAD, CallingHours, ZoneHours, fitted, next_opening
from campaign_operator.domain.planning.clock_changes import ClockChanges
from campaign_operator.domain.planning.windows import (
    Placed,
    Window,
    first_local_placed_from,
    is_steady,
    place,
    window_from,
)
from campaign_operator.domain.planning.zones import load_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The zones of a campaign and the rules for their windows. `cron_zone` counts in SameInstant only. `by_rules` has
    the zones once more, those together that have the same hours.
    """

    start_mode: StartMode
    cron_zone: ZoneInfo
    window_seconds: int
    calling_hours: CallingHours
    zones: tuple[str, ...]
    by_rules: tuple[tuple[ZoneHours, tuple[str, ...]], ...]
    changes: ClockChanges

    def placed(self, nominal_time: datetime) -> dict[str, Placed]:
        """By zone, the instant of a match, before any calling hours."""
        return placed_in(nominal_time, self.start_mode, self.cron_zone, self.zones)

    def windows(self, nominal_time: datetime) -> dict[str, Window]:
        """By zone, the window of a match. Raises SpecError where a zone does not open within 366 days."""
        return {zone: self._fitted(zone, nominal_time, placed) for zone, placed in self.placed(nominal_time).items()}

    def window(self, zone: str, nominal_time: datetime) -> Window:
        """The same for one zone."""
        return self._fitted(zone, nominal_time, place(nominal_time, self._clock(zone)))

    def calls(self, zone: str, nominal_time: datetime) -> bool:
        """Whether the zone is called for a match. Without a look at the zone where its clocks are not changed."""
        rules, is_unchanged = self.calling_hours.of(zone), is_steady(load_zone(zone), nominal_time.date())
        if self._is_over(rules, nominal_time) or (is_unchanged and self._is_outside(rules, nominal_time)):
            return False
        if self._defers_within_a_date and is_unchanged:
            return True
        return not self.window(zone, nominal_time).is_skipped

    def calls_nobody(self, nominal_time: datetime) -> bool:
        """Whether the calendar alone skips every zone: the date is closed, or its hours are over or not yet begun."""
        return next(self.not_skipped_by_calendar(nominal_time), None) is None

    def not_skipped_by_calendar(self, nominal_time: datetime) -> Iterator[str]:
        """The zones that are called for a match, or have to be looked at because their clocks are changed."""
        for rules, zones in self.by_rules:
            if self._is_over(rules, nominal_time):
                continue
            if not self._is_outside(rules, nominal_time):
                yield from zones
            elif changed := self.changes.on(nominal_time.date()):
                yield from set(zones).intersection(changed)

    def _is_over(self, rules: ZoneHours, nominal_time: datetime) -> bool:
        """Whether the date of a match is closed, or its hours are over, in every zone with these rules."""
        if self.start_mode is StartMode.SAME_INSTANT:
            return False
        spans = rules.spans_on(nominal_time.date())
        return not spans or _since_midnight(nominal_time) >= spans[-1].end

    def _is_outside(self, rules: ZoneHours, nominal_time: datetime) -> bool:
        """Whether a match is outside these hours and therefore skipped, in a zone whose clocks are not changed."""
        if self.start_mode is StartMode.SAME_INSTANT or self.calling_hours.outside is not Outside.SKIP:
            return False
        since_midnight = _since_midnight(nominal_time)
        return not any(span.start <= since_midnight < span.end for span in rules.spans_on(nominal_time.date()))

    def nominal_from(self, zone: str, instant: datetime) -> datetime:
        """The first nominal time that is placed at that instant or later in the zone."""
        return first_local_placed_from(instant, self._clock(zone))

    def nominals_from(self, instants: Mapping[str, datetime]) -> dict[str, datetime]:
        """The same for an instant of each zone."""
        if self.start_mode is StartMode.CONTACT_LOCAL:
            return {zone: self.nominal_from(zone, instant) for zone, instant in instants.items()}
        found = {instant: first_local_placed_from(instant, self.cron_zone) for instant in set(instants.values())}
        return {zone: found[instant] for zone, instant in instants.items()}

    def next_open_date(self, nominal_time: datetime) -> datetime | None:
        """When the calendar next opens for some zone: the next hours of the date, or the next open date at midnight;
        None for a year.
        """
        found = (_next_open_date(rules, nominal_time) for rules, _ in self.by_rules)
        return min((moment for moment in found if moment is not None), default=None)

    def next_open(self, zone: str, nominal_time: datetime) -> datetime | None:
        """A nominal time before which no match after this one, which skips the zone, calls it; None for a year."""
        opening = next_opening(self.calling_hours, load_zone(zone), place(nominal_time, self._clock(zone)).instant)
        if opening is None:
            return None
        if self._defers_within_a_date:
            return datetime.combine(opening.day, time())
        return self.nominal_from(zone, opening.start)

    def called_until(self, zone: str, nominal_time: datetime, instant: datetime) -> datetime:
        """From when on a match is not before `instant`, or the zone may not be called any more; until then each match
        from this one on, which calls the zone before `instant`, does so.
        """
        opening = next_opening(self.calling_hours, load_zone(zone), self.window(zone, nominal_time).start)
        return self.nominal_from(zone, instant if opening is None else min(instant, opening.end))

    @property
    def _defers_within_a_date(self) -> bool:
        return self.start_mode is StartMode.CONTACT_LOCAL and self.calling_hours.outside is Outside.DEFER

    def _clock(self, zone: str) -> ZoneInfo:
        return self.cron_zone if self.start_mode is StartMode.SAME_INSTANT else load_zone(zone)

    def _fitted(self, zone: str, nominal_time: datetime, placed: Placed) -> Window:
        window = window_from(placed, self.window_seconds)
        day = nominal_time.date() if self.start_mode is StartMode.CONTACT_LOCAL else None
        return fitted(window, self.calling_hours, load_zone(zone), on=day)


def _since_midnight(nominal_time: datetime) -> timedelta:
    return nominal_time - datetime.combine(nominal_time.date(), time())


def _next_open_date(rules: ZoneHours, nominal_time: datetime) -> datetime | None:
    day = nominal_time.date()
    midnight = datetime.combine(day, time())
    later_today = (span.start for span in rules.spans_on(day) if nominal_time < midnight + span.start)
    start = next(later_today, None)
    if start is not None:
        return midnight + start
    today = day.toordinal()
    later = map(date.fromordinal, range(today + 1, min(today + DAYS_AHEAD, date.max.toordinal()) + 1))
    found = next((day for day in later if rules.spans_on(day)), None)
    return datetime.combine(found, time()) if found is not None else None


def placed_in(
    nominal_time: datetime, start_mode: StartMode, cron_zone: ZoneInfo, zones: Iterable[str]
) -> dict[str, Placed]:
    """By zone, the instant of a match, before any calling hours."""
    if start_mode is StartMode.SAME_INSTANT:
        return dict.fromkeys(zones, place(nominal_time, cron_zone))
    return {zone: place(nominal_time, load_zone(zone)) for zone in zones}
