"""What an operator does with what it decides: writes under optimistic concurrency, and requests.

A reading, the decision and the one write that follows are a single step here. That leaves nothing out: with the
resourceVersion of the reading the write either finds the resource unchanged, as if nobody had acted in between, or it
changes nothing. So whoever holds an old version in order to write is simply set back. Where an omission gives up the
resourceVersion, reading and writing are two steps. Between a listing and what is made of it, between an intent and
its requests, and between a request and its answer others act as they like.
"""

from collections.abc import Iterator

from model.rules import decide
from model.setup import Omission, Setup
from model.situation import Action, Situation, changed, is_unwanted
from model.world import (
    CANCELLED,
    HELD,
    IN_USE,
    INTENT,
    PLANNED,
    SUBMITTED,
    UNCERTAIN,
    ZONES,
    Answer,
    Operator,
    Request,
    Resource,
    Window,
    World,
    all_windows,
    in_hand,
    new_attempt,
    slots,
)

Step = tuple[str, World, bool]


def operator_steps(world: World, setup: Setup) -> Iterator[Step]:
    """What any operator may do next; of operators in the same state only one."""
    for i, o in enumerate(world.operators):
        if o in world.operators[:i]:
            continue
        if world.budget.crashes and o != Operator():
            crashed = world._replace(budget=world.budget._replace(crashes=world.budget.crashes - 1))
            yield "an operator crashes", with_operator(crashed, i, Operator()), False
        if any(a.stage in IN_USE for a in o.answers):
            yield from _batch(world, setup, i, o)
        elif o.doing == "idle":
            if world.resource.exists:
                yield from _look(world, setup, i, o)
        else:
            yield from _AFTER[o.doing](world, setup, i, o)


def with_operator(world: World, i: int, o: Operator) -> World:
    """The world with another operator in that place."""
    return world._replace(operators=(*world.operators[:i], o, *world.operators[i + 1 :]))


def written(world: World, resource: Resource, by: int | None = None) -> World:
    """The world after a write to the resource: everybody else holds an old version of it."""
    operators = tuple(o if i == by else _outdated(o) for i, o in enumerate(world.operators))
    return world._replace(resource=resource, operators=operators)


def _outdated(o: Operator) -> Operator:
    if o.doing in ("listed", "cancelled", "refused"):
        return Operator(answers=o.answers)
    if o.doing == "looked up" and o.fresh:
        return Operator(answers=o.answers)
    if o.doing in ("may delete", "deletes"):
        return o._replace(fresh=False, listed=False)
    return o._replace(listed=False) if o.listed else o


def idle(o: Operator) -> Operator:
    """Between two looks, with all that is remembered."""
    return Operator(answers=o.answers, listed=o.listed)


def _look(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    action = decide(Situation(world, o, setup))
    if action is None:
        if o.answers:
            yield "an operator waits and forgets its answers", with_operator(world, i, o._replace(answers=())), True
        return
    match action.kind:
        case "submit":
            yield from _submit(world, setup, i, o, action)
        case "list first" | "look up":
            yield from _list(world, setup, i, o, action)
        case "delete":
            slot, schedule = action.slots[0], action.schedule
            after = o._replace(doing="may delete", slot=slot, schedule=schedule)
            yield "an operator is about to delete a schedule", with_operator(world, i, after), True
        case "deliver":
            yield from _deliver(world, setup, i, o, action.slots[0])
        case "go":
            yield _go(world, setup, i, o)
        case _:
            yield from _write(world, setup, i, o, action)


def _write(world: World, setup: Setup, i: int, o: Operator, action: Action) -> Iterator[Step]:
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
        ended = world.resource.run
        assert ended is not None
        if setup.webhook:
            world = world._replace(ended=tuple(sorted({*world.ended, ended.id})))
        after = idle(o)
        if setup.webhook and not ended.hook:
            after = after._replace(doing="owes outbox", slot=ended.id)
        yield label, with_operator(world, i, after), True
    else:
        # a plan is new ground: it is listed before anything of it is sent
        listed = o.listed and action.kind != "plan"
        yield label, with_operator(world, i, idle(o)._replace(listed=listed)), True
    if o.listed or action.kind == "record":
        yield f"{label}, unacknowledged", with_operator(world, i, idle(o)._replace(listed=False)), False


def _write_late(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """For the omissions only: a write that does not ask what has happened since the reading."""
    was, to_write = world.resource, o.about_to_write
    assert to_write is not None
    after = idle(o)
    if was.exists:
        now = was._replace(run=to_write.run, next_run=to_write.next_run, history=to_write.history)
        if to_write.finalizer:
            now = now._replace(finalizer=True)
        world = written(world, now, i)
        after = after._replace(
            answers=tuple(
                Answer(slot, w.attempt, "entitled", _plan_of(now, slot))
                for slot, w in all_windows(now)
                if (slot, 0) in o.found and w.state == INTENT
            )
            or o.answers
        )
    yield "an operator writes whatever happened since it read", with_operator(world, i, after), True


# Submitting


def _submit(world: World, setup: Setup, i: int, o: Operator, action: Action) -> Iterator[Step]:
    number = new_attempt(world)
    numbers = {slot: number + n for n, slot in enumerate(action.slots)}
    for slot, w in all_windows(world.resource):
        if slot in numbers and w.cannot:
            numbers[slot] = w.attempt
        elif slot in numbers and setup.omits(Omission.LOST_STATUS_COUNTS_ANEW):
            numbers[slot] = w.attempt + 1
    entitled = tuple(
        Answer(slot, attempt, "entitled", _plan_of(world.resource, slot)) for slot, attempt in numbers.items()
    )
    intended = changed(world.resource, {slot: Window(INTENT, attempt) for slot, attempt in numbers.items()})
    after = idle(o)._replace(answers=tuple(sorted((*_others(o, numbers), *entitled))))
    if setup.omits(Omission.NO_INTENT):
        yield "an operator may send without an intent", with_operator(world, i, after), True
        return
    if setup.omits(Omission.INTENT_WITHOUT_VERSION):
        late = o._replace(doing="writes", about_to_write=intended, found=tuple((slot, 0) for slot in action.slots))
        yield "an operator, having read, writes an intent later", with_operator(world, i, late), True
        return
    s = Situation(world, o, setup)
    if any(
        is_unwanted(s, place, run)
        for place, run in in_hand(world.resource)
        for slot, _ in slots(run)
        if slot in numbers
    ):
        world = world._replace(wrong="what is not wanted is about to be submitted")
    world = written(world, intended, i)
    yield "an operator writes the intent", with_operator(world, i, after), True
    unsure = Operator(answers=o.answers)
    yield "an operator writes the intent, unacknowledged", with_operator(world, i, unsure), False


def _others(o: Operator, numbers: dict[int, int]) -> tuple[Answer, ...]:
    return tuple(a for a in o.answers if numbers.get(a.slot) != a.attempt)


def _plan_of(resource: Resource, slot: int) -> int:
    run = resource.run
    if run is not None and run.id == slot // ZONES:
        return run.plan
    assert resource.next_run is not None
    return resource.next_run.plan


def _batch(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """Each request of a batch by itself, in any order."""
    for a in o.answers:
        if a.stage == "entitled":
            yield "a right to send lapses", with_operator(world, i, answered(o, a, "unsent")), True
            late = a.slot in world.started
            if not late or setup.omits(Omission.NO_START_CHECK):
                looked = with_operator(world, i, answered(o, a, "leaving"))
                wrong = "a request was about to leave after its window's start" if late else ""
                yield "an operator looks at the clock a last time", looked._replace(wrong=wrong), True
        elif a.stage == "leaving":
            sent = with_operator(world, i, answered(o, a, "sent"))
            request = Request("POST", a.slot, a.plan, a.attempt)
            yield "a request leaves", sent._replace(requests=(*world.requests, request)), True
        elif a.stage == "sent":
            yield "a request times out", with_operator(world, i, answered(o, a, "unclear")), True
            if setup.omits(Omission.RETRY_AFTER_TIME_OUT):
                request = Request("POST", a.slot, a.plan, a.attempt)
                if world.requests.count(request) < ZONES:
                    yield (
                        "a request times out and is sent again",
                        world._replace(requests=(*world.requests, request)),
                        True,
                    )


def answered(o: Operator, a: Answer, stage: str, schedule: int = 0) -> Operator:
    """The operator with another stage of one of its attempts."""
    others = (b for b in o.answers if b != a)
    return o._replace(answers=tuple(sorted((*others, a._replace(stage=stage, schedule=schedule)))))


# Looking up


def _list(world: World, setup: Setup, i: int, o: Operator, action: Action) -> Iterator[Step]:
    """A complete listing, of what stands at this moment. What is found counts as looked at when it is on record."""
    look_up = action.kind == "look up"
    found = _matching(world, setup, action.slots)
    if look_up and setup.omits(Omission.VERSION_READ_AFTER_LISTING):
        after = o._replace(doing="looked up", found=found, fresh=False)
    elif look_up:
        after = o._replace(doing="looked up", found=found)
    elif any(schedule for _, schedule in found):
        after = o._replace(doing="listed", found=found, listed=setup.omits(Omission.LISTED_BEFORE_ADOPTION))
    else:
        after = idle(o)._replace(listed=True)
    yield f"an operator {action.label}", with_operator(world, i, after), True


def _matching(world: World, setup: Setup, slots: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Of each slot the schedule that is the window's: by its id, or of the same run, zone and plan; 0 for none."""
    named = {slot: w.schedule for slot, w in all_windows(world.resource)}
    standing = sorted((*world.schedules, *world.cancelled))
    if setup.omits(Omission.ONLY_FIRST_PAGE):
        standing = standing[:1]
    found = dict.fromkeys(slots, 0)
    for schedule in reversed(standing):
        if schedule.slot in found and schedule.plan == _plan_of(world.resource, schedule.slot):
            found[schedule.slot] = schedule.id
    for slot in slots:
        if named[slot] and any(s.id == named[slot] for s in standing):
            found[slot] = named[slot]
    return tuple(found.items())


def _adopt(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    del setup
    windows = dict(all_windows(world.resource))
    changes = {slot: Window(SUBMITTED, windows[slot].attempt, found) for slot, found in o.found if found}
    yield "the API server refuses an adoption", with_operator(world, i, idle(o)), False
    world = written(world, changed(world.resource, changes), i)
    yield "an operator adopts what it found", with_operator(world, i, idle(o)._replace(listed=True)), True


def _settle(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """Adopted, or proven not carried out and planned again."""
    del setup
    windows = dict(all_windows(world.resource))
    changes = {
        slot: Window(SUBMITTED, windows[slot].attempt, found) if found else Window(PLANNED, windows[slot].attempt)
        for slot, found in o.found
        if slot in windows and windows[slot].state == UNCERTAIN
    }
    if changes and world.resource.exists:
        world = written(world, changed(world.resource, changes), i)
    yield "an operator writes what the listing showed", with_operator(world, i, idle(o)), True


# Cancelling


def _may_delete(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """The right to delete lapses as the right to send does: at the start, and after a few seconds."""
    yield "a right to delete lapses", with_operator(world, i, idle(o)), True
    late = o.slot in world.started
    if late and not (setup.omits(Omission.DELETE_WITHOUT_DEADLINE) or setup.omits(Omission.STARTED_DELETED)):
        return
    sent = with_operator(world, i, o._replace(doing="deletes"))
    request = Request("DELETE", o.slot, 0, schedule=o.schedule)
    wrong = "a DELETE left after its window's start" if late else ""
    if request not in world.requests:
        sent = sent._replace(requests=(*world.requests, request))
    yield "a DELETE leaves", sent._replace(wrong=wrong), True


def _deletes(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    del setup
    yield "a DELETE times out", with_operator(world, i, idle(o)), True


def _record_cancellation(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """Its answer, where the resource is as it was read; else the schedule is deleted again, which does no harm."""
    del setup
    window = dict(all_windows(world.resource)).get(o.slot)
    assert window is not None
    refused = Window(SUBMITTED, window.attempt, o.schedule, cannot=True)
    change = refused if o.doing == "refused" else Window(CANCELLED, window.attempt)
    world = written(world, changed(world.resource, {o.slot: change}), i)
    yield "an operator records the answer to a DELETE", with_operator(world, i, idle(o)), True


def _go(world: World, setup: Setup, i: int, o: Operator) -> Step:
    """The last finalizer goes, and with it the resource; what stays behind and is known to is told."""
    windows = dict(all_windows(world.resource))
    told = {
        s.id for s in world.schedules if s.slot in windows and (windows[s.slot].cannot or windows[s.slot].state == HELD)
    }
    gone = written(world, Resource(exists=False, spec=world.resource.spec), i)
    gone = gone._replace(told=tuple(sorted({*world.told, *told})), kept=setup.orphan)
    return "an operator removes the finalizer of a deleted resource", with_operator(gone, i, idle(o)), True


# Telling


def _deliver(world: World, setup: Setup, i: int, o: Operator, run: int) -> Iterator[Step]:
    """One attempt. The receiver may get it and the answer be lost."""
    number = 0
    if setup.omits(Omission.NEW_WEBHOOK_ID):
        number = sum(r == run for r, _ in world.received) % ZONES
    received = world._replace(received=tuple(sorted({*world.received, (run, number)})))
    if setup.omits(Omission.OUTBOX_DONE_FIRST):
        first = written(world, _with_delivered(world.resource, run), i)
        yield (
            "an operator records a delivery to come",
            with_operator(first, i, o._replace(doing="posts", slot=run)),
            True,
        )
        return
    yield "a webhook arrives, unanswered", received, False
    after = o._replace(doing="has delivered", slot=run)
    yield "a webhook arrives", with_operator(received, i, after), True


def _post_late(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    del setup
    received = world._replace(received=tuple(sorted({*world.received, (o.slot, 0)})))
    yield "a webhook arrives", with_operator(received, i, idle(o)), True


def _record_delivery(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """Wherever the run is by now, and whoever wrote meanwhile: it has happened."""
    del setup
    if world.resource.exists:
        world = written(world, _with_delivered(world.resource, o.slot), i)
    yield "an operator records a delivery", with_operator(world, i, idle(o)), True


def _with_delivered(resource: Resource, run: int) -> Resource:
    if resource.run is not None and resource.run.id == run:
        resource = resource._replace(run=resource.run._replace(hook="delivered"))
    return resource._replace(history=tuple((r, "delivered" if r == run else hook) for r, hook in resource.history))


def _write_outbox(world: World, setup: Setup, i: int, o: Operator) -> Iterator[Step]:
    """For the omission only."""
    del setup
    run = world.resource.run
    if run is not None and run.id == o.slot:
        world = written(world, world.resource._replace(run=run._replace(hook="pending")), i)
    yield "an operator writes the outbox entry", with_operator(world, i, idle(o)), True


_AFTER = {
    "listed": _adopt,
    "looked up": _settle,
    "may delete": _may_delete,
    "deletes": _deletes,
    "cancelled": _record_cancellation,
    "refused": _record_cancellation,
    "has delivered": _record_delivery,
    "owes outbox": _write_outbox,
    "posts": _post_late,
    "writes": _write_late,
}
