"""What the rules of a campaign's life look at, and the questions that several of them ask.

Pure, like the rules themselves. The questions are here so that two rules never answer one of them differently: which
connection may be used, which runs are not wanted any more, and which run is to be planned.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import RunKey, RunStatus
from campaign_operator.api.vocabulary import (
    MAX_RUNS,
    MAX_WINDOWS_AHEAD,
    DeletionPolicy,
    RunPolicy,
    RunState,
    WindowState,
)
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.campaigns.changed_connection import changed_connection
from campaign_operator.domain.campaigns.late import late_lead_seconds
from campaign_operator.domain.campaigns.observation import Observation, PlanQuestion
from campaign_operator.domain.decisions.actions import Decision
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.plan import RunPlan, Taken, plan_hash
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status import size
from campaign_operator.domain.status.mark import has_run_already

ANOTHER_PLAN = "the spec makes another plan"
REPLANNED_BEFORE = "an earlier run is replanned"


@dataclass(frozen=True)
class Situation:
    """All that the rules look at."""

    campaign: Campaign
    observed: Observation
    settings: Settings

    @property
    def now(self) -> datetime:
        return self.observed.now

    @property
    def runs(self) -> tuple[RunStatus, ...]:
        """Every run of the status, oldest first."""
        return self.campaign.status.runs

    @cached_property
    def current(self) -> tuple[RunStatus, ...]:
        """The runs that are not finished, oldest first."""
        return runs.current_runs(self.campaign.status)

    @cached_property
    def index_of(self) -> Mapping[RunKey, int]:
        """The place of each run among the runs."""
        return {run.key: index for index, run in enumerate(self.runs)}

    @cached_property
    def last_started(self) -> int:
        """The place of the newest run that has started; -1 where none has."""
        return max((index for index, run in enumerate(self.runs) if runs.has_started(run, self.now)), default=-1)

    @cached_property
    def first_replanned(self) -> int:
        """The place of the oldest run that is to be planned anew; that of the run after the newest where none is."""
        return next((index for index, run in enumerate(self.runs) if _is_replanned(self, run)), len(self.runs))

    @property
    def status_is_lost(self) -> bool:
        """Whether something of the campaign was submitted, and its status tells of nothing."""
        return not self.runs and self.campaign.has_finalizer

    @property
    def listing_is_trusted(self) -> bool:
        """Whether the dialer's listing shows by now all that was requested."""
        return self.is_due(self.campaign.status.listing_trusted_from)

    def state_of(self, run: RunStatus) -> RunState:
        """Where the run stands now."""
        return runs.run_state(run, self.campaign.spec.completion, self.now)

    def deadline_of(self, run: RunStatus) -> datetime:
        """The instant from which the run is TimedOut."""
        return runs.deadline(run, self.campaign.spec.completion)

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


def is_connected(s: Situation) -> bool:
    """Whether the dialer may be spoken to."""
    return isinstance(usable_connection(s), Connection)


# Which runs are wanted


def why_unwanted(s: Situation, run: RunStatus) -> str | None:
    """Why the schedules of a run that have not started are to be cancelled; None where the run is wanted."""
    if s.campaign.deleting:
        return "the campaign is being deleted" if s.campaign.spec.deletion_policy is DeletionPolicy.CANCEL else None
    if s.campaign.spec.suspend:
        return "the campaign is suspended"
    if runs.is_finished(run) or counts_as_started(s, run):
        return None
    if s.campaign.spec.run_policy is RunPolicy.ONCE and run.key != s.runs[0].key:
        return "runPolicy is now Once"
    if any(w.reason == Reason.CANNOT_CANCEL for w in runs.in_state(run, WindowState.SUBMITTED)):
        return None  # what the dialer does not cancel keeps the run as it is; the edit applies to the next one
    if s.index_of[run.key] > s.first_replanned:
        return REPLANNED_BEFORE
    return ANOTHER_PLAN if makes_another_plan(s, run) else None


def counts_as_started(s: Situation, run: RunStatus) -> bool:
    """Whether the run has started, or a later one has: its match could not be taken again, so an edit leaves it."""
    return s.index_of[run.key] <= s.last_started


def _is_replanned(s: Situation, run: RunStatus) -> bool:
    blueprint = s.observed.blueprint
    if runs.is_finished(run) or counts_as_started(s, run) or not isinstance(blueprint, Blueprint):
        return False
    return _is_to_be_replaced(s, run, blueprint) or makes_another_plan(s, run)


def is_ahead(s: Situation, run: RunStatus) -> bool:
    """Whether a window of the run, cancelled or not, has its start ahead."""
    return any(w.start_time > s.now for w in run.windows if w.state is not WindowState.SKIPPED)


def submission_time(s: Situation, run: RunStatus) -> datetime:
    """The instant from which a run may be submitted; until then it is planned anew whenever something changes.

    Never so late that it could not be submitted before its first start.
    """
    ahead = max(s.campaign.spec.submit_ahead_seconds, late_lead_seconds(s.settings))
    return run.first_start - timedelta(seconds=ahead)


# Which run is to be planned


@dataclass(frozen=True, slots=True)
class ToPlan:
    """The next run that is to be planned: after the runs that are kept, in the place of those that it replaces."""

    kept: tuple[RunStatus, ...]
    reason: str
    replaces: tuple[RunStatus, ...] = ()


def run_to_plan(s: Situation, blueprint: Blueprint) -> ToPlan | None:
    """The run that is to be planned now: the oldest that is to be replaced, else the one after the newest."""
    if s.campaign.spec.suspend or s.campaign.deleting:
        return None
    if not s.runs:
        return ToPlan((), "there is no run yet")
    for index, run in enumerate(s.runs):
        if _is_to_be_replaced(s, run, blueprint):
            if any(_is_being_cancelled(s, later) for later in s.runs[index:]):
                return None
            replaces = tuple(r for r in s.runs[index:] if runs.is_cancelled(r) or not runs.submission_started(r))
            kept = tuple(each for each in s.runs if each not in replaces)
            return ToPlan(kept, "the spec, a contact list or the calendar changed", replaces)
    if s.campaign.spec.run_policy is not RunPolicy.RECURRING or runs.is_over_for_good(s.campaign.status):
        return None
    if not runs.is_finished(s.runs[-1]) and not runs.submission_started(s.runs[-1]):
        return None
    return ToPlan(s.runs, "the submission of the run before it has started") if has_room(s, blueprint) else None


def _is_to_be_replaced(s: Situation, run: RunStatus, blueprint: Blueprint) -> bool:
    if runs.is_finished(run) or counts_as_started(s, run):
        return False
    return (runs.is_cancelled(run) and is_ahead(s, run)) or is_outdated(run, blueprint)


def _is_being_cancelled(s: Situation, run: RunStatus) -> bool:
    """Whether what stands of the run goes by itself. What waits for a person, or is not cancelled by the dialer, stays
    and holds up nothing.
    """
    if runs.in_state(run, *window_states.IN_FLIGHT):
        return True
    submitted = runs.in_state(run, WindowState.SUBMITTED)
    return why_unwanted(s, run) is not None and any(
        w.start_time > s.now and w.reason != Reason.CANNOT_CANCEL for w in submitted
    )


def has_room(s: Situation, blueprint: Blueprint) -> bool:
    """Whether one more run fits into the resource."""
    return len(s.runs) < MAX_RUNS and runs.windows_ahead(s.campaign.status, s.now) <= _most_windows(s, blueprint)


def _most_windows(s: Situation, blueprint: Blueprint) -> int:
    """How many windows may be ahead when one more run is planned."""
    most = min(MAX_WINDOWS_AHEAD, size.most_windows(s.campaign.other_bytes, len(s.runs) + 1))
    return most - len(blueprint.inputs.contacts_by_zone)


def _full_until(s: Situation, blueprint: Blueprint) -> datetime | None:
    """Until when there was no room for one more run; None where there always was."""
    if len(s.runs) == MAX_RUNS - 1:
        return s.now  # the oldest has just made room, and is no longer here to tell
    count = sum(len(run.windows) for run in s.runs)
    to_end = min(count - _most_windows(s, blueprint), count)
    return sorted(w.end_time for run in s.runs for w in run.windows)[to_end - 1] if to_end > 0 else None


def is_outdated(run: RunStatus, blueprint: Blueprint) -> bool:
    """Whether nothing of the run is submitted, and it is not what would be planned now. A list is frozen by the
    submission.
    """
    now = (blueprint.spec_hash, blueprint.list_hash)
    return not runs.submission_started(run) and (run.spec_hash, run.list_hash) != now


def lists_are_older_than(s: Situation, moment: datetime) -> bool:
    """Whether contact lists that tell nobody of a change were last asked for before that moment."""
    return s.observed.lists_as_of is not None and s.observed.lists_as_of < moment


def makes_another_plan(s: Situation, run: RunStatus) -> bool:
    """Whether the spec makes another plan than the run's, and nothing of the run has started."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint) or not is_edited(s, run, blueprint):
        return False
    plan = plan_at(s, blueprint, runs_before(s, run), planned_at(s, run))
    return plan is None or (plan.run_id, plan_hash(plan.windows)) != (run.id, run.plan_hash)


def runs_before(s: Situation, run: RunStatus) -> tuple[RunStatus, ...]:
    """The runs that were planned before this one."""
    return s.runs[: s.index_of[run.key]]


def is_edited(s: Situation, run: RunStatus, blueprint: Blueprint) -> bool:
    """Whether the run was submitted from another spec, and the edit still counts for it."""
    return runs.submission_started(run) and run.spec_hash != blueprint.spec_hash and not counts_as_started(s, run)


def planned_at(s: Situation, run: RunStatus) -> datetime:
    """When the run was planned: an edit is compared as of then, or shortly before a start it would always make another
    plan.
    """
    return min(s.now, run.planned_time or s.now)


def plan_at(s: Situation, blueprint: Blueprint, after: Iterable[RunStatus], now: datetime) -> RunPlan | None:
    """The plan of the run after these; None where there is none, which `unplannable` tells of."""
    found = _planned(s, blueprint, tuple(after), now)
    return None if isinstance(found, InvalidSpecError) else found


def _planned(
    s: Situation, blueprint: Blueprint, after: tuple[RunStatus, ...], now: datetime
) -> RunPlan | InvalidSpecError:
    found = s.observed.plans.get(_question(after, now))
    if found is not None:
        return found
    try:
        return blueprint.plan(now, s.settings.lead_seconds, taken(s, blueprint, after))
    except InvalidSpecError as error:
        return error


def _question(after: Iterable[RunStatus], now: datetime) -> PlanQuestion:
    return PlanQuestion(tuple(run.key for run in after), now)


FoundPlans = Mapping[PlanQuestion, RunPlan | InvalidSpecError]
PlanSearch = Generator[None, None, FoundPlans]


def plans_asked_for(s: Situation) -> PlanSearch:
    """The plans that the rules will ask for. Gives control back before it takes long."""
    plans = dict[PlanQuestion, RunPlan | InvalidSpecError]()
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return plans
    s = replace(s, observed=replace(s.observed, plans=plans))
    for question in (_of_edited_runs, _of_run_to_plan):  # the second looks at what the first has found
        for after, now in question(s, blueprint):
            try:
                search = blueprint.search(now, s.settings.lead_seconds, taken(s, blueprint, after))
                plans[_question(after, now)] = yield from search
            except InvalidSpecError as error:
                plans[_question(after, now)] = error
    return plans


_Asked = tuple[tuple[RunStatus, ...], datetime]
"""After which runs a plan is asked for, and as of when."""


def _of_edited_runs(s: Situation, blueprint: Blueprint) -> list[_Asked]:
    return [(runs_before(s, run), planned_at(s, run)) for run in s.runs if is_edited(s, run, blueprint)]


def _of_run_to_plan(s: Situation, blueprint: Blueprint) -> list[_Asked]:
    to_plan = run_to_plan(s, blueprint)
    if to_plan is None:
        return [((), s.now)] if s.status_is_lost else []  # what may be at the dialer is looked for by what is planned
    again = [(to_plan.kept, planned_at(s, run)) for run in to_plan.replaces[:1]]
    return [*again, (to_plan.kept, s.now)]


def plan_again(s: Situation, blueprint: Blueprint, to_plan: ToPlan) -> RunPlan | None:
    """The plan of a run now, in the place of those that it replaces.

    A run whose windows were deferred has a match that is past while all of it is still ahead. It keeps its match where
    every window can still be sent in time; so a list that is exported in between changes the run and not the day.
    """
    if to_plan.replaces:
        run = to_plan.replaces[0]
        plan = plan_at(s, blueprint, to_plan.kept, planned_at(s, run))
        earliest = s.now + timedelta(seconds=s.settings.lead_seconds)
        if (
            plan is not None
            and plan.run_id == run.id
            and all(w.is_skipped or w.start >= earliest for w in plan.windows)
        ):
            return plan
    return plan_at(s, blueprint, to_plan.kept, s.now)


def taken(s: Situation, blueprint: Blueprint, after: Iterable[RunStatus]) -> Taken:
    """What these runs, and those in history, leave no room for."""
    earlier = tuple(after)
    ends: dict[str, datetime] = {}
    for run in earlier:
        for w in runs.in_state(run, *window_states.MAY_CALL):
            ends[w.time_zone] = max(ends.get(w.time_zone, w.end_time), w.end_time)
    matches = [run.match_time for run in (*earlier, *s.campaign.status.history) if run.match_time is not None]
    return Taken(
        ends=ends,
        match=max(matches, default=None),
        last_end=max((run.last_end for run in earlier), default=None),
        full_until=_full_until(s, blueprint),
    )


def has_too_many_windows(s: Situation) -> Problem | None:
    """That what is to be planned does not fit into the resource, if it does not."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return None
    if len(blueprint.inputs.contacts_by_zone) <= size.most_windows(s.campaign.other_bytes, 1):
        return None
    return Problem(Reason.INVALID_SPEC, size.TOO_LARGE) if run_to_plan(s, blueprint) is not None else None


def unplannable(s: Situation) -> Problem | None:
    """Why what is to be planned cannot be: cron may have no match left, or a zone no opening within a year."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return None
    to_plan = run_to_plan(s, blueprint)
    asked = _of_edited_runs(s, blueprint)
    if to_plan is not None:
        asked.append((to_plan.kept, s.now))
    plans: list[RunPlan] = []
    for after, now in asked:
        found = _planned(s, blueprint, after, now)
        if isinstance(found, InvalidSpecError):
            return invalid_spec(found)
        plans.append(found)
    return has_run_already(s.campaign, plans[0]) if plans else None


def invalid_spec(error: InvalidSpecError) -> Problem:
    """What a person must put right in the spec."""
    return Problem(Reason.INVALID_SPEC, "; ".join(str(error).splitlines()))
