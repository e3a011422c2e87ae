"""What can be done about a campaign: one small value for each action, and the decision for one of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.blueprint import Blueprint
from campaign_operator.domain.late import Late, Missed
from campaign_operator.domain.plan import RunPlan

Place = Literal["run", "next_run"]
"""Which run of the status an action is about."""


@dataclass(frozen=True, slots=True)
class PlanRun:
    """Write this plan in that place; nothing is submitted in that write.

    `blueprint` is what it was made from. `status_lost`: the resource had submitted something, and its status is gone.
    """

    place: Place
    plan: RunPlan
    blueprint: Blueprint
    status_lost: bool = False


@dataclass(frozen=True, slots=True)
class ReadLists:
    """Ask for contact lists again that tell nobody of a change."""


@dataclass(frozen=True, slots=True)
class NoteRules:
    """The rules of zones are another version than the plan was made by; the windows of `moved` would lie elsewhere."""

    place: Place
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropPlan:
    """Forget a run of which nothing was submitted."""

    place: Place


@dataclass(frozen=True, slots=True)
class PromoteNextRun:
    """nextRun has begun: it becomes run, and run moves to history."""


@dataclass(frozen=True, slots=True)
class FinishRun:
    """Record the end of run, and with it the webhook's outbox entry."""

    state: RunState


@dataclass(frozen=True, slots=True)
class RecordOutcomes:
    """Write the answers to requests of this process."""

    place: Place


@dataclass(frozen=True, slots=True)
class MarkUncertain:
    """Windows of which nobody here knows whether the dialer has a schedule; `message` says why."""

    place: Place
    time_zones: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave uncertain windows to a person, since the spec asks for it."""

    place: Place
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolve:
    """A person has said what became of held windows."""


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """The spec has changed and makes the same plan."""

    place: Place
    spec_hash: str


@dataclass(frozen=True, slots=True)
class BeginCancellation:
    """Write that these windows are to be cancelled; those that were only planned are cancelled with it."""

    place: Place
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelSchedules:
    """Delete the schedules of windows that are being cancelled."""

    place: Place
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restore:
    """Plan cancelled windows again."""

    place: Place
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Before the first intent: the resource must not go away while schedules stand."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Let the resource go; `orphaned` names the windows whose schedules stay, or may stay, at the dialer."""

    orphaned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookUp:
    """Settle uncertain windows by the dialer's own listing."""

    place: Place
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Windows whose start has passed unsent: sent for what is left of them, or missed."""

    place: Place
    fates: tuple[tuple[str, Late | Missed], ...]


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Lift the waiting of windows that the dialer refused for want of rights."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Submit windows of one run, as many at a time as there are permits."""

    place: Place
    time_zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask for the calls of run since its first start. `as_of`: an answer that is older tells too little."""

    date_from: datetime
    date_to: datetime | None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Make one attempt at a run's webhook."""

    run_id: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before the next check."""


Action = (
    PlanRun
    | ReadLists
    | NoteRules
    | DropPlan
    | PromoteNextRun
    | FinishRun
    | RecordOutcomes
    | MarkUncertain
    | LookUp
    | Hold
    | Resolve
    | KeepPlan
    | BeginCancellation
    | CancelSchedules
    | Restore
    | AddFinalizer
    | RemoveFinalizer
    | Reschedule
    | TryAgain
    | Submit
    | Poll
    | Deliver
    | Wait
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One action, why, and when to look again where nothing happens before."""

    action: Action
    reason: str
    next_check: datetime | None = None
