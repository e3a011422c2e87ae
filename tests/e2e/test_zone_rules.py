"""An operator with a newer time zone database finds a plan that an older one made."""

import json

from campaign_operator.domain.planning.zones import TZDATA_VERSION
from e2e_world import campaign
from stage import Stage, run_of


async def test_a_plan_keeps_its_instants_and_an_event_says_that_the_rules_moved(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.apply(manifest)
    before = run_of(await stage.look("c"))
    wire = before.to_wire()
    # as the older rules would have had it: an hour earlier in London
    wire["tzdataVersion"] = "2020a"
    wire["windows"][0] |= {"startTime": "2027-03-03T08:00:00Z", "endTime": "2027-03-03T12:00:00Z"}
    patch = json.dumps({"status": {"runs": [wire]}})
    await stage.kubectl("patch", "outboundcampaign", "c", "--subresource=status", "--type=merge", "-p", patch)
    after = run_of(await stage.look("c"))
    assert after.tzdata_version == TZDATA_VERSION
    assert after.windows[0].start_time.isoformat() == "2027-03-03T08:00:00+00:00"
    ((reason, message),) = await stage.warnings("c")
    assert reason == "TimeZoneDataChanged"
    assert f"Europe/London: the time zone rules changed between tzdata 2020a and {TZDATA_VERSION}" in message
    assert "New_York" not in message
    # told once
    await stage.look("c")
    assert len(await stage.warnings("c")) == 1
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2
