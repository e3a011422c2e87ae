"""What a search is about: which of the world takes part, and which one rule is left out, if any."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from model.world import Budget, Operator, Resource, Schedule, World


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
    ONE_RUN_LISTED = "a listing is searched for one run and counts for all"
    LISTED_BEFORE_ADOPTION = "what was listed counts as looked at before its adoption is on record"
    ONLY_FIRST_PAGE = "only the first page of a listing is read"
    NO_LISTING_IS_NOTHING = "a dialer without listing counts as one without schedules"
    ENDED_BY_NEXT_START = "a run is ended by the first start of the next"
    FORGOTTEN_WHEN_FINISHED = "a finished run is forgotten while a window's end is ahead"
    WINDOWS_OVERLAP = "a window may begin before the earlier one of its zone has ended"
    LATER_RUNS_KEPT = "later runs are kept though an earlier one is replanned"
    LEAVES_BEFORE_LATER_RUNS = "a cancelled run leaves before the later ones are cancelled"
    LEAVES_BEFORE_FINALIZER = "the last run leaves while the finalizer is there"
    CANCELLED_RUN_KEPT = "a cancelled run is neither replanned nor leaves"
    ONLY_OLDEST_SUSPENDED = "suspend looks only at the oldest run"
    ONLY_OLDEST_DELETED = "deletion looks only at the oldest run"
    FINISHED_NOT_SUSPENDED = "suspend looks only at runs that are not finished"
    PLANNED_FROM_NOT_IN_ATTEMPT = "the attempts of a match that was freed are counted on"
    LAG_IGNORED_BEFORE_INTENT = "the dialer is listed before an intent while its listing may lag"
    DELETE_LEAVES_TRUST = "the listing is trusted after the answer to a DELETE"
    ORPHAN_WHILE_CANCELLING = "with deletionPolicy Orphan the resource goes while a DELETE may be under way"
    INTENT_LEAVES_TRUST = "the listing is trusted after an intent"
    LOST_STATUS_IS_TRUSTED = "the listing is trusted though the status was lost"
    GONE_BEFORE_TRUST = "a deleted resource goes before the listing is trusted"
    FINALIZER_DROPPED_BEFORE_TRUST = "a finalizer that nothing holds goes before the listing is trusted"
    ORPHANED_NOT_NAMED = "at the deadline of the deletion nothing is named that stays"
    WEBHOOK_ID_WITHOUT_PLANNED_FROM = "the id of a webhook does not tell two runs of one match apart"
    NEW_WEBHOOK_ID = "each delivery of a webhook has an id of its own"
    OUTBOX_AFTER_END = "the outbox entry is written after the end of the run"
    OUTBOX_FORGOTTEN = "the outbox entry is forgotten when the run moves to history"
    OUTBOX_DONE_FIRST = "the webhook is on record as delivered before it is delivered"
    OUTBOX_CUT_OFF = "history is cut off though a webhook of it is pending"
    LOST_STATUS_LISTED_AT_ONCE = "a lost status is listed at once, without a settling time"
    LOST_STATUS_COUNTS_ANEW = "a lost status counts its attempts from one again"
    LOST_STATUS_LEFT = "a lost status is left as it is while the campaign is suspended or being deleted"
    FINALIZER_DROPPED_WHILE_HELD = "the finalizer goes while a window is held"
    STARTED_HOLDS_DELETION = "a window that has started keeps a deleted resource whose others cannot be cancelled"
    DELETE_WITHOUT_DEADLINE = "the right to delete a schedule never lapses"
    CANCELLATION_KEEPS_ATTEMPT = "a cancellation that is not known is settled as the attempt that submitted"


@dataclass(frozen=True)
class Setup:
    """One configuration. `zones` are the windows of a run, `runs` the matches that cron still has.

    `lengths`: for each plan, after how many matches its window has ended at the latest. `schedules` stand already.
    `prompt`: every request is carried out and answered before the next one leaves, since the search is about which runs
    there are, and not about sending.
    """

    budget: Budget
    operators: int = 1
    zones: int = 1
    runs: int = 1
    recurring: bool = False
    listing: bool = True
    orphan: bool = False
    webhook: bool = False
    prompt: bool = False
    history: int = 2
    omitted: Omission | None = None
    lengths: tuple[int, int] = (1, 1)
    start: Resource = field(default_factory=Resource)
    schedules: tuple[Schedule, ...] = ()

    def world(self) -> World:
        """The state that everything begins in."""
        return World(self.start, (Operator(),) * self.operators, self.budget, self.schedules)

    @cached_property
    def doubts(self) -> bool:
        """Whether a listing can be wrong; where none can, no state tells whether it is trusted."""
        return bool(self.budget.lags or self.budget.wipes or self.budget.recreations)

    @cached_property
    def judged(self) -> "Setup":
        """The same with no rule left out, by which a settled state is told."""
        return replace(self, omitted=None)

    def omits(self, omission: Omission) -> bool:
        """Whether that rule is left out."""
        return self.omitted is omission
