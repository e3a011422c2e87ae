"""`OutboundCampaign`, `campaign-operator.io/v1alpha1`: the only source of the resource's shape.

The CustomResourceDefinition in `crds/` is generated from these models, descriptions and CEL rules included, so a field
is documented where it is declared and `kubectl explain` prints the same words.
"""

from pydantic import ConfigDict, Field

from campaign_operator.api.calling_hours_spec import CallingHoursSpec
from campaign_operator.api.contacts_spec import ContactsFromSource, ContactSpec
from campaign_operator.api.references import ObjectName, SecretKeyRef
from campaign_operator.api.schema import ResourceModel, rules
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import (
    MAX_CONTACT_SOURCES,
    MAX_CONTACTS,
    ConcurrencyPolicy,
    DeletionPolicy,
    OnInvalidContact,
    OnUncertain,
    PastZones,
    RunPolicy,
    StartMode,
    TimeZoneName,
)

_CRON_ITEM = r"(\\*|[0-9]+|[A-Za-z]{3})(-([0-9]+|[A-Za-z]{3}))?(/[0-9]+)?"
_CRON_FIELD = f"{_CRON_ITEM}(,{_CRON_ITEM})*"
_CRON_DESCRIPTOR = "@(hourly|daily|midnight|weekly|monthly|yearly|annually)"
_CRON_RULE = f"self.matches('^[ \\\\t]*({_CRON_DESCRIPTOR}|{_CRON_FIELD}([ \\\\t]+{_CRON_FIELD}){{4}})[ \\\\t]*$')"
_CRON_MESSAGE = "must be five cron fields, such as '0 9 * * 1-5', or a descriptor, such as '@daily'"


class ConnectionSecretRef(ResourceModel):
    """A Secret of the campaign's own namespace."""

    name: ObjectName = Field(description="Name of the Secret. Example: cxone.")


class ConnectionSpec(ResourceModel):
    """Where the dialer is and who we are there."""

    secret_ref: ConnectionSecretRef = Field(
        description=(
            "Secret in the same namespace with the keys client-id, client-secret and environment, and optionally "
            "api-base-url, token-url and scope. A changed Secret takes effect without an edit of the campaign."
        )
    )


class Webhook(ResourceModel):
    """Who is told at the end of a run."""

    url: str = Field(
        repr=False,
        min_length=1,
        max_length=2048,
        description="https URL to which the operator posts the end of each run. Example: https://hooks.example.com/cx.",
        json_schema_extra=rules(
            (
                r"isURL(self) && self.matches('^https://[^/?#@]+([/?#].*)?$')",
                "must be an https URL with a host and without user information, such as https://hooks.example.com/cx",
            )
        ),
    )
    secret_ref: SecretKeyRef | None = Field(
        default=None,
        description=(
            "Signing secret in the same namespace. If set, every delivery is signed as defined by Standard Webhooks. "
            "The value must be whsec_ followed by base64 of 24 to 64 bytes. Default: not signed."
        ),
    )


class Completion(ResourceModel):
    """When a run is done."""

    expected_calls: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description=(
            "Number of completed calls at which a run is Completed. Default: the number of contacts in its submitted "
            "windows. Example: 2."
        ),
    )
    grace_seconds: int = Field(
        default=3600,
        ge=0,
        le=2_678_400,
        description=(
            "Seconds after the end of the last window after which a run without the expected calls is TimedOut. "
            "Default: 3600. Example: 7200."
        ),
    )


class OutboundCampaignSpec(ResourceModel):
    """What shall be called when."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.startMode == 'SameInstant' || !has(self.timeZone)",
                "timeZone requires startMode SameInstant; with ContactLocal, each contact has its own time zone",
                ".timeZone",
            ),
            (
                "has(self.contacts) != has(self.contactsFrom)",
                "must set exactly one of contacts and contactsFrom",
                ".contacts",
            ),
            (
                "self.pastZones == 'Wait' || self.runPolicy == 'Recurring'",
                "pastZones Skip requires runPolicy Recurring; with Once, a skipped time zone is never called",
                ".pastZones",
            ),
        )
    )

    campaign_id: str = Field(
        alias="campaignID",
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="ID of the campaign at the dialer. Immutable. Example: 8f14e45f.",
        json_schema_extra=rules(
            (
                "self == oldSelf",
                "campaignID is immutable because submitted schedules belong to it; create a new resource instead",
            )
        ),
    )
    cron: str = Field(
        min_length=1,
        max_length=128,
        description=(
            "When runs start: five cron fields (minute, hour, day of month, month, day of week) as in a Kubernetes "
            "CronJob, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually. startMode "
            "selects the clock. Example: 0 9 * * 1-5."
        ),
        json_schema_extra=rules((_CRON_RULE, _CRON_MESSAGE)),
    )
    connection: ConnectionSpec = Field(description="Address and credentials of the dialer.")
    contacts: tuple[ContactSpec, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CONTACTS,
        description=(
            "Contacts to call, at most 2000. Set exactly one of contacts and contactsFrom. The contacts determine "
            "the time zones and the expected number of calls; the dialer calls the people in its own list."
        ),
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    contacts_from: tuple[ContactsFromSource, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CONTACT_SOURCES,
        description=(
            "Contact lists in the same namespace or on web servers, at most 20, read as one list. A changed list "
            "takes effect until the run is submitted."
        ),
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    on_invalid_contact: OnInvalidContact = Field(
        default=OnInvalidContact.REJECT,
        description=(
            "What happens if a row in the lists of contactsFrom is invalid. Reject: nothing is planned. Skip: the "
            "run is planned without the row, and the status counts it. Default: Reject. Example: Skip."
        ),
    )
    max_skipped_percent: int = Field(
        default=5,
        ge=0,
        le=100,
        description=(
            "With onInvalidContact Skip, the largest share of rows that is skipped, in percent of all rows of the "
            "lists. If more rows are invalid, nothing is planned. Default: 5. Example: 20."
        ),
    )
    webhook: Webhook | None = Field(default=None, description="Webhook to call at the end of each run. Default: none.")
    start_mode: StartMode = Field(
        default=StartMode.CONTACT_LOCAL,
        description=(
            "Clock on which cron is evaluated. ContactLocal: the local time of each contact, so a run follows the "
            "time zones around the globe. SameInstant: the clock of timeZone, so a run starts at the same moment "
            "everywhere. Default: ContactLocal."
        ),
    )
    time_zone: TimeZoneName | None = Field(
        default=None,
        description=(
            "Time zone of cron with startMode SameInstant, as a name of the IANA time zone database. Not allowed "
            "with ContactLocal. Default: Etc/UTC. Example: Europe/London."
        ),
    )
    window_seconds: int = Field(
        default=14400,
        ge=60,
        le=604_800,
        description=(
            "Seconds for which each schedule stays open at the dialer. Calling hours can end it earlier. Default: "
            "14400 (4 hours). Example: 7200."
        ),
    )
    calling_hours: CallingHoursSpec = Field(
        default=CallingHoursSpec(),
        description=(
            "When calls are allowed, in the local time of each contact. Always enforced. Default: 08:00 to 21:00 on "
            "all days; a start outside these hours is deferred."
        ),
    )
    run_policy: RunPolicy = Field(
        default=RunPolicy.ONCE,
        description=(
            "Once: the campaign runs at the next match of cron only. Recurring: the campaign runs at every match. "
            "Default: Once."
        ),
    )
    past_zones: PastZones = Field(
        default=PastZones.WAIT,
        description=(
            "Which match a run takes if some time zones are already past it. Wait: the first match that is ahead in "
            "every time zone. Skip: the first match that is ahead in any time zone; the others are skipped until the "
            "next run. Skip requires runPolicy Recurring. Default: Wait. Example: Skip."
        ),
    )
    concurrency_policy: ConcurrencyPolicy = Field(
        default=ConcurrencyPolicy.ALLOW,
        description=(
            "Whether runs may overlap, as in a CronJob. Allow: a run may start before an earlier run has ended in "
            "every time zone, but never while a window of the same time zone is open. Forbid: matches of cron are "
            "skipped until the earlier run has ended. Default: Allow. Example: Forbid."
        ),
    )
    submit_ahead_seconds: int = Field(
        default=86400,
        ge=0,
        le=31_622_400,
        description=(
            "Seconds before the first start of a run at which the operator submits its schedules, or earlier if it "
            "needs more time. Until then, the run is Planned, and is replanned whenever the spec, the contact lists, "
            "the calendar or a policy change. Default: 86400 (1 day). Example: 3600."
        ),
    )
    completion: Completion = Field(default=Completion(), description="When a run is Completed or TimedOut.")
    on_uncertain: OnUncertain = Field(
        default=OnUncertain.VERIFY,
        description=(
            "What happens if it is not known whether the dialer accepted a schedule, for example because its answer "
            "was lost. Verify: the operator reads the listing of the dialer, and adopts the schedule or submits it "
            "again. Hold: the window waits for a person, who resolves it with the annotation "
            "campaign-operator.io/resolve. Default: Verify. Example: Hold."
        ),
    )
    deletion_policy: DeletionPolicy = Field(
        default=DeletionPolicy.CANCEL,
        description=(
            "What happens to schedules that have not started when the campaign is deleted. Cancel: the operator "
            "cancels them at the dialer before the campaign is removed. Orphan: they stay at the dialer and will "
            "dial. Default: Cancel. Example: Orphan."
        ),
    )
    suspend: bool = Field(
        default=False,
        description=(
            "If true, the operator cancels schedules that have not started and submits nothing. Schedules that have "
            "started continue. Default: false."
        ),
    )


class OutboundCampaign(ResourceModel):
    """An outbound calling campaign: what is called when, and how far it has come."""

    spec: OutboundCampaignSpec = Field(description="Desired campaign.")
    status: OutboundCampaignStatus = Field(
        default=OutboundCampaignStatus(), description="Observed state of the campaign. Written by the operator."
    )
