"""Several at once: two operators, one that stands still and wakes, another writer, clocks that differ, servers that go
away. Each comes to what one undisturbed operator comes to.
"""

from pathlib import Path

import pytest

from campaign_sandbox.control_plane import ControlPlane
from faults.plans import Plan, parse_plan
from faults.player import Player

RACES = [
    "two-operators: nothing",
    "two-operators: status#3 slow",
    "two-operators: status#5 slow",
    "two-operators: submit[Europe/London]#1 slow",
    "two-operators: submit[Europe/London]#1 killed-late",
    "two-operators: listing#1 slow",
    "two-operators: cancel[Europe/London]#1 slow",
    "two-operators: status#4 killed-answered",
    "one-run: submit[Europe/London]#1 stopped",
    "one-run: submit[Europe/Paris]#1 stopped",
    "suspend: submit[Europe/London]#3 stopped",
    "one-run: status#3 paused",
    "one-run: status#4 paused",
    "one-run: listing#1 paused",
    "one-run: submit[Europe/London]#1 paused",
    "edit: cancel[Europe/London]#1 paused",
    "recurring: status#6 paused",
    "overlap-suspend: cancel[Europe/London]#1 paused",
    "overlap-deletion: cancel[America/New_York]#1 paused",
    "applied-again: submit[Europe/London]#2 stopped-sending",
    "another-writer: nothing",
    "another-writer: submit[Europe/London]#1 withheld",
    "ahead: nothing",
    "ahead: submit[Europe/London]#1 killed-late",
    "behind: nothing",
    "behind: submit[Europe/London]#1 killed-late",
]


@pytest.mark.parametrize("line", RACES)
def test_it_comes_to_the_same_with(line: str, player: Player) -> None:
    plan = parse_plan(line)
    verdict = player.play(plan)
    assert not verdict.problems, f"{verdict}\n{verdict.story}"
    assert verdict.fired == len(plan.faults)


OVERTAKEN = [
    "overtaken: submit[Europe/London]#1 stopped",
    "suspended: status#2 paused",
    "set-back: status#2 paused",
]


@pytest.mark.parametrize("line", OVERTAKEN)
def test_a_leader_that_is_overtaken_while_it_stands_still_ends_when_it_knows(line: str, player: Player) -> None:
    plan = parse_plan(line)
    verdict = player.play(plan)
    assert not verdict.problems, f"{verdict}\n{verdict.story}"
    assert verdict.fired == len(plan.faults)
    assert verdict.unseated


@pytest.mark.parametrize("exchange", ["status#3", "submit[Europe/London]#1", "status#4", "webhook#1"])
def test_it_comes_to_the_same_when_the_servers_are_restarted_before(
    exchange: str, player: Player, playhouse: tuple[ControlPlane, Path]
) -> None:
    control_plane, _ = playhouse

    async def restart() -> None:
        await control_plane.restart_etcd()
        await control_plane.restart_api_server()

    verdict = player.play(Plan("one-run"), arranged={exchange: restart})
    assert not verdict.problems, f"{verdict}\n{verdict.story}"
