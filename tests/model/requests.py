"""Sending, looking up and deleting: the steps between a decision and what is on record of it."""

from model.process import Steps, answered, idle, plan_of, run_of, with_operator, written
from model.setup import Omission, Setup
from model.situation import Action, Situation, changed, distrusted, is_unwanted
from model.world import (
    CANCELLED,
    IN_USE,
    INTENT,
    PLANNED,
    SUBMITTED,
    UNCERTAIN,
    ZONES,
    Answer,
    Operator,
    Request,
    Window,
    World,
    all_windows,
    new_attempt,
    shown,
)

COUNTING_ANEW = (Omission.LOST_STATUS_COUNTS_ANEW, Omission.PLANNED_FROM_NOT_IN_ATTEMPT)

# Submitting


def submit(world: World, setup: Setup, i: int, o: Operator, action: Action) -> Steps:
    """The intent of a batch, and with it the right to send it; one whose write is not acknowledged gives none."""
    number = new_attempt(world)
    numbers = {slot: number + n for n, slot in enumerate(action.slots)}
    for slot, w in all_windows(world.resource):
        if slot in numbers and w.cannot:
            numbers[slot] = w.attempt
        elif slot in numbers and setup.omitted in COUNTING_ANEW:
            numbers[slot] = w.attempt + 1
    entitled = tuple(
        Answer(slot, attempt, "entitled", plan_of(world.resource, slot)) for slot, attempt in numbers.items()
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
    if not setup.omits(Omission.INTENT_LEAVES_TRUST):
        intended = distrusted(Situation(world, o, setup), intended)
    run = run_of(world.resource, action.slots[0])
    if run is None or is_unwanted(Situation(world, o, setup), run):
        world = world._replace(wrong="what is not wanted is about to be submitted")
    world = written(world, intended, i)
    yield "an operator writes the intent", with_operator(world, i, after), True
    unsure = Operator(answers=o.answers)
    yield "an operator writes the intent, unacknowledged", with_operator(world, i, unsure), False


def _others(o: Operator, numbers: dict[int, int]) -> tuple[Answer, ...]:
    return tuple(a for a in o.answers if numbers.get(a.slot) != a.attempt)


def batch(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """Each request of a batch by itself, in any order; where all are prompt, one after another."""
    for a in _next_of(o) if setup.prompt else o.answers:
        if a.stage == "entitled":
            late = a.slot in world.started
            if late or not setup.prompt:
                yield "a right to send lapses", with_operator(world, i, answered(o, a, "unsent")), True
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


def _next_of(o: Operator) -> tuple[Answer, ...]:
    return tuple(a for a in o.answers if a.stage in IN_USE)[:1]


# Looking up


def list_dialer(world: World, setup: Setup, i: int, o: Operator, action: Action) -> Steps:
    """A complete listing, of what shows at this moment. What is found counts as looked at when it is on record."""
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
    standing = sorted((*shown(world), *world.cancelled))
    if setup.omits(Omission.ONLY_FIRST_PAGE):
        standing = standing[:1]
    found = dict.fromkeys(slots, 0)
    for schedule in reversed(standing):
        if schedule.slot in found and schedule.plan == plan_of(world.resource, schedule.slot):
            found[schedule.slot] = schedule.id
    for slot in slots:
        if named[slot] and any(s.id == named[slot] for s in standing):
            found[slot] = named[slot]
    return tuple(found.items())


def adopt(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """What stands for a planned window becomes its schedule."""
    del setup
    windows = dict(all_windows(world.resource))
    changes = {slot: Window(SUBMITTED, windows[slot].attempt, found) for slot, found in o.found if found}
    yield "the API server refuses an adoption", with_operator(world, i, idle(o)), False
    world = written(world, changed(world.resource, changes), i)
    yield "an operator adopts what it found", with_operator(world, i, idle(o)._replace(listed=True)), True


def settle(world: World, setup: Setup, i: int, o: Operator) -> Steps:
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


def may_delete(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """The right to delete lapses as the right to send does: at the start, and after a few seconds."""
    late = o.slot in world.started
    if late or not setup.prompt:
        yield "a right to delete lapses", with_operator(world, i, idle(o)), True
    if late and not (setup.omits(Omission.DELETE_WITHOUT_DEADLINE) or setup.omits(Omission.STARTED_DELETED)):
        return
    sent = with_operator(world, i, o._replace(doing="deletes"))
    request = Request("DELETE", o.slot, 0, schedule=o.schedule)
    wrong = "a DELETE left after its window's start" if late else ""
    if request not in world.requests:
        sent = sent._replace(requests=(*world.requests, request))
    yield "a DELETE leaves", sent._replace(wrong=wrong), True


def deletes(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """Without an answer nothing is written, and the window stays Cancelling."""
    del setup
    yield "a DELETE times out", with_operator(world, i, idle(o)), True


def record_cancellation(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """Its answer, where the resource is as it was read; else the schedule is deleted again, which does no harm."""
    window = dict(all_windows(world.resource)).get(o.slot)
    assert window is not None
    refused = Window(SUBMITTED, window.attempt, o.schedule, cannot=True)
    change = refused if o.doing == "refused" else Window(CANCELLED, window.attempt)
    resource = changed(world.resource, {o.slot: change})
    if not setup.omits(Omission.DELETE_LEAVES_TRUST):
        resource = distrusted(Situation(world, o, setup), resource)
    world = written(world, resource, i)
    yield "an operator records the answer to a DELETE", with_operator(world, i, idle(o)), True
