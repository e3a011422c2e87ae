"""Schedules taken back: edits, suspend, deletion, and a person's word on held windows, on a stage whose clock is moved
by hand.
"""

import json
from typing import Any

import yaml

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, RESOLVE_ANNOTATION, RunState, WindowState
from e2e_world import Manifest, campaign
from stage import Stage, fault, run_after, run_of, told, windows

DAY = 86400
NY, LONDON = "America/New_York", "Europe/London"
SUBMITTED, CANCELLED, HELD = WindowState.SUBMITTED, WindowState.CANCELLED, WindowState.HELD


async def standing(stage: Stage, manifest: Manifest) -> list[tuple[str, str]]:
    """Zone and start of what is at the dialer and not cancelled."""
    found = await stage.schedules(manifest["spec"]["campaignID"])
    return sorted((s["timezone"], s["startTime"]) for s in found if s["cancelledAt"] is None)


async def exists(stage: Stage, name: str) -> bool:
    return bool(await stage.kubectl("get", "ocamp", name, "--ignore-not-found", "-o", "name"))


async def delete(stage: Stage, name: str) -> None:
    await stage.kubectl("delete", "ocamp", name, "--wait=false")


async def resolve(stage: Stage, name: str, said: str) -> None:
    await stage.kubectl("annotate", "ocamp", name, "--overwrite", f"{RESOLVE_ANNOTATION}={said}")


async def submitted(stage: Stage, **spec: Any) -> Manifest:
    """A campaign of two zones, both submitted."""
    manifest = campaign(stage.namespace, "c", **spec)
    await stage.apply(manifest)
    status = await stage.look("c")
    assert [w.state for w in run_of(status).windows] == [SUBMITTED] * 2
    return manifest


async def look_when_trusted(stage: Stage, name: str) -> OutboundCampaignStatus:
    """What was just requested may not show in the dialer's listing yet, so a look waits out the settling time."""
    await stage.look(name)
    stage.clock.advance(61)
    return await stage.look(name)


async def is_gone_when_trusted(stage: Stage, name: str) -> bool:
    """A resource that is applied again looks at the listing, so the old one goes when that can be trusted."""
    await stage.look_at_nothing(name)
    stage.clock.advance(61)
    await stage.look_at_nothing(name)
    return not await exists(stage, name)


async def edit(stage: Stage, manifest: Manifest, **spec: Any) -> None:
    manifest["spec"] |= spec
    await stage.apply(manifest)


async def refusals(stage: Stage) -> list[str]:
    """Why entries of the annotation were not carried out; each ends with what to do."""
    found = [message for reason, message in await stage.warnings("c") if reason == "ResolutionRejected"]
    assert [message for message in found if not message.endswith("; set the annotation to a new value")] == []
    return [message.rpartition("; ")[0] for message in found]


async def test_an_edit_before_the_first_start_cancels_and_plans_anew(stage: Stage) -> None:
    manifest = await submitted(stage)
    await edit(stage, manifest, cron="0 11 * * *")
    status = await look_when_trusted(stage, "c")
    assert run_of(status).id == "20270303T1100"
    assert await standing(stage, manifest) == [
        (NY, "2027-03-03T11:00:00-05:00"),
        (LONDON, "2027-03-03T11:00:00+00:00"),
    ]
    assert await stage.events("c") == [
        "Planned",
        "Submitted",
        "Cancelled",
        "Planned",
        "MatchSkipped",
        "Submitted",
    ]


async def test_an_edit_of_both_runs_of_a_recurring_campaign_leaves_only_the_new_ones(stage: Stage) -> None:
    manifest = await submitted(stage, runPolicy="Recurring", submitAheadSeconds=172_800)
    assert len(await standing(stage, manifest)) == 4
    await edit(stage, manifest, cron="30 11 * * *")
    status = await look_when_trusted(stage, "c")
    assert (run_of(status).id, run_after(status).id) == ("20270303T1130", "20270304T1130")
    assert sorted(start[11:16] for _, start in await standing(stage, manifest)) == ["11:30"] * 4


async def test_an_edit_that_makes_the_same_plan_cancels_nothing(stage: Stage) -> None:
    manifest = await submitted(stage)
    before = await standing(stage, manifest)
    await edit(stage, manifest, cron="0 9 * * 0-6", contacts=list(reversed(manifest["spec"]["contacts"])))
    await stage.look("c")
    assert await standing(stage, manifest) == before
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2
    assert await stage.events("c") == ["Planned", "Submitted"]


async def test_a_flurry_of_edits_and_back_ends_in_the_plan_of_the_last_one(stage: Stage) -> None:
    manifest = await submitted(stage)
    before = await standing(stage, manifest)
    await stage.simulator.put_faults(fault("cancel", "answer", status=503, times=1))
    for hour in (10, 11, 9):
        await edit(stage, manifest, cron=f"0 {hour} * * *")
        await stage.look("c")
    stage.clock.advance(30)
    status = await look_when_trusted(stage, "c")
    assert run_of(status).state is RunState.SCHEDULED
    assert await standing(stage, manifest) == before
    assert all(w.schedule_id is not None for w in run_of(status).windows)


async def test_an_edit_after_the_first_start_applies_to_the_next_run(stage: Stage) -> None:
    manifest = await submitted(stage, runPolicy="Recurring", submitAheadSeconds=172_800)
    stage.clock.advance_to(run_of(await stage.status("c")).first_start)
    await stage.look("c")
    await edit(stage, manifest, cron="0 11 * * *")
    status = await look_when_trusted(stage, "c")
    assert (run_of(status).id, run_after(status).id) == ("20270303T0900", "20270304T1100")
    assert len(await standing(stage, manifest)) == 4
    assert "EditAppliesToNextRun" in await stage.events("c")


async def test_an_edit_where_the_dialer_has_no_delete_leaves_the_run_and_says_so(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("cancel", "notOffered", status=405))
    manifest = await submitted(stage)
    await edit(stage, manifest, cron="0 11 * * *")
    status = await stage.look("c")
    assert run_of(status).id == "20270303T0900"
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2
    assert ("CannotCancel", "does not support cancelling") in [
        (reason, "does not support cancelling")
        for reason, message in await stage.warnings("c")
        if "does not support cancelling" in message
    ]
    requests = await stage.requests()
    await stage.look("c")
    assert await stage.requests() == requests, "it asks again and again"


async def test_suspend_cancels_and_taking_it_back_plans_anew(stage: Stage) -> None:
    manifest = await submitted(stage)
    await edit(stage, manifest, suspend=True)
    status = await stage.look("c")
    assert (status.state, status.next_run_time) == ("Suspended", None)
    assert await standing(stage, manifest) == []
    assert told(status, ConditionType.READY)[1] == "Suspended"
    assert "Cancelled" in await stage.events("c")
    stage.clock.advance(2 * DAY)
    assert (await stage.look("c")).runs == ()
    await edit(stage, manifest, suspend=False)
    status = await stage.look("c")
    assert run_of(status).id == "20270305T0900"
    assert len(await standing(stage, manifest)) == 2


async def test_a_run_that_has_begun_goes_on_while_its_other_windows_are_suspended_and_resumed(stage: Stage) -> None:
    manifest = await submitted(stage)
    stage.clock.advance_to(windows(await stage.status("c"))[LONDON].start_time)
    await stage.poll("c")
    await edit(stage, manifest, suspend=True)
    found = windows(await stage.look("c"))
    assert (found[LONDON].state, found[NY].state) == (SUBMITTED, CANCELLED)
    assert [zone for zone, _ in await standing(stage, manifest)] == [LONDON]
    assert (await stage.events("c"))[-1] == "SchedulesCancelled"
    await edit(stage, manifest, suspend=False)
    found = windows(await look_when_trusted(stage, "c"))
    assert (found[LONDON].state, found[NY].state) == (SUBMITTED, SUBMITTED)
    assert [zone for zone, _ in await standing(stage, manifest)] == [NY, LONDON]
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 3


async def test_suspend_where_the_dialer_has_no_delete_names_what_will_still_dial(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("cancel", "notOffered", status=501))
    manifest = await submitted(stage)
    await edit(stage, manifest, suspend=True)
    status, reason, message = told(await stage.look("c"), ConditionType.STALLED)
    assert (status, reason) == ("True", "CannotCancel")
    assert NY in message
    assert LONDON in message


async def test_a_deleted_campaign_goes_when_its_schedules_are_cancelled(stage: Stage) -> None:
    manifest = await submitted(stage, runPolicy="Recurring", submitAheadSeconds=172_800)
    await delete(stage, "c")
    assert await exists(stage, "c")
    assert await is_gone_when_trusted(stage, "c")
    assert await standing(stage, manifest) == []


async def test_a_deleted_campaign_settles_what_is_uncertain_before_it_goes(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(fault("submit", "reset", carryOut=True))
    await stage.apply(manifest)
    await stage.look("c")
    await delete(stage, "c")
    await stage.look_at_nothing("c")
    assert await exists(stage, "c")
    stage.clock.advance(60)
    assert await is_gone_when_trusted(stage, "c")
    assert await standing(stage, manifest) == []


async def test_orphan_leaves_the_schedules_and_the_next_of_that_name_adopts_them(stage: Stage) -> None:
    manifest = await submitted(stage, deletionPolicy="Orphan")
    await delete(stage, "c")
    assert await is_gone_when_trusted(stage, "c")
    assert len(await standing(stage, manifest)) == 2
    await stage.apply(manifest)
    status = await stage.look("c")
    assert [w.state for w in run_of(status).windows] == [SUBMITTED] * 2
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2


async def test_a_deletion_that_cannot_cancel_ends_at_its_deadline_and_lists_what_stays(stage: Stage) -> None:
    await submitted(stage)
    await stage.simulator.put_faults(fault("cancel", "answer", status=503))
    await delete(stage, "c")
    await stage.look_at_nothing("c")
    stage.clock.advance(599)
    await stage.look_at_nothing("c")
    assert await exists(stage, "c")
    stage.clock.advance(1)
    await stage.look_at_nothing("c")
    assert not await exists(stage, "c")
    ((reason, message),) = [w for w in await stage.warnings("c") if w[0] == "SchedulesOrphaned"]
    assert reason == "SchedulesOrphaned"
    assert f"20270303T0900/{NY}" in message
    assert f"20270303T0900/{LONDON}" in message


async def test_a_deletion_where_the_dialer_has_no_delete_does_not_wait(stage: Stage) -> None:
    await submitted(stage)
    await stage.simulator.put_faults(fault("cancel", "notOffered", status=405))
    await delete(stage, "c")
    assert await is_gone_when_trusted(stage, "c")
    assert "SchedulesOrphaned" in await stage.events("c")


async def test_a_campaign_deleted_after_its_secret_is_cancelled_by_the_credentials_last_used(stage: Stage) -> None:
    manifest = await submitted(stage)
    await stage.kubectl("delete", "secret", "cxone")
    await delete(stage, "c")
    stage.clock.advance(60)
    assert await is_gone_when_trusted(stage, "c")
    assert await standing(stage, manifest) == []


async def test_a_finished_campaign_is_deleted_without_an_operator(stage: Stage) -> None:
    await submitted(stage, completion={"expectedCalls": 1})
    stage.clock.advance(2 * DAY)
    status = await stage.look("c")
    assert run_of(status).finish_time is not None
    await stage.kubectl("delete", "ocamp", "c", "--timeout=10s")
    assert not await exists(stage, "c")


async def test_the_finalizer_is_put_back_while_schedules_stand(stage: Stage) -> None:
    await submitted(stage)
    await stage.kubectl("patch", "ocamp", "c", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    await stage.look("c")
    assert CANCEL_FINALIZER in await stage.kubectl("get", "ocamp", "c", "-o", "jsonpath={.metadata.finalizers}")


async def wipe(stage: Stage) -> None:
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=merge", "-p", '{"status":{"runs":null}}')


async def test_a_wiped_status_is_made_again_from_the_listing_after_the_settling_time(stage: Stage) -> None:
    manifest = await submitted(stage)
    await wipe(stage)
    assert told(await stage.look("c"), ConditionType.RECONCILING)[1] == "StatusLost"
    stage.clock.advance(60)
    status = await stage.look("c")
    assert [w.state for w in run_of(status).windows] == [SUBMITTED] * 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def test_a_wiped_status_is_held_where_the_dialer_has_no_listing(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("list", "notOffered", status=404))
    manifest = await submitted(stage)
    await wipe(stage)
    await stage.look("c")
    stage.clock.advance(60)
    status = await stage.look("c")
    assert [w.state for w in run_of(status).windows] == [HELD] * 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def test_a_campaign_that_lost_its_status_is_cancelled_before_it_goes(stage: Stage) -> None:
    manifest = await submitted(stage)
    await wipe(stage)
    await delete(stage, "c")
    await stage.look_at_nothing("c")
    assert await exists(stage, "c")
    stage.clock.advance(60)
    assert await is_gone_when_trusted(stage, "c")
    assert await standing(stage, manifest) == []


async def test_a_window_set_back_by_hand_is_not_sent_again(stage: Stage) -> None:
    manifest = await submitted(stage)
    found = json.loads(await stage.kubectl("get", "ocamp", "c", "-o", "json"))
    for window in found["status"]["runs"][0]["windows"]:
        window["state"] = "Planned"
        del window["scheduleID"]
    altered = json.dumps({"status": {"runs": found["status"]["runs"]}})
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=merge", "-p", altered)
    status = await look_when_trusted(stage, "c")
    assert [w.state for w in run_of(status).windows] == [SUBMITTED] * 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def held(stage: Stage, **spec: Any) -> Manifest:
    """A campaign of which both windows are held; both were carried out."""
    manifest = campaign(stage.namespace, "c", **spec)
    await stage.simulator.put_faults(
        fault("submit", "reset", carryOut=True, times=2), *([] if spec else [fault("list", "notOffered", status=501)])
    )
    await stage.apply(manifest)
    await stage.look("c")
    stage.clock.advance(60)
    assert [w.state for w in run_of(await stage.look("c")).windows] == [HELD] * 2
    return manifest


async def test_on_uncertain_hold_leaves_it_to_a_person_without_asking(stage: Stage) -> None:
    await held(stage, onUncertain="Hold")
    _, reason, message = told(await stage.status("c"), ConditionType.STALLED)
    assert reason == "WindowHeld"
    assert "onUncertain is Hold" in message


async def test_a_person_resubmits_one_window_and_abandons_the_other(stage: Stage) -> None:
    manifest = await held(stage)
    await resolve(stage, "c", f"20270303T0900/{NY}=Resubmit, 20270303T0900/{LONDON}=Abandon")
    found = windows(await stage.look("c"))
    assert (found[NY].state, found[LONDON].state) == (SUBMITTED, WindowState.MISSED)
    assert await stage.posts(manifest["spec"]["campaignID"]) == 3
    assert (await stage.events("c")).count("Resolved") == 2
    await stage.look("c")
    assert await stage.posts(manifest["spec"]["campaignID"]) == 3, "it is acted upon again"


async def test_a_window_that_is_held_again_is_resubmitted_again_by_the_same_words_set_anew(stage: Stage) -> None:
    manifest = await held(stage)
    said = f"20270303T0900/{NY}=Resubmit,20270303T0900/{LONDON}=Resubmit"
    await stage.simulator.put_faults(fault("submit", "reset", times=2), fault("list", "notOffered", status=501))
    await resolve(stage, "c", said)
    await stage.look("c")
    stage.clock.advance(60)
    assert [w.state for w in run_of(await stage.look("c")).windows] == [HELD] * 2
    await resolve(stage, "c", said)
    assert [w.state for w in run_of(await stage.look("c")).windows] == [HELD] * 2
    await stage.kubectl("annotate", "ocamp", "c", f"{RESOLVE_ANNOTATION}-")
    assert (await stage.look("c")).last_handled_resolve is None
    await resolve(stage, "c", said)
    assert [w.state for w in run_of(await stage.look("c")).windows] == [SUBMITTED] * 2
    assert len(await standing(stage, manifest)) == 4, "the two of the beginning, which nobody looked for, and two more"


async def test_a_person_names_the_schedule_and_a_false_one_changes_nothing(stage: Stage) -> None:
    manifest = await held(stage, onUncertain="Hold")
    ids = {s["timezone"]: s["id"] for s in await stage.schedules(manifest["spec"]["campaignID"])}
    await resolve(stage, "c", f"20270303T0900/{NY}={ids[NY]},20270303T0900/{LONDON}={ids[NY]}")
    found = windows(await stage.look("c"))
    assert (found[NY].state, found[NY].schedule_id) == (SUBMITTED, ids[NY])
    assert found[LONDON].state is HELD
    refused = await refusals(stage)
    assert refused == [f'"20270303T0900/{LONDON}={ids[NY]}": the schedule with that ID is for "{NY}"']


async def test_entries_that_cannot_be_acted_upon_are_answered_and_change_nothing(stage: Stage) -> None:
    await held(stage)
    before = windows(await stage.status("c"))
    await resolve(stage, "c", f"20270303T0900/Europe/Paris=Resubmit,19990101T0900/{NY}=Abandon,nonsense,{NY}=Resubmit")
    assert windows(await stage.look("c")) == before
    refused = await refusals(stage)
    assert refused == [
        '"20270303T0900/Europe/Paris=Resubmit": the run has no window in that time zone',
        f'"19990101T0900/{NY}=Abandon": the run does not exist',
        '"nonsense": write RUN/ZONE=Resubmit, RUN/ZONE=Abandon or RUN/ZONE=ID',
        f'"{NY}=Resubmit": the run does not exist',
    ]


async def test_an_annotation_of_ten_thousand_characters_is_refused_in_one_event(stage: Stage) -> None:
    manifest = await held(stage)
    manifest["metadata"]["annotations"] = {RESOLVE_ANNOTATION: "x=y," * 2500}
    await stage.kubectl(
        "patch",
        "ocamp",
        "c",
        "--type=merge",
        "-p",
        json.dumps({"metadata": {"annotations": manifest["metadata"]["annotations"]}}),
    )
    status = await stage.look("c")
    refused = await refusals(stage)
    assert refused == ["Too long: must be at most 4096 characters; all of it is ignored"]
    assert len(status.last_handled_resolve or "") < 100
    assert len(yaml.safe_dump(status.model_dump(mode="json"))) < 10_000
