"""The status of an `OutboundCampaign`: what the operator has seen and done."""

from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from campaign_operator.api.schema import AS_READ, Instant, StatusModel
from campaign_operator.api.vocabulary import (
    MAX_CONDITION_MESSAGE,
    MAX_MESSAGE,
    MAX_NARROWED_BY,
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
        ge=0, le=2**53, description="Generation of the resource for which the condition was set."
    )
    last_transition_time: Instant = Field(description="When the status of the condition last changed, in UTC.")
    reason: str = Field(
        min_length=1,
        max_length=128,
        pattern=_REASON,
        description="Reason for the status, in CamelCase. The runbook explains every reason.",
    )
    message: Annotated[str, Field(max_length=MAX_CONDITION_MESSAGE)] = Field(description="Human-readable details.")


class WindowStatus(StatusModel):
    """One window: [startTime, endTime) of one time zone in one run, one schedule at the dialer.

    A Skipped window has no schedule and never opens; its times are the minute of the match that was skipped.
    """

    time_zone: TimeZoneName = Field(description="Time zone of the window.")
    contacts: Count = Field(description="Number of contacts in this time zone.")
    start_time: Instant = Field(description="Start of the window, in UTC. For a Skipped window, the match of cron.")
    end_time: Instant = Field(
        description="End of the window, exclusive, in UTC. For a Skipped window, one minute after the match of cron."
    )
    adjustments: tuple[Adjustment, ...] = Field(
        default=(),
        max_length=len(Adjustment),
        description="How the window differs from the match of cron. Absent if it does not differ.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    state: WindowState = Field(description="State of the window and its schedule.")
    adopted: bool | None = Field(
        default=None,
        description=(
            "True if the schedule already existed at the dialer, for example from an earlier resource of the same "
            "name, from another cluster, or created by a person."
        ),
    )
    schedule_id: str | None = Field(
        default=None,
        alias="scheduleID",
        max_length=128,
        description="ID of the schedule at the dialer.",
    )
    attempt: Count = Field(default=0, description="Number of the latest attempt to submit the window.")
    next_attempt_time: Instant | None = Field(default=None, description="Time of the next attempt, in UTC.")
    reason: str | None = Field(
        default=None,
        max_length=64,
        pattern=_REASON,
        description="Reason for the state of the window, in CamelCase. The runbook explains every reason.",
    )
    message: Message | None = Field(
        default=None, description="Human-readable details, such as what blocks the window or the answer of the dialer."
    )


class Metrics(StatusModel):
    """Calls of a run, as the dialer's analytics last told."""

    calls_completed: Count = Field(default=0, description="Completed calls of the run.")
    calls_attempted: Count = Field(default=0, description="Attempted calls of the run.")
    connected: Count = Field(default=0, description="Calls of the run that reached a person.")
    expected_calls: Count = Field(default=0, description="Number of completed calls at which the run is Completed.")
    percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Completed calls in percent of the expected calls, rounded down, at most 100."
    )
    as_of: Instant | None = Field(default=None, description="When these numbers last changed, in UTC.")
    counted_since: Instant | None = Field(
        default=None,
        description=(
            "Time from which calls count for this run, in UTC. It is the first start of the earliest run that "
            "overlaps it."
        ),
    )
    shared: bool | None = Field(
        default=None,
        description=(
            "True if another run overlaps this one. The dialer counts calls by campaign, not by run, so the operator "
            "credits them to the runs in turn, starting with the oldest."
        ),
    )


class CreditedCalls(StatusModel):
    """Calls that were credited to runs; what the dialer counts beyond them is credited at the next poll."""

    since: Instant = Field(description="Time from which calls count, in UTC.")
    calls_completed: Count = Field(default=0, description="Completed calls credited so far.")
    calls_attempted: Count = Field(default=0, description="Attempted calls credited so far.")
    connected: Count = Field(default=0, description="Calls that reached a person, credited so far.")


class UnknownSchedule(StatusModel):
    """A schedule of the campaign at the dialer that no window holds, found after the status was lost."""

    schedule_id: Annotated[str, Field(max_length=128)] = Field(
        alias="scheduleID", description="ID of the schedule at the dialer."
    )
    time_zone: TimeZoneName = Field(description="Time zone of the schedule.")
    start_time: Instant = Field(description="Start of the schedule, in UTC.")
    end_time: Instant = Field(description="End of the schedule, in UTC.")


class WaitingResolution(StatusModel):
    """One entry of the annotation campaign-operator.io/resolve that waits for the dialer's listing."""

    run_id: RunID = Field(alias="runID", description="ID of the run.")
    planned_from: Annotated[str, Field(max_length=64)] = Field(description="plannedFrom of the run.")
    time_zone: TimeZoneName = Field(description="Time zone of the window.")
    attempt: Count = Field(description="Number of the attempt to which the entry applies.")
    verdict: Annotated[str, Field(max_length=128)] = Field(description="Resubmit, or the ID of a schedule.")
    next_attempt_time: Instant | None = Field(default=None, description="Time of the next attempt, in UTC.")
    message: Message | None = Field(default=None, description="Why the entry waits.")


class WebhookStatus(StatusModel):
    """The outbox: one event of one run, written with the run's end and delivered until it is done."""

    id: str = Field(max_length=64, description="ID of the event, the same for every attempt (header webhook-id).")
    event: str = Field(max_length=32, description="campaign.completed, campaign.timed_out or campaign.failed.")
    state: WebhookState = Field(
        description="Pending, Delivered, Gone (the receiver answered 410) or Failed (given up after 10 attempts)."
    )
    attempts: Count = Field(default=0, description="Number of attempts so far.")
    next_attempt_time: Instant | None = Field(default=None, description="Time of the next attempt, in UTC.")
    last_status_code: Annotated[int, Field(ge=0, le=999)] | None = Field(
        default=None, description="HTTP status code of the last answer. Absent if there was no answer."
    )
    message: Message | None = Field(default=None, description="Why the last attempt failed.")


class FinishedRun(StatusModel):
    """One run, without its windows."""

    id: RunID = Field(description="ID of the run: the match of cron, without a time zone. Example: 20261125T0900.")
    state: RunState = Field(description="State of the run.")
    planned_from: Annotated[str, Field(max_length=64)] = Field(
        default="",
        description=(
            "resourceVersion of the resource from which the run was planned. It differs between any two plans, even "
            "if the status is lost."
        ),
    )
    plan_hash: Hash = Field(description="Hash of the planned windows.")
    spec_hash: Hash = Field(
        description="Hash of the parts of the spec that affect the plan, of the calendar and of the policies."
    )
    list_hash: Hash = Field(
        default="", description="Hash of the contact lists in contactsFrom. Empty if there are none."
    )
    tzdata_version: Annotated[str, Field(max_length=16)] = Field(
        default="",
        alias="tzdataVersion",
        description="Version of the IANA time zone database used for the plan. Example: 2026c.",
    )
    holidays_version: Annotated[str, Field(max_length=16)] = Field(
        default="",
        description=(
            "Version of the holidays package used for the plan. Empty if the calling hours name no public holidays. "
            "Example: 0.109."
        ),
    )
    planned_time: Instant | None = Field(default=None, description="When the run was planned, in UTC.")
    match_time: Instant | None = Field(
        default=None, description="Earliest time at which a time zone of the run reaches the match of cron, in UTC."
    )
    start_time: Instant | None = Field(
        default=None, description="Earliest start of a window that is not Skipped, in UTC."
    )
    end_time: Instant | None = Field(default=None, description="Latest end of a window that is not Skipped, in UTC.")
    run_policy: RunPolicy = Field(default=RunPolicy.ONCE, description="runPolicy of the campaign during the run.")
    connection_hash: Hash | None = Field(
        default=None,
        description="Hash of token-url, api-base-url and client-id of the connection that was used.",
    )
    contacts: Count = Field(description="Contacts of the run.")
    invalid_contacts: Count = Field(
        default=0, description="Number of invalid rows of the contact lists that were skipped."
    )
    window_count: Count = Field(description="Windows of the run.")
    metrics: Metrics = Field(default=Metrics(), description="Call metrics of the run.")
    webhook: WebhookStatus | None = Field(default=None, description="Webhook of the end of the run.")
    finish_time: Instant | None = Field(default=None, description="When the run finished, in UTC.")


class RunStatus(FinishedRun):
    """One run with its windows, ordered by start and time zone.

    A run without windows waits for calls alone: all of them are past, and they had to make room.
    """

    dialer_hash: Hash | None = Field(
        default=None,
        description="Hash of the api-base-url of the connection that was used: the dialer that has the schedules.",
    )
    verified_until: Instant | None = Field(
        default=None,
        description=(
            "The operator has verified in the listing of the dialer the schedules of all windows that start before "
            "this time, in UTC."
        ),
    )
    narrowed_by: Annotated[str, Field(max_length=MAX_NARROWED_BY)] | None = Field(
        default=None,
        description=(
            "Calling hours policies that moved, shortened or skipped windows of the run. Absent if none did. Example: "
            "policy calling-policy/policy.yaml."
        ),
    )
    windows: tuple[WindowStatus, ...] = Field(
        default=(),
        max_length=MAX_WINDOWS,
        description="Windows of the run, one per time zone. Empty if all are past and the status needed the room.",
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
        default=-1, ge=-1, le=2**53, description="Generation of the resource to which this status applies."
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
        description=(
            "State of the campaign: that of the oldest run that is not finished, otherwise of the last run. "
            "Cancelling while a suspended or deleted campaign still has schedules. Suspended if a suspended campaign "
            "has no run."
        ),
    )
    progress: str | None = Field(
        default=None,
        max_length=64,
        description="Completed and expected calls of that run, in human-readable form. Example: 37/50 (74%).",
    )
    contacts: Count | None = Field(default=None, description="Number of contacts in that run.")
    window_count: Count | None = Field(default=None, description="Number of windows in that run.")
    next_run_time: str | None = Field(
        default=None,
        max_length=32,
        description="Time of the next start of a run, in UTC. Absent while the campaign is suspended.",
    )
    webhook_state: WebhookState | None = Field(
        default=None, description="Delivery of the webhook of the run that finished last."
    )
    runs: tuple[RunStatus, ...] = Field(
        default=(),
        max_length=MAX_RUNS,
        description=(
            "The runs that have not ended, oldest first, preceded by the last run that has. A run has ended when it "
            "is finished and its last window is past."
        ),
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    history: tuple[FinishedRun, ...] = Field(
        default=(),
        max_length=MAX_PENDING,
        description="The last 5 runs that have ended and the runs with a pending webhook, newest first. At most 100.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    credited: CreditedCalls | None = Field(
        default=None, description="Calls credited to the runs that are counted together."
    )
    listing_trusted_from: Instant | None = Field(
        default=None,
        description=(
            "Time from which the listing of the dialer reflects every request of the operator, in UTC. The operator "
            "trusts no earlier listing."
        ),
    )
    unknown_schedules: tuple[UnknownSchedule, ...] = Field(
        default=(),
        max_length=MAX_UNKNOWN_SCHEDULES,
        description=(
            "Schedules of the campaign at the dialer that no window refers to, found after the status was lost. "
            "Nothing is submitted in their time zones until they end, are cancelled, or a person decides to ignore "
            "them."
        ),
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
        description="Last value of the annotation campaign-operator.io/requestedAt that the operator handled.",
    )
    last_handled_resolve: str | None = Field(
        default=None,
        max_length=256,
        description="Last value of the annotation campaign-operator.io/resolve that the operator handled.",
    )


def parse_status(wire: dict[str, Any] | None) -> OutboundCampaignStatus:
    """The status as read from the API server; an absent one is that of a new resource."""
    return OutboundCampaignStatus.model_validate(wire or {}, context=AS_READ)
