"""What the model of the submission protocol is about: one resource, its operators, the dialer, and what is under way.

Owns the shape of a state and the one name that a state has: numbers are renamed by their rank, and operators, which
are alike, are put in order. Knows no rule of the protocol. The states of windows are the code's own.

A resourceVersion is not in it. Whoever has read the resource either holds the newest version or an old one, and an
old one never becomes new again; so it is enough to know of an operator whether the resource changed since it read.
"""

from collections.abc import Iterator
from typing import NamedTuple

from campaign_operator.api.vocabulary import WindowState

# As plain strings, since an enumeration's hash is a function in Python and would cost a third of the time.
PLANNED = WindowState.PLANNED.value
INTENT = WindowState.INTENT.value
UNCERTAIN = WindowState.UNCERTAIN.value
SUBMITTED = WindowState.SUBMITTED.value
HELD = WindowState.HELD.value
REJECTED = WindowState.REJECTED.value
MISSED = WindowState.MISSED.value
CANCELLING = WindowState.CANCELLING.value
CANCELLED = WindowState.CANCELLED.value

POSSIBLY_SENT = (INTENT, UNCERTAIN)
UNDECIDED = (PLANNED, INTENT, UNCERTAIN, CANCELLING)

ZONES = 2
"""The most windows of one run; a slot is `run * ZONES + zone` and names one window of one run, whatever its plan."""

GENERATIONS = 8
"""More than the runs of one match that anybody remembers; see `key`."""


class Window(NamedTuple):
    """One window in status. Attempt 0: not begun. `cannot`: the dialer has refused to cancel its schedule.
    `settled`: the settling time of this attempt is over; no field of status, but known to every operator's clock.
    """

    state: str = PLANNED
    attempt: int = 0
    schedule: int = 0
    cannot: bool = False
    settled: bool = False


class Run(NamedTuple):
    """One run in status. `hook` is the state of its outbox entry: none, pending or delivered.

    `generation` tells runs of one match apart, as `plannedFrom` does.
    """

    id: int
    plan: int
    windows: tuple[Window, ...]
    finished: bool = False
    hook: str = ""
    generation: int = 0


class Resource(NamedTuple):
    """The resource, at its newest version. `spec` is the plan that it asks for.

    `runs` are in the order of their matches, `history` the keys of runs with their hooks. `trusted`: the time of
    `listingTrustedFrom` has come, so what was last asked of the dialer shows in its listing.
    """

    exists: bool = True
    spec: int = 0
    suspend: bool = False
    deleting: bool = False
    finalizer: bool = False
    trusted: bool = True
    runs: tuple[Run, ...] = ()
    history: tuple[tuple[int, str], ...] = ()


class Schedule(NamedTuple):
    """A schedule that stands at the dialer."""

    id: int
    slot: int
    plan: int


class Request(NamedTuple):
    """A request under way to the dialer: it will be carried out, refused, or lost."""

    kind: str
    slot: int
    plan: int
    attempt: int = 0
    schedule: int = 0


TO_BE_SENT = ("entitled", "leaving")
IN_USE = (*TO_BE_SENT, "sent")
"""What an attempt is while the operator is busy with it, under the campaign's lock."""


class Answer(NamedTuple):
    """What an operator remembers of an attempt of its own: entitled, leaving (it has looked at the clock for the last
    time), sent, or how that came out.
    """

    slot: int
    attempt: int
    stage: str
    plan: int
    schedule: int = 0


class Operator(NamedTuple):
    """One process. `doing` is what it is in the middle of; `fresh` is whether the resource is still as it was read.

    `listed`: every write since its last listing of the dialer was its own. `found` is what a listing showed, by slot.
    """

    doing: str = "idle"
    slot: int = -1
    schedule: int = 0
    fresh: bool = True
    found: tuple[tuple[int, int], ...] = ()
    answers: tuple[Answer, ...] = ()
    listed: bool = False
    about_to_write: Resource | None = None


class Budget(NamedTuple):
    """How often each of these may still happen; what has no number may happen at any time."""

    crashes: int = 0
    edits: int = 0
    suspends: int = 0
    deletions: int = 0
    refusals: int = 0
    wipes: int = 0
    recreations: int = 0
    starts: int = 0
    ends: int = 0
    calls: int = 0
    lags: int = 0
    deadlines: int = 0
    resolutions: int = 0


class World(NamedTuple):
    """Everything. `started` and `over` are the slots whose start and whose end have passed, `called` the runs that have
    all their calls, `refuses` the schedules that the dialer does not cancel. `overdue`: the deadline of the deletion
    has passed. A listing shows `schedules` without the `unseen` and with the `ghosts`, which are cancelled already.

    The last six are for judging only: nobody in the model looks at them. `ended` are the keys of runs whose end is on
    record, `received` the keys and ids of webhooks that arrived, `orphaned` the slots that a removal of the finalizer
    named. `lost`: the status was taken away, or the resource. `kept`: it went by deletionPolicy Orphan. `wrong` says
    what must never be done and was done.
    """

    resource: Resource
    operators: tuple[Operator, ...]
    budget: Budget
    schedules: tuple[Schedule, ...] = ()
    requests: tuple[Request, ...] = ()
    started: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    called: tuple[int, ...] = ()
    refuses: tuple[int, ...] = ()
    overdue: bool = False
    unseen: tuple[int, ...] = ()
    ghosts: tuple[Schedule, ...] = ()
    cancelled: tuple[Schedule, ...] = ()
    ended: tuple[int, ...] = ()
    received: tuple[tuple[int, int], ...] = ()
    orphaned: tuple[int, ...] = ()
    lost: bool = False
    kept: bool = False
    wrong: str = ""


def key(run: Run) -> int:
    """The one name of a run: its match and its generation."""
    return run.id * GENERATIONS + run.generation


def slots(run: Run) -> Iterator[tuple[int, Window]]:
    """The windows of a run with the numbers that name them."""
    return enumerate(run.windows, run.id * ZONES)


def all_windows(resource: Resource) -> Iterator[tuple[int, Window]]:
    """Every window in status; of two runs of one match the later comes last, and the earlier has no schedule."""
    for run in resource.runs:
        yield from slots(run)


def shown(world: World) -> list[Schedule]:
    """What a listing of the dialer shows at this moment."""
    return [s for s in world.schedules if s.id not in world.unseen] + list(world.ghosts)


def new_attempt(world: World) -> int:
    """A number that no attempt has which anybody still remembers.

    In the code it is run, `plannedFrom`, zone and a number that only grows, which is as good as long as status is.
    """
    return 1 + max(_numbers(world)[0])


def new_schedule(world: World) -> int:
    """An id that the dialer never gave to another schedule which anybody still remembers."""
    return 1 + max(_numbers(world)[1])


def _numbers(world: World) -> tuple[set[int], set[int]]:
    """The attempts and the schedules that anybody remembers; 0 is none."""
    attempts, ids = {0}, {0}
    resources = [world.resource]
    for request in world.requests:
        attempts.add(request.attempt)
        ids.add(request.schedule)
    for schedules in (world.schedules, world.ghosts, world.cancelled):
        for schedule in schedules:
            ids.add(schedule.id)
    for operator in world.operators:
        ids.add(operator.schedule)
        for answer in operator.answers:
            attempts.add(answer.attempt)
            ids.add(answer.schedule)
        for _, found in operator.found:
            ids.add(found)
        if operator.about_to_write is not None:
            resources.append(operator.about_to_write)
    for resource in resources:
        for run in resource.runs:
            for window in run.windows:
                attempts.add(window.attempt)
                ids.add(window.schedule)
    return attempts, ids


def without_old_answers(world: World) -> World:
    """The same without answers that nobody will look at: an attempt which status has left never comes back to it.

    An unclear answer is left out, too. It makes a window uncertain, and so does an intent of which nothing is known.
    """
    if not any(o.answers for o in world.operators):
        return world
    current = {(slot, w.attempt) for slot, w in all_windows(world.resource) if w.state in POSSIBLY_SENT}
    operators = []
    for o in world.operators:
        answers = tuple(
            a for a in o.answers if a.stage in TO_BE_SENT or (a.stage != "unclear" and (a.slot, a.attempt) in current)
        )
        operators.append(o if answers == o.answers else o._replace(answers=answers))
    return world._replace(operators=tuple(operators))


Numbers = dict[int, int]


def canonical(world: World) -> World:
    """The same state by its one name: numbers by rank, operators in order."""
    attempts, ids = _numbers(world)
    if max(attempts) != len(attempts) - 1 or max(ids) != len(ids) - 1:
        ranks = ({number: rank for rank, number in enumerate(sorted(numbers))} for numbers in (attempts, ids))
        world = _renamed(world, *ranks)
    if len(world.operators) > 1:
        world = world._replace(operators=tuple(sorted(world.operators, key=_order)))
    if len(world.schedules) > 1 or len(world.requests) > 1:
        world = world._replace(schedules=tuple(sorted(world.schedules)), requests=tuple(sorted(world.requests)))
    return world


def _order(operator: Operator) -> tuple[object, ...]:
    return operator[:-1]


def _renamed(world: World, attempts: Numbers, ids: Numbers) -> World:
    known = ids.keys()
    return world._replace(
        resource=_resource(world.resource, attempts, ids),
        operators=tuple(_operator(o, attempts, ids) for o in world.operators),
        schedules=tuple(s._replace(id=ids[s.id]) for s in world.schedules),
        ghosts=tuple(s._replace(id=ids[s.id]) for s in world.ghosts),
        unseen=tuple(sorted(ids[s] for s in world.unseen)),
        cancelled=tuple(s._replace(id=ids[s.id]) for s in world.cancelled),
        requests=tuple(r._replace(attempt=attempts[r.attempt], schedule=ids[r.schedule]) for r in world.requests),
        refuses=tuple(sorted(ids[s] for s in world.refuses if s in known)),
    )


def _resource(resource: Resource, attempts: Numbers, ids: Numbers) -> Resource:
    return resource._replace(runs=tuple(_run(run, attempts, ids) for run in resource.runs))


def _run(run: Run, attempts: Numbers, ids: Numbers) -> Run:
    windows = [w._replace(attempt=attempts[w.attempt], schedule=ids[w.schedule]) for w in run.windows]
    return run._replace(windows=tuple(windows))


def _operator(o: Operator, attempts: Numbers, ids: Numbers) -> Operator:
    return o._replace(
        schedule=ids[o.schedule],
        found=tuple((slot, ids[found]) for slot, found in o.found),
        answers=tuple(a._replace(attempt=attempts[a.attempt], schedule=ids[a.schedule]) for a in o.answers),
        about_to_write=None if o.about_to_write is None else _resource(o.about_to_write, attempts, ids),
    )
