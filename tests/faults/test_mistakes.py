"""Planted mistakes are found; without them the same plan finds nothing. What does not find these proves nothing.

Those of overlapping runs are left to `make faults`, which plants them all: they take a third of the time of all the
others together.
"""

import pytest

from faults.mistakes import MISTAKES
from faults.overlaps import OVERLAPS
from faults.plans import parse_plan
from faults.player import Player

PLANS = {name: mistake.found_by for name, mistake in MISTAKES.items()}


@pytest.mark.parametrize("name", [name for name, plan in PLANS.items() if parse_plan(plan).scenario not in OVERLAPS])
def test_it_is_found_that(name: str, player: Player) -> None:
    plan = parse_plan(PLANS[name])
    assert player.play(plan).problems == ()
    assert player.play(plan, mistake=name).problems
