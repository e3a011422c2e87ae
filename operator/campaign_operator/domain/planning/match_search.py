"""Which match of `cron` the next run takes, and which it passes over.

Owns the search. A match is looked at by its nominal time; what holds it up is a *barrier*: an instant for each zone
before which no window of that zone may begin. Where a barrier holds a match up, the search goes on from the first
nominal time at which the zone in question may let one pass, so a cron of every minute costs no more than one of every
day. Knows neither contacts nor what becomes of a run.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from heapq import heapify, heappop, heapreplace

from campaign_operator.api.vocabulary import Adjustment, MatchSkipReason, Outside, PastZones, StartMode
from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.calling_hours import DAYS_AHEAD, hours_error, next_opening
from campaign_operator.domain.planning.cron import CronSchedule
from campaign_operator.domain.planning.cron_matches import dates_of_matches, matches_between, next_match
from campaign_operator.domain.planning.shared_clocks import zones_by_clock
from campaign_operator.domain.planning.timetable import Timetable
from campaign_operator.domain.planning.windows import Window, first_local_placed_from, place, skipped, window_from
from campaign_operator.domain.planning.zones import load_zone

_MINUTE = timedelta(minutes=1)
_MOMENT = timedelta(microseconds=1)
_YEAR = timedelta(days=DAYS_AHEAD)

_SHORT_EFFORT, _EFFORT_OF_A_MATCH, _EFFORT_OF_A_NEW_ZONE = 300, 10, 4
"""In looks at a zone, of which a millisecond has about fifty. To look at a match takes as long as ten of them, and that
of each zone; a zone that was not looked at lately is read from a file.
"""

_MOST_OPENINGS = 25_000
"""A year of one opening a day on each of the 63 clocks that there are. With more, it is less than a year that is looked
at: it takes a second of the one core, even beside the event loop.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """From when on a match may be taken; all times in UTC."""

    earliest: datetime
    """A match before it is past."""

    past_zones: PastZones
    """What becomes of zones that are past a match."""

    ends: Mapping[str, datetime]
    """By zone, the time before which no window may start."""

    used_up: datetime | None
    """No match is taken whose earliest placed time is not after it."""

    run_end: datetime | None
    """The time before which no window may start in any zone; None if runs may overlap."""

    room_from: datetime | None = None
    """A match before it could not be taken in time, for lack of room; None if there was always room."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Matches that were passed over for one reason, from the first to the last nominal time, and the zones at fault."""

    reason: MatchSkipReason
    count: int
    first: datetime
    last: datetime
    zones: frozenset[str]


@dataclass(frozen=True, slots=True)
class FoundMatch:
    """The match that is taken and the earliest instant of it, the window of each zone, and what was passed over for it,
    each reason once.
    """

    nominal_time: datetime
    match_time: datetime
    windows: Mapping[str, Window]
    passed_over: tuple[PassedOver, ...]


def match_search(schedule: CronSchedule, timetable: Timetable, bounds: Bounds) -> Generator[None, None, FoundMatch]:
    """The search for the first match that may be taken. Gives control back when it turns out to be long: until then it
    took some milliseconds, and what follows may take a second. Raises SpecError where there is none within 366 days
    that calls anybody.
    """
    effort = _EFFORT_OF_A_NEW_ZONE * len(timetable.zones)
    if effort > _SHORT_EFFORT:
        yield
    search = _Search(schedule, timetable, bounds)
    nominal_time = search.first_candidate()
    passed_over = {found.reason: found for found in search.lost_for_room(nominal_time)}
    closed_since: datetime | None = None
    while True:
        if effort > _SHORT_EFFORT:
            yield
            effort = 0
        effort += _EFFORT_OF_A_MATCH + len(timetable.zones)
        held_up = search.held_up(nominal_time)
        if held_up is None:
            windows = search.windows(nominal_time)
            if windows:
                return FoundMatch(nominal_time, search.match_time(nominal_time), windows, tuple(passed_over.values()))
            closed_since = closed_since or nominal_time
            held_up = yield from search.closed(nominal_time, closed_since)
        else:
            closed_since = None
        following = next_match(schedule, held_up.until)
        if closed_since is not None and following - closed_since > _YEAR:
            raise never_open(schedule, timetable, closed_since)
        count, last = matches_between(schedule, nominal_time, following)
        found = PassedOver(search.cause(held_up.reason, nominal_time), count, nominal_time, last, held_up.zones)
        passed_over[found.reason] = _joined(passed_over.get(found.reason), found)
        nominal_time = following


@dataclass(frozen=True, slots=True)
class _HeldUp:
    """Why a match is passed over, because of which zones, and the nominal time before which no other can be taken."""

    reason: MatchSkipReason
    zones: frozenset[str]
    until: datetime


class _Barrier:
    """An instant for each zone before which no window may begin, or no match may lie (`of_matches`).

    `ahead_from`: by zone, matches before it are past; a zone that is left out for that is not held up.
    """

    def __init__(
        self,
        reason: MatchSkipReason,
        timetable: Timetable,
        instants: Mapping[str, datetime],
        ahead_from: Mapping[str, datetime],
        *,
        of_matches: bool = False,
    ) -> None:
        self._reason = reason
        self._timetable = timetable
        self._instants = instants
        self._ahead_from = ahead_from
        self._of_matches = of_matches
        free_from = ahead_from if of_matches else timetable.nominals_from(instants)
        # no match at or after it is held up in that zone; the zone that may hold up the most comes first
        self._free_from = sorted(((free, zone) for zone, free in free_from.items()), reverse=True)

    def held_up(self, nominal_time: datetime) -> _HeldUp | None:
        """What the barrier says to a match; None where it lets it pass."""
        zones = list(self._zones(nominal_time))
        if not zones:
            return None
        until = self._timetable.called_until(zones[0], nominal_time, self._instants[zones[0]])
        return _HeldUp(self._reason, frozenset(zones), until)

    def _zones(self, nominal_time: datetime) -> Iterator[str]:
        for free_from, zone in self._free_from:
            if free_from <= nominal_time:
                return
            if self._timetable.calls(zone, nominal_time) and self._is_too_early(zone, nominal_time):
                yield zone

    def _is_too_early(self, zone: str, nominal_time: datetime) -> bool:
        if self._of_matches:
            return True
        is_ahead = nominal_time >= self._ahead_from[zone]
        return is_ahead and self._timetable.window(zone, nominal_time).start < self._instants[zone]


class _Search:
    """The questions of the search, by the barriers that there are."""

    def __init__(self, schedule: CronSchedule, timetable: Timetable, bounds: Bounds) -> None:
        self._schedule = schedule
        self._timetable = timetable
        self._bounds = bounds
        self._earliest = dict.fromkeys(timetable.zones, bounds.earliest)
        self._ahead_from = timetable.nominals_from(self._earliest)
        self._barriers = tuple(self._make_barriers())
        self._roomless_until = self._find_roomless_until()

    def _make_barriers(self) -> Iterator[_Barrier]:
        def barrier(reason: MatchSkipReason, instants: Mapping[str, datetime], *, of_matches: bool = False) -> _Barrier:
            return _Barrier(reason, self._timetable, instants, self._ahead_from, of_matches=of_matches)

        bounds = self._bounds
        if bounds.past_zones is PastZones.WAIT:
            yield barrier(MatchSkipReason.START_PASSED, self._earliest, of_matches=True)
        # an end that is past holds up nothing
        ends = {zone: end for zone, end in bounds.ends.items() if end > bounds.earliest and zone in self._earliest}
        yield barrier(MatchSkipReason.WINDOW_OPEN, ends)
        if bounds.run_end is not None and bounds.run_end > bounds.earliest:
            yield barrier(MatchSkipReason.CONCURRENCY_POLICY, dict.fromkeys(self._earliest, bounds.run_end))

    def _find_roomless_until(self) -> datetime | None:
        """The nominal time before which a match came too early for the room that there was."""
        if self._bounds.room_from is None:
            return None
        nominals = self._timetable.nominals_from(dict.fromkeys(self._timetable.zones, self._bounds.room_from)).values()
        return max(nominals) if self._bounds.past_zones is PastZones.WAIT else min(nominals)

    def first_candidate(self) -> datetime:
        """The first match that is ahead in some zone and not used up."""
        first = min(self._ahead_from.values())
        unused = self._first_unused()
        return next_match(self._schedule, first if unused is None else max(first, unused))

    def _first_unused(self) -> datetime | None:
        if self._bounds.used_up is None:
            return None
        unused = dict.fromkeys(self._timetable.zones, self._bounds.used_up + _MOMENT)
        return max(self._timetable.nominals_from(unused).values())

    def lost_for_room(self, candidate: datetime) -> Iterator[PassedOver]:
        """The matches before the first candidate that are past in every zone, and came while there was no room.

        Those that came while there was room passed by while the campaign was suspended or no operator ran.
        """
        if self._roomless_until is None:
            return
        unused = self._first_unused()
        if unused is None:
            return
        first, end = next_match(self._schedule, unused), min(candidate, self._roomless_until)
        if first < end:
            count, last = matches_between(self._schedule, first, end)
            yield PassedOver(MatchSkipReason.NO_ROOM, count, first, last, frozenset(self._timetable.zones))

    def cause(self, reason: MatchSkipReason, nominal_time: datetime) -> MatchSkipReason:
        """Why a match is past where the reason says that it is: it may have waited for room."""
        waited = self._roomless_until is not None and nominal_time < self._roomless_until
        return MatchSkipReason.NO_ROOM if waited and reason is MatchSkipReason.START_PASSED else reason

    def match_time(self, nominal_time: datetime) -> datetime:
        """The earliest instant at which a zone reaches the match."""
        return min(placed.instant for placed in self._timetable.placed(nominal_time).values())

    def held_up(self, nominal_time: datetime) -> _HeldUp | None:
        """What the first barrier that holds the match up says; None where all let it pass."""
        if self._timetable.calls_nobody(nominal_time):
            return None
        said = (barrier.held_up(nominal_time) for barrier in self._barriers)
        return next((each for each in said if each is not None), None)

    def windows(self, nominal_time: datetime) -> dict[str, Window]:
        """The window of each zone, those that are past the match skipped; empty where nobody is called."""
        perhaps = self._timetable.not_skipped_by_calendar(nominal_time)
        if not any(self._timetable.calls(zone, nominal_time) for zone in perhaps):
            return {}
        windows = self._with_past_zones(nominal_time, self._timetable.windows(nominal_time))
        return windows if any(not window.is_skipped for window in windows.values()) else {}

    def _with_past_zones(self, nominal_time: datetime, windows: dict[str, Window]) -> dict[str, Window]:
        if self._bounds.past_zones is PastZones.WAIT:
            return windows
        placed = self._timetable.placed(nominal_time)
        return {
            zone: window
            if window.is_skipped or nominal_time >= self._ahead_from[zone]
            else skipped(window_from(placed[zone], self._timetable.window_seconds), Adjustment.START_PASSED)
            for zone, window in windows.items()
        }

    def closed(self, nominal_time: datetime, since: datetime) -> Generator[None, None, _HeldUp]:
        """That no zone is called at the match, and when one may be again. Raises SpecError where none ever is."""
        timetable = self._timetable
        if timetable.start_mode is StartMode.SAME_INSTANT:
            yield
            found = self._next_inside(nominal_time)
        else:
            perhaps = timetable.not_skipped_by_calendar(nominal_time)
            openings = (
                timetable.next_open_date(nominal_time),
                *(timetable.next_open(z, nominal_time) for z in perhaps),
            )
            found = min((moment for moment in openings if moment is not None), default=None)
        if found is None:
            raise never_open(self._schedule, timetable, since)
        until = max(found, nominal_time + _MINUTE)
        return _HeldUp(MatchSkipReason.NOTHING_OPEN, frozenset(timetable.zones), until)

    def _next_inside(self, nominal_time: datetime) -> datetime | None:
        """SameInstant with Skip: the first match inside an opening of some zone; None for a year.

        From opening to opening and not from match to match, since openings may be short and matches many.
        """
        timetable, hours = self._timetable, self._timetable.calling_hours
        clock = timetable.cron_zone
        match_from = cache(lambda instant: next_match(self._schedule, first_local_placed_from(instant, clock)))
        instant = place(nominal_time, clock).instant
        openings = [
            (opening.start, opening.end, zone)
            for _, alike in timetable.by_rules
            for zone in zones_by_clock(alike, instant, DAYS_AHEAD)
            if (opening := next_opening(hours, load_zone(zone), instant)) is not None
        ]
        heapify(openings)
        for _ in range(_MOST_OPENINGS):
            if not openings or openings[0][0] - instant > _YEAR:
                return None
            start, end, zone = openings[0]
            match: datetime = match_from(start)
            if place(match, clock).instant < end:
                return match
            following = next_opening(hours, load_zone(zone), end)
            if following is None:
                heappop(openings)
            else:
                heapreplace(openings, (following.start, following.end, zone))
        raise never_open(self._schedule, timetable, nominal_time, (openings[0][0] - instant).days)


def _joined(earlier: PassedOver | None, later: PassedOver) -> PassedOver:
    if earlier is None:
        return later
    return PassedOver(later.reason, earlier.count + later.count, earlier.first, later.last, earlier.zones | later.zones)


def never_open(
    schedule: CronSchedule, timetable: Timetable, first: datetime, days_ahead: int = DAYS_AHEAD
) -> SpecError:
    """The rule by which no match of so many days from `first` on calls anybody."""
    matches = f"from {first.date()} to {days_ahead} days later"
    hours = timetable.calling_hours
    (rules, _), *others = timetable.by_rules
    if others:
        return hours_error(
            hours,
            "",
            f"no match of cron {matches} is inside the calling hours of any time zone; let cron match within these "
            "hours, or extend them",
        )
    if not rules.open_days:
        return hours_error(hours, "", "no time of the week is open; extend the hours")
    days = ", ".join(rules.open_days)
    dates = [day for day in dates_of_matches(schedule, first.date(), days_ahead) if rules.week[day.weekday()]]
    if not dates:
        return hours_error(
            hours,
            "days",
            f"no match of cron {matches} falls on {days}; add the days on which cron matches, or change cron",
        )
    if all(rules.is_closed_date(day) for day in dates):
        return hours_error(
            hours,
            "excludeDates",
            (
                f"every match of cron {matches} that falls on {days} is on {rules.closed_text}; remove a date, add "
                "days, or change cron"
            ),
        )
    rule = "outside is Skip" if hours.outside is Outside.SKIP else "a start is only deferred within its date"
    return hours_error(
        hours,
        "",
        (
            f"every match of cron {matches} on an open date is outside {rules.text}, and {rule}; let cron match "
            "within these hours, or extend them"
        ),
    )
