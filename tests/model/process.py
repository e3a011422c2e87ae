"""What every step of an operator is made of: the operator itself, and a write that outdates what others have read."""

from collections.abc import Iterator

from model.world import ZONES, Answer, Operator, Resource, Run, World

Step = tuple[str, World, bool]
Steps = Iterator[Step]


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


def answered(o: Operator, a: Answer, stage: str, schedule: int = 0) -> Operator:
    """The operator with another stage of one of its attempts."""
    others = (b for b in o.answers if b != a)
    return o._replace(answers=tuple(sorted((*others, a._replace(stage=stage, schedule=schedule)))))


def run_of(resource: Resource, slot: int) -> Run | None:
    """The run in status that a slot belongs to; the later of two runs of one match."""
    return next((run for run in reversed(resource.runs) if run.id == slot // ZONES), None)


def plan_of(resource: Resource, slot: int) -> int:
    """The plan of the run that a slot belongs to."""
    run = run_of(resource, slot)
    assert run is not None
    return run.plan
