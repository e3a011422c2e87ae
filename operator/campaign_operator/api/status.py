"""The status of an `OutboundCampaign`: what the operator has seen and done."""

from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from campaign_operator.api.schema import AS_READ, Instant, StatusModel
from campaign_operator.api.vocabulary import (
    MAX_CONDITION_MESSAGE,
    MAX_MESSAGE,
    MAX_PENDING,
    MAX_RUNS,
    MAX_UNKNOWN_SCHEDULES,
    MAX_WINDOWS,
    Adjustment,
    Count,
    RunPolicy,
    RunState,
    TimeZoneName,
    WebhookState,
    WindowState,
)

RunID = Annotated[str, Field(min_length=13, max_length=13)]
Hash = Annotated[str, Field(max_length=64)]
Message = Annotated[str, Field(max_length=MAX_MESSAGE)]

_REASON = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
"""As metav1.Condition has it."""

_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Where a status that was altered by hand tells of no time."""


class RunKey(NamedTuple):
    """Names one run: the match that it was planned for, and the resourceVersion that it was planned from."""

    id: str
    planned_from: str


class Condition(StatusModel):
    """One condition, in the form of metav1.Condition."""

    type: str = Field(max_length=316, description="Type of the condition, in CamelCase.")
    status: str = Field(
        max_length=7,
        description="True, False or Unknown.",
        json_schema_extra={"enum": ["True", "False", "Unknown"]},
    )
    observed_generation: int = Field(
        ge=0, le=2**53, description="Generation of the resource that this condition was set for."
    )
    last_transition_time: Instant = Field(description="When status last changed, UTC.")
    reason: str = Field(
        min_length=1,
        max_length=128,
        pattern=_REASON,
        description="Fact in CamelCase that explains status; every one is in the runbook.",
    )
    message: Annotated[str, Field(max_length=MAX_CONDITION_MESSAGE)] = Field(description="Details for people.")


class WindowStatus(StatusModel):
    """One window: [startTime, endTime) of one time zone in one run, one schedule at the dialer.

    A Skipped window has no schedule and never opens; its times are the minute of the match that was skipped.
    """

    time_zone: TimeZoneName = Field(description="Time zone of the window.")
    contacts: Count = Field(description="Contacts in this time zone.")
    start_time: Instant = Field(description="First instant of the window, UTC; of a Skipped window, the match of cron.")
    end_time: Instant = Field(
        description="End of the window, exclusive, UTC; of a Skipped window, a minute after the match of cron."
    )
    adjustments: tuple[Adjustment, ...] = Field(
        default=(),
        max_length=len(Adjustment),
        description="How the window differs from the plain match of cron; absent if it does not.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    state: WindowState = Field(description="Where the schedule stands.")
    adopted: bool | None = Field(
        default=None,
        description="True where the schedule was found at the dialer: an earlier life of the campaign, another cluster "
        "or a person made it.",
    )
    schedule_id: str | None = Field(
        default=None,
        alias="scheduleID",
        max_length=128,
        description="The dialer's identifier of the schedule.",
    )
    attempt: Count = Field(default=0, description="Number of the latest attempt to submit the window.")
    next_attempt_time: Instant | None = Field(default=None, description="Not tried again before this instant, UTC.")
    reason: str | None = Field(
        default=None,
        max_length=64,
        pattern=_REASON,
        description="Why the window is in this state, in CamelCase; every reason is in the runbook.",
    )
    message: Message | None = Field(default=None, description="What stands in the way, or the dialer's reason.")


class Metrics(StatusModel):
    """Calls of a run, as the dialer's analytics last told."""

    calls_completed: Count = Field(default=0, description="Completed calls since the run's first start.")
    calls_attempted: Count = Field(default=0, description="Attempted calls since the run's first start.")
    connected: Count = Field(default=0, description="Calls that reached a person since the run's first start.")
    expected_calls: Count = Field(default=0, description="Completed calls at which the run is Completed.")
    percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Completed of expected calls, in percent, rounded down, at most 100."
    )
    as_of: Instant | None = Field(default=None, description="When these numbers last changed, UTC.")
    counted_since: Instant | None = Field(
        default=None,
        description="From when the dialer's calls are counted for this run, UTC; the first start of the earliest run "
        "that overlaps it.",
    )
    shared: bool | None = Field(
        default=None,
        description="True where another run overlaps this one. The dialer counts the calls of a campaign and not of a "
        "run, so these are credited to the runs in turn, the oldest first.",
    )


class CreditedCalls(StatusModel):
    """Calls that were credited to runs; what the dialer counts beyond them is credited at the next poll."""

    since: Instant = Field(description="From when the calls are counted, UTC.")
    calls_completed: Count = Field(default=0, description="Completed calls that were credited.")
    calls_attempted: Count = Field(default=0, description="Attempted calls that were credited.")
    connected: Count = Field(default=0, description="Calls that reached a person and were credited.")


class UnknownSchedule(StatusModel):
    """A schedule of the campaign at the dialer that no window holds, found after the status was lost."""

    schedule_id: Annotated[str, Field(max_length=128)] = Field(
        alias="scheduleID", description="The dialer's identifier of the schedule."
    )
    time_zone: TimeZoneName = Field(description="Its time zone.")
    start_time: Instant = Field(description="Its start, UTC.")
    end_time: Instant = Field(description="Its end, UTC.")


class WaitingResolution(StatusModel):
    """One entry of the annotation campaign-operator.io/resolve that waits for the dialer's listing."""

    run_id: RunID = Field(alias="runID", description="Run of the window.")
    planned_from: Annotated[str, Field(max_length=64)] = Field(description="plannedFrom of the run.")
    time_zone: TimeZoneName = Field(description="Time zone of the window.")
    attempt: Count = Field(description="Attempt of the window that the entry speaks of.")
    verdict: Annotated[str, Field(max_length=128)] = Field(description="Resubmit, or the identifier of a schedule.")
    next_attempt_time: Instant | None = Field(default=None, description="Not tried again before this instant, UTC.")
    message: Message | None = Field(default=None, description="Why it waits.")


class WebhookStatus(StatusModel):
    """The outbox: one event of one run, written with the run's end and delivered until it is done."""

    id: str = Field(
        max_length=64, description="Identifier of the event; the same on every attempt (header webhook-id)."
    )
    event: str = Field(max_length=32, description="campaign.completed, campaign.timed_out or campaign.failed.")
    state: WebhookState = Field(
        description="Pending; Delivered; Gone (the receiver answered 410); Failed (given up after 10 attempts)."
    )
    attempts: Count = Field(default=0, description="Attempts so far.")
    next_attempt_time: Instant | None = Field(default=None, description="Not tried again before this instant, UTC.")
    last_status_code: Annotated[int, Field(ge=0, le=999)] | None = Field(
        default=None, description="HTTP status of the last answer; absent where none came."
    )
    message: Message | None = Field(default=None, description="Why the last attempt failed.")


class FinishedRun(StatusModel):
    """One run, without its windows."""

    id: RunID = Field(description="Nominal time of the run, without a zone, as cron names it. Example: 20261125T0900.")
    state: RunState = Field(description="Where the run stands.")
    planned_from: Annotated[str, Field(max_length=64)] = Field(
        default="",
        description="resourceVersion that the run was planned from: no two plans have the same, even if status is "
        "wiped.",
    )
    plan_hash: Hash = Field(description="Hash over the windows as planned.")
    spec_hash: Hash = Field(
        description="Hash over the parts of the spec that the plan was made from, and over its calendar."
    )
    list_hash: Hash = Field(
        default="", description="Hash over what the lists of contactsFrom held; empty where there are none."
    )
    tzdata_version: Annotated[str, Field(max_length=16)] = Field(
        default="",
        alias="tzdataVersion",
        description="Version of the IANA time zone database that the plan was made by. Example: 2026c.",
    )
    planned_time: Instant | None = Field(default=None, description="When the run was planned, UTC.")
    match_time: Instant | None = Field(
        default=None, description="First instant at which a time zone of the run reaches the match of cron, UTC."
    )
    start_time: Instant | None = Field(default=None, description="First start of a window that is not Skipped, UTC.")
    end_time: Instant | None = Field(default=None, description="Last end of a window that is not Skipped, UTC.")
    run_policy: RunPolicy = Field(default=RunPolicy.ONCE, description="runPolicy while the run was current.")
    connection_hash: Hash | None = Field(
        default=None,
        description="Hash over token-url, api-base-url and client-id of the connection submitted to.",
    )
    contacts: Count = Field(description="Contacts of the run.")
    invalid_contacts: Count = Field(
        default=0, description="Rows of the contact lists that were left out, since they break a rule."
    )
    window_count: Count = Field(description="Windows of the run.")
    metrics: Metrics = Field(default=Metrics(), description="Calls of the run.")
    webhook: WebhookStatus | None = Field(default=None, description="The event of the run's end.")
    finish_time: Instant | None = Field(default=None, description="When the end of the run was recorded, UTC.")


class RunStatus(FinishedRun):
    """One run with its windows, ordered by start and time zone.

    A run without windows waits for calls alone: all of them are past, and they had to make room.
    """

    verified_until: Instant | None = Field(
        default=None,
        description="The schedules of windows that start before this instant were looked for in the dialer's listing, "
        "UTC.",
    )
    windows: tuple[WindowStatus, ...] = Field(
        default=(),
        max_length=MAX_WINDOWS,
        description="The windows, one per time zone; none where all are past and had to make room.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )

    @property
    def key(self) -> "RunKey":
        """What tells this run from every other one, also of the same nominal time."""
        return RunKey(self.id, self.planned_from)

    @property
    def first_start(self) -> datetime:
        """The first start of any window that is not skipped; where all are, the first match."""
        return min((w.start_time for w in self._spanning), default=self.start_time or _NEVER)

    @property
    def last_end(self) -> datetime:
        """The last end of any window that is not skipped; where all are, the end of the last match's minute."""
        return max((w.end_time for w in self._spanning), default=self.end_time or _NEVER)

    @property
    def _spanning(self) -> tuple[WindowStatus, ...]:
        return tuple(w for w in self.windows if w.state is not WindowState.SKIPPED) or self.windows


class OutboundCampaignStatus(StatusModel):
    """What the operator has seen and done."""

    observed_generation: int = Field(
        default=-1, ge=-1, le=2**53, description="Generation of the resource that this status speaks of."
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=16,
        description="Ready, Reconciling, Stalled, Completed, Finished, ContactsValid, AnalyticsAvailable, "
        "WebhookDelivered.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
    state: Annotated[str, Field(max_length=32)] | None = Field(
        default=None,
        description="Where the campaign stands: the state of the oldest run that is not finished, else of the last "
        "one; Cancelling while schedules of a suspended or deleted campaign stand; Suspended where it has no run.",
    )
    progress: str | None = Field(
        default=None,
        max_length=64,
        description="Completed of expected calls of that run, for people. Example: 37/50 (74%).",
    )
    contacts: Count | None = Field(default=None, description="Contacts of that run.")
    window_count: Count | None = Field(default=None, description="Windows of that run.")
    next_run_time: str | None = Field(
        default=None, max_length=32, description="The next first start of a run, UTC; none while suspended."
    )
    webhook_state: WebhookState | None = Field(
        default=None, description="Delivery of the webhook of the run that finished last."
    )
    runs: tuple[RunStatus, ...] = Field(
        default=(),
        max_length=MAX_RUNS,
        description="The runs that are not over, oldest first, and before them the last one that is. A run is over "
        "when it is finished and its last window has ended.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    history: tuple[FinishedRun, ...] = Field(
        default=(),
        max_length=MAX_PENDING,
        description="The last 5 runs that are over, and those whose webhook is pending, newest first. At most 100.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    credited: CreditedCalls | None = Field(
        default=None, description="Calls that were credited to the runs that are counted together."
    )
    listing_trusted_from: Instant | None = Field(
        default=None,
        description="From when the dialer's listing shows all that was requested, UTC. One that was asked for earlier "
        "proves nothing.",
    )
    unknown_schedules: tuple[UnknownSchedule, ...] = Field(
        default=(),
        max_length=MAX_UNKNOWN_SCHEDULES,
        description="Schedules of the campaign at the dialer that no window holds, found after the status was lost. "
        "Nothing is submitted in their time zones until they are over or cancelled, or a person says otherwise.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    waiting_resolutions: tuple[WaitingResolution, ...] = Field(
        default=(),
        max_length=MAX_WINDOWS,
        description="Entries of the annotation campaign-operator.io/resolve that wait for the dialer's listing.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    last_handled_request: str | None = Field(
        default=None,
        max_length=256,
        description="Value of the annotation campaign-operator.io/requestedAt that was last acted upon.",
    )
    last_handled_resolve: str | None = Field(
        default=None,
        max_length=256,
        description="Value of the annotation campaign-operator.io/resolve that was last acted upon.",
    )


def parse_status(wire: dict[str, Any] | None) -> OutboundCampaignStatus:
    """The status as read from the API server; an absent one is that of a new resource."""
    return OutboundCampaignStatus.model_validate(wire or {}, context=AS_READ)
