"""What an operator does with what it decides: writes under optimistic concurrency, and requests.

A reading, the decision and the one write that follows are a single step here. That leaves nothing out: with the
resourceVersion of the reading the write either finds the resource unchanged, as if nobody had acted in between, or it
changes nothing. So whoever holds an old version in order to write is simply set back. Where an omission gives up the
resourceVersion, reading and writing are two steps. Between a listing and what is made of it, between an intent and
its requests, and between a request and its answer others act as they like.
"""

from model import requests, telling
from model.process import Step, Steps, idle, plan_of, with_operator, written
from model.rules import decide
from model.setup import Omission, Setup
from model.situation import POSSIBLY_THERE, Action, Situation
from model.world import (
    HELD,
    IN_USE,
    INTENT,
    SUBMITTED,
    UNDECIDED,
    Answer,
    Operator,
    Resource,
    Window,
    World,
    all_windows,
    key,
    slots,
)


def operator_steps(world: World, setup: Setup) -> Steps:
    """What any operator may do next; of operators in the same state only one."""
    for i, o in enumerate(world.operators):
        if o in world.operators[:i]:
            continue
        if world.budget.crashes and o != Operator():
            crashed = world._replace(budget=world.budget._replace(crashes=world.budget.crashes - 1))
            yield "an operator crashes", with_operator(crashed, i, Operator()), False
        if any(a.stage in IN_USE for a in o.answers):
            yield from requests.batch(world, setup, i, o)
        elif o.doing == "idle":
            if world.resource.exists:
                yield from _look(world, setup, i, o)
        else:
            yield from _AFTER[o.doing](world, setup, i, o)


def _look(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    action = decide(Situation(world, o, setup))
    if action is None:
        if o.answers:
            yield "an operator waits and forgets its answers", with_operator(world, i, o._replace(answers=())), True
        return
    match action.kind:
        case "submit":
            yield from requests.submit(world, setup, i, o, action)
        case "list first" | "look up":
            yield from requests.list_dialer(world, setup, i, o, action)
        case "delete":
            slot, schedule = action.slots[0], action.schedule
            after = o._replace(doing="may delete", slot=slot, schedule=schedule)
            yield "an operator is about to delete a schedule", with_operator(world, i, after), True
        case "deliver":
            yield from telling.deliver(world, setup, i, o, action.slots[0])
        case "go":
            yield _go(world, setup, i, o)
        case _:
            yield from _write(world, setup, i, o, action)


def _write(world: World, setup: Setup, i: int, o: Operator, action: Action) -> Steps:
    """One write of status or finalizer. Unacknowledged, it was done but is not known to be: whatever is remembered
    stays as it was, and the version is new to its own writer.
    """
    if action.resource is None:
        return
    if setup.omits(Omission.WRITE_WITHOUT_VERSION):
        late = o._replace(doing="writes", about_to_write=action.resource)
        yield f"an operator, having read, {action.label} later", with_operator(world, i, late), True
        return
    world = written(world, action.resource, i)
    label = f"an operator {action.label}"
    if action.kind == "record":
        yield label, with_operator(world, i, idle(o)._replace(answers=())), True
    elif action.kind == "finish":
        yield label, *_finished(world, setup, i, o, action.slots[0])
    else:
        # a plan is new ground: it is listed before anything of it is sent
        listed = o.listed and action.kind != "plan"
        yield label, with_operator(world, i, idle(o)._replace(listed=listed)), True
    if o.listed or action.kind == "record":
        yield f"{label}, unacknowledged", with_operator(world, i, idle(o)._replace(listed=False)), False


def _finished(world: World, setup: Setup, i: int, o: Operator, run: int) -> tuple[World, bool]:
    """The end of a run is on record; it must be its own."""
    (ended,) = (r for r in world.resource.runs if key(r) == run)
    if any(_is_still_to_come(world, slot, w) for slot, w in slots(ended)):
        world = world._replace(wrong="a run is ended while windows of it are still to come")
    after = idle(o)
    if setup.webhook:
        world = world._replace(ended=tuple(sorted({*world.ended, run})))
        if not ended.hook:
            after = after._replace(doing="owes outbox", slot=run)
    return with_operator(world, i, after), True


def _is_still_to_come(world: World, slot: int, w: Window) -> bool:
    if w.state == SUBMITTED:
        return slot not in world.started
    return w.state in UNDECIDED and slot not in world.over


def _write_late(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """For the omissions only: a write that does not ask what has happened since the reading."""
    was, to_write = world.resource, o.about_to_write
    assert to_write is not None
    after = idle(o)
    if was.exists:
        now = was._replace(runs=to_write.runs, history=to_write.history)
        if to_write.finalizer:
            now = now._replace(finalizer=True)
        world = written(world, now, i)
        after = after._replace(
            answers=tuple(
                Answer(slot, w.attempt, "entitled", plan_of(now, slot))
                for slot, w in all_windows(now)
                if (slot, 0) in o.found and w.state == INTENT
            )
            or o.answers
        )
    yield "an operator writes whatever happened since it read", with_operator(world, i, after), True


def _go(world: World, setup: Setup, i: int, o: Operator) -> Step:
    """The last finalizer goes, and with it the resource; what stays behind and is known to is named."""
    named = tuple(slot for slot, w in all_windows(world.resource) if _is_orphaned(world, setup, slot, w))
    gone = written(world, Resource(exists=False, spec=world.resource.spec), i)
    gone = gone._replace(orphaned=named, kept=setup.orphan, overdue=False)
    return "an operator removes the finalizer of a deleted resource", with_operator(gone, i, idle(o)), True


def _is_orphaned(world: World, setup: Setup, slot: int, w: Window) -> bool:
    if world.overdue and not setup.omits(Omission.ORPHANED_NOT_NAMED):
        return w.state in POSSIBLY_THERE or w.state == SUBMITTED
    return w.cannot or w.state == HELD


_AFTER = {
    "listed": requests.adopt,
    "looked up": requests.settle,
    "may delete": requests.may_delete,
    "deletes": requests.deletes,
    "cancelled": requests.record_cancellation,
    "refused": requests.record_cancellation,
    "has delivered": telling.record_delivery,
    "owes outbox": telling.write_outbox,
    "posts": telling.post_late,
    "writes": _write_late,
}
