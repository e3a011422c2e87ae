"""What is asked of a dialer and what may come back, as plain values.

The kinds of answer are told apart by one question only: may the request have been carried out? `Accepted`:
yes, and here is its id. `NotSent`, `Throttled`, `AccessRefused`, `DestinationRefused`, `Rejected`: certainly
not. `Unclear`: nobody knows, so it must be looked up before anything is sent again. A dialer adapter that
guesses here phones people twice.

Messages in these values are shown to users in status and Events: they are cleaned and cut by whoever makes
them, and carry no secret, token, contact or response body beyond the dialer's own short error message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol, Self


@dataclass(frozen=True, slots=True)
class Span:
    """The time from `start` to `end`, both aware. Raises ValueError unless `start` is before `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError("the start of a span must be before its end")

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether what lasts from `start` to `end` lies in it, in part or as a whole."""
        return end > self.start and start < self.end


@dataclass(frozen=True, slots=True)
class ScheduleRequest:
    """One schedule to create: one window of one run.

    `start` and `end` are aware; they are sent with the offset that `time_zone` has at that instant.
    """

    campaign_id: str
    time_zone: str
    start: datetime
    end: datetime
    idempotency_key: str


class ScheduleState(StrEnum):
    """The state of a schedule as the dialer's listing gives it."""

    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule in the dialer's listing. `start` and `end` are aware, in UTC."""

    id: str
    time_zone: str
    start: datetime
    end: datetime
    state: ScheduleState


class SendPermission(Protocol):
    """The right to send one request, which lapses soon after the write of its intent was begun."""

    def in_force(self) -> bool:
        """Ask immediately before the request leaves; False forbids it for good."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """201 with an id: the schedule exists."""

    schedule_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left: connection refused, no token to be had, permission lapsed. Try again later."""

    message: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """429. `retry_after_seconds` is what Retry-After asked for (either form, never negative), None where it gave
    nothing usable.
    """

    retry_after_seconds: float | None
    message: str


@dataclass(frozen=True, slots=True)
class AccessRefused:
    """400 or 401 of the token endpoint; 401 (after one refresh of the token), 403 or 404 of the dialer. A person must
    act.
    """

    code: int
    by: Literal["token endpoint", "dialer"]
    message: str


@dataclass(frozen=True, slots=True)
class DestinationRefused:
    """Our own egress rules forbid the address. Nothing was sent. A person must act."""

    message: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """204, or 404: the schedule will not dial. Whether it was ever there is not told."""


@dataclass(frozen=True, slots=True)
class CancelNotOffered:
    """405 or 501: this dialer cancels no schedule."""

    code: int


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """400, 409 or 422: the dialer understood and will not, for instance because the schedule has started."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """400 or 422: the dialer understood the schedule and will never take it."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Time-out, reset, 5xx, an answer that cannot be read, any other status: it may or may not have been carried
    out.
    """

    message: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A call that may be repeated got no usable answer (connection, time-out, 5xx, unreadable). Asking again does no
    harm.

    `code` is the status of the answer, if one came and was not 200.
    """

    message: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """All schedules of one campaign, every page read: what is not in it does not exist at the dialer.

    One that was asked for with a span has all that overlap it, and no other.
    """

    schedules: tuple[Schedule, ...]

    @property
    def standing(self) -> Mapping[str, Schedule]:
        """The schedules that are not cancelled, by id."""
        return {s.id: s for s in self.schedules if s.state is not ScheduleState.CANCELLED}


@dataclass(frozen=True, slots=True)
class ListingTooLong:
    """The dialer holds more schedules of the campaign than can be read, about `rows` of them. A person must act."""

    rows: int
    message: str


@dataclass(frozen=True, slots=True)
class ListingNotOffered:
    """404, 405 or 501: this dialer has no listing."""

    code: int


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The token endpoint accepted the credentials."""


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """The dialer itself showed the campaign to these credentials."""


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Calls of one campaign since the query's start; none is negative."""

    completed: int
    attempted: int
    connected: int

    def __add__(self, other: Self) -> Self:
        """The calls of both."""
        return replace(
            self,
            completed=self.completed + other.completed,
            attempted=self.attempted + other.attempted,
            connected=self.connected + other.connected,
        )


@dataclass(frozen=True, slots=True)
class AnalyticsQuery:
    """Calls of several campaigns of one connection, in [`date_from`, `date_to`), both aware."""

    campaign_ids: frozenset[str]
    date_from: datetime
    date_to: datetime


@dataclass(frozen=True, slots=True)
class Analytics:
    """Counts by campaign id, all pages read, and all rows of a campaign added up.

    `unreadable` are the campaigns of which a row could not be read, or whose sum is larger than any count that a status
    takes. One that is in neither has had no call yet.
    """

    counts: Mapping[str, CallCounts]
    unreadable: frozenset[str] = frozenset()


SubmitOutcome = Accepted | NotSent | Throttled | AccessRefused | DestinationRefused | Rejected | Unclear
CancelOutcome = (
    Cancelled | CancelNotOffered | CancelRefused | Throttled | AccessRefused | DestinationRefused | Unavailable
)
ListOutcome = (
    Listing | ListingTooLong | ListingNotOffered | Throttled | AccessRefused | DestinationRefused | Unavailable
)
AnalyticsOutcome = Analytics | Throttled | AccessRefused | DestinationRefused | Unavailable
AccessOutcome = AccessGranted | ListingNotOffered | Throttled | AccessRefused | DestinationRefused | Unavailable
AuthenticateOutcome = Authenticated | Throttled | AccessRefused | DestinationRefused | Unavailable
