"""The series by campaign over lives of campaigns, on a stage whose clock is moved by hand: at each state, the figures
that somebody who looks at a dashboard cares about.
"""

from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.domain.campaigns.campaign import CampaignRef
from e2e_world import campaign
from stage import Stage, fault, run_of


def series(stage: Stage, name: str = "c", namespace: str | None = None) -> dict[str, float]:
    """All that is told of a campaign and is not 0, by the name of the metric and what else its labels say."""
    found = {}
    for family in stage.campaign_metrics.pieces():
        for sample in family.samples:
            labels = dict(sample.labels)
            if (labels.pop("namespace"), labels.pop("name")) == (namespace or stage.namespace, name) and sample.value:
                key = " ".join((sample.name.removeprefix("campaign_operator_"), *labels.values()))
                found[key] = sample.value
    return found


def told(stage: Stage, *names: str) -> dict[str, float]:
    """The series of these metrics alone."""
    return {key: value for key, value in series(stage).items() if key.split()[0] in names}


STATE = ("campaign_state", "campaign_ready", "campaign_stalled", "campaign_unready_reason", "windows")
PROGRESS = ("run_expected_calls", "run_completed_calls", "run_attempted_calls")


async def first_start(stage: Stage, status: OutboundCampaignStatus) -> float:
    """When the shown run starts, as the API server has it."""
    assert status == await stage.status("c")
    return run_of(status).first_start.timestamp()


async def test_a_life_to_its_end(stage: Stage) -> None:
    assert series(stage) == {}
    manifest = campaign(stage.namespace, "c", webhook={"url": f"{stage.receiver.base_url}/x"})
    await stage.receiver.put_faults({"effect": {"kind": "answer", "status": 500}, "times": 1})
    await stage.apply(manifest)
    status = await stage.look("c")
    assert series(stage) == {
        f"campaign_info {manifest['spec']['campaignID']} Once": 1,
        "campaign_state Scheduled": 1,
        "campaign_ready": 1,
        "windows Submitted": 2,
        "run_expected_calls": 2,
        "run_first_start_timestamp_seconds": await first_start(stage, status),
        "run_last_end_timestamp_seconds": run_of(status).last_end.timestamp(),
        "next_run_timestamp_seconds": await first_start(stage, status),
    }
    stage.clock.advance_to(run_of(status).first_start)
    stage.clock.advance(60)
    await stage.poll("c")
    assert told(stage, *STATE) == {"campaign_state Running": 1, "campaign_ready": 1, "windows Submitted": 2}
    assert told(stage, *PROGRESS) == {"run_expected_calls": 2, "run_completed_calls": 1, "run_attempted_calls": 1}
    assert told(stage, "next_run_timestamp_seconds", "last_run_end_timestamp_seconds") == {}
    stage.clock.advance_to(run_of(status).last_end)
    counted = run_of(await stage.poll("c")).metrics
    assert told(stage, *STATE) == {"campaign_state Completed": 1, "campaign_ready": 1}
    assert told(stage, *PROGRESS) == {
        "run_expected_calls": 2,
        "run_completed_calls": counted.calls_completed,
        "run_attempted_calls": counted.calls_attempted,
    }
    assert told(stage, "webhook_pending", "last_run_end_timestamp_seconds") == {
        "webhook_pending": 1,
        "last_run_end_timestamp_seconds": stage.clock.now().timestamp(),
    }
    stage.clock.advance(60)
    await stage.look("c")
    assert told(stage, "webhook_pending") == {}


async def test_a_dialer_that_refuses_and_then_a_window_that_waits_for_a_person(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", status=403, times=2))
    await stage.apply(campaign(stage.namespace, "c", onUncertain="Hold"))
    await stage.look("c")
    assert told(stage, *STATE) == {
        "campaign_state Submitting": 1,
        "campaign_stalled": 1,
        "campaign_unready_reason DialerForbidden": 1,
        "windows Planned": 2,
    }
    await stage.simulator.put_faults(fault("submit", "answer", status=500, times=1))
    await stage.connect(client_secret="operator-secret", note="edited")
    stage.clock.advance(3600)
    await stage.look("c")
    stage.clock.advance(stage.settings.settle_seconds)
    await stage.look("c")
    assert told(stage, *STATE) == {
        "campaign_state Held": 1,
        "campaign_stalled": 1,
        "campaign_unready_reason WindowHeld": 1,
        "windows Held": 1,
        "windows Submitted": 1,
    }


async def test_a_campaign_that_nobody_can_read_is_not_ready_and_tells_nothing_of_a_run(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    patch = '--patch={"status": {"runs": null, "credited": {"since": "never", "callsCompleted": -1}}}'
    broken = patch.replace('"never"', '"2027-01-01T00:00:00Z"').replace("-1", "1").replace('"runs": null, ', "")
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=merge", broken)
    twice = await stage.kubectl("get", "ocamp", "c", "-o", "jsonpath={.status.runs[0]}")
    double = f'--patch={{"status": {{"runs": [{twice}, {twice}]}}}}'
    await stage.kubectl("patch", "ocamp", "c", "--subresource=status", "--type=merge", double)
    await stage.operator.reconcile(CampaignRef(stage.namespace, "c"))
    assert series(stage) == {
        "campaign_info  ": 1,
        "campaign_stalled": 1,
        "campaign_unready_reason StatusUnreadable": 1,
    }


async def test_of_two_namespaces_each_has_its_own(stage: Stage) -> None:
    neighbour = await stage.open_neighbour()
    await stage.apply(campaign(stage.namespace, "c"), campaign(neighbour, "c", suspend=True))
    await stage.look("c")
    await stage.look_at_neighbour(neighbour, "c")
    assert series(stage)["campaign_state Scheduled"] == 1
    assert series(stage, namespace=neighbour)["campaign_state Suspended"] == 1
    stage.operator.leave_out(neighbour)
    assert series(stage, namespace=neighbour) == {}
    assert series(stage)


async def test_a_deleted_campaign_tells_that_it_is_being_cancelled_and_then_nothing(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("cancel", "answer", status=503, times=2))
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    await stage.look_at_nothing("c")
    assert told(stage, *STATE) == {
        "campaign_state Cancelling": 1,
        "campaign_unready_reason Cancelling": 1,
        "windows Cancelling": 2,
    }
    stage.clock.advance(61)
    await stage.look_at_nothing("c")
    stage.clock.advance(stage.settings.settle_seconds)
    await stage.look_at_nothing("c")
    assert series(stage) == {}


async def test_a_campaign_that_goes_while_nothing_is_watched_is_gone_when_the_others_are_listed(stage: Stage) -> None:
    neighbour = await stage.open_neighbour()
    await stage.apply(campaign(stage.namespace, "c"), campaign(stage.namespace, "stays"), campaign(neighbour, "c"))
    for name in ("c", "stays"):
        await stage.look(name)
    await stage.look_at_neighbour(neighbour, "c")
    stage.operator.forget_unlisted(stage.namespace, {CampaignRef(stage.namespace, "stays")})
    assert series(stage) == {}
    assert series(stage, "stays")
    assert series(stage, namespace=neighbour)
    stage.operator.forget_unlisted(None, {CampaignRef(stage.namespace, "stays")})
    assert series(stage, namespace=neighbour) == {}


async def test_after_a_restart_the_first_look_tells_all(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    before = series(stage)
    await stage.restart_operator()
    assert series(stage) == {}
    await stage.look("c")
    assert series(stage) == before
