"""The words of the resource: its names, its enumerations, its limits, and the scalars that spec and status share."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

GROUP = "campaign-operator.io"
VERSION = "v1alpha1"
KIND = "OutboundCampaign"
PLURAL = "outboundcampaigns"
SINGULAR = "outboundcampaign"
SHORT_NAME = "ocamp"
CATEGORY = "campaigns"

REQUESTED_AT_ANNOTATION = f"{GROUP}/requestedAt"
RESOLVE_ANNOTATION = f"{GROUP}/resolve"
CANCEL_FINALIZER = f"{GROUP}/cancel"

MAX_CONTACTS = 2000
MAX_CONTACT_SOURCES = 20
MAX_WINDOWS = 600
MAX_RUNS = 400
MAX_UNKNOWN_SCHEDULES = 100
MAX_WINDOWS_AHEAD = 1800
"""The most windows, over all runs, whose end is ahead: more would not fit into one resource."""
MAX_RUNS_IN_GRACE = 8
"""The most runs whose windows are all past and that wait for calls."""
MAX_EXCLUDED_DATES = 366
MAX_HISTORY = 5
MAX_PENDING = 100
MAX_MESSAGE = 1024
MAX_CONDITION_MESSAGE = 4096
MAX_COUNT = 1_000_000_000
MAX_RESOLVE = 16384
"""Characters of the resolve annotation that are read. One that reaches it may have been cut, and is too long."""

TimeZoneName = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class StartMode(StrEnum):
    """Whose clock `cron` is read on."""

    CONTACT_LOCAL = "ContactLocal"
    SAME_INSTANT = "SameInstant"


class RunPolicy(StrEnum):
    """How many runs a campaign has."""

    ONCE = "Once"
    RECURRING = "Recurring"


class OnUncertain(StrEnum):
    """What becomes of a window of which nobody knows whether the dialer has taken it."""

    VERIFY = "Verify"
    HOLD = "Hold"


class DeletionPolicy(StrEnum):
    """What becomes of schedules that have not started when their campaign is deleted."""

    CANCEL = "Cancel"
    ORPHAN = "Orphan"


class Weekday(StrEnum):
    """A day of the week, in the order of the week."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"


class Outside(StrEnum):
    """What becomes of a window whose start lies outside the calling hours."""

    DEFER = "Defer"
    SKIP = "Skip"


class PastZones(StrEnum):
    """What becomes of time zones that are past a match when the run is planned."""

    WAIT = "Wait"
    SKIP = "Skip"


class ConcurrencyPolicy(StrEnum):
    """Whether a run may start before an earlier one is over."""

    ALLOW = "Allow"
    FORBID = "Forbid"


class MatchSkipReason(StrEnum):
    """Why a run is not that of an earlier match of `cron`."""

    START_PASSED = "StartPassed"
    """Some time zones were past the match, and pastZones is Wait."""

    WINDOW_OPEN = "WindowOpen"
    """An earlier window of a time zone is not over by then."""

    CONCURRENCY_POLICY = "ConcurrencyPolicy"
    """An earlier run is not over by then, and concurrencyPolicy is Forbid."""

    NOTHING_OPEN = "NothingOpen"
    """No time zone may be called at the match."""

    NO_ROOM = "NoRoom"
    """Too many windows were ahead until it could no longer be submitted in time."""


class ContactFormat(StrEnum):
    """How the contacts of a list are written down."""

    CSV = "CSV"
    JSON = "JSON"
    NDJSON = "NDJSON"


class OnInvalidContact(StrEnum):
    """What becomes of contact lists with rows that break a rule."""

    REJECT = "Reject"
    SKIP = "Skip"


class WindowState(StrEnum):
    """Where the schedule of one window stands."""

    PLANNED = "Planned"
    SKIPPED = "Skipped"
    INTENT = "Intent"
    UNCERTAIN = "Uncertain"
    SUBMITTED = "Submitted"
    HELD = "Held"
    REJECTED = "Rejected"
    MISSED = "Missed"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"


class Adjustment(StrEnum):
    """Why a window differs from the plain match of `cron`, in the order in which adjustments are given."""

    MOVED_OUT_OF_GAP = "MovedOutOfGap"
    """The clocks skip the local time; the window starts at the first instant after the gap."""

    FIRST_OF_TWO = "FirstOfTwo"
    """The clocks show the local time twice; the window starts the first time."""

    DEFERRED_TO_OPENING = "DeferredToOpening"
    """The match lies outside the calling hours; the window starts when they next begin."""

    CLIPPED_AT_CLOSING = "ClippedAtClosing"
    """The calling hours end before the window would; it ends with them."""

    CLOSED_DATE = "ClosedDate"
    """The calling hours close the date of the match; the zone is skipped in this run."""

    OUTSIDE_CALLING_HOURS = "OutsideCallingHours"
    """The match lies outside the calling hours; the zone is skipped in this run."""

    START_PASSED = "StartPassed"
    """The zone was past the match when the run was planned; it is skipped in this run."""

    STARTED_LATE = "StartedLate"
    """The window could not be sent before its start and opens for what is left of it."""


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
