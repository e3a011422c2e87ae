"""What happens around the operators: at the dialer, with the clock, and by people.

A request that is under way may be carried out and answered, carried out and not answered, refused, or lost. Time is
abstract. The settling time of an attempt may be over only when nothing of its window is under way any more, and by
then every right to send has lapsed: that is what the operator's settings promise, and what they are checked for.
"""

from collections.abc import Iterator

from model.operators import Step, answered, with_operator, written
from model.setup import Omission, Setup
from model.situation import changed
from model.world import (
    IN_USE,
    SUBMITTED,
    UNCERTAIN,
    ZONES,
    Answer,
    Operator,
    Request,
    Resource,
    Schedule,
    World,
    all_windows,
    in_hand,
    new_schedule,
    slots,
)


def surrounding_steps(world: World, setup: Setup) -> Iterator[Step]:
    """What may happen next without an operator."""
    yield from _at_the_dialer(world, setup)
    yield from _settling_time(world, setup)
    yield from _time(world)
    yield from _people(world, setup)


def _spent(world: World, **spent: int) -> World:
    fields = {name: getattr(world.budget, name) - n for name, n in spent.items()}
    return world._replace(budget=world.budget._replace(**fields))


# The dialer


def _at_the_dialer(world: World, setup: Setup) -> Iterator[Step]:
    for n, request in enumerate(world.requests):
        if request in world.requests[:n]:
            continue
        rest = world._replace(requests=(*world.requests[:n], *world.requests[n + 1 :]))
        yield f"a {request.kind} is lost", rest, True
        yield from _post(rest, request) if request.kind == "POST" else _delete(rest, setup, request)


def _post(world: World, request: Request) -> Iterator[Step]:
    """A schedule whose start is past is refused for good."""
    waiting = [(i, a) for i, o in enumerate(world.operators) for a in o.answers if _waits_for(a, request)]
    if request.slot in world.started:
        for i, a in waiting:
            yield "a POST is refused as too late", _with_answer(world, i, a, "rejected"), True
        return
    number = new_schedule(world)
    done = world._replace(schedules=(*world.schedules, Schedule(number, request.slot, request.plan)))
    yield "a POST is carried out, unanswered", done, True
    for i, a in waiting:
        yield "a POST is carried out and answered", _with_answer(done, i, a, "accepted", number), True
        if world.budget.refusals:
            refused = _spent(world, refusals=1)
            yield "a POST is answered as not carried out", _with_answer(refused, i, a, "unsent"), False
            yield "a POST is rejected", _with_answer(refused, i, a, "rejected"), False


def _waits_for(a: Answer, request: Request) -> bool:
    return a.stage == "sent" and a.slot == request.slot and a.attempt == request.attempt


def _with_answer(world: World, i: int, a: Answer, stage: str, schedule: int = 0) -> World:
    return with_operator(world, i, answered(world.operators[i], a, stage, schedule))


def _delete(world: World, setup: Setup, request: Request) -> Iterator[Step]:
    """What is not there counts as deleted. What was refused once, or has started, is refused for good."""
    waiting = [i for i, o in enumerate(world.operators) if o.doing == "deletes" and o.schedule == request.schedule]
    standing = [s for s in world.schedules if s.id == request.schedule]
    refuses = bool(standing) and (request.schedule in world.refuses or request.slot in world.started)
    if not refuses:
        gone = world._replace(schedules=tuple(s for s in world.schedules if s.id != request.schedule))
        if setup.omits(Omission.CANCELLED_ADOPTED):
            gone = gone._replace(cancelled=(*world.cancelled, *standing))
        yield "a DELETE is carried out, unanswered", gone, True
        for i in waiting:
            yield "a DELETE is carried out and answered", _told(gone, i, "cancelled"), True
    for i in waiting:
        if refuses:
            yield "a DELETE is refused", _told(world, i, "refused"), True
        elif standing and world.budget.refusals:
            never = tuple(sorted({*world.refuses, request.schedule}))
            refused = _spent(world, refusals=1)._replace(refuses=never)
            yield "a DELETE is refused", _told(refused, i, "refused"), False


def _told(world: World, i: int, doing: str) -> World:
    o = world.operators[i]
    return with_operator(world, i, o._replace(doing=doing) if o.fresh else Operator(answers=o.answers))


# Time


def _settling_time(world: World, setup: Setup) -> Iterator[Step]:
    for slot, w in all_windows(world.resource):
        if w.state == UNCERTAIN and not w.settled and not any(r.slot == slot for r in world.requests):
            operators = tuple(_much_later(o, slot, setup) for o in world.operators)
            settled = changed(world.resource, {slot: w._replace(settled=True)})
            yield "the settling time is over", world._replace(resource=settled, operators=operators), True


def _much_later(o: Operator, slot: int, setup: Setup) -> Operator:
    """Rights have lapsed, nobody waits for an answer any more, and who stood still while it sent was ended."""
    for a in o.answers:
        if a.slot == slot and a.stage == "sent":
            o = answered(o, a, "unclear")
        elif a.slot == slot and a.stage == "entitled" and not setup.omits(Omission.NO_DEADLINE):
            o = answered(o, a, "unsent")
        elif a.slot == slot and a.stage == "leaving" and not setup.omits(Omission.NO_WATCHDOG):
            return Operator()
    lapsed = o.doing == "deletes" or (o.doing == "may delete" and not setup.omits(Omission.DELETE_WITHOUT_DEADLINE))
    return Operator(answers=o.answers, listed=o.listed) if o.slot == slot and lapsed else o


def _time(world: World) -> Iterator[Step]:
    """Windows start, in order of their runs; and a run's last end and grace pass, at the latest as the next begins."""
    for _, run in in_hand(world.resource):
        for slot, _w in slots(run):
            if world.budget.starts and slot not in world.started:
                before = [s for s in range(slot // ZONES * ZONES) if s not in world.started]
                over = sorted({*world.over, *range(run.id)})
                started = world._replace(started=tuple(sorted({*world.started, *before, slot})))
                yield "a window starts", _spent(_without(started, over), starts=1), False
        if world.budget.ends and run.id not in world.over and all(slot in world.started for slot, _ in slots(run)):
            yield "a run is over", _spent(_without(world, [*world.over, run.id]), ends=1), True


def _without(world: World, over: list[int]) -> World:
    schedules = tuple(s for s in world.schedules if s.slot // ZONES not in over)
    return world._replace(over=tuple(sorted(over)), schedules=schedules)


# People


def _people(world: World, setup: Setup) -> Iterator[Step]:
    r, budget = world.resource, world.budget
    if not r.exists:
        if budget.recreations:
            yield from _recreated(world)
        return
    if r.deleting:
        return
    if budget.edits:
        edited = _tried_again(r)._replace(spec=1 - r.spec)
        yield "the spec is edited", _spent(written(world, edited), edits=1), False
    if budget.suspends:
        label = "suspend is taken back" if r.suspend else "the campaign is suspended"
        turned = _tried_again(r)._replace(suspend=not r.suspend)
        yield label, _spent(written(world, turned), suspends=1), False
    if budget.deletions:
        gone = r._replace(deleting=True) if r.finalizer else Resource(exists=False, spec=r.spec)
        deleted = _spent(written(world, gone), deletions=1)
        yield "the resource is deleted", deleted._replace(kept=setup.orphan and not gone.exists), False
    if budget.wipes and r.run is not None:
        wiped = written(world, r._replace(run=None, next_run=None, history=()))
        yield "the status is wiped", _spent(wiped, wipes=1)._replace(lost=True), False


def _tried_again(r: Resource) -> Resource:
    """An edit lets what was refused be tried again."""
    return changed(
        r, {slot: w._replace(cannot=False) for slot, w in all_windows(r) if w.state == SUBMITTED and w.cannot}
    )


def _recreated(world: World) -> Iterator[Step]:
    """Another resource of the same name: what is remembered of the old one is forgotten, but who may send, sends."""
    operators = tuple(Operator(answers=tuple(a for a in o.answers if a.stage in IN_USE)) for o in world.operators)
    fresh = world._replace(resource=Resource(spec=world.resource.spec), operators=operators, lost=True, kept=False)
    yield "a resource of the same name is created", _spent(fresh, recreations=1), False
