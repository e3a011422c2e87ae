"""What the metrics count, over lives of campaigns on a stage whose clock is moved by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from campaign_operator.adapters.kubernetes.kube import KubeStore
from campaign_operator.domain.campaigns.campaign import Campaign
from e2e_world import campaign, config_map
from scripted_server import answer, scripted_server
from stage import Stage, fault, run_of

LIST = "id,timeZone\nc1,Europe/London\n"

Counted = Callable[[], dict[tuple[str, str], float]]


@pytest.fixture
def counted() -> Counted:
    """What was counted since the test began, by metric (without what all have in common) and label, if it has one."""
    before = _samples()
    return lambda: {key: now - before.get(key, 0.0) for key, now in _samples().items() if now != before.get(key, 0.0)}


def _samples() -> dict[tuple[str, str], float]:
    return {
        (sample.name.removeprefix("campaign_operator_"), "".join(sample.labels.values())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith("campaign_operator_") and sample.name.endswith("_total")
    }


async def test_a_life_to_its_end(stage: Stage, counted: Counted) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", status=429, times=1))
    await stage.receiver.put_faults({"effect": {"kind": "answer", "status": 500}, "times": 1})
    await stage.apply(campaign(stage.namespace, "c", webhook={"url": f"{stage.receiver.base_url}/x"}))
    await stage.look("c")
    stage.clock.advance(60)
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end)
    await stage.poll("c")
    stage.clock.advance(60)
    await stage.look("c")
    found = counted()
    assert found.pop(("status_writes_total", "written")) >= 6
    assert found == {
        ("submissions_total", "Throttled"): 1,
        ("submissions_total", "Accepted"): 2,
        ("tokens_fetched_total", "success"): 2,
        ("webhook_deliveries_total", "DeliveryFailed"): 1,
        ("webhook_deliveries_total", "Delivered"): 1,
    }


async def test_what_a_deleted_campaign_leaves_behind(stage: Stage, counted: Counted) -> None:
    await stage.simulator.put_faults(fault("cancel", "notOffered", status=405, times=1))
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    await stage.look_at_nothing("c")
    stage.clock.advance(61)
    await stage.look_at_nothing("c")
    found = counted()
    assert found[("cancellations_total", "CancelNotOffered")] == 1
    assert found[("cancellations_total", "Cancelled")] == 1
    assert found[("schedules_orphaned_total", "")] == 1


async def test_a_release_that_meets_a_conflict_counts_once(
    stage: Stage, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.simulator.put_faults(fault("cancel", "notOffered", status=405, times=2))
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    await stage.kubectl("delete", "ocamp", "c", "--wait=false")
    await stage.look_at_nothing("c")
    stage.clock.advance(61)
    write_finalizer, changes = KubeStore.write_finalizer, iter(["label ocamp c changed=meanwhile"])

    async def met(self: KubeStore, *arguments: Any, **options: Any) -> Campaign | None:
        for change in changes:
            await stage.kubectl(*change.split())
        return await write_finalizer(self, *arguments, **options)

    monkeypatch.setattr(KubeStore, "write_finalizer", met)
    await stage.look_at_nothing("c")
    assert counted()[("schedules_orphaned_total", "")] == 2


def readings(counted: Counted) -> dict[str, float]:
    """How the readings of lists ended."""
    return {label: number for (name, label), number in counted().items() if name == "contact_list_readings_total"}


async def test_readings_of_contact_lists(stage: Stage, counted: Counted) -> None:
    async with scripted_server(
        answer(503), answer(200, raw=LIST.encode(), headers={"ETag": '"1"'}), answer(304)
    ) as server:
        stage.list_egress = server.egress()
        await stage.restart_operator()
        source = {"url": {"address": server.url + "/spring.csv"}}
        await stage.apply(campaign(stage.namespace, "c", contacts=None, contactsFrom=[source], submitAheadSeconds=0))
        for seconds in (0, 60, 75_600):
            stage.clock.advance(seconds)
            await stage.look("c")
            await stage.read_in_background.wait()
            stage.read_in_background.clear()
            await stage.look("c")
    assert readings(counted) == {"ContactsUnavailable": 1, "Read": 1, "Unmodified": 1}


async def test_a_list_that_is_not_there_and_then_is(stage: Stage, counted: Counted) -> None:
    source = {"configMapKeyRef": {"name": "list", "key": "contacts.csv"}}
    await stage.apply(campaign(stage.namespace, "c", contacts=None, contactsFrom=[source]))
    await stage.look("c")
    await stage.apply(config_map(stage.namespace, "list", contacts__csv=LIST))
    stage.clock.advance(stage.settings.poll_seconds)
    await stage.poll("c")
    assert readings(counted) == {"ContactsNotFound": 1, "Read": 1}


async def test_what_became_of_windows_of_which_nobody_knew(stage: Stage, counted: Counted) -> None:
    await stage.simulator.put_faults(
        fault("submit", "reset", carryOut=True, times=1), fault("submit", "answer", status=500, times=1)
    )
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    stage.clock.advance(stage.settings.settle_seconds)
    await stage.look("c")
    found = counted()
    assert found[("uncertain_windows_resolved_total", "Submitted")] == 1
    assert found[("uncertain_windows_resolved_total", "Planned")] == 1


async def test_windows_that_are_missed(stage: Stage, counted: Counted) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", status=429))
    await stage.apply(campaign(stage.namespace, "c"))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end)
    await stage.look("c")
    assert counted()[("missed_windows_total", "")] == 2


async def test_what_the_operator_asks_and_does_is_timed(stage: Stage) -> None:
    before = _histograms()
    await stage.simulator.put_faults(fault("list", "answer", status=403, times=1))
    await stage.apply(campaign(stage.namespace, "c"))
    await stage.look("c")
    stage.clock.advance(3600)
    await stage.look("c")
    found = {key: now - before[key] for key, now in _histograms().items() if now != before[key]}
    assert found.pop(("api_request_duration_seconds", "GET")) >= 4
    assert found.pop(("api_request_duration_seconds", "PUT")) >= 4
    assert found.pop(("pass_duration_seconds", "Submit")) >= 2
    assert found[("pass_duration_seconds", "PlanRun")] == 1
    assert found[("pass_duration_seconds", "RecordOutcomes")] == 1
    assert {key: count for key, count in found.items() if key[0] == "dialer_request_duration_seconds"} == {
        ("dialer_request_duration_seconds", "listrefused"): 1,
        ("dialer_request_duration_seconds", "listsuccess"): 1,
        ("dialer_request_duration_seconds", "submitsuccess"): 2,
    }


def _histograms() -> dict[tuple[str, str], float]:
    """How often each was observed, by the values of its labels."""
    return {
        (metric.name.removeprefix("campaign_operator_"), "".join(sample.labels.values())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if metric.name.startswith("campaign_operator_") and sample.name.endswith("_count")
    }
