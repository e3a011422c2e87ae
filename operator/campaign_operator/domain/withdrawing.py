"""The rules by which schedules are taken back: after an edit, while suspended, and before the resource goes away.

Withdrawal is written ahead like submission: first `Withdrawing`, then the DELETE, then what became of it. What may be
under way is settled first, by the rules of submission. Pure; `decide` puts these rules in their places.
"""

from collections.abc import Iterator

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import DeletionPolicy, WindowState
from campaign_operator.domain import runs
from campaign_operator.domain.actions import (
    AddFinalizer,
    Decision,
    DeleteSchedules,
    DropPlan,
    KeepPlan,
    MarkUncertain,
    RemoveFinalizer,
    Restore,
    WithdrawRun,
)
from campaign_operator.domain.blueprint import Blueprint
from campaign_operator.domain.situation import (
    Situation,
    is_connected,
    makes_another_plan,
    why_unwanted,
)

WITHDRAWAL_UNKNOWN = "it has started, and whether it was withdrawn before is not known; it is looked up"


def a_window_that_starts_while_it_is_withdrawn_is_uncertain(s: Situation) -> Decision | None:
    """Nobody may delete a schedule that calls: the listing tells which came first."""
    for place, run in s.in_hand():
        started = tuple(w.time_zone for w in runs.in_state(run, WindowState.WITHDRAWING) if w.start_time <= s.now)
        if started:
            return Decision(MarkUncertain(place, started, WITHDRAWAL_UNKNOWN), "windows have started meanwhile")
    return None


def an_edit_that_makes_the_same_plan_is_noted(s: Situation) -> Decision | None:
    """Nothing is withdrawn for it."""
    blueprint = s.observed.blueprint
    if not isinstance(blueprint, Blueprint):
        return None
    for place, run in s.in_hand():
        edited = runs.is_begun(run) and not runs.has_started(run, s.now) and run.spec_hash != blueprint.spec_hash
        if edited and not makes_another_plan(s, place, run):
            return Decision(KeepPlan(place, blueprint.spec_hash), "the edit makes the same plan")
    return None


def an_unwanted_run_is_withdrawn(s: Situation) -> Decision | None:
    """All of it that has not started; what was only planned needs no request."""
    for place, run in s.in_hand():
        reason = why_unwanted(s, place, run)
        if reason is None or not runs.is_begun(run):
            continue
        chosen = tuple(w.time_zone for w in run.windows if _can_be_withdrawn(s, w))
        if chosen:
            return Decision(WithdrawRun(place, chosen), reason)
    return None


def _can_be_withdrawn(s: Situation, w: WindowStatus) -> bool:
    if w.state is WindowState.PLANNED:
        return True
    return w.state is WindowState.SUBMITTED and w.start_time > s.now and w.cause != Reason.CANNOT_WITHDRAW


def what_is_withdrawing_is_deleted_at_the_dialer(s: Situation) -> Decision | None:
    """A DELETE may be repeated: what is gone is gone."""
    if not is_connected(s):
        return None
    for place, run in s.in_hand():
        withdrawing = runs.in_state(run, WindowState.WITHDRAWING)
        if any(w.cause in runs.SAID_TO_ALL and not s.is_due(w.next_attempt_time) for w in withdrawing):
            continue
        due = tuple(w.time_zone for w in withdrawing if s.is_due(w.next_attempt_time))
        if due:
            return Decision(DeleteSchedules(place, due), "schedules are to be withdrawn")
    return None


def what_was_withdrawn_is_planned_again_when_it_is_wanted(s: Situation) -> Decision | None:
    """Beside windows that stand: a run of which nothing stands is planned anew as a whole."""
    for place, run in s.in_hand():
        withdrawn = tuple(w.time_zone for w in runs.in_state(run, WindowState.WITHDRAWN))
        if withdrawn and runs.in_state(run, *runs.AT_THE_DIALER) and why_unwanted(s, place, run) is None:
            return Decision(Restore(place, withdrawn), "the run is wanted again")
    return None


def a_cancelled_next_run_is_dropped(s: Situation) -> Decision | None:
    """Its successor is planned after the run in hand, if one is wanted."""
    if s.next_run is not None and runs.is_cancelled(s.next_run):
        return Decision(DropPlan("next_run"), "all of the next run is withdrawn")
    return None


# How a resource goes away


def the_finalizer_is_put_back_while_something_holds_it(s: Situation) -> Decision | None:
    """Whoever took it away, the schedules would outlive the resource."""
    if s.campaign.has_finalizer or not any(runs.holds_back(run, s.now) for _, run in s.in_hand()):
        return None
    return Decision(AddFinalizer(), "something of it may have to be withdrawn")


def the_finalizer_goes_when_nothing_holds_it(s: Situation) -> Decision | None:
    """A finished campaign can be deleted at once, with or without an operator."""
    if not s.campaign.has_finalizer or s.run is None:
        return None  # one that has our finalizer but no run lost its status; see `a_run_is_planned`
    if any(runs.in_state(run, WindowState.PLANNED) or runs.holds_back(run, s.now) for _, run in s.in_hand()):
        return None
    return Decision(RemoveFinalizer(), "nothing of it can be withdrawn any more")


def a_deleted_campaign_may_go(s: Situation) -> Decision | None:
    """When nothing is left to withdraw, when it shall stay, or when there is no way to."""
    if not s.campaign.has_finalizer:
        return None
    if s.campaign.spec.deletion_policy is DeletionPolicy.ORPHAN:
        return Decision(RemoveFinalizer(), "deletionPolicy is Orphan")
    if not any(runs.holds_back(run, s.now) and _may_still_be_withdrawn(run) for _, run in s.in_hand()):
        return Decision(RemoveFinalizer(left_behind(s)), "nothing of it is left to withdraw")
    if s.observed.credentials_lost:
        return Decision(RemoveFinalizer(left_behind(s)), "the namespace is being deleted and the Secret is gone")
    if s.observed.give_up_at is not None and s.observed.give_up_at <= s.now:
        return Decision(RemoveFinalizer(left_behind(s)), "the deadline of the deletion has passed")
    return None


def _may_still_be_withdrawn(run: RunStatus) -> bool:
    return any(w.state is not WindowState.SUBMITTED or w.cause != Reason.CANNOT_WITHDRAW for w in _ahead(run))


def _ahead(run: RunStatus) -> Iterator[WindowStatus]:
    return (w for w in run.windows if w.state in runs.HOLDING_BACK)


def left_behind(s: Situation) -> tuple[str, ...]:
    """What stays, or may stay, at the dialer and will call: run and zone of each window."""
    return tuple(
        f"{run.id}/{w.time_zone}"
        for _, run in s.in_hand()
        for w in run.windows
        if (w.state in runs.POSSIBLY_THERE and w.end_time > s.now)
        or (w.state is WindowState.SUBMITTED and w.start_time > s.now)
    )
