"""What a search is about: which of the world takes part, and which one rule is left out, if any."""

from dataclasses import dataclass, field
from enum import StrEnum

from model.world import Budget, Operator, Resource, World


class Omission(StrEnum):
    """A rule that is left out, or broken; in words that say what is done then."""

    NO_INTENT = "a request is sent before its intent is written"
    INTENT_WITHOUT_VERSION = "the intent is written whatever the resourceVersion is"
    WRITE_WITHOUT_VERSION = "other writes are done whatever the resourceVersion is"
    NO_SETTLING_TIME = "an uncertain window is looked up at once"
    NO_DEADLINE = "the right to send never lapses"
    NO_WATCHDOG = "a process that stands still while it sends goes on"
    NO_START_CHECK = "a request may leave after its window's start"
    VERSION_READ_AFTER_LISTING = "what a listing showed is written with a resourceVersion read after it"
    RETRY_AFTER_TIME_OUT = "a request that timed out is sent again"
    UNCLEAR_IS_NOT_SENT = "an unclear answer counts as not sent"
    ANOTHERS_INTENT_IS_PLANNED = "an intent of another counts as not sent"
    NO_FINALIZER = "the finalizer is not added before the first intent"
    FINALIZER_DROPPED_EARLY = "the finalizer goes before the schedules are cancelled"
    CANCELLED_ADOPTED = "a cancelled schedule is adopted"
    ANSWER_ON_ANOTHER_ATTEMPT = "an answer is recorded whatever attempt the status holds"
    NO_CANCELLING = "a schedule is deleted before Cancelling is written"
    PLANNED_ANEW_WHILE_SUBMITTED = "a run is planned anew while something of it is submitted"
    UNSETTLED_CANCELLED = "what may be under way is cancelled without being settled"
    RESTORED_WITH_OLD_ATTEMPT = "a restored window is sent under the number of its old attempt"
    STARTED_DELETED = "a schedule that has started is deleted"
    NOT_LISTED_FIRST = "the dialer is not listed before the first intent"
    LISTED_BEFORE_ADOPTION = "what was listed counts as looked at before its adoption is on record"
    ONLY_FIRST_PAGE = "only the first page of a listing is read"
    NO_LISTING_IS_NOTHING = "a dialer without listing counts as one without schedules"
    PROMOTED_UNDECIDED = "the next run takes over from one that has not ended"
    NEW_WEBHOOK_ID = "each delivery of a webhook has an id of its own"
    OUTBOX_AFTER_END = "the outbox entry is written after the end of the run"
    OUTBOX_FORGOTTEN = "the outbox entry is forgotten when the run moves to history"
    OUTBOX_DONE_FIRST = "the webhook is on record as delivered before it is delivered"
    OUTBOX_CUT_OFF = "history is cut off though a webhook of it is pending"
    LOST_STATUS_LISTED_AT_ONCE = "a lost status is listed at once, without a settling time"
    LOST_STATUS_COUNTS_ANEW = "a lost status counts its attempts from one again"
    LOST_STATUS_LEFT = "a lost status is left as it is while the campaign is suspended or being deleted"
    ORPHAN_AT_ONCE = "with deletionPolicy Orphan the resource goes while a request is under way"
    FINALIZER_DROPPED_WHILE_HELD = "the finalizer goes while a window is held"
    STARTED_HOLDS_DELETION = "a window that has started keeps a deleted resource whose others cannot be cancelled"
    DEAD_NEXT_RUN_KEPT = "an unwanted next run of which nothing stands is kept, unless some of it was cancelled"
    PLANNED_NEXT_RUN_KEPT = "a next run that was only planned is kept though the run before it is cancelled"
    CANCELLED_NOT_REPLACED = "the next run does not take over from a cancelled run"
    DELETE_WITHOUT_DEADLINE = "the right to delete a schedule never lapses"
    CANCELLATION_KEEPS_ATTEMPT = "a cancellation that is not known is settled as the attempt that submitted"


@dataclass(frozen=True)
class Setup:
    """One configuration. `zones` are the windows of a run, `runs` the runs that cron still matches."""

    budget: Budget
    operators: int = 1
    zones: int = 1
    runs: int = 1
    recurring: bool = False
    listing: bool = True
    orphan: bool = False
    webhook: bool = False
    history: int = 2
    omitted: Omission | None = None
    start: Resource = field(default_factory=Resource)

    def world(self) -> World:
        """The state that everything begins in."""
        return World(self.start, (Operator(),) * self.operators, self.budget)

    def omits(self, omission: Omission) -> bool:
        """Whether that rule is left out."""
        return self.omitted is omission
