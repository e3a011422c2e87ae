"""What can be done about a campaign: one small value for each action, and the decision for one of them."""

from dataclasses import dataclass
from datetime import datetime

from campaign_operator.api.status import RunKey
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.campaigns.late import Late, Missed
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.plan import RunPlan


@dataclass(frozen=True, slots=True)
class PlanRun:
    """Write this plan as the newest run, in the place of the runs that it replaces; nothing is submitted in that write.

    `blueprint` is what it was made from. `status_lost`: the resource had submitted something, and its status is gone.
    """

    plan: RunPlan
    blueprint: Blueprint
    replaces: tuple[RunKey, ...] = ()
    status_lost: bool = False


@dataclass(frozen=True, slots=True)
class ReadLists:
    """Ask for contact lists again that tell nobody of a change."""


@dataclass(frozen=True, slots=True)
class NoteRules:
    """The rules of zones or the holidays are another version than the plan was made by; the windows of `moved` would
    lie elsewhere.
    """

    run: RunKey
    moved: tuple[str, ...]
    holidays_version: str
    """The version to note; empty where the run depends on none."""


@dataclass(frozen=True, slots=True)
class DropRun:
    """Forget a run of which nothing stands and nothing ever started; its match is free again."""

    run: RunKey


@dataclass(frozen=True, slots=True)
class MoveToHistory:
    """These runs are over, and a later one has started."""

    runs: tuple[RunKey, ...]


@dataclass(frozen=True, slots=True)
class FinishRun:
    """Record the end of a run, and with it the webhook's outbox entry."""

    run: RunKey
    state: RunState


@dataclass(frozen=True, slots=True)
class RecordOutcomes:
    """Write the answers to requests of this process."""

    run: RunKey


@dataclass(frozen=True, slots=True)
class MarkUncertain:
    """Windows of which nobody here knows whether the dialer has a schedule; `message` says why."""

    run: RunKey
    time_zones: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave uncertain windows to a person, since the spec asks for it."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolve:
    """A person has said what became of held windows."""


@dataclass(frozen=True, slots=True)
class ResolveWaiting:
    """Entries of the annotation that wait for the dialer's listing."""


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """The spec has changed and makes the same plan."""

    run: RunKey
    spec_hash: str


@dataclass(frozen=True, slots=True)
class BeginCancellation:
    """Write that these windows are to be cancelled; those that were only planned are cancelled with it."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelSchedules:
    """Delete the schedules of windows that are being cancelled."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restore:
    """Plan cancelled windows again."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SkipWindows:
    """Windows of a run that has started, which were cancelled since the new calling hours forbid them."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Before the first intent: the resource must not go away while schedules stand.

    `mark` is the annotation that goes with it. `run` and `time_zones` are what waits for it.
    """

    mark: str | None = None
    run: RunKey | None = None
    time_zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteMark:
    """Put the annotation back that says that the only run of the campaign was begun."""

    mark: str


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Let the resource go.

    `orphaned` names the windows whose schedules stay, or may stay, at the dialer and have not started; `dialing` counts
    those that have. `unmark`: the campaign has called nobody, so its mark goes, too.
    """

    orphaned: tuple[str, ...] = ()
    dialing: int = 0
    unmark: bool = False


@dataclass(frozen=True, slots=True)
class LookUp:
    """Settle uncertain windows by the dialer's own listing."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeUpConnection:
    """Ask the dialer with a new client whether it lists the schedules that stand."""


@dataclass(frozen=True, slots=True)
class Verify:
    """Look in the dialer's listing for the schedules of windows that start soon."""


@dataclass(frozen=True, slots=True)
class NoteNotVerified:
    """These windows start before their schedules could be looked for."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookForUnknown:
    """Look whether schedules that no window holds are still at the dialer."""


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Windows whose start has passed unsent: sent for what is left of them, or missed."""

    run: RunKey
    fates: tuple[tuple[str, Late | Missed], ...]


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Lift the waiting of windows that the dialer refused for want of rights."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Submit windows of one run, as many at a time as there are permits."""

    run: RunKey
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask for the calls of the campaign in [`since`, `until` or now), which are credited to its runs.

    With `until` an answer that was asked for before tells too little.
    """

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Make one attempt at a run's webhook."""

    run: RunKey


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before the next check."""


Action = (
    PlanRun
    | ReadLists
    | NoteRules
    | DropRun
    | MoveToHistory
    | FinishRun
    | RecordOutcomes
    | MarkUncertain
    | LookUp
    | Hold
    | Resolve
    | ResolveWaiting
    | KeepPlan
    | BeginCancellation
    | CancelSchedules
    | Restore
    | SkipWindows
    | AddFinalizer
    | WriteMark
    | RemoveFinalizer
    | TakeUpConnection
    | Verify
    | NoteNotVerified
    | LookForUnknown
    | Reschedule
    | TryAgain
    | Submit
    | Poll
    | Deliver
    | Wait
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One action, why, when to look again where nothing happens before, and the rule that decided."""

    action: Action
    reason: str
    next_check: datetime | None = None
    rule: str = ""

    @property
    def run_id(self) -> str | None:
        """The run that the action is about; None where it is about the campaign."""
        if isinstance(self.action, PlanRun):
            return self.action.plan.run_id
        run: RunKey | None = getattr(self.action, "run", None)
        return run.id if run is not None else None
