"""What the operator keeps of a campaign between two looks: little, where the next look is far off."""

import gc

from builders import NOW, spec
from lone_campaign import REF, Life, LoneStore, WillingDialer, wire

from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.engine.looks import Asked
from manual_clock import ManualClock


def blueprints_in_memory() -> int:
    gc.collect()
    return sum(isinstance(each, Blueprint) for each in gc.get_objects())


async def test_of_a_campaign_that_is_idle_no_blueprint_is_kept_and_of_one_that_is_polled_it_is() -> None:
    before = blueprints_in_memory()
    life = Life(LoneStore(wire(spec(), {}, finalizer=False)), WillingDialer(), ManualClock(NOW))
    await life.look()
    scheduled = await life.store.read(REF)
    assert scheduled is not None
    assert scheduled.status.runs[0].state is RunState.SCHEDULED
    assert blueprints_in_memory() == before
    life.clock.advance((scheduled.status.runs[0].first_start - life.clock.now()).total_seconds() - 1000)
    await life.look()
    assert blueprints_in_memory() == before
    life.clock.advance(1060)
    await life.look()
    assert blueprints_in_memory() == before + 1
    await life.operator.look(REF, Asked(poll=True))
    assert blueprints_in_memory() == before + 1
