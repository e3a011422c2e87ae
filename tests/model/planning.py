"""The rules of the code's `decide` about which runs there are: how one is planned, ends, leaves, goes to history."""

from model.setup import Omission
from model.situation import (
    Action,
    Situation,
    changed,
    comes_after_a_replaced_one,
    has_failed,
    has_started,
    is_begun,
    is_cancelled,
    is_decided,
    is_outdated,
    is_past,
    is_unwanted,
    next_id,
)
from model.world import (
    CANCELLED,
    GENERATIONS,
    MISSED,
    PLANNED,
    SUBMITTED,
    UNCERTAIN,
    Resource,
    Run,
    Window,
    key,
    new_attempt,
    slots,
)

# What is planned


def a_suspended_campaign_forgets_what_it_only_planned(s: Situation) -> Action | None:
    if not s.resource.suspend:
        return None
    for run in reversed(s.resource.runs):
        if not is_begun(run) and not is_past(s, run):
            return _without(s, run, "drops the plan")
    return None


def a_lost_status_is_made_again(s: Situation) -> Action | None:
    """Suspended or not, and also before the campaign goes. It is settled like any other uncertain window: what was
    under way may still be.
    """
    r = s.resource
    if r.runs or not r.finalizer or s.setup.omits(Omission.LOST_STATUS_LEFT) or (r.deleting and s.setup.orphan):
        return None
    match = next_id(s, ())
    if match is None:
        return None
    window = Window()
    if not s.setup.omits(Omission.LOST_STATUS_LISTED_AT_ONCE):
        counts_anew = s.setup.omits(Omission.LOST_STATUS_COUNTS_ANEW)
        window = Window(UNCERTAIN, 1 if counts_anew else new_attempt(s.world))
    return Action("plan", "plans a run whose status was lost", _with_run(s, r, (), match, window))


def a_run_is_planned(s: Situation) -> Action | None:
    """The first at once, and again whenever the spec changes before anything was submitted; the next one as soon as the
    submission of the newest has begun. What is to be replaced goes in the same write, and must be cancelled by then.
    """
    r = s.resource
    if r.suspend:
        return None
    standing = tuple(run for run in r.runs if not _makes_room(s, run))
    if any(is_unwanted(s, run) and not run.finished for run in standing):
        return None
    if standing == r.runs and r.runs and not (s.setup.recurring and all(is_begun(run) for run in r.runs)):
        return None
    match = next_id(s, standing)
    if match is None or (standing and not s.setup.recurring and standing[-1].finished):
        return None
    return Action("plan", "plans a run", _with_run(s, r, standing, match, Window()))


def _makes_room(s: Situation, run: Run) -> bool:
    if is_cancelled(run):
        return not s.setup.omits(Omission.CANCELLED_RUN_KEPT)
    if is_begun(run):
        return s.setup.omits(Omission.PLANNED_ANEW_WHILE_SUBMITTED) and run.plan != s.resource.spec
    return is_outdated(s, run) or comes_after_a_replaced_one(s, run)


def _with_run(s: Situation, resource: Resource, standing: tuple[Run, ...], match: int, window: Window) -> Resource:
    run = Run(match, resource.spec, (window,) * s.setup.zones, generation=_generation(s, standing, match))
    return resource._replace(runs=tuple(sorted((*standing, run), key=key)))


def _generation(s: Situation, standing: tuple[Run, ...], match: int) -> int:
    """One that no run of this match has which anybody remembers; in the code a resourceVersion."""
    known = {key(run) for run in standing} | {k for k, _ in s.resource.history}
    known |= {*s.world.ended, *(k for k, _ in s.world.received)}
    return next(n for n in range(GENERATIONS) if match * GENERATIONS + n not in known)


def a_window_that_is_late_is_missed(s: Situation) -> Action | None:
    """Every window here is too short to be sent late."""
    for run in s.in_hand():
        changes = {
            slot: Window(MISSED, w.attempt) for slot, w in slots(run) if w.state == PLANNED and s.has_started(slot)
        }
        if changes and not s.setup.omits(Omission.NO_START_CHECK):
            return Action("write", "gives up what is too late", changed(s.resource, changes))
    return None


# How a run ends


def a_run_that_has_ended_is_finished(s: Situation) -> Action | None:
    """By its own calls and windows. The end and the webhook's outbox entry are written together."""
    for run in s.resource.runs:
        if run.finished or is_cancelled(run) or not _has_ended(s, run):
            continue
        hook = "pending" if s.setup.webhook else "none"
        if s.setup.omits(Omission.OUTBOX_AFTER_END):
            hook = ""
        runs = tuple(r._replace(finished=True, hook=hook) if r == run else r for r in s.resource.runs)
        return Action("finish", "finishes a run", s.resource._replace(runs=runs), (key(run),))
    return None


def _has_ended(s: Situation, run: Run) -> bool:
    if has_failed(run) or all(s.has_ended(slot) for slot, _ in slots(run)):
        return True
    later = s.resource.runs[s.resource.runs.index(run) + 1 :]
    if s.setup.omits(Omission.ENDED_BY_NEXT_START) and any(is_past(s, r) for r in later):
        return True
    submitted = [slot for slot, w in slots(run) if w.state == SUBMITTED]
    to_come_back = any(w.state == CANCELLED and not s.has_ended(slot) for slot, w in slots(run))
    started = bool(submitted) and all(s.has_started(slot) for slot in submitted)
    return run.id in s.world.called and started and is_decided(run) and not to_come_back


def a_cancelled_run_leaves(s: Situation) -> Action | None:
    """Without an end, and its match is free. Not before those after it are cancelled too, since nobody would know any
    more that a match before them is to be replanned.
    """
    if s.setup.omits(Omission.CANCELLED_RUN_KEPT):
        return None
    at_once = s.setup.omits(Omission.LEAVES_BEFORE_LATER_RUNS)
    for n, run in enumerate(s.resource.runs):
        waited_for = any(not later.finished for later in s.resource.runs[n + 1 :])
        if not run.finished and is_cancelled(run) and (is_past(s, run) or not waited_for or at_once):
            return _without(s, run, "lets a cancelled run leave")
    return None


def _without(s: Situation, run: Run, label: str) -> Action | None:
    """First without the finalizer where it is the last, since a resource with our finalizer and without a run is one
    that lost its status.
    """
    runs = tuple(r for r in s.resource.runs if r != run)
    if runs or not s.resource.finalizer or s.setup.omits(Omission.LEAVES_BEFORE_FINALIZER):
        return Action("write", label, s.resource._replace(runs=runs))
    if not s.resource.trusted and not s.setup.omits(Omission.FINALIZER_DROPPED_BEFORE_TRUST):
        return None
    return Action("write", "removes the finalizer", s.resource._replace(finalizer=False))


def a_run_that_is_over_moves_to_history(s: Situation) -> Action | None:
    """Once a later one has started. One whose webhook is pending stays in history."""
    r = s.resource
    for n, run in enumerate(r.runs):
        over = s.is_over(run) or (run.finished and s.setup.omits(Omission.FORGOTTEN_WHEN_FINISHED))
        if not over or not any(has_started(s, later) or is_past(s, later) for later in r.runs[n + 1 :]):
            continue
        hook = "" if s.setup.omits(Omission.OUTBOX_FORGOTTEN) else run.hook
        history = ((key(run), hook), *r.history)
        if s.setup.omits(Omission.OUTBOX_CUT_OFF):
            history = history[: s.setup.history]
        else:
            history = tuple(h for i, h in enumerate(history) if i < s.setup.history or h[1] == "pending")
        return Action(
            "write", "moves a run to history", r._replace(runs=(*r.runs[:n], *r.runs[n + 1 :]), history=history)
        )
    return None
