"""The rules by which schedules are cancelled: after an edit, while suspended, and before the resource goes away.

Cancellation is written ahead like submission: first `Cancelling`, then the DELETE, then what became of it. What may be
under way is settled first, by the rules of submission. Pure; `decide` puts these rules in their places.
"""

from datetime import datetime

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import DeletionPolicy, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.decisions.actions import (
    AddFinalizer,
    BeginCancellation,
    CancelSchedules,
    Decision,
    DropRun,
    KeepPlan,
    MarkUncertain,
    RemoveFinalizer,
    Restore,
    SkipWindows,
)
from campaign_operator.domain.decisions.situation import (
    ANOTHER_PLAN,
    REPLANNED_BEFORE,
    Situation,
    counts_as_started,
    is_ahead,
    is_connected,
    is_edited,
    makes_another_plan,
    why_unwanted,
)
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.status.mark import mark_of

RELEASED_AFTER_SECONDS = 30
"""How long after its last start a campaign that runs keeps our finalizer. A write to take it away costs as much as the
one that says Running, and of a thousand that start at one instant, some would wait for both writes of the others.
"""

CANCELLATION_UNKNOWN = "it has started, and it is not known whether it was cancelled before; the operator looks it up"


def a_window_that_starts_while_it_is_cancelled_is_uncertain(s: Situation) -> Decision | None:
    """Nobody may delete a schedule that calls: the listing tells which came first."""
    for run in s.runs:
        started = tuple(
            w.time_zone
            for w in runs.in_state(run, WindowState.CANCELLING)
            if w.start_time <= s.now or w.schedule_id is None
        )
        if started:
            return Decision(MarkUncertain(run.key, started, CANCELLATION_UNKNOWN), "windows have started meanwhile")
    return None


def an_edit_that_makes_the_same_plan_is_noted(s: Situation) -> Decision | None:
    """Nothing is cancelled for it."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return None
    for run in s.current:
        if is_edited(s, run, blueprint) and not makes_another_plan(s, run):
            return Decision(KeepPlan(run.key, blueprint.spec_hash), "the edit makes the same plan")
    return None


def an_unwanted_run_is_cancelled(s: Situation) -> Decision | None:
    """All of it that has not started, of whatever run; what was only planned needs no request."""
    for run in s.runs:
        reason = why_unwanted(s, run) if runs.submission_started(run) else None
        if reason is None:
            continue
        chosen = tuple(w.time_zone for w in run.windows if _can_be_cancelled(s, w))
        if chosen:
            return Decision(BeginCancellation(run.key, chosen), reason)
    return None


def _can_be_cancelled(s: Situation, w: WindowStatus) -> bool:
    if w.state is WindowState.PLANNED:
        return True
    return w.state is WindowState.SUBMITTED and w.start_time > s.now and w.reason != Reason.CANNOT_CANCEL


def what_new_hours_forbid_of_a_started_run_is_cancelled(s: Situation) -> Decision | None:
    """An edit of the calling hours counts at once, also for a run that is kept: the law does not wait for the next."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint) or s.campaign.spec.suspend:
        return None
    for run in s.current:
        if run.spec_hash == blueprint.spec_hash or not counts_as_started(s, run):
            continue
        forbidden = [
            w for w in run.windows if w.end_time > s.now and not blueprint.allows(w.time_zone, w.start_time, w.end_time)
        ]
        chosen = tuple(w.time_zone for w in forbidden if _can_be_cancelled(s, w))
        if chosen:
            return Decision(BeginCancellation(run.key, chosen), "the calling hours forbid it now")
        cancelled = tuple(w.time_zone for w in forbidden if w.state is WindowState.CANCELLED)
        if cancelled:
            return Decision(SkipWindows(run.key, cancelled), "the calling hours forbid it now")
    return None


def what_is_being_cancelled_is_deleted_at_the_dialer(s: Situation) -> Decision | None:
    """A DELETE may be repeated: what is gone is gone."""
    if not is_connected(s):
        return None
    for run in s.runs:
        cancelling = runs.in_state(run, WindowState.CANCELLING)
        if any(w.reason in runs.SAID_TO_ALL and not s.is_due(w.next_attempt_time) for w in cancelling):
            continue
        due = tuple(w.time_zone for w in cancelling if s.is_due(w.next_attempt_time))
        if due:
            return Decision(CancelSchedules(run.key, due), "schedules are to be cancelled")
    return None


def what_was_cancelled_is_planned_again_when_it_is_wanted(s: Situation) -> Decision | None:
    """Beside windows that stand: a run of which nothing stands is planned anew as a whole."""
    for run in s.current:
        cancelled = tuple(w.time_zone for w in runs.in_state(run, WindowState.CANCELLED))
        if cancelled and runs.in_state(run, *window_states.STAYING) and why_unwanted(s, run) is None:
            return Decision(Restore(run.key, cancelled), "the run is wanted again")
    return None


def a_run_of_which_nothing_stands_is_dropped(s: Situation) -> Decision | None:
    """One that is cancelled as a whole, or was only planned, and that nobody wants; its match is free again.

    One that makes another plan now is planned anew in its place. The newest goes first, and none before a later one
    that stands: no match before that could be taken again.
    """
    for run in reversed(s.current):
        reason = why_unwanted(s, run)
        gone = runs.is_cancelled(run) or not runs.submission_started(run)
        if gone and reason not in (None, ANOTHER_PLAN, REPLANNED_BEFORE):
            return dropped(s, run, str(reason))
        if not gone:
            break
    for run in s.current:
        if runs.is_cancelled(run) and (counts_as_started(s, run) or not is_ahead(s, run)):
            return dropped(s, run, "its time is past")
    return None


def dropped(s: Situation, run: RunStatus, reason: str) -> Decision | None:
    """Our finalizer goes before the last run does, since a resource with it and without a run has lost its status, and
    so does the mark of a run that has called nobody.
    """
    is_marked = mark_of(s.campaign, run.id) is not None and s.campaign.has_run is not None
    if len(s.runs) > 1 or not (s.campaign.has_finalizer or is_marked):
        return Decision(DropRun(run.key), reason)
    if not s.listing_is_trusted:
        return None
    return Decision(RemoveFinalizer(unmark=is_marked), "nothing of it is at the dialer")


# How a resource goes away


def the_finalizer_is_put_back_while_something_holds_it(s: Situation) -> Decision | None:
    """Whoever took it away, the schedules would outlive the resource."""
    if s.campaign.has_finalizer or not any(_may_begin_to_call(s, run) for run in s.runs):
        return None
    return Decision(AddFinalizer(), "something of it may have to be cancelled")


def the_finalizer_goes_when_nothing_holds_it(s: Situation) -> Decision | None:
    """A finished campaign can be deleted at once, with or without an operator, and one that runs a little after its
    last start.

    Not before the listing can be trusted: whoever deletes the resource and applies it again would look at what was.
    """
    moment = release_time(s)
    if moment is None or moment > s.now or not s.listing_is_trusted:
        return None
    return Decision(RemoveFinalizer(), "nothing of it can be cancelled any more")


def release_time(s: Situation) -> datetime | None:
    """From when nothing holds our finalizer; None while something does, or where it is not there."""
    if not s.campaign.has_finalizer or s.status_is_lost:
        return None
    if any(runs.in_state(run, WindowState.PLANNED) or _may_begin_to_call(s, run) for run in s.runs):
        return None
    starts = [w.start_time for run in s.current for w in runs.in_state(run, WindowState.SUBMITTED)]
    return runs.later(max(starts), RELEASED_AFTER_SECONDS) if starts else s.now


def _may_begin_to_call(s: Situation, run: RunStatus) -> bool:
    """Held windows count too: without the finalizer a lost status would not be known as such, and be sent again."""
    held = runs.in_state(run, WindowState.HELD)
    return runs.holds_back(run, s.now) or any(w.start_time > s.now for w in held)


def a_deletion_ends_at_its_deadline(s: Situation) -> Decision | None:
    """Before every other rule, so that nothing can keep a resource for ever."""
    deadline = s.observed.give_up_at
    if not s.campaign.has_finalizer or deadline is None or deadline > s.now:
        return None
    return _gone(s, "the deadline of the deletion has passed")


def a_deleted_campaign_may_go(s: Situation) -> Decision | None:
    """When nothing is left to cancel, when it shall stay, or when there is no way to.

    Whoever applies the resource again looks at the listing, so it goes when that can be trusted; in a namespace that is
    being deleted nobody can.
    """
    if not s.campaign.has_finalizer:
        return None
    if s.observed.credentials_lost:
        return _gone(s, "the namespace is being deleted and the Secret is gone")
    if not s.listing_is_trusted and not s.observed.namespace_ends:
        return None
    orphan = s.campaign.spec.deletion_policy is DeletionPolicy.ORPHAN
    if orphan and not any(runs.in_state(run, *window_states.IN_FLIGHT) for run in s.runs):
        # a resource made again in the same second would not find in the listing what is still on its way
        return Decision(RemoveFinalizer(), "deletionPolicy is Orphan")
    if not any(_can_still_be_settled(s, w) for run in s.runs for w in run.windows):
        return _gone(s, "nothing of it is left to cancel")
    return None


def _can_still_be_settled(s: Situation, w: WindowStatus) -> bool:
    """Whether a deletion waits for the window: neither for what calls nor for what the dialer does not cancel."""
    if w.state is WindowState.SUBMITTED:
        return w.start_time > s.now and w.reason != Reason.CANNOT_CANCEL
    return w.state in window_states.HOLDING_BACK


def _gone(s: Situation, reason: str) -> Decision:
    """What stays, or may stay, at the dialer is told: what will call or may call, and how many call already."""
    there = [(run, w) for run in s.runs for w in run.windows if _may_stand(s, w)]
    ahead = tuple(f"{run.id}/{w.time_zone}" for run, w in there if not _is_dialing(s, w))
    return Decision(RemoveFinalizer(ahead, len(there) - len(ahead)), reason)


def _may_stand(s: Situation, w: WindowStatus) -> bool:
    return w.end_time > s.now and w.state in window_states.OUTSTANDING


def _is_dialing(s: Situation, w: WindowStatus) -> bool:
    return w.state is WindowState.SUBMITTED and w.start_time <= s.now
