"""Conditions and reasons: what `kubectl wait`, Flux and Argo CD read, and what the runbook explains.

Every reason is a constant here and is never renamed, since alerts are written against it. A test compares them with
the runbook. The meaning of Ready, Reconciling and Stalled is kstatus's
(https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from campaign_operator.api.status import Condition
from campaign_operator.api.vocabulary import MAX_CONDITION_MESSAGE
from campaign_operator.wording import cut


class ConditionType(StrEnum):
    """The types of condition on a campaign."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    COMPLETED = "Completed"
    FINISHED = "Finished"
    CONTACTS_VALID = "ContactsValid"
    ANALYTICS_AVAILABLE = "AnalyticsAvailable"
    WEBHOOK_DELIVERED = "WebhookDelivered"


class Reason(StrEnum):
    """Every reason of a condition, cause of a waiting window, and reason of an Event."""

    # going well
    ACCEPTED = "Accepted"
    SUSPENDED = "Suspended"
    CANCELLING = "Cancelling"
    PLANNED = "Planned"
    SUBMITTED = "Submitted"
    STARTED = "Started"
    RUN_IN_PROGRESS = "RunInProgress"
    SCHEDULE_ADOPTED = "ScheduleAdopted"
    EDIT_APPLIES_TO_NEXT_RUN = "EditAppliesToNextRun"
    MATCH_SKIPPED = "MatchSkipped"
    EDIT_IGNORED = "EditIgnored"
    SCHEDULES_CANCELLED = "SchedulesCancelled"
    RESOLVED = "Resolved"

    # how a run ends
    COMPLETED = "Completed"
    NOTHING_TO_CALL = "NothingToCall"
    TIMED_OUT = "TimedOut"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    # a transient fault, tried again by itself
    DIALER_UNAVAILABLE = "DialerUnavailable"
    DIALER_THROTTLED = "DialerThrottled"
    SUBMISSION_UNCERTAIN = "SubmissionUncertain"
    SCHEDULE_NOT_LISTED = "ScheduleNotListed"
    STATUS_LOST = "StatusLost"
    API_SERVER_REFUSES = "APIServerRefuses"
    READING_CONTACTS = "ReadingContacts"
    CONTACTS_UNAVAILABLE = "ContactsUnavailable"

    # a person must act
    INVALID_SPEC = "InvalidSpec"
    INVALID_CONTACTS = "InvalidContacts"
    TOO_MANY_INVALID_CONTACTS = "TooManyInvalidContacts"
    CONTACTS_NOT_FOUND = "ContactsNotFound"
    CONTACTS_UNREADABLE = "ContactsUnreadable"
    INVALID_CALENDAR = "InvalidCalendar"
    CALENDAR_NOT_FOUND = "CalendarNotFound"
    INVALID_POLICY = "InvalidPolicy"
    POLICY_NOT_FOUND = "PolicyNotFound"
    SECRET_NOT_FOUND = "SecretNotFound"  # noqa: S105 - the name of a reason
    SECRET_INVALID = "SecretInvalid"  # noqa: S105 - the name of a reason
    CREDENTIALS_REFUSED = "CredentialsRefused"
    DIALER_UNAUTHORIZED = "DialerUnauthorized"
    DIALER_FORBIDDEN = "DialerForbidden"
    CAMPAIGN_NOT_FOUND = "CampaignNotFound"
    DESTINATION_REFUSED = "DestinationRefused"
    LISTING_TOO_LONG = "ListingTooLong"
    CAMPAIGN_ID_IN_USE = "CampaignIDInUse"
    ALREADY_RUN = "AlreadyRun"
    CONNECTION_CHANGED = "ConnectionChanged"
    FINALIZER_REFUSED = "FinalizerRefused"
    STATUS_UNREADABLE = "StatusUnreadable"
    SPEC_UNREADABLE = "SpecUnreadable"
    CUSTOM_RESOURCE_DEFINITION_OUTDATED = "CustomResourceDefinitionOutdated"
    WINDOW_HELD = "WindowHeld"
    WRITTEN_BY_NEWER_VERSION = "WrittenByNewerVersion"
    SCHEDULE_DRIFTED = "ScheduleDrifted"
    UNKNOWN_SCHEDULES = "UnknownSchedules"
    CANNOT_CANCEL = "CannotCancel"
    RESOLUTION_REJECTED = "ResolutionRejected"
    SCHEDULES_ORPHANED = "SchedulesOrphaned"
    RUN_FAILED = "RunFailed"

    # what became of a window
    WINDOW_REJECTED = "WindowRejected"
    WINDOW_MISSED = "WindowMissed"
    WINDOW_STARTED_LATE = "WindowStartedLate"
    NOT_VERIFIED = "NotVerified"

    # contact lists, the rules of zones, and holidays
    CONTACTS_READ = "ContactsRead"
    INVALID_CONTACTS_SKIPPED = "InvalidContactsSkipped"
    TIME_ZONE_DATA_CHANGED = "TimeZoneDataChanged"
    HOLIDAY_DATA_CHANGED = "HolidayDataChanged"

    # analytics
    ANALYTICS_READ = "AnalyticsRead"
    ANALYTICS_UNREADABLE = "AnalyticsUnreadable"
    ANALYTICS_REGRESSED = "AnalyticsRegressed"

    # the webhook
    WEBHOOK_PENDING = "WebhookPending"
    WEBHOOK_RETRYING = "WebhookRetrying"
    WEBHOOK_DELIVERED = "WebhookDelivered"
    WEBHOOK_GONE = "WebhookGone"
    WEBHOOK_FAILED = "WebhookFailed"


STALLING_CAUSES = frozenset(
    {
        Reason.CREDENTIALS_REFUSED,
        Reason.DIALER_UNAUTHORIZED,
        Reason.DIALER_FORBIDDEN,
        Reason.CAMPAIGN_NOT_FOUND,
        Reason.DESTINATION_REFUSED,
        Reason.LISTING_TOO_LONG,
        Reason.CAMPAIGN_ID_IN_USE,
        Reason.FINALIZER_REFUSED,
    }
)
"""Causes of a waiting window that only a person can remove."""


REMEDIES: dict[str, str] = {
    Reason.CANCELLING: "the operator tries again; to be sure, cancel them at the dialer",
    Reason.MATCH_SKIPPED: "if this is not what you want, change the spec",
    Reason.EDIT_IGNORED: "to call again, create a new resource",
    Reason.TIMED_OUT: "to find out why, compare with the dialer's reports",
    Reason.FAILED: "remove the cause before you call again",
    Reason.DIALER_UNAVAILABLE: "the operator tries again",
    Reason.DIALER_THROTTLED: "the operator tries again",
    Reason.SUBMISSION_UNCERTAIN: "the operator looks it up after the settling time",
    Reason.API_SERVER_REFUSES: "remove the cause; the operator tries again",
    Reason.CONTACTS_UNAVAILABLE: "the operator tries again",
    Reason.CONTACTS_NOT_FOUND: "create it, or correct the spec",
    Reason.SECRET_NOT_FOUND: "create it, or grant the operator the right",
    Reason.CANNOT_CANCEL: "if it must not, cancel it at the dialer",
    Reason.RESOLUTION_REJECTED: "set the annotation to a new value",
    Reason.SCHEDULES_ORPHANED: "check the dialer",
    Reason.WINDOW_REJECTED: "the operator does not submit it again",
    Reason.WINDOW_MISSED: "the operator does not submit it in this run",
    Reason.INVALID_CONTACTS_SKIPPED: "correct the list",
    Reason.ANALYTICS_UNREADABLE: "the operator tries again",
    Reason.WEBHOOK_FAILED: "the numbers are in the status",
    Reason.WEBHOOK_GONE: "correct or remove spec.webhook for later runs",
}
"""What is to be done, or what the operator does, where the messages of a reason do not say so by themselves.

The runbook has the rest.
"""


def split_remedy(reason: str, message: str) -> tuple[str, str]:
    """The message without the remedy of the reason, and that with what separates them; empty where there is none."""
    remedy = REMEDIES.get(reason)
    if remedy is None:
        return message, ""
    return message.removesuffix(f"; {remedy}"), f"; {remedy}"


def find(conditions: Iterable[Condition], kind: ConditionType) -> Condition | None:
    """The condition of that type, if there is one."""
    return next((c for c in conditions if c.type == kind), None)


def make(
    earlier: Iterable[Condition],
    kind: ConditionType,
    status: bool,
    reason: str,
    message: str,
    *,
    generation: int,
    now: datetime,
) -> Condition:
    """A condition whose lastTransitionTime moves only if its status does. The message ends with what to do, and is cut
    before that to what the schema takes.
    """
    said, remedy = split_remedy(reason, message)
    before = find(earlier, kind)
    word = "True" if status else "False"
    return Condition(
        type=kind,
        status=word,
        observed_generation=generation,
        last_transition_time=before.last_transition_time if before and before.status == word else now,
        reason=reason,
        message=cut(said, MAX_CONDITION_MESSAGE - len(remedy)) + remedy,
    )


def replaced(earlier: Iterable[Condition], condition: Condition) -> tuple[Condition, ...]:
    """The conditions with this one in the place of its type, or at the end."""
    kept = tuple(condition if c.type == condition.type else c for c in earlier)
    return kept if condition in kept else (*kept, condition)
