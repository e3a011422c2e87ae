"""What one run of a campaign will call when: its nominal time, and one window per zone.

Owns the rule by which a run finds its nominal time, the order and the identity of a plan, and the count of
contacts by zone. Pure: `now` is given, and nothing here depends on the zone of the machine. Must not know how
a window is sent or what has become of it.

cron is evaluated once per run, however many zones there are; 400 zones cost no more evaluations than one.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import StartMode
from campaign_operator.domain.calling_hours import CallingHours, fitted
from campaign_operator.domain.cron import CronSchedule, next_match
from campaign_operator.domain.errors import Findings, SpecError
from campaign_operator.domain.windows import (
    Placed,
    Window,
    first_local_placed_from,
    place,
    window_from,
)
from campaign_operator.domain.zones import (
    ZONE_NAMES,
    UnknownTimeZoneError,
    load_zone,
    unknown_zone_message,
)

_RUN_ID = "%Y%m%dT%H%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWindow(Window):
    """The window of one zone inside the calling hours, or skipped, and how many contacts are in that zone."""

    time_zone: str
    contacts: int


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run before any of it is sent.

    `nominal_time` is the match of `cron`, floating; `run_id` is the same to the minute (`20261125T0900`).
    `windows` are ordered by start, then by name of the zone. `contacts` is the sum over the windows.
    """

    run_id: str
    nominal_time: datetime
    windows: tuple[PlannedWindow, ...]
    contacts: int
    match_time: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What earlier runs leave no room for. All instants are aware, in UTC."""

    ends: Mapping[str, datetime] = field(default_factory=dict)
    match: datetime | None = None
    last_end: datetime | None = None


NOTHING_TAKEN = Taken()


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


def plan_run(
    schedule: CronSchedule,
    *,
    start_mode: StartMode,
    time_zone: str,
    window_seconds: int,
    calling_hours: CallingHours,
    contacts_by_zone: Mapping[str, int],
    now: datetime,
    lead_seconds: float,
    taken: Taken = NOTHING_TAKEN,
) -> RunPlan:
    """The next run: the first match that can be placed in time in every zone of the run, and its windows.

    In time is at least `lead_seconds` after `now` and, after another run, not before the end of the zone's
    window in that run (`taken`). ContactLocal places the match in each zone; SameInstant
    places it in `time_zone` (of no account in ContactLocal), which gives all zones the same start. The match is
    chosen without regard to `calling_hours`; then each window is fitted into those of its own zone.
    `contacts_by_zone` has at least one zone, and names `count_contacts` has accepted. Raises `SpecError` for
    an unknown `time_zone`, where `cron` has no match left, and where a zone does not open within 366 days.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    earliest = now.astimezone(UTC) + timedelta(seconds=lead_seconds)
    if taken.match is not None:
        earliest = max(earliest, taken.match + timedelta(seconds=1))
    ends = taken.ends
    earliest_starts = {name: max(earliest, ends.get(name, earliest)) for name in contacts_by_zone}
    if start_mode is StartMode.SAME_INSTANT:
        search_from = first_local_placed_from(max(earliest_starts.values()), _zone_of_cron(time_zone))
    else:
        search_from = max(first_local_placed_from(start, load_zone(name)) for name, start in earliest_starts.items())
    nominal_time = next_match(schedule, search_from)
    return RunPlan(
        run_id=nominal_time.strftime(_RUN_ID),
        nominal_time=nominal_time,
        windows=placed_windows(
            nominal_time,
            start_mode=start_mode,
            time_zone=time_zone,
            window_seconds=window_seconds,
            calling_hours=calling_hours,
            contacts_by_zone=contacts_by_zone,
        ),
        contacts=sum(contacts_by_zone.values()),
        match_time=min(
            each.instant
            for each in placed_matches(
                nominal_time, start_mode=start_mode, time_zone=time_zone, zones=contacts_by_zone
            ).values()
        ),
    )


def placed_windows(
    nominal_time: datetime,
    *,
    start_mode: StartMode,
    time_zone: str,
    window_seconds: int,
    calling_hours: CallingHours,
    contacts_by_zone: Mapping[str, int],
) -> tuple[PlannedWindow, ...]:
    """The windows of the run with this nominal time, ordered by start and name of the zone.

    Looks at no clock: a start may be past. The parameters are those of `plan_run`. Raises `SpecError` where a zone does
    not open within 366 days.
    """
    placed = placed_matches(nominal_time, start_mode=start_mode, time_zone=time_zone, zones=contacts_by_zone)
    windows = (
        _planned(name, contacts, fitted(window_from(placed[name], window_seconds), calling_hours, load_zone(name)))
        for name, contacts in contacts_by_zone.items()
    )
    return tuple(sorted(windows, key=lambda window: (window.start, window.time_zone)))


def placed_matches(
    nominal_time: datetime, *, start_mode: StartMode, time_zone: str, zones: Iterable[str]
) -> dict[str, Placed]:
    """By zone, the instant of the match with this nominal time, before any calling hours. See `plan_run`."""
    if start_mode is StartMode.SAME_INSTANT:
        return dict.fromkeys(zones, place(nominal_time, _zone_of_cron(time_zone)))
    return {name: place(nominal_time, load_zone(name)) for name in zones}


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
        raise SpecError(field, "has no contacts; a campaign needs at least one")
    return dict(counts)


def _same_id_message(earlier: str) -> str:
    return f"is the same as {earlier}; give every contact an id of its own, or remove one of the two"


def _planned(name: str, contacts: int, window: Window) -> PlannedWindow:
    return PlannedWindow(
        time_zone=name, contacts=contacts, start=window.start, end=window.end, adjustments=window.adjustments
    )


def _zone_of_cron(name: str) -> ZoneInfo:
    try:
        return load_zone(name)
    except UnknownTimeZoneError as error:
        raise SpecError("spec.timeZone", str(error)) from error


def _times(window: HashedWindow) -> str:
    return "Skipped" if window.is_skipped else f"{_utc_text(window.start)} {_utc_text(window.end)}"


def _utc_text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
