"""Zones whose clocks show the same for a while: 420 zones have some 60 clocks between them.

Owns nothing but the comparison. For searches that look far ahead, where one zone can stand for the others.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from campaign_operator.domain.planning.zones import load_zone

_DAY = timedelta(days=1)
_QUARTER = timedelta(minutes=15)


def zones_by_clock(zones: Iterable[str], since: datetime, days: int) -> dict[str, tuple[str, ...]]:
    """The zones that show the same from two days before an instant to so many days after it, by the first of them."""
    groups: dict[object, list[str]] = {}
    for zone in zones:
        groups.setdefault(tuple(_offsets(zone, since, days)), []).append(zone)
    return {alike[0]: tuple(alike) for alike in groups.values()}


def _offsets(name: str, since: datetime, days: int) -> Iterator[object]:
    """The first offset, and those of each day on which it changes, a quarter of an hour after the other."""
    zone = load_zone(name)
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 2 * _DAY
    before = day.astimezone(zone).utcoffset()
    yield before
    try:
        for _ in range(days + 3):
            after = (day + _DAY).astimezone(zone).utcoffset()
            if after != before:
                yield day
                yield from ((day + step * _QUARTER).astimezone(zone).utcoffset() for step in range(97))
            day, before = day + _DAY, after
    except OverflowError:  # the end of the calendar
        return
