"""What to do next about a campaign: the specification of a run's life, as a chain of rules.

`decide` is pure. It looks at the resource and at the observation and returns exactly one action; the first rule that
has something to do wins, and when none has, the campaign waits until the next check. Rules about what may already have
happened at the dialer come before rules that make something happen, so that nothing new is begun on an unsettled
ground. `cases` beside the tests hold a table of every rule.

Knows neither Kubernetes nor HTTP; what an action does to status is in `record`.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from campaign_operator.api.status import RunKey, RunStatus
from campaign_operator.api.vocabulary import WebhookState, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.campaigns.changed_connection import changed_connection
from campaign_operator.domain.campaigns.late import too_late
from campaign_operator.domain.campaigns.observation import Observation
from campaign_operator.domain.decisions.actions import (
    AddFinalizer,
    Decision,
    Deliver,
    LookForUnknown,
    MoveToHistory,
    NoteNotVerified,
    NoteRules,
    PlanRun,
    Poll,
    ReadLists,
    RecordOutcomes,
    Reschedule,
    Submit,
    TakeUpConnection,
    TryAgain,
    Verify,
    Wait,
    WriteMark,
)
from campaign_operator.domain.decisions.cancelling import (
    a_deleted_campaign_may_go,
    a_deletion_ends_at_its_deadline,
    a_run_of_which_nothing_stands_is_dropped,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    an_edit_that_makes_the_same_plan_is_noted,
    an_unwanted_run_is_cancelled,
    dropped,
    the_finalizer_goes_when_nothing_holds_it,
    the_finalizer_is_put_back_while_something_holds_it,
    what_is_being_cancelled_is_deleted_at_the_dialer,
    what_new_hours_forbid_of_a_started_run_is_cancelled,
    what_was_cancelled_is_planned_again_when_it_is_wanted,
)
from campaign_operator.domain.decisions.checks import next_check
from campaign_operator.domain.decisions.run_end import (
    a_run_is_asked_for_its_calls_once_more_before_it_times_out,
    a_run_that_has_ended_is_finished,
    the_oldest_of_too_many_runs_that_wait_for_calls_times_out,
)
from campaign_operator.domain.decisions.situation import (
    Rule,
    Situation,
    ToPlan,
    is_connected,
    is_outdated,
    lists_are_older_than,
    plan_again,
    run_to_plan,
    submission_time,
)
from campaign_operator.domain.decisions.uncertain_windows import (
    a_person_has_said_what_became_of_held_windows,
    a_planned_window_that_names_a_schedule_is_uncertain,
    an_intent_of_another_is_uncertain,
    uncertain_windows_are_looked_up,
    what_a_person_said_of_a_schedule_is_checked_when_its_time_has_come,
)
from campaign_operator.domain.decisions.zone_rules import moved_zones
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.zones import canonical_name
from campaign_operator.domain.status import verification
from campaign_operator.domain.status.counting import counted_since
from campaign_operator.domain.status.mark import due_mark, mark_of
from campaign_operator.domain.status.unknown_schedules import blocked_zones


def decide(
    campaign: Campaign,
    observed: Observation,
    settings: Settings,
    idle: Collection[str] = frozenset(),
    *,
    leaving: bool = False,
) -> Decision:
    """The one next action. Total: there is a decision for every campaign and every observation.

    `idle` names rules whose action has changed nothing in this pass: they are passed over, so that one that never has
    enough holds up no other. `leaving`: this operator begins nothing for the campaign any more, but it records what it
    was answered.
    """
    situation = Situation(campaign, observed, settings)
    rules = RULES_OF_DELETION if campaign.deleting else RULES
    for rule in (answers_are_put_on_record,) if leaving else rules:
        decision = rule(situation) if rule.__name__ not in idle else None
        if decision is not None:
            return replace(decision, rule=rule.__name__)
    return Decision(Wait(), "nothing to do before the next check", next_check(situation))


# What has already happened


def answers_are_put_on_record(s: Situation) -> Decision | None:
    """An answer is recorded only while status still holds that very attempt."""
    for run in s.runs:
        if any(
            runs.attempt_of(run, w) in s.observed.outcomes for w in runs.in_state(run, *window_states.POSSIBLY_SENT)
        ):
            return Decision(RecordOutcomes(run.key), "requests were answered")
    return None


def a_new_client_is_taken_up_where_the_dialer_lists_what_stands(s: Situation) -> Decision | None:
    """A key that was revoked cannot be put back. Only the dialer can tell whether the new one leads to the same
    place.
    """
    connection = s.observed.connection
    if not isinstance(connection, Connection) or not s.is_due(s.observed.look_again_at):
        return None
    if changed_connection(s.campaign, connection, s.now) is None:
        return None
    return Decision(TakeUpConnection(), "the Secret leads to another client or dialer")


# What is planned


def a_suspended_campaign_forgets_what_it_only_planned(s: Situation) -> Decision | None:
    """Taking suspend back plans anew, from the time of then."""
    if not s.campaign.spec.suspend:
        return None
    for run in s.current:
        if not runs.submission_started(run) and run.first_start > s.now:
            return dropped(s, run, "the campaign is suspended")
    return None


def a_lost_status_is_made_again(s: Situation) -> Decision | None:
    """Suspended or not, and also before the campaign goes: as uncertain windows, which are looked up."""
    blueprint = s.observed.blueprint
    if not s.status_is_lost or not isinstance(blueprint, Blueprint) or s.observed.plan_problem is not None:
        return None
    return _plan(s, blueprint, ToPlan((), "the status is gone"))


def a_run_is_planned(s: Situation) -> Decision | None:
    """At once, and anew whenever spec, contact list or calendar change before anything was submitted."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint) or s.observed.plan_problem is not None:
        return None
    to_plan = run_to_plan(s, blueprint)
    if to_plan is None:
        return None
    if lists_are_older_than(s, s.now - timedelta(seconds=s.settings.poll_seconds)):
        return _read_lists(s)
    return _plan(s, blueprint, to_plan)


def a_change_of_the_rules_of_zones_or_of_holidays_is_noted(s: Situation) -> Decision | None:
    """The plan keeps its instants: they are at the dialer, and a person has seen them."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return None
    for run in s.runs:
        if runs.has_started(run, s.now):
            continue
        # of a run that was planned from a spec without holidays, or by a spec that has none now, nothing can be told
        holidays_version = run.holidays_version and (blueprint.holidays_version or run.holidays_version)
        is_moved = run.tzdata_version not in ("", s.observed.tzdata_version)
        if is_moved or run.holidays_version != holidays_version:
            noted = NoteRules(run.key, moved_zones(run, blueprint), holidays_version)
            return Decision(noted, "the time zone data or the holidays have another version")
    return None


def a_window_that_is_late_is_shortened_or_missed(s: Situation) -> Decision | None:
    """Nothing is ever submitted whose start is past."""
    for run in s.runs:
        may_send = _may_send(s, run)
        fates = tuple(
            (w.time_zone, fate)
            for w in runs.in_state(run, WindowState.PLANNED)
            if (fate := too_late(w, s.now, s.settings, may_be_sent=may_send and s.is_due(w.next_attempt_time)))
            is not None
        )
        if fates:
            return Decision(Reschedule(run.key, fates), "windows were not sent before their start")
    return None


def what_is_over_moves_to_history_once_a_later_run_has_started(s: Situation) -> Decision | None:
    """Until then the last run that is over is what a person wants to see."""
    started = [index for index, run in enumerate(s.runs) if runs.is_over(run, s.now) or run.first_start <= s.now]
    latest = max(started, default=0)
    over = tuple(run.key for run in s.runs[:latest] if runs.is_over(run, s.now))
    return Decision(MoveToHistory(over), "a later run has started") if over else None


# What is to be submitted


def what_was_refused_is_tried_again_when_something_changed(s: Situation) -> Decision | None:
    """A right granted at the dialer shows nowhere in Kubernetes, so a person may ask by the annotation."""
    return (
        Decision(TryAgain(), "an edit, a changed Secret or a request to look again") if s.observed.retry_now else None
    )


def planned_windows_are_submitted(s: Situation) -> Decision | None:
    """When their time has come, by submitAheadSeconds; the oldest run first.

    Where others may have written the status, the dialer's listing is looked at first, which waits until it can be
    trusted. What the dialer said to one window of a run, that it is too fast or that the token is worth nothing, it
    said to the others as well; what it forbids one window, it may allow the others.
    """
    if not s.observed.listed and not s.listing_is_trusted:
        return None
    blocked = blocked_zones(s.campaign.status, s.now)
    for run in s.current:
        if not runs.submission_started(run):
            if s.now < submission_time(s, run) or _is_to_be_planned_anew(s, run):
                continue
            if lists_are_older_than(s, submission_time(s, run)):
                return _read_lists(s)
        if any(w.reason in runs.SAID_TO_ALL and not s.is_due(w.next_attempt_time) for w in run.windows):
            continue
        may_send = _may_send(s, run)
        due = tuple(
            w.time_zone
            for w in runs.in_state(run, WindowState.PLANNED)
            if may_send and s.is_due(w.next_attempt_time) and canonical_name(w.time_zone) not in blocked
        )
        mark = mark_of(s.campaign, run.id)
        if due and not (s.campaign.has_finalizer and mark in (None, s.campaign.has_run)):
            return Decision(AddFinalizer(mark, run.key, due), "windows are about to be submitted")
        if due:
            return Decision(Submit(run.key, due), "planned windows are due")
    return None


def windows_that_start_too_soon_to_be_verified_say_so(s: Situation) -> Decision | None:
    """There is no time left to look for their schedules and for a person to act."""
    for run in s.runs:
        late = tuple(w.time_zone for w in verification.too_late_to_verify(run, s.now))
        if late:
            return Decision(NoteNotVerified(run.key, late), "windows start soon")
    return None


def schedules_are_looked_for_before_they_start(s: Situation) -> Decision | None:
    """Somebody else may have cancelled them: another cluster that adopted them, or a hand at the dialer."""
    moment = verification.next_look(s.campaign.status, s.now, s.settings.settle_seconds)
    if moment is None or moment > s.now or not s.is_due(s.observed.look_again_at):
        return None
    return Decision(Verify(), "windows start soon") if is_connected(s) and s.listing_is_trusted else None


def schedules_that_no_window_holds_are_looked_for_again(s: Situation) -> Decision | None:
    """Whoever cancels them at the dialer tells nobody."""
    if not s.campaign.status.unknown_schedules or not s.is_due(s.observed.look_again_at):
        return None
    return Decision(LookForUnknown(), "unknown schedules block their zones") if is_connected(s) else None


# What is to be told


def a_running_run_is_polled(s: Situation) -> Decision | None:
    """From its first start on, whenever the poll timer fires."""
    since = counted_since(s.campaign.status, s.now)
    if since is None or not s.observed.poll_due or not is_connected(s):
        return None
    return Decision(Poll(since), "the poll timer fired")


def the_webhook_is_delivered(s: Situation) -> Decision | None:
    """Until it is done, also from history."""
    for run in runs.finished_runs(s.campaign.status):
        hook = run.webhook
        if hook is not None and hook.state is WebhookState.PENDING and s.is_due(hook.next_attempt_time):
            return Decision(Deliver(RunKey(run.id, run.planned_from)), "a webhook is due")
    return None


def the_mark_is_put_back_where_it_is_missing(s: Situation) -> Decision | None:
    """Whoever took it away while the status tells of the run."""
    mark = due_mark(s.campaign, s.campaign.status)
    return Decision(WriteMark(mark), "the submission of the only run has started") if mark is not None else None


RULES: tuple[Rule, ...] = (
    what_was_refused_is_tried_again_when_something_changed,
    answers_are_put_on_record,
    an_intent_of_another_is_uncertain,
    a_planned_window_that_names_a_schedule_is_uncertain,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    a_new_client_is_taken_up_where_the_dialer_lists_what_stands,
    uncertain_windows_are_looked_up,
    a_person_has_said_what_became_of_held_windows,
    what_a_person_said_of_a_schedule_is_checked_when_its_time_has_come,
    a_lost_status_is_made_again,
    a_suspended_campaign_forgets_what_it_only_planned,
    an_edit_that_makes_the_same_plan_is_noted,
    an_unwanted_run_is_cancelled,
    what_is_being_cancelled_is_deleted_at_the_dialer,
    what_new_hours_forbid_of_a_started_run_is_cancelled,
    what_was_cancelled_is_planned_again_when_it_is_wanted,
    a_run_of_which_nothing_stands_is_dropped,
    what_is_over_moves_to_history_once_a_later_run_has_started,
    a_run_is_planned,
    a_change_of_the_rules_of_zones_or_of_holidays_is_noted,
    a_window_that_is_late_is_shortened_or_missed,
    a_run_is_asked_for_its_calls_once_more_before_it_times_out,
    a_run_that_has_ended_is_finished,
    the_oldest_of_too_many_runs_that_wait_for_calls_times_out,
    planned_windows_are_submitted,
    windows_that_start_too_soon_to_be_verified_say_so,
    schedules_are_looked_for_before_they_start,
    schedules_that_no_window_holds_are_looked_for_again,
    a_running_run_is_polled,
    the_webhook_is_delivered,
    the_mark_is_put_back_where_it_is_missing,
    the_finalizer_is_put_back_while_something_holds_it,
    the_finalizer_goes_when_nothing_holds_it,
)

RULES_OF_DELETION: tuple[Rule, ...] = (
    a_deletion_ends_at_its_deadline,
    what_was_refused_is_tried_again_when_something_changed,
    answers_are_put_on_record,
    a_lost_status_is_made_again,
    a_deleted_campaign_may_go,
    an_intent_of_another_is_uncertain,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    a_new_client_is_taken_up_where_the_dialer_lists_what_stands,
    uncertain_windows_are_looked_up,
    an_unwanted_run_is_cancelled,
    what_is_being_cancelled_is_deleted_at_the_dialer,
)


def _may_send(s: Situation, run: RunStatus) -> bool:
    """A run that was begun is carried through whatever became of the spec; suspend stops both. To be asked once for all
    windows of the run, of which each of 420 would look at all 420.
    """
    allowed = runs.submission_started(run) or s.observed.spec_problem is None
    return allowed and is_connected(s) and not s.campaign.spec.suspend


def _is_to_be_planned_anew(s: Situation, run: RunStatus) -> bool:
    blueprint = s.observed.blueprint
    return not isinstance(blueprint, Blueprint) or is_outdated(run, blueprint)


def _read_lists(s: Situation) -> Decision | None:
    if s.observed.lists_being_read:
        return None
    return Decision(ReadLists(), "the contact lists may have changed")


def _plan(s: Situation, blueprint: Blueprint, to_plan: ToPlan) -> Decision | None:
    plan = plan_again(s, blueprint, to_plan)
    if plan is None:
        return None
    replaces = tuple(run.key for run in to_plan.replaces)
    return Decision(PlanRun(plan, blueprint, replaces, s.status_is_lost), to_plan.reason)
