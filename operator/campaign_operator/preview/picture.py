"""What a timeline of a forecast shows, before anything is drawn: rows, bars, nights, changes of the clocks.

Owns the grouping of zones, the span of the axis, and the times of all that is shaded or marked. Knows no coordinates
and no colours.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from campaign_operator.domain.planning.windows import place
from campaign_operator.domain.planning.zones import load_zone
from campaign_operator.preview.forecast import Forecast, ForecastWindow

MAX_ROWS_UNGROUPED = 40

OpenSpan: TypeAlias = tuple[datetime, datetime]
"""From and to, UTC."""

OpenHours: TypeAlias = Mapping[str, Sequence[OpenSpan]]
"""When each zone is open, ascending. A zone that is not there is always open."""

Holiday: TypeAlias = tuple[datetime, datetime, str]
"""From and to, UTC, and the name."""

HolidaysByZone: TypeAlias = Mapping[str, Sequence[Holiday]]
"""The public holidays of each zone that has some."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_NIGHT_FROM, _NIGHT_TO = time(22), time(6)
_NOBODYS = ("Antarctica/", "Etc/")
"""Zones that do not give their name to a row if others can."""

_SHORTEST_AXIS = timedelta(hours=8)
_LONGEST_AXIS_WITH_NIGHTS = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks of a zone are changed."""

    at: datetime
    before: timedelta
    after: timedelta


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One zone, or several whose windows, nights and closed hours are at the same times."""

    zones: tuple[str, ...]
    """The zones, the one with the most contacts first."""

    contacts: int
    """The sum over the zones."""

    offset: timedelta
    """The UTC offset at the first start."""

    windows: tuple[ForecastWindow, ...]
    """One window for each run."""

    nights: tuple[OpenSpan, ...]
    """Spans to shade as night."""

    closed: tuple[OpenSpan, ...]
    """Spans outside the calling hours."""

    holidays: tuple[Holiday, ...]
    """Those that close the zones."""

    clock_changes: tuple[ClockChange, ...]
    """Where the clocks change."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The timeline of a forecast."""

    forecast: Forecast
    first: datetime
    last: datetime
    zones: int
    rows: tuple[PictureRow, ...]


@dataclass(frozen=True, slots=True)
class _Zone:
    """What decides which zones share a row."""

    offset: timedelta
    clock_changes: tuple[ClockChange, ...]
    closed: tuple[OpenSpan, ...]
    holidays: tuple[Holiday, ...]
    instants: tuple[tuple[object, ...], ...]


def picture_of(
    forecast: Forecast, open_hours: OpenHours | None = None, holidays: HolidaysByZone | None = None
) -> Picture:
    """The timeline. Zones from east to west; where there are more than 40, those at the same instants share a row."""
    by_zone: dict[str, list[ForecastWindow]] = defaultdict(list)
    for run in forecast.runs:
        for window in run.windows:
            by_zone[window.time_zone].append(window)
    first, last = _axis([window for run in forecast.runs for window in run.windows])
    holidays = holidays or {}
    looks = {
        name: _look(name, windows, first, last, open_hours or {}, holidays.get(name, ()))
        for name, windows in by_zone.items()
    }
    groups: dict[object, list[str]] = defaultdict(list)
    for name, look in looks.items():
        groups[look if len(by_zone) > MAX_ROWS_UNGROUPED else name].append(name)
    rows = [_row(names, by_zone, looks, first, last) for names in groups.values()]
    rows.sort(key=lambda row: (-row.offset, row.zones[0]))
    return Picture(forecast, first, last, len(by_zone), tuple(rows))


def _axis(windows: Sequence[ForecastWindow]) -> OpenSpan:
    """Whole hours around everything, with some air."""
    first = min(min(w.match, w.start or w.match) for w in windows) - _HOUR
    last = max(max(w.match, w.end or w.match) for w in windows) + _HOUR
    first = first.replace(minute=0, second=0)
    last = last.replace(minute=0, second=0) + _HOUR
    return first, max(last, first + _SHORTEST_AXIS)


def _look(
    name: str,
    windows: Sequence[ForecastWindow],
    first: datetime,
    last: datetime,
    open_hours: OpenHours,
    holidays: Sequence[Holiday],
) -> _Zone:
    return _Zone(
        offset=windows[0].utc_offset,
        clock_changes=tuple(_clock_changes(load_zone(name), first, last)),
        closed=tuple(_complement(open_hours[name], first, last)) if name in open_hours else (),
        holidays=tuple(
            (*within, name) for start, end, name in holidays for within in _within((start, end), first, last)
        ),
        instants=tuple((w.match, w.start, w.end, w.state, w.adjustments) for w in windows),
    )


def _row(
    names: Sequence[str],
    by_zone: Mapping[str, Sequence[ForecastWindow]],
    looks: Mapping[str, _Zone],
    first: datetime,
    last: datetime,
) -> PictureRow:
    zones = sorted(names, key=lambda name: (-by_zone[name][0].contacts, name.startswith(_NOBODYS), name))
    look = looks[zones[0]]
    with_nights = last - first <= _LONGEST_AXIS_WITH_NIGHTS
    return PictureRow(
        zones=tuple(zones),
        contacts=sum(by_zone[name][0].contacts for name in zones),
        offset=look.offset,
        windows=tuple(by_zone[zones[0]]),
        nights=tuple(_nights(load_zone(zones[0]), first, last)) if with_nights else (),
        closed=look.closed,
        holidays=look.holidays,
        clock_changes=look.clock_changes,
    )


def _nights(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[OpenSpan]:
    """From ten in the evening to six in the morning, on the zone's clock."""
    day = first.astimezone(zone).date() - _DAY
    while day <= last.astimezone(zone).date():
        start = place(datetime.combine(day, _NIGHT_FROM), zone).instant
        end = place(datetime.combine(day + _DAY, _NIGHT_TO), zone).instant
        yield from _within((start, end), first, last)
        day += _DAY


def _complement(spans: Sequence[OpenSpan], first: datetime, last: datetime) -> Iterator[OpenSpan]:
    """What lies between the spans."""
    closed_from = first
    for opening, closing in spans:
        yield from _within((closed_from, opening), first, last)
        closed_from = max(closed_from, closing)
    yield from _within((closed_from, last), first, last)


def _within(span: OpenSpan, first: datetime, last: datetime) -> Iterator[OpenSpan]:
    start, end = max(span[0], first), min(span[1], last)
    if start < end:
        yield start, end


def _clock_changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[ClockChange]:
    step = timedelta(hours=6) if last - first <= timedelta(days=14) else _DAY
    before, offset = first, _offset(first, zone)
    while before < last:
        after = min(before + step, last)
        offset_after = _offset(after, zone)
        if offset_after != offset:
            yield _change_between(zone, before, after)
        before, offset = after, offset_after


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> ClockChange:
    """The change, to the minute: no zone has changed its clocks within one for a century."""
    old, new = _offset(before, zone), _offset(after, zone)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= before:
            break
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return ClockChange(after.astimezone(UTC), old, new)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()
