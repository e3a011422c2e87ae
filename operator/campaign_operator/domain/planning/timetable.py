"""When each zone of a campaign is called for a match of `cron`.

Owns the one difference between the start modes: whose clock a match is placed on, and whether its window belongs to the
local date of the match. Looks at no clock of the machine, and knows neither earlier runs nor contacts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import Outside, StartMode
from campaign_operator.domain.planning.calling_hours import DAYS_AHEAD, CallingHours, fitted, next_opening
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
    """The zones of a campaign and the rules for their windows. `cron_zone` counts in SameInstant only."""

    start_mode: StartMode
    cron_zone: ZoneInfo
    window_seconds: int
    calling_hours: CallingHours
    zones: tuple[str, ...]

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
        if self.calls_nobody(nominal_time):
            return False
        if self._defers_within_a_date and is_steady(load_zone(zone), nominal_time.date()):
            return True
        return not self.window(zone, nominal_time).is_skipped

    def calls_nobody(self, nominal_time: datetime) -> bool:
        """Whether the calendar alone skips every zone: the date is closed, or its hours are over or not yet begun."""
        hours, day = self.calling_hours, nominal_time.date()
        if self.start_mode is StartMode.SAME_INSTANT:
            return False
        since_midnight = nominal_time - datetime.combine(day, time())
        if since_midnight >= hours.end or not hours.is_open_on(day):
            return True
        is_early = hours.outside is Outside.SKIP and since_midnight < hours.start
        return is_early and all(is_steady(load_zone(zone), day) for zone in self.zones)

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
        """When the calendar next opens: the hours of the date, or the next open date at midnight; None for a year."""
        hours, day = self.calling_hours, nominal_time.date()
        start = datetime.combine(day, time()) + hours.start
        if hours.is_open_on(day) and nominal_time < start:
            return start
        today = day.toordinal()
        later = map(date.fromordinal, range(today + 1, min(today + DAYS_AHEAD, date.max.toordinal()) + 1))
        found = next((day for day in later if hours.is_open_on(day)), None)
        return datetime.combine(found, time()) if found is not None else None

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


def placed_in(
    nominal_time: datetime, start_mode: StartMode, cron_zone: ZoneInfo, zones: Iterable[str]
) -> dict[str, Placed]:
    """By zone, the instant of a match, before any calling hours."""
    if start_mode is StartMode.SAME_INSTANT:
        return dict.fromkeys(zones, place(nominal_time, cron_zone))
    return {zone: place(nominal_time, load_zone(zone)) for zone in zones}
