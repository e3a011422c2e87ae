"""runPolicy Once runs once, also where the status that told of it is lost."""

import json
from datetime import timedelta
from typing import Any

import yaml

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import HAS_RUN_ANNOTATION, RunState, WindowState
from e2e_world import campaign
from stage import Stage, run_of, told, windows


async def wire(stage: Stage, name: str = "c") -> dict[str, Any]:
    """The campaign as `kubectl get -o yaml` saves it, without what a new resource must not have."""
    found = json.loads(await stage.kubectl("get", "ocamp", name, "-o", "json"))
    metadata = {key: found["metadata"][key] for key in ("name", "namespace", "annotations")}
    return {**found, "metadata": metadata, "status": None}


async def finish(stage: Stage, **spec: Any) -> dict[str, Any]:
    """Run a campaign to its end; the manifest that a backup of it holds."""
    await stage.apply(campaign(stage.namespace, "c", **spec))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).last_end + timedelta(hours=2))
    status = await stage.poll("c")
    assert run_of(status).state in (RunState.COMPLETED, RunState.TIMED_OUT)
    return await wire(stage)


async def replace(stage: Stage, manifest: dict[str, Any]) -> None:
    """`kubectl replace --force`, or a backup that is restored without its status."""
    manifest = {key: value for key, value in manifest.items() if key != "status"}
    await stage.kubectl("delete", "ocamp", manifest["metadata"]["name"], "--ignore-not-found", "--timeout=10s")
    await stage.control_plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump(manifest))


async def test_the_mark_is_written_before_the_first_intent_and_stays_after_the_end(stage: Stage) -> None:
    backup = await finish(stage)
    run_id = run_of(await stage.status("c")).id
    campaign_id = backup["spec"]["campaignID"]
    assert backup["metadata"]["annotations"][HAS_RUN_ANNOTATION] == f"{run_id} {stage.namespace}/c {campaign_id}"


async def test_a_backup_without_its_status_calls_nobody_again_until_a_person_says_so(stage: Stage) -> None:
    backup = await finish(stage)
    campaign_id = backup["spec"]["campaignID"]
    posts = await stage.posts(campaign_id)
    await replace(stage, backup)
    status = await stage.look("c")
    assert status.runs == ()
    assert told(status, ConditionType.STALLED)[:2] == ("True", "AlreadyRun")
    assert f"{HAS_RUN_ANNOTATION}-" in told(status, ConditionType.READY)[2]
    assert await stage.posts(campaign_id) == posts

    await stage.kubectl("annotate", "ocamp", "c", f"{HAS_RUN_ANNOTATION}-")
    status = await stage.look("c")
    assert {w.state for w in windows(status).values()} == {WindowState.SUBMITTED}
    assert await stage.posts(campaign_id) == 2 * posts


async def test_a_copy_of_another_name_and_a_recurring_campaign_run(stage: Stage) -> None:
    backup = await finish(stage)
    await stage.kubectl("delete", "ocamp", "c", "--timeout=10s")
    copy = {**backup, "metadata": {**backup["metadata"], "name": "d"}}
    await replace(stage, copy)
    assert {w.state for w in windows(await stage.look("d")).values()} == {WindowState.SUBMITTED}


async def test_a_mark_that_somebody_took_away_is_put_back(stage: Stage) -> None:
    await finish(stage)
    await stage.kubectl("annotate", "ocamp", "c", f"{HAS_RUN_ANNOTATION}-")
    await stage.look("c")
    assert HAS_RUN_ANNOTATION in (await wire(stage))["metadata"]["annotations"]


async def test_a_run_that_was_cancelled_as_a_whole_leaves_no_mark_and_runs_when_it_is_wanted_again(
    stage: Stage,
) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    first = run_of(await stage.look("c"))
    assert HAS_RUN_ANNOTATION in (await wire(stage))["metadata"]["annotations"]
    await stage.apply({**manifest, "spec": {**manifest["spec"], "suspend": True}})
    await stage.look("c")
    stage.clock.advance(60)
    assert (await stage.look("c")).runs == ()
    assert HAS_RUN_ANNOTATION not in (await wire(stage))["metadata"]["annotations"]
    stage.clock.advance_to(first.last_end + timedelta(hours=1))
    await stage.apply({**manifest, "spec": {**manifest["spec"], "suspend": False}})
    again = await stage.look("c")
    assert run_of(again).id != first.id
    assert {w.state for w in windows(again).values()} == {WindowState.SUBMITTED}


async def test_a_status_that_is_wiped_before_the_first_start_is_made_again(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    await stage.look("c")
    posts = await stage.posts(manifest["spec"]["campaignID"])
    await stage.kubectl(
        "patch", "ocamp", "c", "--subresource=status", "--type=json", '-p=[{"op":"remove","path":"/status"}]'
    )
    await stage.look("c")
    stage.clock.advance(61)
    status = await stage.look("c")
    assert {w.state for w in windows(status).values()} == {WindowState.SUBMITTED}
    assert await stage.posts(manifest["spec"]["campaignID"]) == posts
