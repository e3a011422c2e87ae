"""The status of an `OutboundCampaign`: what the operator has seen and done."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from campaign_operator.api.schema import Instant, ResourceModel
from campaign_operator.api.vocabulary import (
    MAX_CONDITION_MESSAGE,
    MAX_MESSAGE,
    MAX_PENDING,
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


class Condition(ResourceModel):
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
        pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        description="Fact in CamelCase that explains status; every one is in the runbook.",
    )
    message: Annotated[str, Field(max_length=MAX_CONDITION_MESSAGE)] = Field(description="Details for people.")


class WindowStatus(ResourceModel):
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
        description="Why the window is in this state, in CamelCase; every reason is in the runbook.",
    )
    message: Message | None = Field(default=None, description="What stands in the way, or the dialer's reason.")


class Metrics(ResourceModel):
    """Calls of a run, as the dialer's analytics last told."""

    calls_completed: Count = Field(default=0, description="Completed calls since the run's first start.")
    calls_attempted: Count = Field(default=0, description="Attempted calls since the run's first start.")
    connected: Count = Field(default=0, description="Calls that reached a person since the run's first start.")
    expected_calls: Count = Field(default=0, description="Completed calls at which the run is Completed.")
    percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Completed of expected calls, in percent, rounded down, at most 100."
    )
    as_of: Instant | None = Field(default=None, description="When these numbers last changed, UTC.")


class WebhookStatus(ResourceModel):
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


class FinishedRun(ResourceModel):
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
    run_policy: RunPolicy = Field(default=RunPolicy.ONCE, description="runPolicy while the run was in hand.")
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
    """One run with its windows, ordered by start and time zone."""

    windows: tuple[WindowStatus, ...] = Field(
        min_length=1,
        max_length=MAX_WINDOWS,
        description="The windows, one per time zone.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )

    @property
    def first_start(self) -> datetime:
        """The first start of any window that is not skipped; where all are, the first match."""
        return min(w.start_time for w in self._spanning)

    @property
    def last_end(self) -> datetime:
        """The last end of any window that is not skipped; where all are, the end of the last match's minute."""
        return max(w.end_time for w in self._spanning)

    @property
    def _spanning(self) -> tuple[WindowStatus, ...]:
        return tuple(w for w in self.windows if w.state is not WindowState.SKIPPED) or self.windows


class OutboundCampaignStatus(ResourceModel):
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
    progress: str | None = Field(
        default=None,
        max_length=64,
        description="Completed of expected calls, for people. Example: 37/50 (74%).",
    )
    next_run_time: str | None = Field(
        default=None, max_length=32, description="The next first start that is ahead, UTC."
    )
    run: RunStatus | None = Field(default=None, description="The run in hand or, if none, the last one.")
    next_run: RunStatus | None = Field(default=None, description="The run after it (runPolicy Recurring).")
    history: tuple[FinishedRun, ...] = Field(
        default=(),
        max_length=MAX_PENDING,
        description="The last 5 finished runs before run, and those whose webhook is pending, newest first."
        " At most 100.",
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
    return OutboundCampaignStatus.model_validate(wire or {})
