"""The rules of the code's `cancelling`: how schedules are cancelled, and how a resource goes away."""

from model.setup import Omission
from model.situation import (
    AT_THE_DIALER,
    HOLDING_BACK,
    Action,
    Situation,
    changed,
    holds_back,
    is_begun,
    is_unwanted,
    needs_finalizer,
)
from model.world import (
    CANCELLED,
    CANCELLING,
    PLANNED,
    POSSIBLY_SENT,
    SUBMITTED,
    UNCERTAIN,
    Window,
    new_attempt,
    slots,
)

# How schedules are cancelled


def a_window_that_starts_while_it_is_cancelled_is_uncertain(s: Situation) -> Action | None:
    """Nobody may delete a schedule that calls. The question gets a number of its own, so that neither an answer nor a
    settling time of the attempt that submitted it can be taken for one of the cancellation.
    """
    if s.setup.omits(Omission.STARTED_DELETED):
        return None
    for run in s.in_hand():
        keeps = s.setup.omits(Omission.CANCELLATION_KEEPS_ATTEMPT)
        changes = {
            slot: w._replace(state=UNCERTAIN, attempt=w.attempt if keeps else new_attempt(s.world), settled=keeps)
            for slot, w in slots(run)
            if w.state == CANCELLING and s.has_started(slot)
        }
        if changes:
            return Action("write", "marks a cancellation that has started as uncertain", changed(s.resource, changes))
    return None


def an_unwanted_run_is_cancelled(s: Situation) -> Action | None:
    """All of it that has not started. What may be under way is settled first, by the rules above."""
    for run in s.in_hand():
        if not is_begun(run) or not is_unwanted(s, run):
            continue
        changes = {slot: _cancelled(w) for slot, w in slots(run) if _can_be_cancelled(s, slot, w)}
        straight = [slot for slot, w in changes.items() if w.state == CANCELLING]
        if straight and s.setup.omits(Omission.NO_CANCELLING):
            return Action("delete", "", slots=(straight[0],), schedule=changes[straight[0]].schedule)
        if changes:
            return Action("write", "cancels an unwanted run", changed(s.resource, changes))
    return None


def _cancelled(w: Window) -> Window:
    if w.state == SUBMITTED:
        return Window(CANCELLING, w.attempt, w.schedule)
    return Window(CANCELLED, w.attempt)


def _can_be_cancelled(s: Situation, slot: int, w: Window) -> bool:
    if w.state in POSSIBLY_SENT:
        return s.setup.omits(Omission.UNSETTLED_CANCELLED)
    return w.state == PLANNED or (w.state == SUBMITTED and not s.has_started(slot) and not w.cannot)


def what_is_being_cancelled_is_deleted_at_the_dialer(s: Situation) -> Action | None:
    """One at a time here; the code sends a batch, of which any part may come to nothing."""
    for run in s.in_hand():
        for slot, w in slots(run):
            if w.state == CANCELLING:
                return Action("delete", "", slots=(slot,), schedule=w.schedule)
    return None


def what_was_cancelled_is_planned_again_when_it_is_wanted(s: Situation) -> Action | None:
    """Beside windows that stand."""
    keeps = s.setup.omits(Omission.RESTORED_WITH_OLD_ATTEMPT)
    for run in s.in_hand():
        cancelled = {slot: w for slot, w in slots(run) if w.state == CANCELLED and not s.has_started(slot)}
        if cancelled and any(w.state in AT_THE_DIALER for w in run.windows) and not is_unwanted(s, run):
            # `cannot` marks, for that omission only, that the old number is to be used again
            planned = {slot: Window(PLANNED, w.attempt, cannot=keeps) for slot, w in cancelled.items()}
            return Action("write", "restores what was cancelled", changed(s.resource, planned))
    return None


# How a resource goes away


def the_finalizer_is_put_back_while_something_holds_it(s: Situation) -> Action | None:
    held_back = any(needs_finalizer(s, run) for run in s.in_hand())
    if s.resource.finalizer or not held_back or s.setup.omits(Omission.NO_FINALIZER):
        return None
    return Action("write", "puts the finalizer back", s.resource._replace(finalizer=True))


def the_finalizer_goes_when_nothing_holds_it(s: Situation) -> Action | None:
    """And a resource of the same name that is created at once would find the truth in the listing."""
    if not s.resource.finalizer or not s.resource.runs:
        return None
    if any(needs_finalizer(s, run) or any(w.state == PLANNED for w in run.windows) for run in s.in_hand()):
        return None
    if not s.resource.trusted and not s.setup.omits(Omission.FINALIZER_DROPPED_BEFORE_TRUST):
        return None
    return Action("write", "removes the finalizer", s.resource._replace(finalizer=False))


def a_deletion_past_its_deadline_is_given_up(s: Situation) -> Action | None:
    """Before everything else, so that no other rule can keep a resource for ever; what stays is named."""
    if not s.world.overdue or not s.resource.finalizer:
        return None
    return Action("go", "")


def a_deleted_campaign_may_go(s: Situation) -> Action | None:
    """When nothing is left to cancel and the listing tells the truth: a resource of the same name would be listed
    before what was last sent shows. With Orphan it waits for nothing but a cancellation that was begun before, since
    of a DELETE without an answer nothing is on record by which the listing would be doubted.
    """
    if not s.resource.finalizer:
        return None
    if s.setup.omits(Omission.FINALIZER_DROPPED_EARLY):
        return Action("go", "")
    if not s.resource.trusted and not s.setup.omits(Omission.GONE_BEFORE_TRUST):
        return None
    if s.setup.orphan:
        begun = any(w.state == CANCELLING for run in s.in_hand() for w in run.windows)
        return None if begun and not s.setup.omits(Omission.ORPHAN_WHILE_CANCELLING) else Action("go", "")
    waiting = any(
        holds_back(s, run) and any(_may_still_be_cancelled(s, slot, w) for slot, w in slots(run)) for run in s.in_hand()
    )
    return None if waiting else Action("go", "")


def _may_still_be_cancelled(s: Situation, slot: int, w: Window) -> bool:
    if w.state == SUBMITTED and s.has_started(slot) and not s.setup.omits(Omission.STARTED_HOLDS_DELETION):
        return False
    return w.state in HOLDING_BACK and not (w.state == SUBMITTED and w.cannot)
