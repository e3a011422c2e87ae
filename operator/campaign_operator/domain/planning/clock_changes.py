"""On which dates the clocks of a zone may be changed.

Owns nothing but the search for them. For searches that look a year ahead for hundreds of zones: on most dates the
clocks of none are changed, and then the calendar alone tells of all at once whether a local time is inside their hours.
"""

from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from functools import lru_cache

from campaign_operator.domain.planning.windows import is_steady
from campaign_operator.domain.planning.zones import load_zone

_STEP = timedelta(days=2)
_NEAR_DAYS = 4
"""A change is looked for that far around the step in which it lies: `is_steady` looks less than three days around."""


class ClockChanges:
    """Which of these zones may change their clocks on a date."""

    def __init__(self, zones: Iterable[str]) -> None:
        self._zones = tuple(zones)
        self._by_year: dict[int, dict[int, tuple[str, ...]]] = {}

    def on(self, day: date) -> tuple[str, ...]:
        """Those whose clocks are not surely the same all of that local date; see `is_steady`."""
        if day.year not in self._by_year:
            self._by_year[day.year] = self._of_year(day.year)
        return self._by_year[day.year].get(day.toordinal(), ())

    def _of_year(self, year: int) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = {}
        for zone in self._zones:
            for ordinal in _unsteady_dates(zone, year):
                found.setdefault(ordinal, []).append(zone)
        return {ordinal: tuple(zones) for ordinal, zones in found.items()}


@lru_cache(maxsize=2048)  # every zone that there is, for three years
def _unsteady_dates(name: str, year: int) -> tuple[int, ...]:
    """The dates of a year, as ordinals, on which the clocks of a zone are not surely the same.

    No zone ever changed its clocks twice within four days, so a step of two days shows every change.
    """
    zone, dates = load_zone(name), range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
    if year in (MINYEAR, MAXYEAR):  # the calendar ends within a step
        return tuple(ordinal for ordinal in dates if not is_steady(zone, date.fromordinal(ordinal)))
    near = timedelta(days=_NEAR_DAYS)
    moment, end = datetime(year, 1, 1, tzinfo=UTC) - near, datetime(year, 12, 31, tzinfo=UTC) + near
    before, changed = moment.astimezone(zone).utcoffset(), set[int]()
    while moment < end:
        moment += _STEP
        after = moment.astimezone(zone).utcoffset()
        if after != before:
            around = moment.toordinal()
            changed.update(range(around - _STEP.days - _NEAR_DAYS, around + _NEAR_DAYS + 1))
        before = after
    return tuple(
        ordinal for ordinal in sorted(changed) if ordinal in dates and not is_steady(zone, date.fromordinal(ordinal))
    )
