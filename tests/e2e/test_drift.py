"""What others do to our schedules at the dialer is seen before nobody is called; what a lost status leaves there is not
submitted once more. On a stage whose clock is moved by hand.
"""

from datetime import timedelta

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RESOLVE_ANNOTATION, WindowState
from e2e_world import Manifest, campaign
from stage import Stage, run_of, told, windows

LONDON, TOKYO = "Europe/London", "Asia/Tokyo"
SUBMITTED = WindowState.SUBMITTED


async def submitted(stage: Stage) -> Manifest:
    """A campaign of London, submitted a day ahead."""
    manifest = campaign(stage.namespace, "c", contacts=[{"id": "c1", "timeZone": LONDON}])
    await stage.apply(manifest)
    assert windows(await stage.look("c"))[LONDON].state is SUBMITTED
    return manifest


async def listings(stage: Stage, manifest: Manifest) -> int:
    """How many pages of the campaign's listing the dialer has given."""
    found = (await stage.simulator.ledger(manifest["spec"]["campaignID"]))["requests"]
    return sum(r["method"] == "GET" for r in found)


async def looked_for(stage: Stage) -> None:
    """As the operator's own alarms do: until ten minutes before the start."""
    start = windows(await stage.status("c"))[LONDON].start_time
    while (start - stage.clock.now()).total_seconds() > 600:
        await stage.look("c")
        stage.clock.advance(max(1, min(stage.next_look("c"), (start - stage.clock.now()).total_seconds() - 600)))
    await stage.look("c")


async def test_a_schedule_that_somebody_cancelled_is_told_ten_minutes_before_its_start(stage: Stage) -> None:
    manifest = await submitted(stage)
    (schedule,) = await stage.schedules(manifest["spec"]["campaignID"])
    await stage.simulator.cancel_by_hand(schedule["id"])
    await looked_for(stage)
    status = await stage.status("c")
    assert windows(status)[LONDON].state is SUBMITTED
    assert told(status, ConditionType.STALLED)[:2] == ("True", "ScheduleDrifted")
    assert "ScheduleDrifted" in await stage.events("c")
    await stage.kubectl("annotate", "ocamp", "c", f"{RESOLVE_ANNOTATION}={run_of(status).id}/{LONDON}=Resubmit")
    await stage.look("c")
    stage.clock.advance(1)
    status = await stage.look("c")
    assert windows(status)[LONDON].state is SUBMITTED
    assert told(status, ConditionType.STALLED) == ("", "", "")
    standing = [s for s in await stage.schedules(manifest["spec"]["campaignID"]) if s["cancelledAt"] is None]
    assert len(standing) == 1


async def test_a_schedule_that_somebody_moved_is_told_and_can_still_be_cancelled(stage: Stage) -> None:
    manifest = await submitted(stage)
    (schedule,) = await stage.schedules(manifest["spec"]["campaignID"])
    start = windows(await stage.status("c"))[LONDON].start_time
    await stage.simulator.move_by_hand(schedule["id"], start=start + timedelta(hours=1))
    await looked_for(stage)
    assert told(await stage.status("c"), ConditionType.STALLED)[1] == "ScheduleDrifted"
    manifest["spec"]["suspend"] = True
    await stage.apply(manifest)
    await stage.look("c")
    (schedule,) = await stage.schedules(manifest["spec"]["campaignID"])
    assert schedule["cancelledAt"] is not None


async def test_a_schedule_that_stands_is_looked_for_once(stage: Stage) -> None:
    manifest = await submitted(stage)
    before = await listings(stage, manifest)
    await looked_for(stage)
    assert await listings(stage, manifest) == before + 1
    assert told(await stage.status("c"), ConditionType.STALLED) == ("", "", "")
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 1


async def test_what_a_lost_status_left_at_the_dialer_blocks_its_zone_until_it_is_cancelled(stage: Stage) -> None:
    manifest = await submitted(stage)
    start = windows(await stage.status("c"))[LONDON].start_time
    strange = await stage.simulator.create_by_hand(
        manifest["spec"]["campaignID"], start - timedelta(minutes=30), start + timedelta(hours=3), LONDON
    )
    (schedule,) = [s for s in await stage.schedules(manifest["spec"]["campaignID"]) if s["id"] != strange]
    await stage.simulator.cancel_by_hand(schedule["id"])
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=merge", "-p", '{"status":{"runs":null}}')
    await stage.look("c")
    stage.clock.advance(61)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED)[1] == "UnknownSchedules"
    assert strange in told(status, ConditionType.STALLED)[2]
    assert windows(status)[LONDON].state is WindowState.PLANNED, "it could be ours, under other hours"
    await stage.simulator.cancel_by_hand(strange)
    stage.clock.advance(301)
    await stage.look("c")
    status = await stage.look("c")
    assert status.unknown_schedules == ()
    assert windows(status)[LONDON].state is SUBMITTED


async def test_a_client_that_is_replaced_with_its_secret_is_taken_up_and_cancels_what_the_first_has_submitted(
    stage: Stage,
) -> None:
    manifest = await submitted(stage)
    await stage.connect(client_id="successor", client_secret="successor-secret")
    stage.clock.advance(31)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED) == ("", "", "")
    manifest["spec"]["suspend"] = True
    await stage.apply(manifest)
    await stage.look("c")
    (schedule,) = await stage.schedules(manifest["spec"]["campaignID"])
    assert schedule["cancelledAt"] is not None


async def test_a_client_by_which_the_dialer_does_not_list_what_stands_is_not_taken_up(stage: Stage) -> None:
    manifest = await submitted(stage)
    await stage.connect(client_id="stranger", client_secret="strange-secret")
    stage.clock.advance(31)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED)[1] == "ConnectionChanged"
    await stage.connect()
    stage.clock.advance(31)
    assert told(await stage.look("c"), ConditionType.STALLED) == ("", "", "")
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 1


async def test_a_schedule_that_somebody_else_made_is_told_by_one_event_and_blocks_nothing(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", contacts=[{"id": "c1", "timeZone": LONDON}])
    start = stage.clock.now() + timedelta(hours=18)
    strange = await stage.simulator.create_by_hand(
        manifest["spec"]["campaignID"], start, start + timedelta(hours=1), LONDON
    )
    await stage.apply(manifest)
    assert windows(await stage.look("c"))[LONDON].state is SUBMITTED
    await stage.look("c")
    ((reason, message),) = await stage.warnings("c")
    assert reason == "UnknownSchedules"
    assert message.startswith(
        f"the dialer has 1 schedule of this campaign that no window refers to: {strange} ({LONDON}"
    )
