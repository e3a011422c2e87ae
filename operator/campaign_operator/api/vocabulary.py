"""The words of the resource: its names, its enumerations, its limits, and the scalars that spec and status share."""

from enum import StrEnum
from typing import Annotated, Self

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
HAS_RUN_ANNOTATION = f"{GROUP}/has-run"
CANCEL_FINALIZER = f"{GROUP}/cancel"

MAX_CONTACTS = 2000
MAX_CONTACT_SOURCES = 20
MAX_TIME_ZONE_ALIASES = 100
MAX_WINDOWS = 600
MAX_RUNS = 400
MAX_UNKNOWN_SCHEDULES = 100
MAX_WINDOWS_AHEAD = 1800
"""The most windows, over all runs, whose end is ahead: more would not fit into one resource."""
MAX_RUNS_IN_GRACE = 8
"""The most runs whose windows are all past and that wait for calls."""
MAX_EXCLUDED_DATES = 366
MAX_WEEKLY_SPANS = 21
"""Three for each day of the week."""
MAX_ZONE_RULES = 50
MAX_ZONES_OF_A_RULE = 100
MAX_HOLIDAY_CALENDARS = 20
MAX_NARROWED_BY = 128
MAX_HISTORY = 5
MAX_PENDING = 100
MAX_MESSAGE = 1024
MAX_CONDITION_MESSAGE = 4096
MAX_COUNT = 1_000_000_000
MAX_RESOLVE = 16384
"""Characters of the resolve annotation that are read. One that reaches it may have been cut, and is too long."""

TimeZoneName = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class OpenEnum(StrEnum):
    """Words that a newer operator may add to: one that this version does not know passes through as it stands."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown


class StartMode(StrEnum):
    """Whose clock `cron` is read on."""

    CONTACT_LOCAL = "ContactLocal"
    """The local time of each contact."""

    SAME_INSTANT = "SameInstant"
    """The clock of `timeZone`, for all contacts."""


class RunPolicy(StrEnum):
    """How many runs a campaign has."""

    ONCE = "Once"
    """One run, at the next match."""

    RECURRING = "Recurring"
    """A run at every match."""


class OnUncertain(StrEnum):
    """What to do if it is not known whether the dialer accepted a schedule."""

    VERIFY = "Verify"
    """Look it up in the listing of the dialer."""

    HOLD = "Hold"
    """Wait for a person."""


class DeletionPolicy(StrEnum):
    """What to do with schedules that have not started when their campaign is deleted."""

    CANCEL = "Cancel"
    """Cancel them at the dialer first."""

    ORPHAN = "Orphan"
    """Leave them at the dialer; they will dial."""


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
    """What to do if the start of a window is outside the calling hours."""

    DEFER = "Defer"
    """Start when the calling hours next begin."""

    SKIP = "Skip"
    """Skip the time zone in this run."""


class PastZones(StrEnum):
    """What to do about time zones that are past a match when the run is planned."""

    WAIT = "Wait"
    """Take the first match that is ahead in every time zone."""

    SKIP = "Skip"
    """Take the first match that is ahead in any time zone, and skip the others."""


class ConcurrencyPolicy(StrEnum):
    """Whether a run may start before an earlier run has ended."""

    ALLOW = "Allow"
    """Runs may overlap, but not in one time zone."""

    FORBID = "Forbid"
    """Skip matches until the earlier run has ended."""


class MatchSkipReason(StrEnum):
    """Why a run is not that of an earlier match of `cron`."""

    START_PASSED = "StartPassed"
    """Some time zones were past the match, and pastZones is Wait."""

    WINDOW_OPEN = "WindowOpen"
    """An earlier window of a time zone is still open by then."""

    CONCURRENCY_POLICY = "ConcurrencyPolicy"
    """An earlier run has not ended by then, and concurrencyPolicy is Forbid."""

    NOTHING_OPEN = "NothingOpen"
    """No time zone may be called at the match."""

    NO_ROOM = "NoRoom"
    """Too many windows were ahead until it could no longer be submitted in time."""


class ContactFormat(StrEnum):
    """The format of a contact list."""

    CSV = "CSV"
    """A header row, then one contact per row."""

    JSON = "JSON"
    """One array of objects."""

    NDJSON = "NDJSON"
    """One object per line."""


class OnInvalidContact(StrEnum):
    """What to do about invalid rows in contact lists."""

    REJECT = "Reject"
    """Plan nothing."""

    SKIP = "Skip"
    """Plan without the row."""


class WindowState(StrEnum):
    """The state of one window and its schedule."""

    PLANNED = "Planned"
    """Not submitted yet."""

    SKIPPED = "Skipped"
    """Not called in this run; `adjustments` says why."""

    INTENT = "Intent"
    """About to be submitted: the request leaves after this is stored."""

    UNCERTAIN = "Uncertain"
    """It is not known whether the dialer has the schedule; the operator looks it up."""

    SUBMITTED = "Submitted"
    """The dialer has the schedule."""

    HELD = "Held"
    """It is not known whether the dialer has the schedule; a person must resolve it."""

    REJECTED = "Rejected"
    """The dialer refused the schedule."""

    MISSED = "Missed"
    """Too late to submit."""

    CANCELLING = "Cancelling"
    """The operator is cancelling the schedule at the dialer."""

    CANCELLED = "Cancelled"
    """The schedule is cancelled."""


class Adjustment(StrEnum):
    """Why a window differs from the plain match of `cron`, in the order in which adjustments are given."""

    MOVED_OUT_OF_GAP = "MovedOutOfGap"
    """The clocks skip the local time; the window starts at the first instant after the gap."""

    FIRST_OF_TWO = "FirstOfTwo"
    """The clocks show the local time twice; the window starts the first time."""

    DEFERRED_TO_OPENING = "DeferredToOpening"
    """The match is outside the calling hours; the window starts when they next begin."""

    CLIPPED_AT_CLOSING = "ClippedAtClosing"
    """The calling hours end before the window would; it ends with them."""

    CLOSED_DATE = "ClosedDate"
    """The calling hours close the date of the match; the zone is skipped in this run."""

    OUTSIDE_CALLING_HOURS = "OutsideCallingHours"
    """The match is outside the calling hours; the zone is skipped in this run."""

    START_PASSED = "StartPassed"
    """The zone was past the match when the run was planned; it is skipped in this run."""

    STARTED_LATE = "StartedLate"
    """The window could not be sent before its start and opens for what is left of it."""


class RunState(OpenEnum):
    """The state of a run; a pure function of its windows, its metrics and the time."""

    PLANNED = "Planned"
    """Nothing is submitted yet."""

    SUBMITTING = "Submitting"
    """Some windows are submitted."""

    SCHEDULED = "Scheduled"
    """Every window is submitted, and none has started."""

    RUNNING = "Running"
    """A window has started."""

    HELD = "Held"
    """A window waits for a person."""

    COMPLETED = "Completed"
    """The expected calls are completed, or there was nothing to call."""

    TIMED_OUT = "TimedOut"
    """The grace period ended before the expected calls were completed."""

    FAILED = "Failed"
    """No window was submitted."""

    CANCELLED = "Cancelled"
    """Every window was cancelled."""


class WebhookState(OpenEnum):
    """The state of the delivery of a run's webhook."""

    PENDING = "Pending"
    """Not delivered yet; the operator tries again."""

    DELIVERED = "Delivered"
    """The receiver accepted it."""

    GONE = "Gone"
    """The receiver answered 410 Gone; no further attempt is made."""

    FAILED = "Failed"
    """Given up after 10 attempts."""
