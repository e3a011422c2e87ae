"""`campaign-sandbox demo`: what a first user runs, with everything of its own."""

import asyncio
import re
import subprocess
import sys

import pytest


@pytest.mark.usefixtures("control_plane_binaries")
async def test_it_shows_a_campaign_from_apply_to_its_webhook_and_ends() -> None:
    command = [sys.executable, "-m", "campaign_sandbox", "demo", "--calls-per-second=5"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=250, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"^ *[\d.]+ s +(\w+) +(\d+/\d+)?", done.stdout, re.MULTILINE)
    assert [state for state, _ in shown][-1] == "Completed"
    assert [progress for _, progress in shown][-1] == "3/3"
    assert "Running" in [state for state, _ in shown]
    assert "outboundcampaign.campaign-operator.io/" in done.stdout
    assert "WebhookDelivered" in done.stdout
    assert "signature valid: True" in done.stdout
