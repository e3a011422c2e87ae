"""The next runs of a campaign, as the operator would plan them.

Owns what a preview is made of. The planning itself is the operator's own: `Blueprint.plan`, and nothing beside it.
Knows neither files nor how a forecast is shown.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import Adjustment, StartMode, WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.calling_hours import openings_from
from campaign_operator.domain.planning.deciding_rules import DecidingRule
from campaign_operator.domain.planning.plan import PlannedWindow, RunPlan, SkippedMatches, Taken, plan_hash
from campaign_operator.domain.planning.windows import place
from campaign_operator.domain.planning.zones import load_zone

MAX_RUNS_SHOWN = 50

_MARGIN = timedelta(days=1)
_BY_CALLING_HOURS = frozenset(
    {Adjustment.CLOSED_DATE, Adjustment.OUTSIDE_CALLING_HOURS, Adjustment.DEFERRED_TO_OPENING}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastWindow:
    """One zone in one run; all times in UTC."""

    time_zone: str
    """The zone."""

    contacts: int
    """The number of contacts in the zone."""

    match: datetime
    """Where `cron` alone would put the start."""

    start: datetime | None
    """None if the window is Skipped."""

    end: datetime | None
    """Exclusive; None if the window is Skipped."""

    adjustments: tuple[str, ...] = ()
    """How the window differs from the match."""

    state: WindowState = WindowState.PLANNED
    """Planned or Skipped."""

    holiday: str | None = None
    """The name of the holiday that defers or skips the window."""

    rules: tuple[DecidingRule, ...] = ()
    """The rules of the calling hours that move, shorten or skip the window."""

    @property
    def utc_offset(self) -> timedelta:
        """The zone's offset at the start, or where the start would have been."""
        return (self.start or self.match).astimezone(load_zone(self.time_zone)).utcoffset() or timedelta()


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """One run of a forecast."""

    id: str
    """The nominal time to the minute."""

    nominal_time: datetime
    """The match of `cron`, floating."""

    contacts: int
    """The sum over the windows."""

    plan_hash: str
    """By which the plan is compared with that of the operator."""

    windows: tuple[ForecastWindow, ...]
    """In the order of the plan."""

    skipped_matches: tuple[SkippedMatches, ...] = ()
    """What is passed over before this run."""

    @property
    def windows_from_east(self) -> tuple[ForecastWindow, ...]:
        """By UTC offset at the start, those ahead of UTC first, then by name."""
        return tuple(sorted(self.windows, key=lambda w: (-w.utc_offset, w.time_zone)))


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next runs of a campaign, seen at `now`."""

    ref: CampaignRef
    now: datetime
    runs: tuple[ForecastRun, ...]


def forecast(ref: CampaignRef, blueprint: Blueprint, now: datetime, lead_seconds: float, count: int) -> Forecast:
    """The next `count` runs, or fewer where the calendar ends. Run k+1 is what Recurring would plan after run k.

    Raises InvalidSpecError where there is no run at all.
    """
    plans: list[RunPlan] = []
    taken = Taken()
    for _ in range(count):
        try:
            plan = blueprint.plan(now, lead_seconds, taken)
        except InvalidSpecError:
            if not plans:
                raise
            break
        plans.append(plan)
        taken = taken.with_run(plan)
    return Forecast(ref, now, tuple(forecast_run(plan, blueprint) for plan in plans))


def forecast_run(plan: RunPlan, blueprint: Blueprint) -> ForecastRun:
    """One plan as a forecast shows it."""
    return ForecastRun(
        id=plan.run_id,
        nominal_time=plan.nominal_time,
        contacts=plan.contacts,
        plan_hash=plan_hash(plan.windows),
        windows=tuple(_window(window, plan, blueprint) for window in plan.windows),
        skipped_matches=plan.skipped_matches,
    )


def _window(window: PlannedWindow, plan: RunPlan, blueprint: Blueprint) -> ForecastWindow:
    is_local = blueprint.inputs.start_mode is StartMode.CONTACT_LOCAL
    match = place(plan.nominal_time, load_zone(window.time_zone if is_local else blueprint.inputs.time_zone)).instant
    day = plan.nominal_time.date() if is_local else match.astimezone(load_zone(window.time_zone)).date()
    is_closed = not _BY_CALLING_HOURS.isdisjoint(window.adjustments)
    return ForecastWindow(
        time_zone=window.time_zone,
        contacts=window.contacts,
        match=match,
        start=None if window.is_skipped else window.start,
        end=None if window.is_skipped else window.end,
        adjustments=tuple(reason.value for reason in window.adjustments),
        state=WindowState.SKIPPED if window.is_skipped else WindowState.PLANNED,
        holiday=blueprint.inputs.calling_hours.of(window.time_zone).holiday_on(day) if is_closed else None,
        rules=blueprint.deciding_rules(window, plan.nominal_time),
    )


def open_hours(forecast: Forecast, blueprint: Blueprint) -> dict[str, list[tuple[datetime, datetime]]]:
    """By zone when it is open, from a day before the first match to a day after the last end, in UTC and ascending."""
    first, last = _around(forecast)
    return {
        name: [
            (opening.start, opening.end)
            for opening in takewhile(
                lambda opening: opening.start < last,
                openings_from(blueprint.inputs.calling_hours, load_zone(name), first),
            )
        ]
        for name in _zones(forecast)
    }


def holidays_of(forecast: Forecast, blueprint: Blueprint) -> dict[str, list[tuple[datetime, datetime, str]]]:
    """By zone that has public holidays, from when to when they last and their names; for the same time."""
    first, last = _around(forecast)
    until = min(last.toordinal() + 2, date.max.toordinal())
    dates = [date.fromordinal(ordinal) for ordinal in range(first.toordinal() - 1, until)]
    found: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for rules, zones in blueprint.inputs.calling_hours.by_rules(_zones(forecast)):
        named = [(day, name) for day in dates if (name := rules.holiday_on(day)) is not None]
        for zone in zones if named else ():
            clock = load_zone(zone)
            found[zone] = [(_midnight(day, clock), _midnight(day + _MARGIN, clock), name) for day, name in named]
    return found


def _around(forecast: Forecast) -> tuple[datetime, datetime]:
    windows = [window for run in forecast.runs for window in run.windows]
    return min(w.match for w in windows) - _MARGIN, max(w.end or w.match for w in windows) + _MARGIN


def _zones(forecast: Forecast) -> list[str]:
    return sorted({window.time_zone for run in forecast.runs for window in run.windows})


def _midnight(day: date, clock: ZoneInfo) -> datetime:
    return place(datetime.combine(day, time()), clock).instant
