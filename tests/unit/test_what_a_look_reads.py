"""When a look reads the campaign anew: always, but for a poll of which no watch has told a change."""

from dataclasses import dataclass

from builders import NOW, spec
from lone_campaign import REF, Life, LoneStore, WillingDialer, wire

from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.engine.looks import Asked
from manual_clock import ManualClock

ANOTHERS = "999"


@dataclass
class CountingStore(LoneStore):
    """Counts how often the campaign is read."""

    reads: int = 0

    async def read(self, ref: CampaignRef) -> Campaign | None:
        self.reads += 1
        return await super().read(ref)

    @property
    def version(self) -> str:
        assert self.wire is not None
        return str(self.wire["metadata"]["resourceVersion"])


async def running_campaign() -> tuple[Life, CountingStore]:
    store = CountingStore(wire(spec(), {}, finalizer=False))
    life = Life(store, WillingDialer(), ManualClock(NOW))
    await life.look()
    planned = await store.read(REF)
    assert planned is not None
    life.clock.advance((planned.status.runs[0].first_start - life.clock.now()).total_seconds() + 60)
    await life.look()
    running = await store.read(REF)
    assert running is not None
    assert running.status.runs[0].state is RunState.RUNNING
    store.reads = 0
    return life, store


async def test_a_poll_reads_nothing_where_no_watch_has_told_a_change() -> None:
    life, store = await running_campaign()
    for _ in range(3):
        life.clock.advance(30)
        await life.operator.look(REF, Asked(poll=True))
        await life.operator.look(REF, Asked(version=store.version))
    assert store.reads == 0


async def test_a_poll_reads_the_campaign_where_something_else_was_told_or_is_due() -> None:
    life, store = await running_campaign()
    await life.operator.look(REF, Asked(poll=True, version=ANOTHERS))
    assert store.reads == 1
    await life.operator.look(REF, Asked(poll=True, check=True))
    assert store.reads == 2


async def test_a_look_for_a_change_or_for_an_alarm_reads_the_campaign() -> None:
    life, store = await running_campaign()
    await life.operator.look(REF, Asked(version=ANOTHERS))
    await life.operator.look(REF, Asked(check=True))
    assert store.reads == 2


async def test_after_the_last_action_before_the_end_nothing_is_begun() -> None:
    store = CountingStore(wire(spec(), {}, finalizer=False))
    life = Life(store, WillingDialer(), ManualClock(NOW))
    life.operator.end()
    await life.look()
    assert (life.dialer.schedules, store.version) == ([], "100")
