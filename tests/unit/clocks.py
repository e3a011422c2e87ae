"""What clocks show, minute by minute: what placing, planning and calling hours are checked against.

A zone is a list of what its clocks show at every minute of UTC, and a local time is looked up in that list. Nothing
here uses the planner's way of thinking.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MINUTES_OF_AN_HOUR = [number * MINUTE for number in range(60)]


class Clocks:
    """What the clocks of a zone show at each minute from `first` on, for `minutes` minutes."""

    def __init__(self, name: str, first: datetime, minutes: int) -> None:
        zone = load_zone(name)
        self.instants = [first + number * MINUTE for number in range(minutes)]
        self.shown = _shown(self.instants, zone)
        self._first_showing = dict(zip(reversed(self.shown), reversed(self.instants), strict=True))
        self._last_showing = dict(zip(self.shown, self.instants, strict=True))

    def placed(self, local: datetime) -> tuple[datetime, str]:
        """The instant of a local time within the minutes known, and how it came about."""
        instant = self._first_showing.get(local)
        if instant is not None:
            return instant, "FirstOfTwo" if self._last_showing[local] != instant else ""
        later = next(instant for instant, shown in zip(self.instants, self.shown, strict=True) if shown > local)
        return later, "MovedOutOfGap"


def _shown(instants: list[datetime], zone: ZoneInfo) -> list[datetime]:
    """What the clocks show at each of these minutes. They just go on within an hour that is one on them, too."""
    shown: list[datetime] = []
    for first in range(0, len(instants), 60):
        hour = instants[first : first + 60]
        local = _local(hour[0], zone)
        if _local(hour[0] + HOUR, zone) - local == HOUR:
            shown += [local + number for number in _MINUTES_OF_AN_HOUR[: len(hour)]]
        else:
            shown += [_local(instant, zone) for instant in hour]
    return shown


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def file_of(name: str) -> bytes:
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def one_name_per_file() -> list[str]:
    return sorted({file_of(name): name for name in sorted(ZONE_NAMES, reverse=True)}.values())


@cache
def changes() -> tuple[tuple[str, datetime], ...]:
    """Every change of the clocks of every zone from 2025 to 2030, to the minute; a link is its target."""
    return tuple(
        (name, change)
        for name in one_name_per_file()
        for change in changes_of(name, datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
    )


def changes_of(name: str, first: datetime, last: datetime) -> Iterator[datetime]:
    zone = load_zone(name)
    day, offset = first, first.astimezone(zone).utcoffset()
    while day < last:
        following = (day + DAY).astimezone(zone).utcoffset()
        if following != offset:
            yield day + MINUTE * _first_minute_without(offset, day, zone)
        day, offset = day + DAY, following


def _first_minute_without(offset: timedelta | None, day: datetime, zone: ZoneInfo) -> int:
    """The minute of a day at which the clocks leave that offset, which they do once."""
    return bisect_left(
        range(24 * 60), True, key=lambda minute: (day + minute * MINUTE).astimezone(zone).utcoffset() != offset
    )
