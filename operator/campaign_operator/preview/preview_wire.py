"""The JSON that `preview -o json` prints, described by docs/preview.schema.json.

Owns its fields and how times are written in it. They are an interface: fields are added, and never renamed or taken
away.
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.vocabulary import MatchSkipReason
from campaign_operator.domain.planning.deciding_rules import DecidingRule
from campaign_operator.domain.planning.plan import SkippedMatches
from campaign_operator.domain.planning.zones import load_zone
from campaign_operator.preview.comparison import ChangeKind, WindowChange
from campaign_operator.preview.forecast import Forecast, ForecastRun, ForecastWindow
from campaign_operator.validation.wire_model import WireModel

_UTC_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
_LOCAL_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$"
_FLOATING_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"


class CampaignWire(WireModel):
    """Which campaign."""

    namespace: str = Field(description="metadata.namespace; default where it is not given.")
    name: str = Field(description="metadata.name.")


class RuleWire(WireModel):
    """One rule of the calling hours that makes a window differ from the match."""

    adjustment: str = Field(description="The adjustment that it makes. Example: ClippedAtClosing.")
    source: str = Field(
        description=(
            "Where the rule is: spec.callingHours or a field of it, or a policy. Example: the operator's policy."
        )
    )
    rule: str = Field(description="The rule, for people. Example: closes at 20:00 on Sat.")


class WindowWire(WireModel):
    """One time zone in one run. A Skipped window has no times."""

    time_zone: str = Field(description="Name of the time zone. Example: Europe/London.")
    contacts: int = Field(ge=1, description="Contacts in that zone.")
    start_time: str | None = Field(default=None, pattern=_UTC_PATTERN, description="When it opens, UTC.")
    end_time: str | None = Field(default=None, pattern=_UTC_PATTERN, description="When it is closed again, UTC.")
    local_start: str | None = Field(
        default=None, pattern=_LOCAL_PATTERN, description="startTime on the zone's clock, with its offset."
    )
    local_end: str | None = Field(
        default=None, pattern=_LOCAL_PATTERN, description="endTime on the zone's clock, with its offset."
    )
    state: str = Field(pattern="^(Planned|Skipped)$", description="Planned, or Skipped: left out of this run.")
    adjustments: tuple[str, ...] = Field(
        description="How it differs from the plain match of cron; empty if it does not."
    )
    holiday: str | None = Field(
        default=None, description="Name of the public holiday that defers or skips it. Example: Thanksgiving Day."
    )
    rules: tuple[RuleWire, ...] | None = Field(
        default=None, description="The rules of the calling hours that move, shorten or skip it, with their sources."
    )


class SkippedMatchesWire(WireModel):
    """Matches of cron that are skipped for one reason."""

    reason: MatchSkipReason = Field(
        description="StartPassed: some time zones are past it; WindowOpen: an earlier window of a time zone is not "
        "over; ConcurrencyPolicy: an earlier run is not over; NothingOpen: no time zone is open; NoRoom: too many "
        "windows are ahead."
    )
    count: int = Field(ge=1, description="How many matches.")
    first: str = Field(pattern=_FLOATING_PATTERN, description="Nominal time of the first of them.")
    last: str = Field(pattern=_FLOATING_PATTERN, description="Nominal time of the last of them.")
    time_zones: tuple[str, ...] = Field(description="The time zones that cause it.")
    contacts: int = Field(ge=0, description="Contacts in these time zones.")
    holidays: tuple[str, ...] | None = Field(
        default=None, description="Public holidays among the dates of NothingOpen. Example: Thanksgiving Day, US."
    )


class RunWire(WireModel):
    """One run; its windows by start and name of the zone."""

    id: str = Field(description="Nominal time, as status has it. Example: 20261125T0900.")
    nominal_time: str = Field(
        pattern=_FLOATING_PATTERN, description="The match of cron, without a zone. Example: 2026-11-25T09:00:00."
    )
    contacts: int = Field(ge=1, description="Contacts of the run.")
    plan_hash: str = Field(description="Hash over the windows, as status has it.")
    windows: tuple[WindowWire, ...] = Field(description="The windows, one per time zone.")
    skipped_matches: tuple[SkippedMatchesWire, ...] = Field(
        default=(), description="Matches of cron that are skipped before this run, each reason once."
    )


class ChangeWire(WireModel):
    """One window that an edit makes another one. Times are there where the window is."""

    run: int = Field(ge=1, description="Which run of the preview, counted from 1.")
    change: ChangeKind = Field(
        description="Added: the zone is called in this run, and was not; Dropped: it was, and is not any more; Moved: "
        "another start or end; Recounted: the same window for another number of contacts."
    )
    time_zone: str = Field(description="Name of the time zone.")
    old_run_id: str | None = Field(default=None, alias="oldRunID", description="id of that run before the edit.")
    run_id: str | None = Field(default=None, alias="runID", description="id of that run after the edit.")
    old_contacts: int | None = Field(default=None, description="Contacts before the edit.")
    contacts: int | None = Field(default=None, description="Contacts after the edit.")
    old_start_time: str | None = Field(default=None, pattern=_UTC_PATTERN, description="Start before the edit, UTC.")
    start_time: str | None = Field(default=None, pattern=_UTC_PATTERN, description="Start after the edit, UTC.")
    old_end_time: str | None = Field(default=None, pattern=_UTC_PATTERN, description="End before the edit, UTC.")
    end_time: str | None = Field(default=None, pattern=_UTC_PATTERN, description="End after the edit, UTC.")


class PreviewWire(WireModel):
    """What would be called when."""

    campaign: CampaignWire = Field(description="The campaign.")
    now: str = Field(pattern=_UTC_PATTERN, description="The time that the preview was made for, UTC.")
    runs: tuple[RunWire, ...] = Field(description="The next runs, in their order.")
    changes: tuple[ChangeWire, ...] | None = Field(
        default=None, description="With --against only: what an edit would change, by run, from east to west."
    )


def preview_json(of: Forecast, changes: Iterable[WindowChange] | None = None) -> str:
    """The forecast as JSON; what is not there is left out."""
    return PreviewWire(
        campaign=CampaignWire(namespace=of.ref.namespace, name=of.ref.name),
        now=to_rfc3339(of.now),
        runs=tuple(_run(run) for run in of.runs),
        changes=tuple(_change(change) for change in changes) if changes is not None else None,
    ).to_json()


def _run(run: ForecastRun) -> RunWire:
    return RunWire(
        id=run.id,
        nominal_time=_floating(run.nominal_time),
        contacts=run.contacts,
        plan_hash=run.plan_hash,
        windows=tuple(_window(window) for window in run.windows),
        skipped_matches=tuple(_skipped_matches(each) for each in run.skipped_matches),
    )


def _skipped_matches(each: SkippedMatches) -> SkippedMatchesWire:
    return SkippedMatchesWire(
        reason=each.reason,
        count=each.count,
        first=_floating(each.first),
        last=_floating(each.last),
        time_zones=each.time_zones,
        contacts=each.contacts,
        holidays=each.holidays or None,
    )


def _window(window: ForecastWindow) -> WindowWire:
    return WindowWire(
        time_zone=window.time_zone,
        contacts=window.contacts,
        start_time=_utc(window.start),
        end_time=_utc(window.end),
        local_start=_local(window.start, window.time_zone),
        local_end=_local(window.end, window.time_zone),
        state=window.state,
        adjustments=window.adjustments,
        holiday=window.holiday,
        rules=tuple(map(_rule, window.rules)) or None,
    )


def _rule(deciding: DecidingRule) -> RuleWire:
    return RuleWire(adjustment=deciding.adjustment, source=deciding.source, rule=deciding.rule)


def _change(change: WindowChange) -> ChangeWire:
    old, new = change.old, change.new
    return ChangeWire(
        run=change.number,
        change=change.kind,
        time_zone=change.time_zone,
        old_run_id=change.old_run_id,
        run_id=change.run_id,
        old_contacts=old.contacts if old is not None else None,
        contacts=new.contacts if new is not None else None,
        old_start_time=_utc(old.start) if old is not None else None,
        start_time=_utc(new.start) if new is not None else None,
        old_end_time=_utc(old.end) if old is not None else None,
        end_time=_utc(new.end) if new is not None else None,
    )


def _floating(nominal_time: datetime) -> str:
    return f"{nominal_time:%Y-%m-%dT%H:%M:%S}"


def _utc(instant: datetime | None) -> str | None:
    return to_rfc3339(instant) if instant is not None else None


def _local(instant: datetime | None, zone: str) -> str | None:
    return instant.astimezone(load_zone(zone)).isoformat(timespec="seconds") if instant is not None else None
