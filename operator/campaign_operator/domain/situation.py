"""What the rules of a campaign's life look at, and the questions that several of them ask.

Pure, like the rules themselves. The questions are here so that two rules never answer one of them differently: which
connection may be used, which runs are not wanted any more, and which run is to be planned.
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
from campaign_operator.domain.late import late_lead_seconds
from campaign_operator.domain.observation import Observation, Problem
from campaign_operator.domain.plan import RunPlan, Taken, nominal_time_of, plan_hash

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
    """Why the schedules of a run that have not started are to be cancelled; None where the run is wanted."""
    if s.campaign.deleting:
        return "the campaign is being deleted" if s.campaign.spec.deletion_policy is DeletionPolicy.CANCEL else None
    if s.campaign.spec.suspend:
        return "the campaign is suspended"
    if place == "next_run" and s.campaign.spec.run_policy is RunPolicy.ONCE:
        return "runPolicy is now Once"
    after_cancelled = place == "next_run" and s.run_in_hand is not None and runs.is_cancelled(s.run_in_hand)
    if after_cancelled and not runs.has_started(run, s.now):
        return "the run before it is planned anew"
    if any(w.reason == Reason.CANNOT_CANCEL for w in runs.in_state(run, WindowState.SUBMITTED)):
        return None  # what the dialer does not cancel keeps the run as it is; the edit applies to the next one
    return ANOTHER_PLAN if makes_another_plan(s, place, run) else None


def submission_time(s: Situation, run: RunStatus) -> datetime:
    """The instant from which a run may be submitted; until then it is planned anew whenever something changes.

    Never so late that it could not be submitted before its first start.
    """
    ahead = max(s.campaign.spec.submit_ahead_seconds, late_lead_seconds(s.settings))
    return run.first_start - timedelta(seconds=ahead)


def run_to_plan(s: Situation, blueprint: Blueprint) -> tuple[Place, str] | None:
    """The place of the run that is to be planned now, and why."""
    if s.campaign.spec.suspend or s.campaign.deleting:
        return None
    if s.run is None:
        return "run", "there is no run yet"
    if s.run_in_hand is not None and runs.is_cancelled(s.run_in_hand) and s.next_run is None:
        return "run", "all of the run is cancelled"
    if s.run_in_hand is not None and is_outdated(s.run_in_hand, blueprint):
        return "run", "spec, contact list or calendar changed before anything was submitted"
    if s.campaign.spec.run_policy is not RunPolicy.RECURRING or runs.is_over_for_good(s.campaign.status):
        return None
    if s.next_run is None and runs.is_decided(s.run):
        return "next_run", "the run before it is submitted"
    if s.next_run is not None and is_outdated(s.next_run, blueprint):
        return "next_run", "spec, contact list or calendar changed before anything of the next run was submitted"
    return None


def is_outdated(run: RunStatus, blueprint: Blueprint) -> bool:
    """Whether nothing of the run is submitted, and it is not what would be planned now. A list is frozen by the
    submission.
    """
    now = (blueprint.spec_hash, blueprint.list_hash)
    return not runs.is_begun(run) and (run.spec_hash, run.list_hash) != now


def lists_are_older_than(s: Situation, moment: datetime) -> bool:
    """Whether contact lists that tell nobody of a change were last asked for before that moment."""
    return s.observed.lists_as_of is not None and s.observed.lists_as_of < moment


def makes_another_plan(s: Situation, place: Place, run: RunStatus) -> bool:
    """Whether the spec makes another plan than the run's, and nothing of the run has started."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint) or not _is_edited(s, run, blueprint):
        return False
    plan = plan_at(s, blueprint, place, _as_if_asked(s, run, blueprint))
    return plan is None or (plan.run_id, plan_hash(plan.windows)) != (run.id, run.plan_hash)


def _is_edited(s: Situation, run: RunStatus, blueprint: Blueprint) -> bool:
    return run.spec_hash != blueprint.spec_hash and not runs.has_started(run, s.now)


def _as_if_asked(s: Situation, run: RunStatus, blueprint: Blueprint) -> datetime:
    """In time for the match of this very run, or an edit shortly before its start would always find another one.

    A window that was deferred starts after its match, so the match and not the start is what counts.
    """
    nominal_time = nominal_time_of(run.id)
    if nominal_time is None:
        return s.now
    return min(s.now, blueprint.first_match(nominal_time) - timedelta(seconds=s.settings.lead_seconds))


def plan_at(s: Situation, blueprint: Blueprint, place: Place, now: datetime) -> RunPlan | None:
    """The plan of a run for that place; None where there is none, which `unplannable` tells of."""
    try:
        return _plan(s, blueprint, place, now)
    except InvalidSpecError:
        return None


def plan_again(s: Situation, blueprint: Blueprint, place: Place) -> RunPlan | None:
    """The plan of a run for that place now, in the place of what was only planned.

    A run whose windows were deferred has a match that is past while all of it is still ahead. It keeps its match where
    every window can still be sent in time; so a list that is exported in between changes the run and not the day.
    """
    run = s.run_in_hand if place == "run" else s.next_run
    if run is not None and not runs.is_begun(run):
        plan = plan_at(s, blueprint, place, _as_if_asked(s, run, blueprint))
        earliest = s.now + timedelta(seconds=s.settings.lead_seconds)
        if (
            plan is not None
            and plan.run_id == run.id
            and all(w.is_skipped or w.start >= earliest for w in plan.windows)
        ):
            return plan
    return plan_at(s, blueprint, place, s.now)


def unplannable(s: Situation) -> Problem | None:
    """Why what is to be planned cannot be: cron may have no match left, or a zone no opening within a year."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return blueprint
    asked: list[tuple[Place, datetime]] = []
    to_plan = run_to_plan(s, blueprint)
    if to_plan is not None:
        asked.append((to_plan[0], s.now))
    asked += [
        (place, _as_if_asked(s, run, blueprint))
        for place, run in s.in_hand()
        if runs.is_begun(run) and _is_edited(s, run, blueprint)
    ]
    try:
        for place, now in asked:
            _plan(s, blueprint, place, now)
    except InvalidSpecError as error:
        return invalid_spec(error)
    return None


def invalid_spec(error: InvalidSpecError) -> Problem:
    """What a person must put right in the spec."""
    return Problem(Reason.INVALID_SPEC, "; ".join(str(error).splitlines()))


def _plan(s: Situation, blueprint: Blueprint, place: Place, now: datetime) -> RunPlan:
    previous = s.run if place == "next_run" else None
    if previous is None:
        return blueprint.plan(now, s.settings.lead_seconds)
    nominal_time = nominal_time_of(previous.id)
    taken = Taken(
        ends={w.time_zone: w.end_time for w in previous.windows if w.state is not WindowState.SKIPPED},
        match=blueprint.first_match(nominal_time) if nominal_time is not None else None,
        last_end=previous.last_end,
    )
    return blueprint.plan(now, s.settings.lead_seconds, taken)
