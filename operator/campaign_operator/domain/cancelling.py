"""The rules by which schedules are taken back: after an edit, while suspended, and before the resource goes away.

Cancellation is written ahead like submission: first `Cancelling`, then the DELETE, then what became of it. What may be
under way is settled first, by the rules of submission. Pure; `decide` puts these rules in their places.
"""

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import DeletionPolicy, WindowState
from campaign_operator.domain import runs
from campaign_operator.domain.actions import (
    AddFinalizer,
    BeginCancellation,
    CancelSchedules,
    Decision,
    DropPlan,
    KeepPlan,
    MarkUncertain,
    RemoveFinalizer,
    Restore,
)
from campaign_operator.domain.blueprint import Blueprint
from campaign_operator.domain.situation import (
    ANOTHER_PLAN,
    Situation,
    is_connected,
    makes_another_plan,
    why_unwanted,
)

CANCELLATION_UNKNOWN = "it has started, and whether it was cancelled before is not known; it is looked up"


def a_window_that_starts_while_it_is_cancelled_is_uncertain(s: Situation) -> Decision | None:
    """Nobody may delete a schedule that calls: the listing tells which came first."""
    for place, run in s.in_hand():
        started = tuple(w.time_zone for w in runs.in_state(run, WindowState.CANCELLING) if w.start_time <= s.now)
        if started:
            return Decision(MarkUncertain(place, started, CANCELLATION_UNKNOWN), "windows have started meanwhile")
    return None


def an_edit_that_makes_the_same_plan_is_noted(s: Situation) -> Decision | None:
    """Nothing is cancelled for it."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return None
    for place, run in s.in_hand():
        edited = runs.is_begun(run) and not runs.has_started(run, s.now) and run.spec_hash != blueprint.spec_hash
        if edited and not makes_another_plan(s, place, run):
            return Decision(KeepPlan(place, blueprint.spec_hash), "the edit makes the same plan")
    return None


def an_unwanted_run_is_cancelled(s: Situation) -> Decision | None:
    """All of it that has not started; what was only planned needs no request."""
    for place, run in s.in_hand():
        reason = why_unwanted(s, place, run)
        if reason is None or not runs.is_begun(run):
            continue
        chosen = tuple(w.time_zone for w in run.windows if _can_be_cancelled(s, w))
        if chosen:
            return Decision(BeginCancellation(place, chosen), reason)
    return None


def _can_be_cancelled(s: Situation, w: WindowStatus) -> bool:
    if w.state is WindowState.PLANNED:
        return True
    return w.state is WindowState.SUBMITTED and w.start_time > s.now and w.reason != Reason.CANNOT_CANCEL


def what_is_being_cancelled_is_deleted_at_the_dialer(s: Situation) -> Decision | None:
    """A DELETE may be repeated: what is gone is gone."""
    if not is_connected(s):
        return None
    for place, run in s.in_hand():
        cancelling = runs.in_state(run, WindowState.CANCELLING)
        if any(w.reason in runs.SAID_TO_ALL and not s.is_due(w.next_attempt_time) for w in cancelling):
            continue
        due = tuple(w.time_zone for w in cancelling if s.is_due(w.next_attempt_time))
        if due:
            return Decision(CancelSchedules(place, due), "schedules are to be cancelled")
    return None


def what_was_cancelled_is_planned_again_when_it_is_wanted(s: Situation) -> Decision | None:
    """Beside windows that stand: a run of which nothing stands is planned anew as a whole."""
    for place, run in s.in_hand():
        cancelled = tuple(w.time_zone for w in runs.in_state(run, WindowState.CANCELLED))
        if cancelled and runs.in_state(run, *runs.AT_THE_DIALER) and why_unwanted(s, place, run) is None:
            return Decision(Restore(place, cancelled), "the run is wanted again")
    return None


def an_unwanted_next_run_of_which_nothing_stands_is_dropped(s: Situation) -> Decision | None:
    """Its successor is planned after the run in hand, if one is wanted."""
    run = s.next_run
    if run is None or runs.in_state(run, *runs.AT_THE_DIALER, WindowState.CANCELLING):
        return None
    if runs.is_cancelled(run):
        return Decision(DropPlan("next_run"), "all of the next run is cancelled")
    reason = why_unwanted(s, "next_run", run)
    if reason is None or (reason == ANOTHER_PLAN and not runs.is_begun(run)):
        return None  # what was only planned is planned anew in its place
    return Decision(DropPlan("next_run"), reason)


# How a resource goes away


def the_finalizer_is_put_back_while_something_holds_it(s: Situation) -> Decision | None:
    """Whoever took it away, the schedules would outlive the resource."""
    if s.campaign.has_finalizer or not any(_may_begin_to_call(s, run) for _, run in s.in_hand()):
        return None
    return Decision(AddFinalizer(), "something of it may have to be cancelled")


def the_finalizer_goes_when_nothing_holds_it(s: Situation) -> Decision | None:
    """A finished campaign can be deleted at once, with or without an operator."""
    if not s.campaign.has_finalizer or s.status_is_lost:
        return None
    if any(runs.in_state(run, WindowState.PLANNED) or _may_begin_to_call(s, run) for _, run in s.in_hand()):
        return None
    return Decision(RemoveFinalizer(), "nothing of it can be cancelled any more")


def _may_begin_to_call(s: Situation, run: RunStatus) -> bool:
    """Held windows count too: without the finalizer a lost status would not be known as such, and be sent again."""
    held = runs.in_state(run, WindowState.HELD)
    return runs.holds_back(run, s.now) or any(w.start_time > s.now for w in held)


def a_deleted_campaign_may_go(s: Situation) -> Decision | None:
    """When nothing is left to cancel, when it shall stay, or when there is no way to."""
    if not s.campaign.has_finalizer:
        return None
    orphan = s.campaign.spec.deletion_policy is DeletionPolicy.ORPHAN
    if orphan and not any(runs.in_state(run, *runs.POSSIBLY_SENT) for _, run in s.in_hand()):
        # a resource made again in the same second would not find in the listing what is still on its way
        return Decision(RemoveFinalizer(), "deletionPolicy is Orphan")
    if not any(_can_still_be_settled(s, w) for _, run in s.in_hand() for w in run.windows):
        return Decision(RemoveFinalizer(orphaned(s)), "nothing of it is left to cancel")
    if s.observed.credentials_lost:
        return Decision(RemoveFinalizer(orphaned(s)), "the namespace is being deleted and the Secret is gone")
    if s.observed.give_up_at is not None and s.observed.give_up_at <= s.now:
        return Decision(RemoveFinalizer(orphaned(s)), "the deadline of the deletion has passed")
    return None


def _can_still_be_settled(s: Situation, w: WindowStatus) -> bool:
    """Whether a deletion waits for the window: neither for what calls nor for what the dialer does not cancel."""
    if w.state is WindowState.SUBMITTED:
        return w.start_time > s.now and w.reason != Reason.CANNOT_CANCEL
    return w.state in runs.HOLDING_BACK


def orphaned(s: Situation) -> tuple[str, ...]:
    """What stays, or may stay, at the dialer and will call: run and zone of each window."""
    return tuple(
        f"{run.id}/{w.time_zone}"
        for _, run in s.in_hand()
        for w in run.windows
        if (w.state in runs.POSSIBLY_THERE and w.end_time > s.now)
        or (w.state is WindowState.SUBMITTED and w.start_time > s.now)
    )
