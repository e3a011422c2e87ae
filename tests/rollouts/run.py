"""`make rollout`: replace two replicas one by one while many campaigns are submitted.

With the operator's default waits; once they are told to end, once they are killed.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from campaign_operator.domain.campaigns.campaign import Settings
from faults.ground import prepared_control_plane
from replicas import opened_replicas
from rollouts.rollout import Load, play

_SUBMISSION_SECONDS = 4.0
_SCHEDULED_WITHIN_SECONDS = 600.0
_ENDINGS = (signal.SIGTERM, signal.SIGKILL)


def main() -> int:
    """Play, tell what came of it, and end with 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=200, metavar="N", help="so many campaigns")
    return asyncio.run(_run(parser.parse_args().campaigns))


async def _run(campaigns: int) -> int:
    load = Load(campaigns, _SUBMISSION_SECONDS, _SCHEDULED_WITHIN_SECONDS)
    found = False
    async with prepared_control_plane(_say) as ground:
        for ending in _ENDINGS:
            _say(f"{ending.name}, two hand-overs")
            with tempfile.TemporaryDirectory() as folder:
                async with opened_replicas(*ground, Path(folder), _default_waits()) as replicas:
                    account = await play(replicas, load, (ending, ending), Settings().settle_seconds)
            for line in account.told():
                _say(f"    {line}")
            for problem in account.problems():
                _say(f"FOUND {problem}")
            if account.problems():
                found = True
                story = Path(tempfile.gettempdir()) / f"campaign-operator-rollout-{os.getpid()}-{ending.name}.log"
                story.write_text(account.log)
                _say(f"    the operators' logs are in {story}")
    return int(found)


def _default_waits() -> tuple[str, ...]:
    """In the place of the tests' short ones."""
    settings = Settings()
    waits = {
        "--poll-seconds": settings.poll_seconds,
        "--lead-seconds": settings.lead_seconds,
        "--settle-seconds": settings.settle_seconds,
        "--send-within-seconds": settings.send_within_seconds,
        "--request-timeout-seconds": settings.request_timeout_seconds,
    }
    return tuple(word for option, seconds in waits.items() for word in (option, f"{seconds:g}"))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
