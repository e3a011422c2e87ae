"""Whole lives of campaigns on a stage whose clock is moved by hand: what happens over a day, an outage, a restart, an
edit.
"""

from datetime import timedelta

import pytest

from campaign_operator.api.conditions import ConditionType, find
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.vocabulary import Adjustment, RunState, WebhookState, WindowState
from campaign_operator.engine.submission import CONNECTION_SECONDS
from campaign_sandbox.simulator.dialer_faults import FaultRule
from e2e_world import campaign
from stage import Stage, run_after, run_of

DAY = 86400


def states(status: OutboundCampaignStatus) -> list[WindowState]:
    return [w.state for w in run_of(status).windows]


def reason(status: OutboundCampaignStatus, kind: ConditionType = ConditionType.READY) -> str:
    found = find(status.conditions, kind)
    return found.reason if found is not None else ""


def rule(call: str, effect: dict[str, object], **more: object) -> FaultRule:
    return FaultRule.model_validate({"match": {"call": call}, "effect": effect, **more})


async def test_a_campaign_calls_each_zone_at_its_own_nine_o_clock(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "spring")
    await stage.apply(manifest)
    status = await stage.look("spring")
    assert [(w.time_zone, w.start_time.isoformat()) for w in run_of(status).windows] == [
        ("Europe/London", "2027-03-03T09:00:00+00:00"),
        ("America/New_York", "2027-03-03T14:00:00+00:00"),
    ]
    assert run_of(status).state is RunState.SCHEDULED
    assert sorted(s["startTime"] for s in await stage.schedules(manifest["spec"]["campaignID"])) == [
        "2027-03-03T09:00:00+00:00",
        "2027-03-03T09:00:00-05:00",
    ]
    stage.clock.advance_to(run_of(status).windows[0].start_time)
    status = await stage.look("spring")
    assert run_of(status).state is RunState.RUNNING
    status = await stage.play("spring", 6 * 3600)
    assert run_of(status).state is RunState.COMPLETED
    assert await stage.events("spring") == ["Planned", "Submitted", "Started", "Completed"]


async def test_a_recurring_campaign_submits_the_next_run_early_and_moves_the_old_one_to_history(stage: Stage) -> None:
    await stage.apply(
        campaign(
            stage.namespace,
            "daily",
            runPolicy="Recurring",
            submitAheadSeconds=172_800,
            webhook={"url": f"{stage.receiver.base_url}/x"},
        )
    )
    status = await stage.look("daily")
    assert (run_of(status).id, run_after(status).id) == ("20270303T0900", "20270304T0900")
    assert run_of(status).state is run_after(status).state is RunState.SCHEDULED
    stage.clock.advance_to(run_after(status).first_start)
    status = await stage.look("daily")
    assert (run_of(status).id, run_after(status).id) == ("20270304T0900", "20270305T0900")
    (old,) = status.history
    assert (old.id, old.state) == ("20270303T0900", RunState.COMPLETED)
    assert old.webhook is not None
    assert old.webhook.state is WebhookState.DELIVERED
    assert len(await stage.receiver.deliveries("/x")) == 1


async def test_a_run_that_does_not_reach_its_calls_times_out_after_the_grace(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c", completion={"expectedCalls": 100_000, "graceSeconds": 600}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end + timedelta(seconds=599))
    assert run_of(await stage.poll("c")).state is RunState.RUNNING
    stage.clock.advance(1)
    status = await stage.look("c")
    assert run_of(status).state is RunState.TIMED_OUT
    assert run_of(status).metrics.calls_completed > 0
    assert reason(status, ConditionType.FINISHED) == "TimedOut"
    assert find(status.conditions, ConditionType.STALLED) is None


async def test_a_run_waits_for_analytics_that_cannot_be_read_at_its_deadline(stage: Stage) -> None:
    """Or a webhook tells of calls that are missing and were made."""
    await stage.apply(campaign(stage.namespace, "c", completion={"graceSeconds": 0}))
    end = run_of(await stage.look("c")).last_end
    await stage.simulator.put_faults(rule("analytics", {"kind": "answer", "status": 503}))
    stage.clock.advance_to(end + timedelta(minutes=59))
    status = await stage.poll("c")
    assert run_of(status).state is RunState.RUNNING
    assert reason(status, ConditionType.ANALYTICS_AVAILABLE) == "AnalyticsUnreadable"
    await stage.simulator.delete_faults()
    stage.clock.advance(30)
    assert run_of(await stage.poll("c")).state is RunState.COMPLETED


async def test_a_run_does_not_wait_for_analytics_for_ever(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c", completion={"graceSeconds": 0}))
    end = run_of(await stage.look("c")).last_end
    await stage.simulator.put_faults(rule("analytics", {"kind": "answer", "status": 503}))
    stage.clock.advance_to(end)
    assert run_of(await stage.look("c")).state is RunState.RUNNING
    assert 0 < stage.next_look("c") <= 3600
    stage.clock.advance(3600)
    assert run_of(await stage.look("c")).state is RunState.TIMED_OUT


async def test_the_last_calls_before_the_deadline_are_counted(stage: Stage) -> None:
    """The last poll may be half a minute old when the grace ends; the calls of that half minute count."""
    await stage.apply(campaign(stage.namespace, "c", completion={"expectedCalls": 480, "graceSeconds": 0}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end)
    status = await stage.look("c")
    assert (run_of(status).state, run_of(status).metrics.calls_completed) == (RunState.COMPLETED, 480)


async def test_once_is_once_whatever_is_edited_afterwards(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    await stage.look("c")
    status = await stage.play("c", 2 * DAY, step=3600)
    assert run_of(status).state is RunState.COMPLETED
    manifest["spec"] |= {"cron": "0 10 * * *", "runPolicy": "Recurring"}
    await stage.apply(manifest)
    status = await stage.look("c")
    assert len(status.runs) == 1
    assert (await stage.events("c"))[-1] == "EditIgnored"
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2


async def test_an_edit_before_anything_is_submitted_plans_anew(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(rule("list", {"kind": "answer", "status": 503}))
    await stage.apply(manifest)
    before = await stage.look("c")
    manifest["spec"]["cron"] = "0 10 * * *"
    await stage.apply(manifest)
    after = await stage.look("c")
    assert (run_of(before).id, run_of(after).id) == ("20270303T0900", "20270303T1000")
    assert await stage.schedules(manifest["spec"]["campaignID"]) == []


async def test_an_edit_of_the_webhook_alone_is_no_edit_of_the_plan(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    before = await stage.look("c")
    manifest["spec"]["webhook"] = {"url": f"{stage.receiver.base_url}/later"}
    await stage.apply(manifest)
    after = await stage.look("c")
    assert run_of(after) == run_of(before)
    assert after.observed_generation == 2
    assert await stage.events("c") == ["Planned", "Submitted"]


async def test_suspend_submits_nothing_and_taking_it_back_plans_anew(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", suspend=True)
    await stage.apply(manifest)
    status = await stage.look("c")
    assert status.runs == ()
    assert reason(status) == "Suspended"
    stage.clock.advance(3 * DAY)
    manifest["spec"]["suspend"] = False
    await stage.apply(manifest)
    status = await stage.look("c")
    assert (run_of(status).id, run_of(status).state) == ("20270306T0900", RunState.SCHEDULED)


async def test_a_suspended_recurring_campaign_ends_the_run_that_has_begun_and_begins_no_other(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", runPolicy="Recurring", submitAheadSeconds=172_800)
    await stage.apply(manifest)
    await stage.look("c")
    status = await stage.play("c", DAY + 6 * 3600, step=3600)
    manifest["spec"]["suspend"] = True
    await stage.apply(manifest)
    status = await stage.play("c", 4 * DAY, step=6 * 3600)
    assert len(status.runs) == 1
    assert run_of(status).id == "20270303T0900"
    assert run_of(status).state in (RunState.COMPLETED, RunState.TIMED_OUT)
    found = await stage.schedules(manifest["spec"]["campaignID"])
    assert [s["cancelledAt"] is None for s in found[:2]] == [True, True]
    assert all(s["cancelledAt"] is not None for s in found[2:])


async def test_a_request_without_an_answer_is_looked_up_and_adopted(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(rule("submit", {"kind": "reset", "carryOut": True}, times=2))
    await stage.apply(manifest)
    status = await stage.look("c")
    assert states(status) == [WindowState.UNCERTAIN] * 2
    assert reason(status, ConditionType.RECONCILING) == "SubmissionUncertain"
    stage.clock.advance(59)
    assert states(await stage.look("c")) == [WindowState.UNCERTAIN] * 2
    stage.clock.advance(1)
    assert states(await stage.look("c")) == [WindowState.SUBMITTED] * 2
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def test_a_request_that_was_not_carried_out_is_sent_again_once_that_is_proven(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(rule("submit", {"kind": "reset"}, times=1))
    await stage.apply(manifest)
    status = await stage.look("c")
    assert sorted(states(status)) == [WindowState.SUBMITTED, WindowState.UNCERTAIN]
    stage.clock.advance(60)
    assert states(await stage.look("c")) == [WindowState.SUBMITTED] * 2
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 3


async def test_an_uncertain_window_of_a_dialer_without_a_listing_is_held(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(
        rule("submit", {"kind": "reset", "carryOut": True}, times=1),
        rule("list", {"kind": "notOffered", "status": 501}),
    )
    await stage.apply(manifest)
    await stage.look("c")
    stage.clock.advance(60)
    status = await stage.look("c")
    assert sorted(states(status)) == [WindowState.HELD, WindowState.SUBMITTED]
    assert reason(status, ConditionType.STALLED) == "WindowHeld"
    stage.clock.advance(3600)
    await stage.look("c")
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def test_an_operator_that_died_after_its_intent_sends_nothing_again(stage: Stage) -> None:
    """The status says Intent and nobody knows whether the request left: the dialer's listing decides, after the
    settling time.
    """
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(rule("submit", {"kind": "reset", "carryOut": True}))
    await stage.apply(manifest)
    await stage.look("c")
    await stage.simulator.delete_faults()
    await stage.restart_operator()
    stage.clock.advance(59)
    assert states(await stage.look("c")) == [WindowState.UNCERTAIN] * 2
    stage.clock.advance(60)
    assert states(await stage.look("c")) == [WindowState.SUBMITTED] * 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2


async def test_what_is_at_the_dialer_before_the_first_intent_is_adopted(stage: Stage) -> None:
    """A resource restored from a backup, or deleted and applied again, must not call everybody twice."""
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    await stage.look("c")
    await stage.kubectl("patch", "ocamp", "c", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    await stage.kubectl("delete", "ocamp", "c")
    await stage.look_at_nothing("c")
    await stage.apply(manifest)
    status = await stage.look("c")
    assert states(status) == [WindowState.SUBMITTED] * 2
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2
    assert "ScheduleAdopted" in await stage.events("c")


async def test_two_campaigns_with_one_campaign_id_one_submits_and_the_other_waits_its_turn(stage: Stage) -> None:
    first = campaign(stage.namespace, "first", completion={"expectedCalls": 1})
    second = campaign(stage.namespace, "second", campaignID=first["spec"]["campaignID"], cron="0 12 * * *")
    await stage.apply(first)
    await stage.look("first")
    await stage.apply(second)
    status = await stage.look("second")
    assert reason(status, ConditionType.STALLED) == "CampaignIDInUse"
    ready = find(status.conditions, ConditionType.READY)
    assert ready is not None
    assert '"first"' in ready.message
    assert len(await stage.schedules(first["spec"]["campaignID"])) == 2
    first_status = await stage.play("first", 27 * 3600, step=3600)
    assert run_of(first_status).state is RunState.COMPLETED
    status = await stage.look("second")
    assert run_of(status).state is RunState.SCHEDULED or any(
        Adjustment.STARTED_LATE in w.adjustments for w in run_of(status).windows
    )


async def test_a_secret_that_leads_elsewhere_stops_what_is_not_submitted_yet(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", runPolicy="Recurring", submitAheadSeconds=172_800)
    await stage.apply(manifest)
    await stage.look("c")
    await stage.connect(client_id="somebody-else")
    stage.clock.advance(60)
    assert reason(await stage.look("c"), ConditionType.STALLED) == "ConnectionChanged"
    await stage.connect()
    stage.clock.advance(60)
    assert reason(await stage.look("c")) == "Accepted"


async def test_a_rotated_client_secret_is_taken_up_without_a_restart(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "before"))
    await stage.look("before")
    await stage.connect(client_secret="wrong")
    stage.clock.advance(CONNECTION_SECONDS)
    await stage.apply(campaign(stage.namespace, "c"))
    status = await stage.look("c")
    assert reason(status, ConditionType.STALLED) == "CredentialsRefused"
    await stage.connect()
    stage.clock.advance(30)
    assert reason(await stage.look("c")) == "Accepted"


async def test_a_campaign_that_is_told_to_wait_an_hour_waits_an_hour(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    throttle = {"kind": "answer", "status": 429, "headers": {"Retry-After": "3600"}}
    await stage.simulator.put_faults(rule("submit", throttle, times=2))
    await stage.apply(manifest)
    status = await stage.look("c")
    assert [w.next_attempt_time for w in run_of(status).windows] == [stage.clock.now() + timedelta(hours=1)] * 2
    stage.clock.advance(3599)
    await stage.look("c")
    assert await stage.posts(manifest["spec"]["campaignID"]) == 2
    stage.clock.advance(1)
    assert states(await stage.look("c")) == [WindowState.SUBMITTED] * 2


async def test_an_outage_over_the_start_sends_what_is_left_of_the_window(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", contacts=[{"id": "c1", "timeZone": "Europe/London"}])
    await stage.simulator.put_faults(rule("list", {"kind": "answer", "status": 503}))
    await stage.apply(manifest)
    status = await stage.look("c")
    end = run_of(status).windows[0].end_time
    stage.clock.advance_to(run_of(status).first_start + timedelta(hours=1))
    await stage.look("c")
    await stage.simulator.delete_faults()
    stage.clock.advance(30)
    status = await stage.look("c")
    (window,) = run_of(status).windows
    assert (window.state, window.adjustments) == (WindowState.SUBMITTED, (Adjustment.STARTED_LATE,))
    assert window.end_time == end
    assert window.start_time > stage.clock.now()
    (created,) = await stage.schedules(manifest["spec"]["campaignID"])
    assert created["startTime"] == window.start_time.isoformat()
    assert "WindowStartedLate" in await stage.events("c")


async def test_an_outage_over_the_whole_window_fails_the_run(stage: Stage) -> None:
    await stage.simulator.put_faults(rule("list", {"kind": "answer", "status": 503}))
    await stage.apply(campaign(stage.namespace, "c", webhook={"url": f"{stage.receiver.base_url}/failed"}))
    await stage.look("c")
    stage.clock.advance(3 * DAY)
    status = await stage.look("c")
    assert states(status) == [WindowState.MISSED] * 2
    assert reason(status, ConditionType.STALLED) == "RunFailed"
    (delivery,) = await stage.receiver.deliveries("/failed")
    assert "campaign.failed" in delivery["body"]


async def test_progress_never_goes_back_and_polling_goes_on(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c", completion={"expectedCalls": 100_000}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).first_start + timedelta(hours=1))
    before = await stage.poll("c")
    await stage.simulator.put_faults(rule("analytics", {"kind": "page", "shape": "fewerCalls"}))
    stage.clock.advance(30)
    worse = await stage.poll("c")
    assert worse.progress == before.progress
    assert reason(worse, ConditionType.ANALYTICS_AVAILABLE) == "AnalyticsRegressed"
    await stage.simulator.delete_faults()
    stage.clock.advance(600)
    better = await stage.poll("c")
    assert reason(better, ConditionType.ANALYTICS_AVAILABLE) == "AnalyticsRead"
    assert run_of(better).metrics.calls_completed > run_of(before).metrics.calls_completed


async def test_a_poll_that_tells_nothing_new_writes_nothing(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c", completion={"expectedCalls": 100_000}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end + timedelta(minutes=1))
    await stage.poll("c")
    version = await stage.kubectl("get", "ocamp", "c", "-o", "jsonpath={.metadata.resourceVersion}")
    for _ in range(3):
        stage.clock.advance(30)
        await stage.poll("c")
    assert await stage.kubectl("get", "ocamp", "c", "-o", "jsonpath={.metadata.resourceVersion}") == version


@pytest.mark.parametrize("zones", [40])
async def test_a_run_of_many_zones_is_one_post_each(stage: Stage, zones: int) -> None:
    from campaign_operator.domain.planning.zones import ZONE_NAMES

    names = sorted(ZONE_NAMES)[::15][:zones]
    manifest = campaign(
        stage.namespace, "c", contacts=[{"id": f"c{i}", "timeZone": names[i % zones]} for i in range(200)]
    )
    await stage.apply(manifest)
    status = await stage.look("c")
    assert states(status) == [WindowState.SUBMITTED] * zones
    assert await stage.posts(manifest["spec"]["campaignID"]) == zones
    assert len({s["timezone"] for s in await stage.schedules(manifest["spec"]["campaignID"])}) == zones
