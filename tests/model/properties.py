"""What must never be, and what must always be possible: the promises of the project, on the states of the model."""

from model.setup import Setup
from model.situation import Situation, is_begun, is_cancelled, is_unwanted, needs_finalizer, next_id
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
    in_hand,
    slots,
)


def violation(world: World) -> str | None:
    """The first promise that is broken, in words."""
    if world.wrong:
        return world.wrong
    if len({s.slot for s in world.schedules}) < len(world.schedules):
        return "two schedules stand for one window"
    return _unknown_schedule(world) or _missing_schedule(world) or _webhooks(world)


def _unknown_schedule(world: World) -> str | None:
    if not world.resource.exists:
        left = [s for s in world.schedules if s.slot not in world.started and s.id not in world.told]
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
        if w.state == SUBMITTED and w.schedule not in standing and slot // ZONES not in world.over:
            return "a window counts as submitted and has no schedule"
    return None


def _webhooks(world: World) -> str | None:
    if len({run for run, _ in world.received}) < len(world.received):
        return "two webhooks tell of the same end of a run"
    pending = {run for run, hook in world.resource.history if hook == "pending"}
    run = world.resource.run
    if run is not None and run.hook == "pending":
        pending.add(run.id)
    if any(hook == "" for _, hook in world.resource.history):
        return "a run is in history without its end"
    told = {run for run, _ in world.received} | pending
    told |= {o.slot for o in world.operators if o.doing in ("owes outbox", "posts")}
    if world.resource.exists and not world.lost and not told.issuperset(world.ended):
        return "the webhook of an ended run is lost"
    return None


def is_settled(world: World, setup: Setup) -> bool:
    """Whether all is as the spec wants it, or explained, and nothing is left to do."""
    r = world.resource
    if world.requests or any(a.stage in IN_USE for o in world.operators for a in o.answers):
        return False
    if not r.exists:
        return True
    if r.deleting:
        return False
    windows = dict(all_windows(r))
    waiting = [s for s in world.schedules if s.slot not in world.started]
    if not all(_is_known(windows.get(s.slot), s) for s in waiting):
        return False
    hooks = [hook for _, hook in r.history] + ([r.run.hook] if r.run is not None else [])
    s = Situation(world, Operator(), setup)
    if "pending" in hooks or not all(_is_in_order(s, place, run) for place, run in in_hand(r)):
        return False
    if any(needs_finalizer(s, run) for _, run in in_hand(r)) and not r.finalizer:
        return False
    return r.suspend or r.run is not None or next_id(s, 0) is None


def _is_in_order(s: Situation, place: str, run: Run) -> bool:
    if is_cancelled(run):
        stands = s.resource.next_run is not None and any(w.cannot for w in s.resource.next_run.windows)
        return s.resource.suspend or next_id(s, run.id) is None or (stands and place == "run")
    if run.id in s.world.over or not is_begun(run):
        return False
    unwanted = is_unwanted(s, place, run)
    for slot, w in slots(run):
        if w.state in (HELD, REJECTED, MISSED):
            continue
        if w.state == SUBMITTED and (not unwanted or w.cannot or slot in s.world.started):
            continue
        if w.state != CANCELLED or not unwanted:
            return False
    return True
