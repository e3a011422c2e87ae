"""What can be done about a campaign: one small value for each action, and the decision for one of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.late import Late, Missed
from campaign_operator.domain.plan import RunPlan

Place = Literal["run", "next_run"]
"""Which run of the status an action is about."""


@dataclass(frozen=True, slots=True)
class PlanRun:
    """Write this plan in that place; nothing is submitted in that write."""

    place: Place
    plan: RunPlan


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
    """An intent that nobody here is acting upon: whoever wrote it may have sent it."""

    place: Place
    time_zones: tuple[str, ...]


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
    first: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask for the calls of run since its first start."""

    date_from: datetime
    date_to: datetime | None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Make one attempt at a run's webhook."""

    run_id: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before the next check."""


Action = (
    PlanRun
    | DropPlan
    | PromoteNextRun
    | FinishRun
    | RecordOutcomes
    | MarkUncertain
    | LookUp
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
