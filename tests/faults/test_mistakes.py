"""Every planted mistake is found; without it the same plan finds nothing. What does not find these proves nothing."""

import pytest

from faults.mistakes import MISTAKES
from faults.plans import parse_plan
from faults.player import Player
from faults.sharing import by_scenario


@pytest.mark.parametrize("name", by_scenario((name, mistake.found_by) for name, mistake in MISTAKES.items()))
def test_it_is_found_that(name: str, player: Player) -> None:
    plan = parse_plan(MISTAKES[name].found_by)
    assert player.play(plan).problems == ()
    assert player.play(plan, mistake=name).problems
