"""A dialer that lists time zones by their canonical names, and contacts whose zones have other names."""

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState, WindowState
from campaign_sandbox.simulator.simulator_settings import Client
from e2e_world import campaign
from serving import RunningSimulator
from stage import Stage, fault, run_of, told, windows

CALCUTTA, KOLKATA, PARIS = "Asia/Calcutta", "Asia/Kolkata", "Europe/Paris"


@pytest.fixture
async def canonical(stage: Stage) -> RunningSimulator:
    """A dialer that lists canonical names, to which the stage's Secret leads."""
    dialer = await stage.open_dialer(Client("operator", "operator-secret"), listed_zones="canonical")
    await stage.connect(api_base_url=dialer.base_url, token_url=dialer.token_url)
    return dialer


async def posted(dialer: RunningSimulator) -> list[str]:
    """The zones of the schedules that were ever created, by the names under which they were submitted."""
    return sorted(schedule["timezone"] for schedule in (await dialer.ledger())["schedules"])


@pytest.mark.parametrize("zones", [[CALCUTTA], [CALCUTTA, KOLKATA], [CALCUTTA, KOLKATA, PARIS]], ids=str)
async def test_an_unclear_answer_about_an_alias_is_settled_by_the_listing(
    stage: Stage, canonical: RunningSimulator, zones: list[str]
) -> None:
    await canonical.put_faults(fault("submit", "withhold"))
    await stage.apply(campaign(stage.namespace, "c", contacts=[{"id": zone, "timeZone": zone} for zone in zones]))
    assert {w.state for w in windows(await stage.look("c")).values()} == {WindowState.UNCERTAIN}
    await canonical.delete_faults()
    stage.clock.advance(60)
    status = await stage.look("c")
    assert run_of(status).state is RunState.SCHEDULED
    assert await posted(canonical) == sorted(zones)
    assert len({w.schedule_id for w in windows(status).values()}) == len(zones)


@pytest.mark.parametrize("lost", [CALCUTTA, KOLKATA])
async def test_of_two_aliases_the_one_that_was_not_carried_out_is_sent_again(
    stage: Stage, canonical: RunningSimulator, lost: str
) -> None:
    """The listing shows one schedule, by a name that both have: it is the other's, whose answer named it."""
    await canonical.put_faults(fault("submit", "withhold", time_zone=lost, carryOut=False))
    await stage.apply(campaign(stage.namespace, "c", contacts=[{"id": z, "timeZone": z} for z in (CALCUTTA, KOLKATA)]))
    assert windows(await stage.look("c"))[lost].state is WindowState.UNCERTAIN
    await canonical.delete_faults()
    stage.clock.advance(60)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    assert await posted(canonical) == [CALCUTTA, KOLKATA]


async def test_a_resource_applied_again_finds_its_schedules_under_the_canonical_name(
    stage: Stage, canonical: RunningSimulator
) -> None:
    contacts = [{"id": zone, "timeZone": zone} for zone in (CALCUTTA, KOLKATA)]
    manifest = campaign(stage.namespace, "c", contacts=contacts, deletionPolicy="Orphan")
    await stage.apply(manifest)
    await stage.look("c")
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    stage.clock.advance(60)
    await stage.look_at_nothing("c")
    await stage.apply(manifest)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    assert await posted(canonical) == [CALCUTTA, KOLKATA]


async def test_an_unknown_schedule_blocks_its_zone_under_every_name(stage: Stage, canonical: RunningSimulator) -> None:
    contacts = [{"id": CALCUTTA, "timeZone": CALCUTTA}]
    manifest = campaign(stage.namespace, "c", contacts=contacts)
    await stage.apply(manifest)
    await stage.look("c")
    ours = windows(await stage.status("c"))[CALCUTTA]
    (mine,) = (await canonical.ledger())["schedules"]
    await canonical.cancel_by_hand(mine["id"])
    unknown = await canonical.create_by_hand(
        manifest["spec"]["campaignID"], ours.start_time, ours.end_time.replace(minute=1), CALCUTTA
    )
    lost = '[{"op":"remove","path":"/status/runs"}]'
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=json", "-p", lost)
    await stage.look("c")
    stage.clock.advance(60)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED)[1] == "UnknownSchedules"
    assert [(s.schedule_id, s.time_zone) for s in status.unknown_schedules] == [(unknown, KOLKATA)]
    assert await posted(canonical) == [CALCUTTA, CALCUTTA]
