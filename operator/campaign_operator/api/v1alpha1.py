"""`OutboundCampaign`, `campaign-operator.io/v1alpha1`: the only source of the resource's shape.

The CustomResourceDefinition in `crds/` is generated from these models, descriptions and CEL rules included, so a field
is documented where it is declared and `kubectl explain` prints the same words.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from campaign_operator.api.schema import Instant, ResourceModel, rules

GROUP = "campaign-operator.io"
VERSION = "v1alpha1"
KIND = "OutboundCampaign"
PLURAL = "outboundcampaigns"
SINGULAR = "outboundcampaign"
SHORT_NAME = "ocamp"
CATEGORY = "campaigns"

REQUESTED_AT_ANNOTATION = f"{GROUP}/requestedAt"

MAX_CONTACTS = 2000
MAX_WINDOWS = 600
MAX_HISTORY = 5
MAX_MESSAGE = 1024

_CRON_ITEM = r"(\\*|[0-9]+|[A-Za-z]{3})(-([0-9]+|[A-Za-z]{3}))?(/[0-9]+)?"
_CRON_FIELD = f"{_CRON_ITEM}(,{_CRON_ITEM})*"
_CRON_DESCRIPTOR = "@(hourly|daily|midnight|weekly|monthly|yearly|annually)"
_CRON_RULE = f"self.matches('^[ \\\\t]*({_CRON_DESCRIPTOR}|{_CRON_FIELD}([ \\\\t]+{_CRON_FIELD}){{4}})[ \\\\t]*$')"
_CRON_MESSAGE = (
    "must be five cron fields of numbers, names of months or days, *, lists, ranges and steps, such as '0 9 * * "
    "1-5', or "
    "one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually; seconds, ?, L, W, #, R, H and TZ= "
    "are not "
    "supported"
)


class StartMode(StrEnum):
    """Whose clock `cron` is read on."""

    CONTACT_LOCAL = "ContactLocal"
    SAME_INSTANT = "SameInstant"


class RunPolicy(StrEnum):
    """How many runs a campaign has."""

    ONCE = "Once"
    RECURRING = "Recurring"


class WindowState(StrEnum):
    """Where the schedule of one window stands."""

    PLANNED = "Planned"
    INTENT = "Intent"
    UNCERTAIN = "Uncertain"
    SUBMITTED = "Submitted"
    HELD = "Held"
    REJECTED = "Rejected"
    MISSED = "Missed"


class RunState(StrEnum):
    """Where a run stands; a pure function of its windows, its metrics and the time."""

    PLANNED = "Planned"
    SUBMITTING = "Submitting"
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    HELD = "Held"
    COMPLETED = "Completed"
    TIMED_OUT = "TimedOut"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class WebhookState(StrEnum):
    """Where the delivery of a run's webhook stands."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    GONE = "Gone"
    FAILED = "Failed"


SecretName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    ),
]
SecretKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
TimeZoneName = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
RunID = Annotated[str, Field(min_length=13, max_length=13)]
Hash = Annotated[str, Field(max_length=64)]
Message = Annotated[str, Field(max_length=MAX_MESSAGE)]


class ConnectionSecretRef(ResourceModel):
    """A Secret of the campaign's own namespace."""

    name: SecretName = Field(description="Name of the Secret. Example: cxone.")


class Connection(ResourceModel):
    """Where the dialer is and who we are there."""

    secret_ref: ConnectionSecretRef = Field(
        description="Secret in the same namespace with the keys client-id, client-secret and environment, and "
        "optionally "
        "api-base-url, token-url and scope. A changed Secret is taken up without an edit of the campaign."
    )


class Contact(ResourceModel):
    """One contact: which zone's clock applies, and one call to expect."""

    id: str = Field(
        min_length=1,
        max_length=64,
        description="Identifies the contact in this campaign; unique. Example: c1.",
    )
    time_zone: TimeZoneName = Field(
        description="Time zone of the contact, a name of the IANA time zone database, spelled exactly so. "
        "Example: America/New_York."
    )


class SigningSecretRef(ResourceModel):
    """One key of a Secret of the campaign's own namespace."""

    name: SecretName = Field(description="Name of the Secret. Example: hook.")
    key: SecretKey = Field(description="Key within the Secret. Example: signing-secret.")


class Webhook(ResourceModel):
    """Who is told at the end of a run."""

    url: str = Field(
        min_length=1,
        max_length=2048,
        description="https URL to which the end of each run is posted. Example: https://hooks.example.com/cx.",
        json_schema_extra=rules(
            (
                r"isURL(self) && self.matches('^https://[^/?#@]+([/?#].*)?$')",
                "must be an https URL with a host and without user information, such as https://hooks.example.com/cx",
            )
        ),
    )
    secret_ref: SigningSecretRef | None = Field(
        default=None,
        description="Signing secret in the same namespace. Where given, every delivery is signed by Standard Webhooks. "
        "Default: not signed.",
    )


class Completion(ResourceModel):
    """When a run is done."""

    expected_calls: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="Completed calls at which a run is Completed. Default: the contacts of its submitted windows. "
        "Example: 2.",
    )
    grace_seconds: int = Field(
        default=3600,
        ge=0,
        le=2_678_400,
        description="Seconds after the end of the last window until a run that has not reached its calls is TimedOut. "
        "Default: 3600. Example: 7200.",
    )


class OutboundCampaignSpec(ResourceModel):
    """What shall be called when."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.startMode == 'SameInstant' || !has(self.timeZone)",
                "timeZone is only for startMode SameInstant; with ContactLocal each contact has its own",
            ),
            fieldPath=".timeZone",
        )
    )

    campaign_id: str = Field(
        alias="campaignID",
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="The dialer's identifier of the campaign. Immutable. Example: 8f14e45f.",
        json_schema_extra=rules(
            (
                "self == oldSelf",
                "campaignID is immutable, since schedules already submitted belong to it; apply a new resource instead",
            )
        ),
    )
    cron: str = Field(
        min_length=1,
        max_length=128,
        description="When a run starts: five fields (minute, hour, day of month, month, day of week) as in a "
        "Kubernetes CronJob, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. Read on "
        "the clock that "
        "startMode names. Example: 0 9 * * 1-5.",
        json_schema_extra=rules((_CRON_RULE, _CRON_MESSAGE)),
    )
    connection: Connection = Field(description="The dialer's address and credentials.")
    contacts: tuple[Contact, ...] = Field(
        min_length=1,
        max_length=MAX_CONTACTS,
        description="Contacts to be called, at most 2000. They tell which time zones open and how many calls to "
        "expect; whom "
        "the dialer calls is the dialer's own list.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    webhook: Webhook | None = Field(default=None, description="Who is told at the end of each run. Default: nobody.")
    start_mode: StartMode = Field(
        default=StartMode.CONTACT_LOCAL,
        description="Whose clock cron is read on: ContactLocal, the wall clock of each contact, so that a run goes "
        "round the "
        "globe; SameInstant, the clock of timeZone, one moment for all. Default: ContactLocal.",
    )
    time_zone: TimeZoneName | None = Field(
        default=None,
        description="The time zone of cron in startMode SameInstant, a name of the IANA time zone database; refused in "
        "ContactLocal. Default: Etc/UTC. Example: Europe/London.",
    )
    window_seconds: int = Field(
        default=14400,
        ge=60,
        le=604_800,
        description="Seconds for which each schedule stays open at the dialer. Default: 14400 (4 hours). Example: "
        "7200.",
    )
    run_policy: RunPolicy = Field(
        default=RunPolicy.ONCE,
        description="Once: the next match of cron, then never again. Recurring: run after run. Default: Once.",
    )
    completion: Completion = Field(default=Completion(), description="When a run is done.")
    suspend: bool = Field(
        default=False,
        description="True: nothing more is submitted until it is taken back; what is submitted stays. Default: false.",
    )


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
    message: Message = Field(description="Details for people.")


class WindowStatus(ResourceModel):
    """One window: [startTime, endTime) of one time zone in one run, one schedule at the dialer."""

    time_zone: TimeZoneName = Field(description="Time zone of the window.")
    contacts: Count = Field(description="Contacts in this time zone.")
    start_time: Instant = Field(description="First instant of the window, UTC.")
    end_time: Instant = Field(description="End of the window, exclusive, UTC.")
    reason: str = Field(
        default="",
        max_length=128,
        description="Why the window differs from the plain match of cron, comma-separated; empty if it does not: "
        "MovedOutOfGap, FirstOfTwo, StartedLate.",
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
    cause: str | None = Field(
        default=None,
        max_length=64,
        description="Why the window waits, in CamelCase; every cause is in the runbook.",
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


class FinishedRun(ResourceModel):
    """One run, without its windows."""

    id: RunID = Field(description="Nominal time of the run, without a zone, as cron names it. Example: 20261125T0900.")
    state: RunState = Field(description="Where the run stands.")
    plan_hash: Hash = Field(description="Hash over the windows as planned; preview prints the same.")
    spec_hash: Hash = Field(description="Hash over the parts of the spec that the plan was made from.")
    run_policy: RunPolicy = Field(default=RunPolicy.ONCE, description="runPolicy while the run was in hand.")
    connection_hash: Hash | None = Field(
        default=None,
        description="Hash over token-url, api-base-url and client-id of the connection submitted to.",
    )
    contacts: Count = Field(description="Contacts of the run.")
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
        """The first start of any window."""
        return min(w.start_time for w in self.windows)

    @property
    def last_end(self) -> datetime:
        """The last end of any window."""
        return max(w.end_time for w in self.windows)


class OutboundCampaignStatus(ResourceModel):
    """What the operator has seen and done."""

    observed_generation: int = Field(
        default=-1, ge=-1, le=2**53, description="Generation of the resource that this status speaks of."
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=16,
        description="Ready, Reconciling, Stalled, Completed, Finished, AnalyticsAvailable, WebhookDelivered.",
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
        max_length=MAX_HISTORY,
        description="The last 5 finished runs before run, newest first.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    last_handled_request: str | None = Field(
        default=None,
        max_length=256,
        description="Value of the annotation campaign-operator.io/requestedAt that was last acted upon.",
    )


class OutboundCampaign(ResourceModel):
    """An outbound calling campaign: what is called when, and how far it has come."""

    spec: OutboundCampaignSpec = Field(description="What shall be called when.")
    status: OutboundCampaignStatus = Field(
        default=OutboundCampaignStatus(), description="What the operator has seen and done."
    )


def parse_status(wire: dict[str, Any] | None) -> OutboundCampaignStatus:
    """The status as read from the API server; an absent one is that of a new resource."""
    return OutboundCampaignStatus.model_validate(wire or {})
