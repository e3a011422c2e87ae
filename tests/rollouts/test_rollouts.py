"""A sample of `make rollout`: two replicas, replaced one by one while campaigns are submitted."""

import signal
from pathlib import Path

from campaign_sandbox.control_plane import ControlPlane
from replicas import opened_replicas
from rollouts.rollout import Load, play

SETTLE_SECONDS = 18.0
WAITS = ("--request-timeout-seconds", "15", "--send-within-seconds", "2", "--settle-seconds", f"{SETTLE_SECONDS:g}")


async def test_nothing_is_submitted_twice_or_lost_when_replicas_are_ended_one_by_one_and_killed(
    playhouse: tuple[ControlPlane, Path], tmp_path: Path
) -> None:
    load = Load(campaigns=16, submission_seconds=4, scheduled_within_seconds=120)
    async with opened_replicas(*playhouse, tmp_path, WAITS) as replicas:
        account = await play(replicas, load, (signal.SIGTERM, signal.SIGKILL), SETTLE_SECONDS)
    assert account.problems() == [], "\n".join(account.told())
