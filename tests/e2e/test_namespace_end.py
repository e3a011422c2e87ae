"""A namespace is deleted with all that is in it: the campaign's Secret goes at once, and still nobody is called."""

import pytest

from e2e_world import World, campaign


@pytest.mark.usefixtures("controller_manager")
async def test_a_namespace_that_is_deleted_takes_its_schedules_with_it(world: World, namespace: str) -> None:
    manifest = campaign(namespace, "c", runPolicy="Recurring", submitAheadSeconds=172_800)
    await world.connect(namespace)
    await world.apply(manifest)
    await world.wait_until(
        namespace, "c", lambda status: [run.get("state") for run in status.get("runs", ())][1:2] == ["Scheduled"]
    )
    await world.kubectl("delete", "namespace", namespace, "--timeout=60s")
    found = await world.schedules(manifest["spec"]["campaignID"])
    assert len(found) == 4
    assert all(s["cancelledAt"] is not None for s in found)
