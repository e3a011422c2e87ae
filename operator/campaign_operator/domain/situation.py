"""What the rules of a campaign's life look at, and the questions that several of them ask.

Pure, like the rules themselves. The questions are here so that two rules never answer one of them differently: which
connection may be used, and which runs are not wanted any more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import FinishedRun, RunStatus
from campaign_operator.api.vocabulary import DeletionPolicy, RunPolicy, RunState, WindowState
from campaign_operator.domain import runs
from campaign_operator.domain.actions import Decision, Place
from campaign_operator.domain.blueprint import Blueprint
from campaign_operator.domain.campaign import Campaign, Settings
from campaign_operator.domain.connection import Connection
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.observation import Observation, Problem
from campaign_operator.domain.plan import RunPlan, plan_hash

ANOTHER_PLAN = "the spec makes another plan"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the rules look at."""

    campaign: Campaign
    observed: Observation
    settings: Settings

    @property
    def now(self) -> datetime:
        return self.observed.now

    @property
    def run(self) -> RunStatus | None:
        return self.campaign.status.run

    @property
    def next_run(self) -> RunStatus | None:
        return self.campaign.status.next_run

    @property
    def run_in_hand(self) -> RunStatus | None:
        return self.run if self.run is not None and not runs.is_finished(self.run) else None

    @property
    def status_is_lost(self) -> bool:
        """Whether something of the campaign was submitted, and its status tells of nothing."""
        return self.run is None and self.campaign.has_finalizer

    @property
    def next_first_start(self) -> datetime | None:
        return self.next_run.first_start if self.next_run is not None else None

    def in_hand(self) -> Iterator[tuple[Place, RunStatus]]:
        """The unfinished runs with their places, the earlier one first."""
        if self.run_in_hand is not None:
            yield "run", self.run_in_hand
        if self.next_run is not None:
            yield "next_run", self.next_run

    def finished(self) -> Iterator[FinishedRun]:
        """The runs whose end is on record, the latest first."""
        if self.run is not None and runs.is_finished(self.run):
            yield self.run
        yield from self.campaign.status.history

    def state_of(self, run: RunStatus) -> RunState:
        """Where the run stands now."""
        return runs.run_state(run, self.campaign.spec.completion, self.now, self.next_first_start)

    def is_due(self, moment: datetime | None) -> bool:
        """Whether what waits for `moment` waits no longer."""
        return moment is None or moment <= self.now


Rule = Callable[[Situation], Decision | None]


def usable_connection(s: Situation) -> Connection | Problem | None:
    """The connection, unless the Secret is at fault or leads elsewhere while schedules are outstanding."""
    connection = s.observed.connection
    if not isinstance(connection, Connection):
        return connection
    return changed_connection(s.campaign, connection, s.now) or connection


def changed_connection(campaign: Campaign, connection: Connection, now: datetime) -> Problem | None:
    """What is wrong where schedules are outstanding at another place, which knows nothing of them."""
    for run in runs.runs_in_hand(campaign.status):
        if run.connection_hash not in (None, connection.hash) and runs.is_outstanding(run, now):
            return Problem(
                Reason.CONNECTION_CHANGED,
                "the Secret now leads to another token-url, api-base-url or client-id, where the schedules of run "
                f"{run.id} are not known; put it back until that run is over",
            )
    return None


def is_connected(s: Situation) -> bool:
    """Whether the dialer may be spoken to."""
    return isinstance(usable_connection(s), Connection)


def why_unwanted(s: Situation, place: Place, run: RunStatus) -> str | None:
    """Why the schedules of a run that have not started are to be withdrawn; None where the run is wanted."""
    if s.campaign.deleting:
        return "the campaign is being deleted" if s.campaign.spec.deletion_policy is DeletionPolicy.CANCEL else None
    if s.campaign.spec.suspend:
        return "the campaign is suspended"
    if place == "next_run" and s.campaign.spec.run_policy is RunPolicy.ONCE:
        return "runPolicy is now Once"
    after_cancelled = place == "next_run" and s.run_in_hand is not None and runs.is_cancelled(s.run_in_hand)
    if after_cancelled and not runs.has_started(run, s.now):
        return "the run before it is planned anew"
    if any(w.cause == Reason.CANNOT_WITHDRAW for w in runs.in_state(run, WindowState.SUBMITTED)):
        return None  # what the dialer does not take back keeps the run as it is; the edit applies to the next one
    return ANOTHER_PLAN if makes_another_plan(s, place, run) else None


def makes_another_plan(s: Situation, place: Place, run: RunStatus) -> bool:
    """Whether the spec makes another plan than the run's, and nothing of the run has started."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint) or run.spec_hash == blueprint.spec_hash or runs.has_started(run, s.now):
        return False
    # as if asked in time for this very run, or an edit shortly before its start would always find another one
    asked = min(s.now, run.first_start - timedelta(seconds=s.settings.lead_seconds))
    plan = plan_at(s, blueprint, place, asked)
    return plan is None or (plan.run_id, plan_hash(plan.windows)) != (run.id, run.plan_hash)


def plan_at(s: Situation, blueprint: Blueprint, place: Place, now: datetime) -> RunPlan | None:
    """The plan of a run for that place; None where cron has no match left before the calendar ends, in the year
    9999.
    """
    previous = s.run if place == "next_run" else None
    ends = {w.time_zone: w.end_time for w in previous.windows} if previous is not None else None
    try:
        return blueprint.plan(now, s.settings.lead_seconds, ends)
    except InvalidSpecError:
        return None
