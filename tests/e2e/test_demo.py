"""`campaign-sandbox demo` and `up`: what a first user runs, and the commands that they say to run next."""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


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
    commands = [line.partition("#")[0].split() for line in done.stdout.partition("What to try next\n")[2].splitlines()]
    assert [command[1] for command in commands] == ["up", "preview", "validate"]
    for command in commands[1:]:
        assert (await asyncio.to_thread(subprocess.run, command, cwd=_ROOT, check=False)).returncode == 0


@pytest.mark.usefixtures("control_plane_binaries")
async def test_the_commands_that_a_running_sandbox_says_to_try_lead_to_a_completed_campaign() -> None:
    command = [sys.executable, "-m", "campaign_sandbox", "up", "--calls-per-second=5"]
    piped = asyncio.subprocess.PIPE
    sandbox = await asyncio.create_subprocess_exec(*command, stdout=piped, stderr=piped, cwd=_ROOT)
    try:
        assert sandbox.stdout is not None
        assert sandbox.stderr is not None
        export = (await sandbox.stdout.readline()).decode().strip()
        said = (await sandbox.stderr.readuntil(b"Ctrl-C ends it all.")).decode()
        commands = re.findall(r"^  (kubectl .*)$", said, re.MULTILINE)
        script = " && ".join([export, *commands])
        done = await asyncio.to_thread(
            subprocess.run, ["/bin/bash", "-c", script], capture_output=True, text=True, cwd=_ROOT, check=False
        )
    finally:
        sandbox.send_signal(signal.SIGINT)
        await sandbox.communicate()

    assert len(commands) == 3
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^demo .* Completed ", done.stdout, re.MULTILINE)
    assert re.search(r"^spring-renewals .* True ", done.stdout, re.MULTILINE)
    assert sandbox.returncode == 0
