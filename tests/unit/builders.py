"""Campaigns, runs and windows for tests, with every part that a test does not name filled in soundly.

The clock of these tests stands at NOW; times are given in seconds from it.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from campaign_operator.api.calling_hours_spec import CallingHoursSpec
from campaign_operator.api.status import (
    FinishedRun,
    Metrics,
    OutboundCampaignStatus,
    RunStatus,
    WebhookStatus,
    WindowStatus,
)
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import (
    ConcurrencyPolicy,
    PastZones,
    RunPolicy,
    RunState,
    WebhookState,
    WindowState,
)
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Settings
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.planning.blueprint import Blueprint, draw_blueprint
from campaign_operator.domain.planning.calling_hours import CallingHours, ClosedDates
from campaign_operator.domain.planning.plan_inputs import PlanInputs
from campaign_operator.domain.planning.read_inputs import ListedContacts, ReadInputs
from campaign_operator.domain.planning.written_hours import parse_calling_hours
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status import record

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
SETTINGS = Settings()
CONNECTION = Connection(
    client_id="client",
    client_secret="very-secret",
    token_url="https://na1.niceincontact.com/api/v2/oauth/token",
    api_base_url="https://na1.niceincontact.com",
    scope="analytics:read",
)


def plan_inputs(**parts: Any) -> PlanInputs:
    """What a plan is made from, with the policies of the resource unless others are given."""
    return PlanInputs(**{"past_zones": PastZones.WAIT, "concurrency_policy": ConcurrencyPolicy.ALLOW, **parts})


def hours(start: str = "08:00", end: str = "21:00", **more: Any) -> CallingHours:
    """Calling hours, by default those of the resource."""
    return parse_calling_hours(CallingHoursSpec.model_validate({"start": start, "end": end, **more}))


def excluding(dates: AbstractSet[date]) -> CallingHours:
    """The hours of the resource, without these dates."""
    default = hours()
    closed = ClosedDates(dates)
    return replace(default, everywhere=replace(default.everywhere, closed=(closed,)))


OPEN_ALWAYS = hours("00:00", "24:00")
NO_SUNDAY: dict[str, Any] = {
    "days": ["Sun"],
    "excludeDates": [str(NOW.date() + timedelta(days=6 + 7 * number)) for number in range(54)],
}
"""callingHours by which nobody can be called for more than a year."""


def at(seconds: float) -> datetime:
    """The instant so many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def spec(**changes: Any) -> OutboundCampaignSpec:
    """A spec of two contacts in two zones."""
    fields: dict[str, Any] = {
        "campaignID": "8f14e45f",
        "cron": "0 9 * * *",
        "connection": {"secretRef": {"name": "cxone"}},
        "contacts": [{"id": "c1", "timeZone": "America/New_York"}, {"id": "c2", "timeZone": "Europe/London"}],
    }
    return OutboundCampaignSpec.model_validate({**fields, **changes})


def window(
    state: WindowState = WindowState.PLANNED, start: float = 3600, end: float = 18000, **changes: Any
) -> WindowStatus:
    """One window, by default of New York and an hour ahead."""
    fields: dict[str, Any] = {"time_zone": "America/New_York", "contacts": 1}
    if state is WindowState.SUBMITTED or state is WindowState.CANCELLING:
        fields |= {"schedule_id": "s-1", "attempt": 1}
    elif state in (WindowState.INTENT, WindowState.UNCERTAIN, WindowState.HELD):
        fields |= {"attempt": 1}
    return WindowStatus(start_time=at(start), end_time=at(end), state=state, **{**fields, **changes})


def run(*windows: WindowStatus, **changes: Any) -> RunStatus:
    """A run of these windows, planned from `spec()`."""
    windows = windows or (window(),)
    fields: dict[str, Any] = {
        "id": "20261124T0900",
        "state": RunState.PLANNED,
        "planned_from": "1",
        "plan_hash": "p1",
        "spec_hash": blueprint().spec_hash,
        "connection_hash": CONNECTION.hash,
        "dialer_hash": CONNECTION.dialer_hash,
        "contacts": sum(w.contacts for w in windows),
        "window_count": len(windows),
    }
    return RunStatus(windows=windows, **{**fields, **changes})


def finished(state: RunState = RunState.COMPLETED, hook: WebhookStatus | None = None, **changes: Any) -> RunStatus:
    """A run whose end is on record."""
    ended = window(WindowState.SUBMITTED, start=-7200, end=-3600)
    return run(ended, state=state, finish_time=at(-60), webhook=hook, **changes)


def in_history(of: RunStatus) -> FinishedRun:
    """The run as history keeps it."""
    return FinishedRun.model_validate(of.model_dump(include=set(FinishedRun.model_fields)))


def hook(state: WebhookState = WebhookState.PENDING, **changes: Any) -> WebhookStatus:
    """An outbox entry."""
    return WebhookStatus(id="msg_1", event="campaign.completed", state=state, **changes)


def calls(completed: int) -> Metrics:
    """So many completed calls."""
    return Metrics(calls_completed=completed, calls_attempted=completed, connected=completed)


def campaign(status: OutboundCampaignStatus | None = None, **changes: Any) -> Campaign:
    """A campaign whose latest generation is the observed one."""
    fields: dict[str, Any] = {
        "ref": CampaignRef("sales", "spring-renewals"),
        "uid": "uid-1",
        "generation": 1,
        "resource_version": "100",
        "created": at(-86400),
        "deletion_time": None,
        "finalizers": (),
        "labels": {},
        "requested_at": None,
        "resolve": None,
        "spec": spec(),
        "status": status or OutboundCampaignStatus(observed_generation=1),
    }
    return Campaign(**{**fields, **changes})


def status(
    run: RunStatus | None = None, next_run: RunStatus | None = None, history: tuple[FinishedRun, ...] = ()
) -> OutboundCampaignStatus:
    """A status of generation 1, with one run or two."""
    if run is not None and next_run is not None and next_run.key == run.key:
        next_run = next_run.model_copy(update={"planned_from": "2"})
    every = tuple(each for each in (run, next_run) if each is not None)
    return OutboundCampaignStatus(observed_generation=1, runs=every, history=history)


def recurring(**changes: Any) -> OutboundCampaignSpec:
    """The spec, run after run."""
    return spec(runPolicy=RunPolicy.RECURRING.value, **changes)


LISTED = ListedContacts({"America/New_York": 1, "Europe/London": 1})
"""What the lists of `listed()` hold."""


def listed(**changes: Any) -> OutboundCampaignSpec:
    """The spec, with its contacts in a ConfigMap."""
    reference = {"configMapKeyRef": {"name": "spring-contacts", "key": "contacts.csv"}}
    return spec(**{"contacts": None, "contactsFrom": [reference], **changes})


def blueprint(of: OutboundCampaignSpec | None = None, inputs: ReadInputs | None = None) -> Blueprint:
    """What a run is planned from."""
    of = of or spec()
    return draw_blueprint(of, inputs or ReadInputs(LISTED if of.contacts_from is not None else None))


def make_planned(drawn: Blueprint, now: datetime) -> RunStatus:
    """The run that is planned from this blueprint at that time."""
    return record.planned(status(), drawn.plan(now, SETTINGS.lead_seconds), drawn, campaign(), now).runs[0]


def observed(of: OutboundCampaignSpec | None = None, **changes: Any) -> Observation:
    """All is well at NOW."""
    fields: dict[str, Any] = {"now": NOW, "blueprint": blueprint(of), "connection": CONNECTION}
    return Observation(**{**fields, **changes})


def problem(reason: Any, message: str = "words for a person") -> Problem:
    """Something in the way."""
    return Problem(reason, message)
