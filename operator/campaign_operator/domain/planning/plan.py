"""What one run of a campaign will call when: its nominal time, and one window per zone.

Owns the rule by which a run finds its nominal time, the order and the identity of a plan, and the count of
contacts by zone. Pure: `now` is given, and nothing here depends on the zone of the machine. Must not know how
a window is sent or what has become of it.

cron is evaluated once per run, however many zones there are; 400 zones cost no more evaluations than one.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import ConcurrencyPolicy, MatchSkipReason, StartMode
from campaign_operator.domain.errors import Findings, SpecError
from campaign_operator.domain.planning.clock_changes import ClockChanges
from campaign_operator.domain.planning.cron_matches import dates_of_matches
from campaign_operator.domain.planning.match_search import Bounds, FoundMatch, PassedOver, match_search
from campaign_operator.domain.planning.plan_inputs import PlanInputs
from campaign_operator.domain.planning.timetable import Timetable
from campaign_operator.domain.planning.windows import Window, place
from campaign_operator.domain.planning.zones import ZONE_NAMES, UnknownTimeZoneError, load_zone, unknown_zone_message
from campaign_operator.domain.steps import take_all

_DAYS_WITH_HOLIDAYS = 31

_RUN_ID = "%Y%m%dT%H%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWindow(Window):
    """The window of one zone inside the calling hours, or skipped, and how many contacts are in that zone."""

    time_zone: str
    contacts: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What earlier runs leave no room for. All instants are aware, in UTC.

    `ends`: by zone, no window begins before it, after any deferral. `match`: the latest match that is used up, by its
    earliest placed instant; none at or before it is taken again. `last_end`: the last end of any run, heeded with
    concurrencyPolicy Forbid. `full_until`: until then there was no room for one more run, None where there always was.
    """

    ends: Mapping[str, datetime] = field(default_factory=dict)
    match: datetime | None = None
    last_end: datetime | None = None
    full_until: datetime | None = None

    def with_run(self, plan: "RunPlan") -> "Taken":
        """The same with what this run takes when all of it is submitted."""
        ends = {window.time_zone: window.end for window in plan.windows if not window.is_skipped}
        return Taken(
            ends={**self.ends, **{zone: max(end, self.ends.get(zone, end)) for zone, end in ends.items()}},
            match=plan.match_time if self.match is None else max(self.match, plan.match_time),
            last_end=max([*ends.values(), *([self.last_end] if self.last_end is not None else [])]),
        )


NOTHING_TAKEN = Taken()


@dataclass(frozen=True, slots=True)
class SkippedMatches:
    """Matches that were passed over for one reason."""

    reason: MatchSkipReason
    """Why."""

    count: int
    """How many matches."""

    first: datetime
    """The nominal time of the first."""

    last: datetime
    """The nominal time of the last."""

    time_zones: tuple[str, ...]
    """The zones that cause it."""

    contacts: int
    """The number of contacts in these zones."""

    holidays: tuple[str, ...] = ()
    """The public holidays among the dates, where no zone is open."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run before any of it is sent."""

    run_id: str
    """The nominal time to the minute, such as `20261125T0900`."""

    nominal_time: datetime
    """The match of `cron`, floating."""

    match_time: datetime
    """The earliest time at which a zone of the run reaches the match, called or skipped, before any calling hours."""

    windows: tuple[PlannedWindow, ...]
    """Ordered by start, then by name of the zone."""

    contacts: int
    """The sum over the windows."""

    skipped_matches: tuple[SkippedMatches, ...] = ()
    """What was passed over for this match, each reason once."""


class Contact(Protocol):
    """One line of a contact list. The id is people's data: it is compared and never shown."""

    @property
    def id(self) -> str: ...

    @property
    def time_zone(self) -> str: ...


class HashedWindow(Protocol):
    """What of a window makes a plan another plan."""

    @property
    def time_zone(self) -> str: ...

    @property
    def contacts(self) -> int: ...

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...

    @property
    def is_skipped(self) -> bool: ...


def plan_run(inputs: PlanInputs, *, now: datetime, lead_seconds: float, taken: Taken = NOTHING_TAKEN) -> RunPlan:
    """The next run, as `plan_search` finds it."""
    return take_all(plan_search(inputs, now=now, lead_seconds=lead_seconds, taken=taken))


def plan_search(
    inputs: PlanInputs, *, now: datetime, lead_seconds: float, taken: Taken = NOTHING_TAKEN
) -> Generator[None, None, RunPlan]:
    """The next run: the first match that may be taken, and its windows inside the calling hours of their zones. Gives
    control back before it takes long; see `match_search`.

    ContactLocal places the match in each zone, and the window of a zone starts on the date of the match or is skipped.
    SameInstant places it in the zone of `cron`, which gives all zones the same start. Zones that are called must be at
    least `lead_seconds` ahead; with `past_zones` Skip those that are not are skipped. What earlier runs have `taken` is
    kept to. Raises `SpecError` for an unknown `time_zone`, where `cron` has no match left, and where none calls anybody
    within 366 days.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    forbids = inputs.concurrency_policy is ConcurrencyPolicy.FORBID
    lead = timedelta(seconds=lead_seconds)
    bounds = Bounds(
        earliest=now.astimezone(UTC) + lead,
        past_zones=inputs.past_zones,
        ends=taken.ends,
        used_up=taken.match,
        run_end=taken.last_end if forbids else None,
        room_from=taken.full_until + lead if taken.full_until is not None else None,
    )
    found = yield from match_search(inputs.schedule, _timetable(inputs), bounds)
    return RunPlan(
        run_id=found.nominal_time.strftime(_RUN_ID),
        nominal_time=found.nominal_time,
        match_time=found.match_time,
        windows=_planned(found.windows, inputs.contacts_by_zone),
        contacts=sum(inputs.contacts_by_zone.values()),
        skipped_matches=tuple(_skipped_matches(found, inputs)),
    )


def placed_windows(inputs: PlanInputs, nominal_time: datetime) -> tuple[PlannedWindow, ...]:
    """The windows of the run with this nominal time, ordered by start and name of the zone.

    Looks at no clock: a start may be past. Raises `SpecError` where a zone that is to be called on whatever date does
    not open within 366 days.
    """
    return _planned(_timetable(inputs).windows(nominal_time), inputs.contacts_by_zone)


def first_match(inputs: PlanInputs, nominal_time: datetime) -> datetime:
    """The instant at which the first zone reaches the match with this nominal time, before any calling hours."""
    return min(placed.instant for placed in _timetable(inputs).placed(nominal_time).values())


def nominal_time_of(run_id: str) -> datetime | None:
    """The nominal time that a run is named by, floating; None where the id was altered by hand and names none."""
    try:
        return datetime.strptime(run_id, _RUN_ID)  # noqa: DTZ007 - floating
    except ValueError:
        return None


def plan_hash(windows: Iterable[HashedWindow]) -> str:
    """16 hexadecimal digits over a plan's windows, in whatever order they come.

    The beginning of the SHA-256 of one line per window, sorted by zone: zone, contacts, start and end, with a
    blank between them and a line feed after each, the times in UTC to the second
    (`Europe/London 25 2026-11-25T09:00:00Z 2026-11-25T13:00:00Z`), or `Skipped` in their place.
    """
    lines = sorted(f"{window.time_zone} {window.contacts} {_times(window)}\n" for window in windows)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def count_contacts(contacts: Iterable[Contact], field: str = "spec.contacts") -> dict[str, int]:
    """How many contacts each zone has, in the order in which zones first appear.

    `field` is where the list stands in the spec. Raises `SpecErrors` with every unknown zone and every id
    that is there twice (told by their places, never by the id), and `SpecError` for an empty list.
    """
    counts: Counter[str] = Counter()
    place_of_id: dict[str, int] = {}
    findings = Findings()
    for index, contact in enumerate(contacts):
        earlier = place_of_id.setdefault(contact.id, index)
        if earlier != index:
            findings.add(f"{field}[{index}].id", partial(_same_id_message, f"{field}[{earlier}].id"))
        if contact.time_zone not in ZONE_NAMES:
            findings.add(f"{field}[{index}].timeZone", partial(unknown_zone_message, contact.time_zone))
        counts[contact.time_zone] += 1
    findings.raise_if_any()
    if not counts:
        raise SpecError(field, "must have at least 1 contact")
    return dict(counts)


def _same_id_message(earlier: str) -> str:
    return f"Duplicate value: {earlier} has the same id; give each contact its own id, or remove one of them"


def _timetable(inputs: PlanInputs) -> Timetable:
    return Timetable(
        start_mode=inputs.start_mode,
        cron_zone=_zone_of_cron(inputs.time_zone),
        window_seconds=inputs.window_seconds,
        calling_hours=inputs.calling_hours,
        zones=tuple(inputs.contacts_by_zone),
        by_rules=inputs.calling_hours.by_rules(inputs.contacts_by_zone),
        changes=ClockChanges(inputs.contacts_by_zone),
    )


def _planned(windows: Mapping[str, Window], contacts_by_zone: Mapping[str, int]) -> tuple[PlannedWindow, ...]:
    planned = (
        PlannedWindow(
            time_zone=name,
            contacts=contacts_by_zone[name],
            start=window.start,
            end=window.end,
            adjustments=window.adjustments,
        )
        for name, window in windows.items()
    )
    return tuple(sorted(planned, key=lambda window: (window.start, window.time_zone)))


def _skipped_matches(found: FoundMatch, inputs: PlanInputs) -> Iterator[SkippedMatches]:
    for each in found.passed_over:
        yield SkippedMatches(
            reason=each.reason,
            count=each.count,
            first=each.first,
            last=each.last,
            time_zones=tuple(sorted(each.zones)),
            contacts=sum(inputs.contacts_by_zone[zone] for zone in each.zones),
            holidays=tuple(dict.fromkeys(_holidays(each, inputs))),
        )


def _holidays(passed_over: PassedOver, inputs: PlanInputs) -> Iterator[str]:
    """The holidays of a month at most, by the dates of the matches on the clocks of one zone for each set of rules."""
    if passed_over.reason is not MatchSkipReason.NOTHING_OPEN:
        return
    days = min((passed_over.last.date() - passed_over.first.date()).days, _DAYS_WITH_HOLIDAYS)
    dates = list(dates_of_matches(inputs.schedule, passed_over.first.date(), days))
    is_local = inputs.start_mode is StartMode.CONTACT_LOCAL
    for rules, (zone, *_) in inputs.calling_hours.by_rules(sorted(inputs.contacts_by_zone)):
        clock = load_zone(zone)
        for day in dates if is_local else (_shown_there(day, passed_over.first, inputs, clock) for day in dates):
            yield from (f"{name} in {calendar}" for name, calendar in rules.holidays_on(day))


def _shown_there(day: date, match: datetime, inputs: PlanInputs, clock: ZoneInfo) -> date:
    """The date on another clock at the time of the match."""
    instant = place(datetime.combine(day, match.time()), _zone_of_cron(inputs.time_zone)).instant
    return instant.astimezone(clock).date()


def _zone_of_cron(name: str) -> ZoneInfo:
    try:
        return load_zone(name)
    except UnknownTimeZoneError as error:
        raise SpecError("spec.timeZone", str(error)) from error


def _times(window: HashedWindow) -> str:
    return "Skipped" if window.is_skipped else f"{_utc_text(window.start)} {_utc_text(window.end)}"


def _utc_text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
