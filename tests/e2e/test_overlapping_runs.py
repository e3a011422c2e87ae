"""Runs that overlap, on a stage whose clock is moved by hand: contacts around the world, several matches a day, and a
grace that outlasts the next run. Judged from what the dialer has: schedules, calls and webhooks.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import FinishedRun, OutboundCampaignStatus
from campaign_operator.api.vocabulary import RunState, WindowState
from contract.dialer_client import analytics_body, logged_in
from e2e_world import Manifest, campaign
from stage import Stage, fault, told, windows

DAY = 86400
HOUR = 3600
TOKYO, LONDON, NY, LA = "Asia/Tokyo", "Europe/London", "America/New_York", "America/Los_Angeles"
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"
SUBMITTED, CANCELLED = WindowState.SUBMITTED, WindowState.CANCELLED


def around_the_world(stage: Stage, *zones: str, **spec: Any) -> Manifest:
    """A Recurring campaign of one contact in each zone, with a webhook, in windows of an hour."""
    return campaign(
        stage.namespace,
        "c",
        **{
            "runPolicy": "Recurring",
            "windowSeconds": HOUR,
            "contacts": [{"id": f"c{n}", "timeZone": zone} for n, zone in enumerate(zones)],
            "webhook": {"url": f"{stage.receiver.base_url}/c"},
            **spec,
        },
    )


async def standing(stage: Stage, manifest: Manifest) -> list[tuple[datetime, str]]:
    """Start and zone of every schedule that was not cancelled, in their order."""
    found = await stage.schedules(manifest["spec"]["campaignID"])
    return sorted((datetime.fromisoformat(s["startTime"]), s["timezone"]) for s in found if s["cancelledAt"] is None)


async def calls_at_the_dialer(stage: Stage, manifest: Manifest, since: datetime) -> int:
    """The calls completed since then, as the dialer's own analytics count them."""
    async with logged_in(stage.simulator) as dialer:
        body = analytics_body([manifest["spec"]["campaignID"]], since, stage.clock.now())
        rows = (await dialer.analytics(body)).raise_for_status().json()["data"]
    return sum(row["callsCompleted"] for row in rows)


class Played:
    """What was seen of every run while the clock went on."""

    def __init__(self) -> None:
        self.ends: dict[tuple[str, str], FinishedRun] = {}
        self.last_ends: dict[tuple[str, str], datetime] = {}

    def see(self, status: OutboundCampaignStatus) -> None:
        for run in status.runs:
            self.last_ends[run.key] = run.last_end
        for ended in (*status.runs, *status.history):
            if ended.finish_time is not None:
                self.ends.setdefault((ended.id, ended.planned_from), ended)


async def played(stage: Stage, days: float, step: float = HOUR / 2) -> Played:
    """So many days, with a poll at each step, as the timer does."""
    found, end = Played(), stage.clock.now() + timedelta(days=days)
    while stage.clock.now() < end:
        stage.clock.advance(step)
        found.see(await stage.poll("c"))
    return found


LIVES = {
    "nine and two around the world": ("0 9,14 * * *", (TOKYO, LONDON, NY), 150, {}),
    "nine and one in the United States": ("0 9,13 * * *", (NY, LA), 120, {}),
    "nine at both ends of the day": ("0 9 * * *", (AUCKLAND, HONOLULU), 120, {}),
    "each hour in Tokyo and Los Angeles": ("0 9-17 * * *", (TOKYO, LA), 50, {"windowSeconds": 1800}),
    "two weeks submitted ahead": ("0 9 * * *", (TOKYO, NY), 120, {"submitAheadSeconds": 14 * DAY}),
}
"""cron, zones, and the calls of a run: the dialer makes one a minute while any window of the campaign is open."""


@pytest.mark.parametrize("life", LIVES)
async def test_every_window_dials_and_every_run_ends_by_its_own(stage: Stage, life: str) -> None:
    cron, zones, calls, spec = LIVES[life]
    begun = stage.clock.now()
    manifest = around_the_world(stage, *zones, cron=cron, completion={"expectedCalls": calls}, **spec)
    await stage.apply(manifest)
    await stage.look("c")
    seen = await played(stage, days=3.5)
    status = await stage.status("c")
    for run in seen.ends.values():
        assert (run.state, run.window_count) == (RunState.COMPLETED, len(zones)), run.id
        assert run.finish_time is not None
        if run.metrics.shared:
            assert run.finish_time >= seen.last_ends[run.id, run.planned_from], f"{run.id} is told too early"
    assert len(seen.ends) >= 3
    schedules = await standing(stage, manifest)
    assert len(schedules) == len(set(schedules)), "a window was submitted twice"
    assert all(w.state is SUBMITTED for run in status.runs for w in run.windows if w.end_time <= stage.clock.now())
    # the matches are never passed over: each zone is called at each of its own hours of each of its own days
    expected_hours = {int(hour) for part in cron.split()[1].split(",") for hour in _span(part)}
    for zone in zones:
        local = [start for start, at_zone in schedules if at_zone == zone and start <= stage.clock.now()]
        assert {start.hour for start in local} == expected_hours
    counted = sum(run.metrics.calls_completed for run in (*seen.ends.values(), *_unfinished(status)))
    assert counted == await calls_at_the_dialer(stage, manifest, begun)
    events = [delivery["body"] for delivery in await stage.receiver.deliveries("/c")]
    assert len(events) == len(seen.ends)
    ids = {delivery["headers"]["webhook-id"] for delivery in await stage.receiver.deliveries("/c")}
    assert len(ids) == len(events)
    assert not any("timed_out" in body for body in events)


def _span(part: str) -> range | list[str]:
    first, _, last = part.partition("-")
    return range(int(first), int(last) + 1) if last else [part]


def _unfinished(status: OutboundCampaignStatus) -> list[FinishedRun]:
    return [run for run in status.runs if run.finish_time is None]


async def two_runs_under_way(stage: Stage, **spec: Any) -> Manifest:
    """At 05:10Z the nine o'clock of New York is ahead, and the two o'clock of Tokyo has begun."""
    manifest = around_the_world(stage, TOKYO, LONDON, NY, cron="0 9,14 * * *", submitAheadSeconds=DAY, **spec)
    await stage.apply(manifest)
    status = await stage.look("c")
    stage.clock.advance_to(status.runs[1].first_start + timedelta(minutes=10))
    status = await stage.poll("c")
    running = [run for run in status.runs if run.first_start <= stage.clock.now() and run.finish_time is None]
    assert [run.id[-4:] for run in running] == ["0900", "1400"]
    return manifest


async def test_suspend_cancels_what_has_not_started_of_every_run(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage)
    manifest["spec"]["suspend"] = True
    await stage.apply(manifest)
    status = await stage.look("c")
    assert all(start <= stage.clock.now() for start, _ in await standing(stage, manifest))
    assert [run.id[-4:] for run in status.runs] == ["0900", "1400"]
    assert told(status, ConditionType.READY)[1] == "Suspended"
    assert status.next_run_time is None


async def test_taking_suspend_back_plans_again_what_is_ahead_of_every_run(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage)
    before = await standing(stage, manifest)
    for suspend in (True, False):
        manifest["spec"]["suspend"] = suspend
        await stage.apply(manifest)
        await stage.look("c")
        stage.clock.advance(61)
    await stage.look("c")
    await stage.look("c")
    assert await standing(stage, manifest) == before


async def test_a_deletion_cancels_what_has_not_started_of_every_run(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage)
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    await stage.look_at_nothing("c")
    assert all(start <= stage.clock.now() for start, _ in await standing(stage, manifest))
    stage.clock.advance(61)
    await stage.look_at_nothing("c")
    assert await stage.kubectl("get", "ocamp", "--ignore-not-found", "-o", "name") == ""


async def test_a_deletion_with_orphan_leaves_every_run_and_the_next_of_that_name_finds_it(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage, deletionPolicy="Orphan")
    before = await standing(stage, manifest)
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    stage.clock.advance(61)
    await stage.look_at_nothing("c")
    assert await stage.kubectl("get", "ocamp", "--ignore-not-found", "-o", "name") == ""
    await stage.apply(manifest)
    await stage.look("c")
    assert set(before) <= set(await standing(stage, manifest))
    assert len(await standing(stage, manifest)) == len(set(await standing(stage, manifest)))


async def test_an_edit_leaves_the_runs_that_have_started_and_plans_the_others_anew(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage)
    started = {run.id for run in (await stage.status("c")).runs[:2]}
    manifest["spec"]["cron"] = "30 9,14 * * *"
    await stage.apply(manifest)
    await stage.look("c")
    stage.clock.advance(61)
    status = await stage.look("c")
    assert {run.id for run in status.runs[:2]} == started
    assert all(run.id[-4:] in ("0930", "1430") for run in status.runs[2:])
    assert status.runs[2:]
    assert "EditAppliesToNextRun" in await stage.events("c")
    ahead = [start.minute for start, _ in await standing(stage, manifest) if start > stage.clock.now()]
    assert set(ahead) == {0, 30}


async def test_new_calling_hours_cancel_what_they_forbid_of_runs_that_have_started(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage)
    manifest["spec"]["callingHours"] = {"start": "08:00", "end": "12:00"}
    await stage.apply(manifest)
    status = await stage.look("c")
    second = next(run for run in status.runs if run.id.endswith("1400"))
    states = {w.time_zone: (w.state, w.adjustments) for w in second.windows}
    assert states[TOKYO][0] is SUBMITTED, "it dials already"
    for zone in (LONDON, NY):
        assert (states[zone][0], states[zone][1]) == (WindowState.SKIPPED, ("OutsideCallingHours",))
    ahead = [start for start, _ in await standing(stage, manifest) if start > stage.clock.now()]
    assert {start.hour for start in ahead} == {9}


async def test_a_changed_secret_counts_while_a_schedule_of_any_run_is_ahead(stage: Stage) -> None:
    """A finished run's window that is still open is at the old place, too."""
    manifest = await two_runs_under_way(stage, completion={"expectedCalls": 1})
    await stage.connect(client_id="another")
    stage.clock.advance(31)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED)[1] in ("ConnectionChanged", "CredentialsRefused")
    assert len(await standing(stage, manifest)) == len(set(await standing(stage, manifest)))


async def test_the_owner_of_a_campaign_id_keeps_it_while_a_schedule_of_any_run_is_ahead(stage: Stage) -> None:
    manifest = await two_runs_under_way(stage, completion={"expectedCalls": 1})
    rival = campaign(stage.namespace, "rival", campaignID=manifest["spec"]["campaignID"])
    await stage.apply(rival)
    status = await stage.look("rival")
    assert told(status, ConditionType.STALLED)[1] == "CampaignIDInUse"
    assert len(await standing(stage, manifest)) == len(set(await standing(stage, manifest)))


async def test_a_run_that_lacks_a_call_a_day_waits_out_its_grace_beside_the_others(stage: Stage) -> None:
    """Ten days with a grace of 31: each run keeps to its own end, and of more than eight that wait the oldest ends."""
    begun = stage.clock.now()
    manifest = around_the_world(
        stage, LONDON, cron="0 9 * * *", completion={"expectedCalls": 61, "graceSeconds": 31 * DAY}
    )
    await stage.apply(manifest)
    await stage.look("c")
    seen = await played(stage, days=10, step=2 * HOUR)
    status = await stage.status("c")
    # the calls of the next day make up for the one that is missing, the oldest run first
    counted = sum(run.metrics.calls_completed for run in (*seen.ends.values(), *_unfinished(status)))
    assert counted == await calls_at_the_dialer(stage, manifest, begun)
    assert len(await standing(stage, manifest)) >= 10
    assert all(run.state is RunState.COMPLETED for run in seen.ends.values())
    assert all(run.metrics.calls_completed == 61 for run in seen.ends.values())


async def test_what_is_left_of_a_run_is_told_while_the_dialer_cancels_nothing(stage: Stage) -> None:
    """A stop that only looks done is worse than one that says that it is not."""
    manifest = around_the_world(stage, LONDON, NY, cron="0 9 * * *")
    await stage.apply(manifest)
    await stage.look("c")
    await stage.simulator.put_faults(fault("cancel", "answer", status=503))
    manifest["spec"]["suspend"] = True
    await stage.apply(manifest)
    status = await stage.look("c")
    assert (status.state, status.next_run_time) == ("Cancelling", None)
    ready = told(status, ConditionType.READY)
    assert ready[:2] == ("False", "Cancelling")
    assert ready[2] == (
        "the campaign is suspended, and the dialer still has 2 schedules; a schedule that is not cancelled before its "
        "start will dial, the first at 2027-03-03T09:00:00Z; the dialer answered 503; the operator tries again; to be "
        "sure, cancel them at the dialer"
    )
    assert "Cancelling" in await stage.events("c")
    await stage.simulator.delete_faults()
    stage.clock.advance(21)
    status = await stage.look("c")
    assert status.state == "Suspended"
    assert {w.state for w in windows(status).values()} == {CANCELLED}
