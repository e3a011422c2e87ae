"""What must never be, and what must always be possible: the promises of the project, on the states of the model."""

from model.rules import decide
from model.setup import Setup
from model.situation import (
    Situation,
    is_begun,
    is_cancelled,
    is_unwanted,
    needs_finalizer,
    next_id,
)
from model.world import (
    CANCELLED,
    CANCELLING,
    HELD,
    IN_USE,
    MISSED,
    POSSIBLY_SENT,
    REJECTED,
    SUBMITTED,
    ZONES,
    Operator,
    Run,
    Schedule,
    Window,
    World,
    all_windows,
    key,
    slots,
)


def violation(world: World, setup: Setup) -> str | None:
    """The first promise that is broken, in words."""
    if world.wrong:
        return world.wrong
    if len({s.slot for s in world.schedules}) < len(world.schedules):
        return "two schedules stand for one window"
    if setup.lengths != (1, 1) and _overlap(world, setup):
        return "a window begins before the earlier one of its zone has ended"
    return _unknown_schedule(world) or _missing_schedule(world) or _webhooks(world)


def _overlap(world: World, setup: Setup) -> bool:
    return any(
        s.slot < later.slot < s.slot + setup.lengths[s.plan] * ZONES
        for s in world.schedules
        for later in world.schedules
        if s.slot % ZONES == later.slot % ZONES
    )


def _unknown_schedule(world: World) -> str | None:
    if not world.resource.exists:
        left = [s for s in world.schedules if s.slot not in world.started and s.slot not in world.orphaned]
        return "a schedule outlives its resource" if left and not world.kept else None
    windows = dict(all_windows(world.resource))
    if not world.lost and not all(_is_known(windows.get(s.slot), s) for s in world.schedules):
        return "a schedule stands of which the status knows nothing"
    return None


def _is_known(w: Window | None, schedule: Schedule) -> bool:
    if w is None:
        return False
    return (
        w.state in POSSIBLY_SENT
        or w.state == HELD
        or (w.state in (SUBMITTED, CANCELLING) and w.schedule == schedule.id)
    )


def _missing_schedule(world: World) -> str | None:
    standing = {s.id for s in world.schedules}
    for slot, w in all_windows(world.resource):
        if w.state == SUBMITTED and w.schedule not in standing and slot not in world.over:
            return "a window counts as submitted and has no schedule"
    return None


def _webhooks(world: World) -> str | None:
    if len({run for run, _ in world.received}) < len(world.received):
        return "two webhooks tell of the same end of a run"
    if len({number for _, number in world.received}) < len(world.received):
        return "the ends of two runs have one webhook id"
    if any(hook == "" for _, hook in world.resource.history):
        return "a run is in history without its end"
    told = {run for run, _ in world.received}
    told |= {run for run, hook in _hooks(world) if hook == "pending"}
    told |= {o.slot for o in world.operators if o.doing in ("owes outbox", "posts")}
    if world.resource.exists and not world.lost and not told.issuperset(world.ended):
        return "the webhook of an ended run is lost"
    return None


def _hooks(world: World) -> list[tuple[int, str]]:
    return [*world.resource.history, *((key(run), run.hook) for run in world.resource.runs)]


def is_settled(world: World, setup: Setup) -> bool:
    """Whether all is as the spec wants it, or explained, and nothing is left to do."""
    r = world.resource
    if world.requests or any(a.stage in IN_USE for o in world.operators for a in o.answers):
        return False
    if not r.exists:
        return True
    windows = dict(all_windows(r))
    waiting = [s for s in world.schedules if s.slot not in world.started]
    # what an earlier resource left behind is found with the first plan
    unplanned = world.lost and r.suspend
    if r.deleting or not (unplanned or all(_is_known(windows.get(s.slot), s) for s in waiting)):
        return False
    s = Situation(world, Operator(), setup.judged)
    if any(hook == "pending" for _, hook in _hooks(world)) or not all(_is_in_order(s, run) for run in r.runs):
        return False
    if any(needs_finalizer(s, run) for run in s.in_hand()) and not r.finalizer:
        return False
    return (r.suspend or _has_its_runs(s)) and decide(Situation(world, Operator(), setup)) is None


def _has_its_runs(s: Situation) -> bool:
    """Whether no match that is ahead was passed over, and the next one is planned."""
    runs = s.resource.runs
    if not runs:
        return next_id(s, ()) is None
    if not s.setup.recurring or s.setup.lengths != (1, 1) or any(_cannot_be_cancelled(s, run) for run in runs):
        return True
    open_match = next_id(s, tuple(run for run in runs if run.finished or _is_past(s, run)))
    return open_match is None or any(run.id == open_match and not run.finished for run in runs)


def _is_past(s: Situation, run: Run) -> bool:
    return any(s.has_started(slot) for slot, _ in slots(run))


def _cannot_be_cancelled(s: Situation, run: Run) -> bool:
    return any(w.cannot and not s.has_started(slot) for slot, w in slots(run))


def _is_in_order(s: Situation, run: Run) -> bool:
    if is_cancelled(run):
        later = s.resource.runs[s.resource.runs.index(run) + 1 :]
        return s.resource.suspend or any(_cannot_be_cancelled(s, other) for other in later)
    if not is_begun(run):
        return is_unwanted(s, run) and next_id(s, tuple(r for r in s.resource.runs if is_begun(r))) is None
    if not run.finished and all(s.has_ended(slot) for slot, _ in slots(run)):
        return False
    unwanted = is_unwanted(s, run)
    for slot, w in slots(run):
        if w.state in (HELD, REJECTED, MISSED) or s.has_ended(slot):
            continue
        if w.state == SUBMITTED and (not unwanted or w.cannot or s.has_started(slot)):
            continue
        if w.state != CANCELLED or not (unwanted or s.has_started(slot)):
            return False
    return True
