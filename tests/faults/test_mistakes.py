"""Planted mistakes are found; without them the same plan finds nothing. What does not find these proves nothing.

`make faults` plants them all. Here are those that show in a life without a fault, which is played anyway to compare
with, and three that only a fault shows: the request is on no record, it is sent again, its webhook has a new id.
"""

import pytest

from faults.mistakes import MISTAKES
from faults.overlaps import OVERLAPS
from faults.plans import parse_plan
from faults.player import Player

SHOWN_BY_A_FAULT = ("intent-not-written", "retry-after-a-time-out", "new-webhook-id")
PLANS = {name: parse_plan(mistake.found_by) for name, mistake in MISTAKES.items()}
SHOWN_WITHOUT = tuple(name for name, plan in PLANS.items() if not plan.faults and plan.scenario not in OVERLAPS)


@pytest.mark.parametrize("name", [*SHOWN_WITHOUT, *SHOWN_BY_A_FAULT])
def test_it_is_found_that(name: str, player: Player) -> None:
    assert player.play(PLANS[name]).problems == ()
    assert player.play(PLANS[name], mistake=name).problems
