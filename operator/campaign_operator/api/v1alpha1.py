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
        description="Secret in the same namespace with the keys client-id, client-secret and environment, and "
        "optionally api-base-url, token-url and scope. A changed Secret is taken up without an edit of the campaign."
    )


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
    secret_ref: SecretKeyRef | None = Field(
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
                ".timeZone",
            ),
            (
                "has(self.contacts) != has(self.contactsFrom)",
                "give exactly one of contacts and contactsFrom",
                ".contacts",
            ),
            (
                "self.pastZones == 'Wait' || self.runPolicy == 'Recurring'",
                "pastZones Skip is only for runPolicy Recurring; a zone that a single run leaves out is never called",
                ".pastZones",
            ),
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
        "Kubernetes CronJob, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. Read on the "
        "clock that startMode names. Example: 0 9 * * 1-5.",
        json_schema_extra=rules((_CRON_RULE, _CRON_MESSAGE)),
    )
    connection: ConnectionSpec = Field(description="The dialer's address and credentials.")
    contacts: tuple[ContactSpec, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CONTACTS,
        description="Contacts to be called, at most 2000; exactly one of contacts and contactsFrom is given. They tell "
        "which time zones open and how many calls to expect; whom the dialer calls is the dialer's own list.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    contacts_from: tuple[ContactsFromSource, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CONTACT_SOURCES,
        description="Contact lists of the same namespace or of the Web, at most 20, read as one. A changed list is "
        "taken up until the run is submitted.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    on_invalid_contact: OnInvalidContact = Field(
        default=OnInvalidContact.REJECT,
        description="What becomes of the lists of contactsFrom where a row breaks a rule: Reject, nothing is planned; "
        "Skip, the run is planned without those rows, and status counts them. Default: Reject. Example: Skip.",
    )
    webhook: Webhook | None = Field(default=None, description="Who is told at the end of each run. Default: nobody.")
    start_mode: StartMode = Field(
        default=StartMode.CONTACT_LOCAL,
        description="Whose clock cron is read on: ContactLocal, the wall clock of each contact, so that a run goes "
        "round the globe; SameInstant, the clock of timeZone, one moment for all. Default: ContactLocal.",
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
        description="Seconds for which each schedule stays open at the dialer, or shorter where the calling hours end. "
        "Default: 14400 (4 hours). Example: 7200.",
    )
    calling_hours: CallingHoursSpec = Field(
        default=CallingHoursSpec(),
        description="When calls may be made, by the clock of each contact's own time zone. Always enforced. Default: "
        "08:00 to 21:00 on all days; a start outside is deferred.",
    )
    run_policy: RunPolicy = Field(
        default=RunPolicy.ONCE,
        description="Once: the next match of cron, then never again. Recurring: run after run. Default: Once.",
    )
    past_zones: PastZones = Field(
        default=PastZones.WAIT,
        description="Which match a run takes when some time zones are already past one: Wait, the first that is ahead "
        "in every time zone; Skip, the first that is ahead in any, without the time zones that are past it, which join "
        "in the next run; only with runPolicy Recurring. Default: Wait. Example: Skip.",
    )
    concurrency_policy: ConcurrencyPolicy = Field(
        default=ConcurrencyPolicy.ALLOW,
        description="Whether a run may start before an earlier run is over in every time zone, as in a CronJob: Allow, "
        "it may, but never before the earlier window of the same time zone is over; Forbid, matches of cron until then "
        "are passed over. Default: Allow. Example: Forbid.",
    )
    submit_ahead_seconds: int = Field(
        default=86400,
        ge=0,
        le=31_622_400,
        description="Seconds before the first start of a run at which its schedules are submitted; but always as early "
        "as the operator needs to submit in time. Until then the run is shown as Planned, and planned anew whenever "
        "spec, contact lists or calendar change. Default: 86400 (1 day). Example: 3600.",
    )
    completion: Completion = Field(default=Completion(), description="When a run is done.")
    on_uncertain: OnUncertain = Field(
        default=OnUncertain.VERIFY,
        description="What is done when nobody knows whether the dialer has taken a schedule, for instance because its "
        "answer was lost: Verify, the dialer's listing is read and the schedule is adopted or submitted again; Hold, "
        "nothing is looked up and the window waits for a person, who settles it by the annotation "
        "campaign-operator.io/resolve. Default: Verify. Example: Hold.",
    )
    deletion_policy: DeletionPolicy = Field(
        default=DeletionPolicy.CANCEL,
        description="What becomes of schedules that have not started when the campaign is deleted: Cancel, they are "
        "cancelled at the dialer before the campaign goes; Orphan, they stay and will dial. Default: Cancel. "
        "Example: Orphan.",
    )
    suspend: bool = Field(
        default=False,
        description="True: schedules that have not started are cancelled, and nothing is submitted until it is taken "
        "back; what has started goes on. Default: false.",
    )


class OutboundCampaign(ResourceModel):
    """An outbound calling campaign: what is called when, and how far it has come."""

    spec: OutboundCampaignSpec = Field(description="What shall be called when.")
    status: OutboundCampaignStatus = Field(
        default=OutboundCampaignStatus(), description="What the operator has seen and done."
    )
