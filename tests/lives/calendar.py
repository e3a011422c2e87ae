"""When a campaign is to call by its terms: worked out from the manual alone, and from nothing of the operator's.

Pure. No match lies where clocks are changed, since none is at night.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from lives.life import Hours, Terms

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Match:
    """One match of cron: its instant in each zone, and the time in which each zone that is open is called."""

    nominal: datetime
    instants: Mapping[str, datetime]
    windows: Mapping[str, Span]

    @property
    def earliest(self) -> datetime:
        """The first instant of it anywhere."""
        return min(self.instants.values())

    @property
    def first_start(self) -> datetime:
        """The first start of a call."""
        return min(start for start, _ in self.windows.values())


def matches(terms: Terms, since: datetime, until: datetime) -> Iterator[Match]:
    """The matches that call anybody, on every date that has a part in that time anywhere; in their order."""
    day = since.date() - timedelta(days=1)
    while day <= until.date() + timedelta(days=1):
        if day.weekday() in terms.days:
            for hour in terms.clock_hours:
                match = _match(terms, datetime.combine(day, wall_time(hour, terms.minute)))
                if match.windows:
                    yield match
        day += timedelta(days=1)


def _match(terms: Terms, nominal: datetime) -> Match:
    instants = {zone: _in_utc(nominal, zone) for zone in terms.zones}
    windows = {zone: window(terms, nominal, zone) for zone in terms.zones}
    return Match(nominal, instants, {zone: span for zone, span in windows.items() if span is not None})


def window(terms: Terms, nominal: datetime, zone: str) -> Span | None:
    """The time in which a zone is called for a match; None where the calling hours leave it out."""
    if nominal.weekday() not in terms.hours.days:
        return None
    opens, closes = (_in_utc(moment, zone) for moment in _opening(terms.hours, nominal.date()))
    start = _in_utc(nominal, zone)
    if start >= closes or (start < opens and not terms.hours.defers):
        return None
    start = max(start, opens)
    return start, min(start + timedelta(seconds=terms.window_seconds), closes)


def allows(hours: Hours, zone: str, span: Span) -> bool:
    """Whether the calling hours have room for all of it."""
    day = span[0].astimezone(ZoneInfo(zone)).date()
    opens, closes = (_in_utc(moment, zone) for moment in _opening(hours, day))
    return day.weekday() in hours.days and opens <= span[0] and span[1] <= closes


def _opening(hours: Hours, day: date) -> tuple[datetime, datetime]:
    midnight = datetime.combine(day, wall_time())
    return midnight + timedelta(hours=hours.start), midnight + timedelta(hours=hours.end)


def _in_utc(wall: datetime, zone: str) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
