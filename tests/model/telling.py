"""Webhooks: delivered until the receiver has answered, each end under one id."""

from model.process import Steps, idle, with_operator, written
from model.setup import Omission, Setup
from model.world import GENERATIONS, ZONES, Operator, Resource, World, key


def deliver(world: World, setup: Setup, i: int, o: Operator, run: int) -> Steps:
    """One attempt. The receiver may get it and the answer be lost. `run` is its key."""
    received = world._replace(received=tuple(sorted({*world.received, (run, _webhook_id(world, setup, run))})))
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


def _webhook_id(world: World, setup: Setup, run: int) -> int:
    if setup.omits(Omission.WEBHOOK_ID_WITHOUT_PLANNED_FROM):
        return run // GENERATIONS
    if setup.omits(Omission.NEW_WEBHOOK_ID):
        # negative, so that it is no other run's
        return -1 - sum(r == run for r, _ in world.received) % ZONES
    return run


def post_late(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """For the omission only."""
    del setup
    received = world._replace(received=tuple(sorted({*world.received, (o.slot, o.slot)})))
    yield "a webhook arrives", with_operator(received, i, idle(o)), True


def record_delivery(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """Wherever the run is by now, and whoever wrote meanwhile: it has happened."""
    del setup
    if world.resource.exists:
        world = written(world, _with_delivered(world.resource, o.slot), i)
    yield "an operator records a delivery", with_operator(world, i, idle(o)), True


def _with_delivered(resource: Resource, run: int) -> Resource:
    runs = tuple(r._replace(hook="delivered") if key(r) == run else r for r in resource.runs)
    history = tuple((r, "delivered" if r == run else hook) for r, hook in resource.history)
    return resource._replace(runs=runs, history=history)


def write_outbox(world: World, setup: Setup, i: int, o: Operator) -> Steps:
    """For the omission only."""
    del setup
    runs = tuple(r._replace(hook="pending") if key(r) == o.slot else r for r in world.resource.runs)
    if runs != world.resource.runs:
        world = written(world, world.resource._replace(runs=runs), i)
    yield "an operator writes the outbox entry", with_operator(world, i, idle(o)), True
