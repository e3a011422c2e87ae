"""One row of the table beside `decide.py`, and the words that its rows share."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builders import (
    NO_SUNDAY,
    NOW,
    SETTINGS,
    at,
    blueprint,
    problem,
    run,
    spec,
    window,
)

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import OutboundCampaignStatus, RunKey, RunStatus, UnknownSchedule, WaitingResolution
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.planning.plan import plan_hash

NY, LONDON = "America/New_York", "Europe/London"
PLANNED, INTENT, UNCERTAIN = WindowState.PLANNED, WindowState.INTENT, WindowState.UNCERTAIN
CANCELLING, CANCELLED = WindowState.CANCELLING, WindowState.CANCELLED
SUBMITTED, HELD, REJECTED, MISSED = WindowState.SUBMITTED, WindowState.HELD, WindowState.REJECTED, WindowState.MISSED
SKIPPED = WindowState.SKIPPED
FIRST, SECOND = RunKey("20261124T0900", "1"), RunKey("20261125T0900", "1")
ATTEMPT = ("20261124T0900", "1", NY, 1)
MARK = "20261124T0900 sales/spring-renewals 8f14e45f"
INVALID = problem(Reason.INVALID_SPEC)
NO_SECRET = problem(Reason.SECRET_NOT_FOUND)
SUSPENDED = spec(suspend=True)
OTHER_CRON = spec(cron="30 10 * * *")
FROM_ONE_O_CLOCK: dict[str, Any] = {
    "cron": "0 11 * * *",
    "contacts": [{"id": "c1", "timeZone": LONDON}],
    "callingHours": {"start": "13:00"},
}
NEVER_OPEN = spec(callingHours=NO_SUNDAY)
OPEN: dict[str, Any] = {"start": -60, "end": 7200}
OVER: dict[str, Any] = {"start": -10000, "end": -4000}


@dataclass(frozen=True)
class Case:
    """`then` is the action, or its type where only that matters; `check` the next check in seconds from NOW.

    `unmarked`: the campaign lacks the mark that the rules would have left.
    """

    name: str
    status: OutboundCampaignStatus
    then: Any
    spec: OutboundCampaignSpec = field(default_factory=spec)
    seen: dict[str, Any] = field(default_factory=dict)
    check: float | None = None
    deleting: bool = False
    finalizer: bool | None = None
    resolve: str | None = None
    unmarked: bool = False
    settings: Settings = SETTINGS


def run_as_planned(of: OutboundCampaignSpec, now: datetime = NOW) -> RunStatus:
    """The run that the spec makes at that time, all of it submitted."""
    plan = blueprint(of).plan(now, SETTINGS.lead_seconds)
    windows = tuple(
        window(SUBMITTED, time_zone=w.time_zone).model_copy(update={"start_time": w.start, "end_time": w.end})
        for w in plan.windows
    )
    hashes = {"plan_hash": plan_hash(plan.windows), "spec_hash": blueprint(of).spec_hash}
    return run(*windows, id=plan.run_id, planned_time=now, match_time=plan.match_time, **hashes)


def handled(of: OutboundCampaignStatus, annotation: str) -> OutboundCampaignStatus:
    """The status after that annotation was acted upon."""
    return of.model_copy(update={"last_handled_resolve": annotation})


def trusted(of: OutboundCampaignStatus, since: datetime) -> OutboundCampaignStatus:
    """The status with a listing that can be trusted from then on."""
    return of.model_copy(update={"listing_trusted_from": since})


def waiting(of: OutboundCampaignStatus, **changes: Any) -> OutboundCampaignStatus:
    """The status with an entry of the annotation that waits for the listing."""
    entry = WaitingResolution(
        run_id=FIRST.id, planned_from=FIRST.planned_from, time_zone=NY, attempt=1, verdict="s-9", **changes
    )
    return of.model_copy(update={"waiting_resolutions": (entry,)})


def unknown(of: OutboundCampaignStatus, time_zone: str, end: float = 18000) -> OutboundCampaignStatus:
    """The status with a schedule of that zone that no window holds."""
    schedule = UnknownSchedule(schedule_id="s-7", time_zone=time_zone, start_time=at(-60), end_time=at(end))
    return of.model_copy(update={"unknown_schedules": (schedule,)})


NEXT = run(window(start=86400, end=90000), id="20261125T0900")
