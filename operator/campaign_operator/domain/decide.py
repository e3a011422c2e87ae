"""What to do next about a campaign: the specification of a run's life, as a chain of rules.

`decide` is pure. It looks at the resource and at the observation and returns exactly one action; the first rule that
has something to do wins, and when none has, the campaign waits until the next check. Rules about what may already have
happened at the dialer come before rules that make something happen, so that nothing new is begun on an unsettled
ground. `cases` beside the tests hold a table of every rule.

Knows neither Kubernetes nor HTTP; what an action does to status is in `record`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign_operator.api.conditions import STALLING_CAUSES, Reason
from campaign_operator.api.status import FinishedRun, RunStatus, WindowStatus
from campaign_operator.api.vocabulary import (
    RunPolicy,
    RunState,
    WebhookState,
    WindowState,
)
from campaign_operator.domain import runs
from campaign_operator.domain.actions import (
    Decision,
    Deliver,
    DropPlan,
    FinishRun,
    LookUp,
    MarkUncertain,
    Place,
    PlanRun,
    Poll,
    PromoteNextRun,
    RecordOutcomes,
    Reschedule,
    Submit,
    TryAgain,
    Wait,
)
from campaign_operator.domain.blueprint import Blueprint
from campaign_operator.domain.campaign import Campaign, Settings
from campaign_operator.domain.connection import Connection
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.late import last_chance, too_late
from campaign_operator.domain.observation import Observation, Problem


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
    def next_first_start(self) -> datetime | None:
        return self.next_run.first_start if self.next_run is not None else None

    def in_hand(self) -> Iterator[tuple[Place, RunStatus]]:
        """The unfinished runs with their places, the earlier one first."""
        if self.run_in_hand is not None:
            yield "run", self.run_in_hand
        if self.next_run is not None:
            yield "next_run", self.next_run


Rule = Callable[[Situation], Decision | None]


def decide(campaign: Campaign, observed: Observation, settings: Settings) -> Decision:
    """The one next action. Total: there is a decision for every campaign and every observation."""
    situation = Situation(campaign, observed, settings)
    if campaign.deleting:
        return Decision(Wait(), "the campaign is being deleted")
    for rule in RULES:
        decision = rule(situation)
        if decision is not None:
            return decision
    return Decision(Wait(), "nothing to do before the next check", next_check(situation))


# What has already happened


def answers_are_put_on_record(s: Situation) -> Decision | None:
    """An answer is recorded only while status still holds that very attempt."""
    for place, run in s.in_hand():
        if any(runs.attempt_of(run, w) in s.observed.outcomes for w in runs.in_state(run, WindowState.INTENT)):
            return Decision(RecordOutcomes(place), "requests were answered")
    return None


def an_intent_of_another_is_uncertain(s: Situation) -> Decision | None:
    """Whoever wrote it may have sent it: an earlier life of this process, or another one."""
    for place, run in s.in_hand():
        strange = tuple(w.time_zone for w in runs.in_state(run, WindowState.INTENT))
        if strange:
            return Decision(MarkUncertain(place, strange), "an intent was found that this process is not acting upon")
    return None


def uncertain_windows_are_looked_up(s: Situation) -> Decision | None:
    """After the settling time the listing tells whether the request was carried out."""
    if not isinstance(usable_connection(s), Connection):
        return None
    for place, run in s.in_hand():
        settled = tuple(
            w.time_zone
            for w in runs.in_state(run, WindowState.UNCERTAIN)
            if _is_due(w.next_attempt_time, s.now)
            and (settled_at := s.observed.settled_at.get(runs.attempt_of(run, w))) is not None
            and settled_at <= s.now
        )
        if settled:
            return Decision(LookUp(place, settled), "the settling time of uncertain submissions is over")
    return None


# What is planned


def a_suspended_campaign_forgets_what_it_only_planned(s: Situation) -> Decision | None:
    """Taking suspend back plans anew, from the time of then."""
    if not s.campaign.spec.suspend:
        return None
    for place, run in s.in_hand():
        if not runs.is_begun(run) and run.first_start > s.now:
            return Decision(DropPlan(place), "the campaign is suspended")
    return None


def a_run_is_planned(s: Situation) -> Decision | None:
    """At once, and anew whenever the spec changes before anything was submitted."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint) or s.campaign.spec.suspend:
        return None
    if s.run is None:
        return _plan(s, blueprint, "run", "there is no run yet")
    if s.run_in_hand is not None and _is_outdated(s.run_in_hand, blueprint):
        return _plan(s, blueprint, "run", "the spec changed before anything was submitted")
    if s.campaign.spec.run_policy is not RunPolicy.RECURRING or runs.is_over_for_good(s.campaign.status):
        return None
    if s.next_run is None and runs.is_decided(s.run):
        return _plan(s, blueprint, "next_run", "the run before it is submitted")
    if s.next_run is not None and _is_outdated(s.next_run, blueprint):
        return _plan(s, blueprint, "next_run", "the spec changed before anything of the next run was submitted")
    return None


def the_next_run_of_a_campaign_that_recurs_no_more_is_dropped(s: Situation) -> Decision | None:
    """Only while nothing of it was submitted."""
    if s.campaign.spec.run_policy is RunPolicy.ONCE and s.next_run is not None and not runs.is_begun(s.next_run):
        return Decision(DropPlan("next_run"), "runPolicy is now Once")
    return None


def a_window_that_is_late_is_shortened_or_missed(s: Situation) -> Decision | None:
    """Nothing is ever submitted whose start is past."""
    for place, run in s.in_hand():
        fates = tuple(
            (w.time_zone, fate)
            for w in runs.in_state(run, WindowState.PLANNED)
            if (fate := too_late(w, s.now, s.settings, may_be_sent=_may_be_sent(s, run, w))) is not None
        )
        if fates:
            return Decision(Reschedule(place, fates), "windows were not sent before their start")
    return None


# How a run ends


def a_run_is_asked_for_its_calls_once_more_before_it_times_out(s: Situation) -> Decision | None:
    """The last poll may be older than the deadline by a whole interval, and the calls since then count."""
    run = s.run_in_hand
    if run is None or _state(s, run) is not RunState.TIMED_OUT or not isinstance(usable_connection(s), Connection):
        return None
    deadline = runs.time_out(run, s.campaign.spec.completion.grace_seconds, s.next_first_start)
    if s.observed.polled_at is not None and s.observed.polled_at >= deadline:
        return None
    return _poll(s, run, "the run is about to time out")


def a_run_that_has_ended_is_finished(s: Situation) -> Decision | None:
    """The end and the webhook's outbox entry are written together."""
    run = s.run_in_hand
    if run is None:
        return None
    state = _state(s, run)
    return Decision(FinishRun(state), f"the run is {state}") if state in runs.ENDINGS else None


def the_next_run_takes_over_at_its_first_start(s: Situation) -> Decision | None:
    """By then the run before it is finished, if only because of this."""
    if s.next_run is None or s.next_run.first_start > s.now or s.run_in_hand is not None:
        return None
    return Decision(PromoteNextRun(), "the next run has reached its first start")


# What is to be submitted


def what_was_refused_is_tried_again_when_something_changed(s: Situation) -> Decision | None:
    """A right granted at the dialer shows nowhere in Kubernetes, so a person may ask by the annotation."""
    return (
        Decision(TryAgain(), "an edit, a changed Secret or a request to look again") if s.observed.retry_now else None
    )


def planned_windows_are_submitted(s: Situation) -> Decision | None:
    """As soon as they are planned; the run in hand before the next one.

    What the dialer said to one window of a run, that it is too fast or has no right, it said to the others as well.
    """
    for place, run in s.in_hand():
        if any(w.cause in runs.SAID_TO_ALL and not _is_due(w.next_attempt_time, s.now) for w in run.windows):
            continue
        due = tuple(w.time_zone for w in runs.in_state(run, WindowState.PLANNED) if _may_be_sent(s, run, w))
        if due:
            return Decision(Submit(place, due, first=not runs.is_begun(run)), "windows are planned and due")
    return None


# What is to be told


def a_running_run_is_polled(s: Situation) -> Decision | None:
    """From its first start on, whenever the poll timer fires."""
    run = s.run_in_hand
    start = runs.first_submitted_start(run) if run is not None else None
    if run is None or start is None or start > s.now or not s.observed.poll_due:
        return None
    return _poll(s, run, "the poll timer fired") if isinstance(usable_connection(s), Connection) else None


def the_webhook_is_delivered(s: Situation) -> Decision | None:
    """Until it is done, also from history."""
    for run in _finished(s):
        hook = run.webhook
        if hook is not None and hook.state is WebhookState.PENDING and _is_due(hook.next_attempt_time, s.now):
            return Decision(Deliver(run.id), "a webhook is due")
    return None


RULES: tuple[Rule, ...] = (
    answers_are_put_on_record,
    an_intent_of_another_is_uncertain,
    uncertain_windows_are_looked_up,
    a_suspended_campaign_forgets_what_it_only_planned,
    a_run_is_planned,
    the_next_run_of_a_campaign_that_recurs_no_more_is_dropped,
    a_window_that_is_late_is_shortened_or_missed,
    a_run_is_asked_for_its_calls_once_more_before_it_times_out,
    a_run_that_has_ended_is_finished,
    the_next_run_takes_over_at_its_first_start,
    what_was_refused_is_tried_again_when_something_changed,
    planned_windows_are_submitted,
    a_running_run_is_polled,
    the_webhook_is_delivered,
)


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


def next_check(s: Situation) -> datetime | None:
    """The next instant at which a rule may have something to do that no event will tell of."""
    return min((moment for moment in _moments(s) if moment > s.now), default=None)


def _moments(s: Situation) -> Iterator[datetime]:
    again = s.now + timedelta(seconds=s.settings.poll_seconds)
    if isinstance(usable_connection(s), Problem):
        yield again  # a Secret that is repaired tells nobody
    for _, run in s.in_hand():
        yield runs.time_out(run, s.campaign.spec.completion.grace_seconds, s.next_first_start)
        for w in run.windows:
            yield from _moments_of(s, run, w)
    for finished in _finished(s):
        if finished.webhook is not None and finished.webhook.state is WebhookState.PENDING:
            yield finished.webhook.next_attempt_time or again


def _moments_of(s: Situation, run: RunStatus, w: WindowStatus) -> Iterator[datetime]:
    if w.next_attempt_time is not None and w.state in runs.UNDECIDED:
        yield w.next_attempt_time
        if w.cause in STALLING_CAUSES:
            yield s.now + timedelta(seconds=s.settings.poll_seconds)  # a Secret that is repaired tells nobody
    if w.state is WindowState.UNCERTAIN:
        yield s.observed.settled_at.get(runs.attempt_of(run, w), s.now + timedelta(seconds=s.settings.settle_seconds))
    if w.state is WindowState.HELD:
        yield w.end_time
    if w.state is WindowState.PLANNED:
        yield last_chance(w, s.settings)
    if w.state is not WindowState.REJECTED:
        yield w.start_time


def _finished(s: Situation) -> Iterator[FinishedRun]:
    if s.run is not None and runs.is_finished(s.run):
        yield s.run
    yield from s.campaign.status.history


def _state(s: Situation, run: RunStatus) -> RunState:
    return runs.run_state(run, s.campaign.spec.completion, s.now, s.next_first_start)


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is None or moment <= now


def _is_outdated(run: RunStatus, blueprint: Blueprint) -> bool:
    return not runs.is_begun(run) and run.spec_hash != blueprint.spec_hash


def _may_be_sent(s: Situation, run: RunStatus, window: WindowStatus) -> bool:
    """A run that was begun is carried through whatever became of the spec; suspend stops both."""
    allowed = runs.is_begun(run) or isinstance(s.observed.blueprint, Blueprint)
    able = isinstance(usable_connection(s), Connection) and _is_due(window.next_attempt_time, s.now)
    return allowed and able and not s.campaign.spec.suspend


def _plan(s: Situation, blueprint: Blueprint, place: Place, reason: str) -> Decision | None:
    previous = s.run if place == "next_run" else None
    ends = {w.time_zone: w.end_time for w in previous.windows} if previous is not None else None
    try:
        plan = blueprint.plan(s.now, s.settings.lead_seconds, ends)
    except InvalidSpecError:
        return None  # cron has no match left before the calendar ends, in the year 9999
    return Decision(PlanRun(place, plan), reason)


def _poll(s: Situation, run: RunStatus, reason: str) -> Decision | None:
    start = runs.first_submitted_start(run)
    if start is None or start > s.now:
        return None
    end = s.next_first_start
    return Decision(Poll(start, end if end is not None and end <= s.now else None), reason)
