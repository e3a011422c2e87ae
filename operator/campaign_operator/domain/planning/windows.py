"""From a local time to an instant, and from there to a window: [start, end) of one zone in one run.

Owns what happens where a zone's clocks change. Knows neither cron nor contacts nor which run a window is of, nor the
calling hours, which `calling_hours` fits a window into. Whatever moves a window adds its adjustment, so a window has an
ordered tuple of them.

Local times are floating (naive) and carry whole seconds; instants are aware, in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import Adjustment

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LONGEST_OFFSET = timedelta(hours=16)

SKIPPING = frozenset({Adjustment.CLOSED_DATE, Adjustment.OUTSIDE_CALLING_HOURS, Adjustment.START_PASSED})
"""The adjustments that leave a zone out of a run."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The instant of a local time in a zone, in UTC, and why it is not the plain one."""

    instant: datetime
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """[start, end), both aware and in UTC, to the second.

    A skipped window never opens; it is the minute of the match, so that the run after it looks for a later one.
    """

    start: datetime
    end: datetime
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def is_skipped(self) -> bool:
        """Whether the zone is left out of the run."""
        return not SKIPPING.isdisjoint(self.adjustments)


def place(local: datetime, zone: ZoneInfo) -> Placed:
    """The instant of a local time.

    One that does not exist becomes the first instant after the gap; of one that exists twice it is the first.
    A later local time is never placed earlier, since no zone changes its clocks again before the local times
    that a change skipped or repeated are over.
    """
    steady = _steady_offset(zone, local.toordinal())
    if steady is not None:
        return Placed((local - steady).replace(tzinfo=UTC))
    # PEP 495: fold tells two readings of a repeated time apart, and for a skipped one is the offset of the
    # clocks before (0) and after (1) the change. Elsewhere it makes no difference.
    offset = _offset(local.replace(tzinfo=zone, fold=0))
    other = _offset(local.replace(tzinfo=zone, fold=1))
    instant = (local - offset).replace(tzinfo=UTC, fold=0)
    if offset == other:
        return Placed(instant)
    if offset > other:
        return Placed(instant, Adjustment.FIRST_OF_TWO)
    before_gap = (local - other).replace(tzinfo=UTC, fold=0)
    return Placed(_change_of_offset(zone, before_gap, instant), Adjustment.MOVED_OUT_OF_GAP)


@dataclass(frozen=True, slots=True)
class Repetition:
    """The clocks are set back at `set_back` and show a local time again at `again`."""

    set_back: datetime
    again: datetime


def repetition_of(local: datetime, zone: ZoneInfo) -> Repetition | None:
    """How the clocks show a local time a second time; None unless they do."""
    if _steady_offset(zone, local.toordinal()) is not None:
        return None
    first, second = (_offset(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first <= second:
        return None
    again = (local - second).replace(tzinfo=UTC, fold=0)
    return Repetition(_change_of_offset(zone, (local - first).replace(tzinfo=UTC, fold=0), again), again)


def first_local_placed_from(instant: datetime, zone: ZoneInfo) -> datetime:
    """The first local time, in whole seconds, that `place` puts at `instant` or later.

    Mostly what the zone's clocks show at `instant`. At the end of a gap it is the beginning of the gap, all
    of which is placed there; while the clocks show a time again it is the end of what they repeat, since all
    of that is placed at the first showing.
    """
    instant = next_whole_second(instant)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    if _steady_offset(zone, shown.toordinal()) is not None:
        return shown
    # What the clocks would show at `instant` had they not just been changed.
    local = (instant - _SECOND).astimezone(zone).replace(tzinfo=None, fold=0) + _SECOND
    first_showing = place(local, zone).instant
    if first_showing >= instant:
        return local
    return first_local_placed_from(_change_of_offset(zone, first_showing, instant), zone)


def window_from(placed: Placed, window_seconds: int) -> Window:
    """The window that opens at a placed start and stays open for `window_seconds` of elapsed time."""
    return Window(
        start=placed.instant,
        end=placed.instant + timedelta(seconds=window_seconds),
        adjustments=(placed.adjustment,) if placed.adjustment else (),
    )


def skipped(window: Window, adjustment: Adjustment) -> Window:
    """The window of a zone that is left out: the minute from its start."""
    return Window(start=window.start, end=window.start + _MINUTE, adjustments=(*window.adjustments, adjustment))


def is_steady(zone: ZoneInfo, day: date) -> bool:
    """Whether the clocks of a zone are surely not changed on that local date."""
    return _steady_offset(zone, day.toordinal()) is not None


def next_whole_second(instant: datetime) -> datetime:
    """`instant` in UTC, rounded up to a whole second."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    instant = instant.astimezone(UTC)
    return instant if instant.microsecond == 0 else instant.replace(microsecond=0) + _SECOND


@lru_cache(maxsize=8192)
def _steady_offset(zone: ZoneInfo, day: int) -> timedelta | None:
    """The zone's offset where its clocks are not changed on that local date (an ordinal) nor within a day of it.

    Most dates are such, and asking twice instead of at every local time makes a plan three times as fast. No zone ever
    changed its clocks twice within the four days that are looked at.
    """
    try:
        midnight = datetime.combine(date.fromordinal(day), time(), UTC)
        before = _offset((midnight - _LONGEST_OFFSET - _DAY).astimezone(zone))
        after = _offset((midnight + _LONGEST_OFFSET + 2 * _DAY).astimezone(zone))
    except OverflowError:  # at either end of the calendar
        return None
    return before if before == after else None


def _change_of_offset(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second after `before` at which the zone has another offset; by `after` it has."""
    offset = _offset(before.astimezone(zone))
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(middle.astimezone(zone)) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(aware: datetime) -> timedelta:
    offset = aware.utcoffset()
    if offset is None:
        raise ValueError("a zone must have an offset at every time")
    return offset
