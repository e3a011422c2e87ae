"""An operator with a newer time zone database, or newer holidays, finds a plan that an older one made."""

import json

from campaign_operator.api.status import RunStatus
from campaign_operator.domain.planning.public_holidays import holidays_version
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


async def test_a_plan_keeps_its_windows_and_an_event_says_that_the_holidays_changed(stage: Stage) -> None:
    bulgarian = {"timeZones": ["Europe/London"], "holidays": [{"country": "BG"}]}
    manifest = campaign(stage.namespace, "c", callingHours={"zones": [bulgarian]}, submitAheadSeconds=3600)
    await stage.apply(manifest)
    wire = run_of(await stage.look("c")).to_wire()
    assert wire["holidaysVersion"] == holidays_version()
    london = next(w for w in wire["windows"] if w["timeZone"] == "Europe/London")
    assert (london["state"], london["adjustments"]) == ("Skipped", ["ClosedDate"])
    # as a package had it that did not know of Liberation Day
    wire["holidaysVersion"] = "0.1"
    london |= {"state": "Planned", "startTime": "2027-03-03T09:00:00Z", "endTime": "2027-03-03T13:00:00Z"}
    del london["adjustments"]
    patch = json.dumps({"status": {"runs": [wire]}})
    await stage.kubectl("patch", "outboundcampaign", "c", "--subresource=status", "--type=merge", "-p", patch)
    after = run_of(await stage.look("c"))
    assert after.holidays_version == holidays_version()
    assert after.windows == RunStatus.model_validate(wire).windows
    ((reason, message),) = await stage.warnings("c")
    assert reason == "HolidayDataChanged"
    assert f"Europe/London: the public holidays changed between holidays 0.1 and {holidays_version()}" in message
    # told once
    await stage.look("c")
    assert len(await stage.warnings("c")) == 1
