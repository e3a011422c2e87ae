"""The preview and the operator plan the same."""

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from e2e_world import Manifest, campaign
from stage import Stage, run_of

CONTACTS = [
    {"id": f"c{number}", "timeZone": zone}
    for number, zone in enumerate(("America/New_York", "Australia/Lord_Howe", "Europe/London", "Asia/Tokyo"))
]


def previewed(manifest: Manifest, now: str) -> dict[str, Any]:
    """The run that the command shows."""
    command = [sys.executable, "-m", "campaign_operator.cli", "preview", "-", "--now", now, "-o", "json"]
    done = subprocess.run(command, input=yaml.safe_dump(manifest), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout)["runs"][0])


def in_both(window: dict[str, Any]) -> tuple[object, ...]:
    """What status and preview tell of a window; of a skipped one status has the match, and the preview no times."""
    times = () if window["state"] == "Skipped" else (window["startTime"], window["endTime"])
    return (window["timeZone"], window["contacts"], ",".join(window.get("adjustments", [])), *times)


@pytest.mark.parametrize(
    ("mode", "outside"), [("ContactLocal", "Defer"), ("SameInstant", "Defer"), ("SameInstant", "Skip")]
)
async def test_status_holds_what_the_preview_showed(stage: Stage, mode: str, outside: str) -> None:
    manifest = campaign(
        stage.namespace, "c", cron="30 7 * * *", startMode=mode, contacts=CONTACTS, callingHours={"outside": outside}
    )
    shown = previewed(manifest, stage.clock.now().isoformat())
    await stage.apply(manifest)
    run = run_of(await stage.look("c"))
    assert (run.id, run.plan_hash, run.contacts) == (shown["id"], shown["planHash"], shown["contacts"])
    assert [in_both(w) for w in run.to_wire()["windows"]] == [in_both(w) for w in shown["windows"]]
