"""When a look reads the campaign anew: always, but for a poll and for a start of which no watch has told a change, and
for the first look at a campaign that a list has told whole.
"""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from builders import NOW, spec
from lone_campaign import REF, Life, LoneStore, WillingDialer, wire

from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.engine.looks import Asked, Listed
from campaign_operator.engine.ports import ConflictError
from manual_clock import ManualClock

ANOTHERS = "999"


@dataclass
class CountingStore(LoneStore):
    """Counts how often the campaign is read; refuses, as the real one does, a status for another resourceVersion."""

    reads: int = 0

    async def read(self, ref: CampaignRef) -> Campaign | None:
        self.reads += 1
        return await super().read(ref)

    async def write_status(self, campaign: Campaign, status: OutboundCampaignStatus) -> Campaign:
        if campaign.resource_version != self.version:
            raise ConflictError
        return await super().write_status(campaign, status)

    def suspend(self) -> None:
        """What somebody does of which no watch tells."""
        assert self.wire is not None
        self._written({"spec": {**self.wire["spec"], "suspend": True}}, {"generation": 2})

    @property
    def state(self) -> RunState:
        assert self.wire is not None
        return RunState(self.wire["status"]["runs"][0]["state"])

    @property
    def version(self) -> str:
        assert self.wire is not None
        return str(self.wire["metadata"]["resourceVersion"])


async def scheduled_campaign(*, seconds_before: float) -> tuple[Life, CountingStore]:
    """One that was looked at so long before its start."""
    store = CountingStore(wire(spec(), {}, finalizer=False))
    life = Life(store, WillingDialer(), ManualClock(NOW))
    await life.look()
    planned = await store.read(REF)
    assert planned is not None
    life.clock.advance((planned.status.runs[0].first_start - life.clock.now()).total_seconds() - seconds_before)
    await life.look()
    assert store.state is RunState.SCHEDULED
    store.reads = 0
    return life, store


async def running_campaign() -> tuple[Life, CountingStore]:
    life, store = await scheduled_campaign(seconds_before=60)
    life.clock.advance(120)
    await life.look()
    assert store.state is RunState.RUNNING
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


async def test_a_start_is_written_without_a_reading_where_no_watch_has_told_a_change() -> None:
    life, store = await scheduled_campaign(seconds_before=720)
    life.clock.advance(720)
    await life.operator.look(REF, Asked(check=True, version=store.version))
    assert (store.state, store.reads) == (RunState.RUNNING, 0)


async def test_a_start_of_which_the_last_look_was_long_before_is_read() -> None:
    life, store = await scheduled_campaign(seconds_before=3600)
    life.clock.advance(3600)
    await life.operator.look(REF, Asked(check=True))
    assert (store.state, store.reads) == (RunState.RUNNING, 1)


async def test_a_start_is_read_where_a_watch_has_told_a_change() -> None:
    life, store = await scheduled_campaign(seconds_before=720)
    life.clock.advance(720)
    await life.operator.look(REF, Asked(check=True, version=ANOTHERS))
    assert (store.state, store.reads) == (RunState.RUNNING, 1)


async def test_a_start_is_not_written_over_a_change_of_which_no_watch_has_told() -> None:
    life, store = await scheduled_campaign(seconds_before=720)
    life.clock.advance(720)
    store.suspend()
    await life.operator.look(REF, Asked(check=True))
    assert (store.state, store.reads) == (RunState.RUNNING, 1)
    running = await store.read(REF)
    assert running is not None
    assert running.status.observed_generation == running.generation == 2


async def test_a_check_in_which_there_is_nothing_to_write_finds_a_change_of_which_no_watch_has_told() -> None:
    life, store = await scheduled_campaign(seconds_before=720)
    store.suspend()
    life.clock.advance(30)
    await life.operator.look(REF, Asked(check=True))
    assert life.dialer.schedules == []


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


def listed(store: CountingStore) -> Asked:
    """What a list tells of the campaign as it is now."""
    return Asked(version=store.version, listed=Listed(partial(campaign_of, deepcopy(store.wire or {}))))


def restarted(life: Life) -> Life:
    return Life(life.store, life.dialer, life.clock)


async def idle_campaign() -> tuple[Life, CountingStore]:
    store = CountingStore(wire(spec(), {}, finalizer=False))
    life = Life(store, WillingDialer(), ManualClock(NOW))
    await life.look()
    await life.look()
    store.reads = 0
    return life, store


async def test_the_first_look_at_an_idle_campaign_that_was_listed_reads_nothing_and_sets_its_alarm() -> None:
    life, store = await idle_campaign()
    before, version = life.alarm.seconds, store.version
    life = restarted(life)
    await life.operator.look(REF, listed(store))
    assert (store.reads, store.version, life.alarm.seconds) == (0, version, before)


async def test_of_what_was_listed_and_is_due_nothing_is_sent_before_it_is_read() -> None:
    """Whoever has suspended it since is heeded, although the list knows nothing of that."""
    store = CountingStore(wire(spec(), {}, finalizer=False))
    life = Life(store, WillingDialer(), ManualClock(NOW))
    told = listed(store)
    store.wire = wire(spec(suspend=True), {}, finalizer=False)
    await life.operator.look(REF, told)
    assert (store.reads, life.dialer.schedules) == (1, [])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"spec": spec(cron="30 18 * * *").to_wire()}, id="edited"),
        pytest.param({"spec": spec(suspend=True).to_wire()}, id="suspended"),
        pytest.param({"deletionTimestamp": "2026-11-23T11:00:00Z"}, id="deleted"),
        pytest.param({"status": {}}, id="its status lost"),
    ],
)
async def test_the_first_look_by_a_list_does_what_one_that_reads_does(change: dict[str, Any]) -> None:
    """What has happened to the campaign while no operator was there."""
    ends = []
    for is_listed in (True, False):
        life, store = await idle_campaign()
        assert store.wire is not None
        metadata = {**store.wire["metadata"], "generation": 2, "resourceVersion": "500"}
        if "deletionTimestamp" in change:
            store.wire = {**store.wire, "metadata": {**metadata, **change}}
        else:
            store.wire = {**store.wire, "metadata": metadata, **change}
        life = restarted(life)
        await life.operator.look(REF, listed(store) if is_listed else Asked(version=store.version))
        assert store.reads == 1
        ends.append((store.wire, life.dialer.schedules, life.alarm.seconds))
    assert ends[0] == ends[1]


async def test_only_the_first_look_is_made_by_a_list_which_may_be_older_than_a_write_of_ours() -> None:
    life, store = await idle_campaign()
    await life.operator.look(REF, Asked(version=ANOTHERS, listed=listed(store).listed))
    assert store.reads == 1


async def test_a_listed_campaign_that_cannot_be_used_is_read() -> None:
    life, store = await idle_campaign()
    await restarted(life).operator.look(REF, Asked(version=ANOTHERS, listed=Listed(lambda: None)))
    assert store.reads == 1
