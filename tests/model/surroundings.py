"""What happens around the operators: at the dialer, with the clock, and by people.

A request that is under way may be carried out and answered, carried out and not answered, refused, or lost, and what
it did may show in the listing later. Time is abstract. The settling time of an attempt may be over only when nothing of
its window is under way any more and all of it shows, and by then every right to send has lapsed: that is what the
operator's settings promise, and what they are checked for. So it is with all windows before the listing is trusted.
"""

from collections.abc import Iterator
from typing import TypeVar

from model.process import Step, answered, with_operator, written
from model.setup import Omission, Setup
from model.situation import changed
from model.world import (
    HELD,
    IN_USE,
    MISSED,
    PLANNED,
    SUBMITTED,
    UNCERTAIN,
    ZONES,
    Answer,
    Operator,
    Request,
    Resource,
    Schedule,
    Window,
    World,
    all_windows,
    new_schedule,
    slots,
)

T = TypeVar("T")


def surrounding_steps(world: World, setup: Setup) -> Iterator[Step]:
    """What may happen next without an operator."""
    yield from _at_the_dialer(world, setup)
    yield from _settling_time(world, setup)
    yield from _trust(world, setup)
    yield from _time(world, setup)
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
    for number in world.unseen:
        yield "a schedule shows in the listing", world._replace(unseen=_but(world.unseen, number)), True
    for ghost in world.ghosts:
        yield "a cancelled schedule leaves the listing", world._replace(ghosts=_but(world.ghosts, ghost)), True


def _but(several: tuple[T, ...], one: T) -> tuple[T, ...]:
    return tuple(other for other in several if other != one)


def _post(world: World, request: Request) -> Iterator[Step]:
    """A schedule whose start is past is refused for good."""
    waiting = [(i, a) for i, o in enumerate(world.operators) for a in o.answers if _waits_for(a, request)]
    if request.slot in world.started:
        for i, a in waiting:
            yield "a POST is refused as too late", _with_answer(world, i, a, "rejected"), True
        return
    number = new_schedule(world)
    done = world._replace(schedules=(*world.schedules, Schedule(number, request.slot, request.plan)))
    lagging = [_spent(done, lags=1)._replace(unseen=(*world.unseen, number))] if world.budget.lags else []
    for after in (done, *lagging):
        lags = "" if after is done else ", and does not show yet"
        yield f"a POST is carried out, unanswered{lags}", after, True
        for i, a in waiting:
            yield f"a POST is carried out and answered{lags}", _with_answer(after, i, a, "accepted", number), True
    for i, a in waiting:
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
        gone = gone._replace(unseen=_but(world.unseen, request.schedule))
        lagging = (
            [_spent(gone, lags=1)._replace(ghosts=tuple(sorted((*world.ghosts, *standing))))]
            if standing and world.budget.lags
            else []
        )
        for after in (gone, *lagging):
            lags = "" if after is gone else ", and still shows"
            yield f"a DELETE is carried out, unanswered{lags}", after, True
            for i in waiting:
                yield f"a DELETE is carried out and answered{lags}", _told(after, i, "cancelled"), True
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
        if w.state == UNCERTAIN and not w.settled and not _lags(world, slot):
            operators = tuple(_much_later(o, setup, slot) for o in world.operators)
            settled = changed(world.resource, {slot: w._replace(settled=True)})
            yield "the settling time is over", world._replace(resource=settled, operators=operators), True


def _lags(world: World, slot: int) -> bool:
    """Whether something of the window is under way or does not show yet."""
    unseen = any(s.slot == slot and s.id in world.unseen for s in world.schedules)
    return unseen or any(r.slot == slot for r in world.requests) or any(s.slot == slot for s in world.ghosts)


def _trust(world: World, setup: Setup) -> Iterator[Step]:
    if not world.resource.trusted and not (world.requests or world.unseen or world.ghosts):
        operators = tuple(_much_later(o, setup) for o in world.operators)
        trusted = world.resource._replace(trusted=True)
        yield "the listing can be trusted", world._replace(resource=trusted, operators=operators), True


def _much_later(o: Operator, setup: Setup, slot: int | None = None) -> Operator:
    """Rights have lapsed, of that window or of all; nobody waits for an answer any more, and who stood still while it
    sent was ended.
    """
    for a in o.answers:
        if slot not in (None, a.slot):
            continue
        if a.stage == "sent":
            o = answered(o, a, "unclear")
        elif a.stage == "entitled" and not setup.omits(Omission.NO_DEADLINE):
            o = answered(o, a, "unsent")
        elif a.stage == "leaving" and not setup.omits(Omission.NO_WATCHDOG):
            return Operator()
    lapsed = o.doing == "deletes" or (o.doing == "may delete" and not setup.omits(Omission.DELETE_WITHOUT_DEADLINE))
    return Operator(answers=o.answers, listed=o.listed) if slot in (None, o.slot) and lapsed else o


def _time(world: World, setup: Setup) -> Iterator[Step]:
    """Windows start, in each zone in the order of their matches, and end, at the latest as a later one starts. The
    zones of a run may be far apart: whole runs may start and end between two of them.
    """
    for run in world.resource.runs:
        for slot, _ in slots(run):
            if world.budget.starts and slot not in world.started:
                yield "a window starts", _started(_spent(world, starts=1), setup, slot), False
            if world.budget.ends and slot in world.started and slot not in world.over and _may_end(world, setup, slot):
                yield "a window ends", _ended(_spent(world, ends=1), {slot}), True
        if world.budget.calls and run.id not in world.called and any(slot in world.started for slot, _ in slots(run)):
            called = tuple(sorted((*world.called, run.id)))
            yield "a run has all its calls", _spent(world, calls=1)._replace(called=called), False


def _started(world: World, setup: Setup, slot: int) -> World:
    earlier = set(range(slot % ZONES, slot, ZONES))
    over = {s for s in earlier if s + _length(world, setup, s) * ZONES <= slot}
    return _ended(world._replace(started=tuple(sorted({*world.started, *earlier, slot}))), over)


def _may_end(world: World, setup: Setup, slot: int) -> bool:
    """A window that is longer than a match goes on while the next matches of its zone start."""
    until = range(slot + ZONES, min(slot + _length(world, setup, slot) * ZONES, setup.runs * ZONES), ZONES)
    return all(later in world.started for later in until)


def _length(world: World, setup: Setup, slot: int) -> int:
    plans = [s.plan for s in world.schedules if s.slot == slot]
    plans += [run.plan for run in world.resource.runs if run.id == slot // ZONES]
    return max((setup.lengths[plan] for plan in plans), default=1)


def _ended(world: World, ended: set[int]) -> World:
    over = tuple(sorted({*world.over, *ended}))
    schedules = tuple(s for s in world.schedules if s.slot not in over)
    standing = {s.id for s in schedules}
    return world._replace(
        over=over,
        schedules=schedules,
        unseen=tuple(number for number in world.unseen if number in standing),
        ghosts=tuple(s for s in world.ghosts if s.slot not in over),
    )


# People


def _people(world: World, setup: Setup) -> Iterator[Step]:
    r, budget = world.resource, world.budget
    if not r.exists:
        if budget.recreations:
            yield from _recreated(world)
        return
    yield from _resolved(world)
    if r.deleting:
        if budget.deadlines and not world.overdue:
            late = _spent(world, deadlines=1)._replace(overdue=True)
            yield "the deadline of the deletion passes", late, False
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
    if budget.wipes and r.runs:
        # whoever sees a finalizer and no run takes the listing for doubtful, from then on
        trusted = not r.finalizer or setup.omits(Omission.LOST_STATUS_IS_TRUSTED)
        wiped = written(world, r._replace(trusted=trusted, runs=(), history=()))
        yield "the status is wiped", _spent(wiped, wipes=1)._replace(lost=True), False


def _resolved(world: World) -> Iterator[Step]:
    """A person looks at the dialer and tells the truth, by the annotation `resolve`."""
    if not world.budget.resolutions:
        return
    for slot, w in all_windows(world.resource):
        if w.state != HELD or slot in world.over:
            continue
        standing = [s for s in world.schedules if s.slot == slot]
        answers = [("names its schedule", Window(SUBMITTED, w.attempt, s.id)) for s in standing]
        if not standing:
            answers = [("says Resubmit", Window(PLANNED, w.attempt)), ("says Abandon", Window(MISSED, w.attempt))]
        for said, window in answers:
            told = written(_spent(world, resolutions=1), changed(world.resource, {slot: window}))
            yield f"a person {said}", told, False


def _tried_again(r: Resource) -> Resource:
    """An edit lets what was refused be tried again."""
    return changed(
        r, {slot: w._replace(cannot=False) for slot, w in all_windows(r) if w.state == SUBMITTED and w.cannot}
    )


def _recreated(world: World) -> Iterator[Step]:
    """Another resource of the same name: what is remembered of the old one is forgotten, but who may send, sends."""
    operators = tuple(Operator(answers=tuple(a for a in o.answers if a.stage in IN_USE)) for o in world.operators)
    fresh = world._replace(resource=Resource(spec=world.resource.spec), operators=operators, orphaned=())
    judged = fresh._replace(lost=True, kept=False)
    yield "a resource of the same name is created", _spent(judged, recreations=1), False
