"""A fixed sample of what `make faults` plays: every cut of every kind of exchange once, spread over the scenarios."""

from pathlib import Path

import pytest

from faults.plans import parse_plan
from faults.player import Player

SAMPLE = Path(__file__).with_name("sample.txt").read_text().splitlines()


@pytest.mark.parametrize("line", SAMPLE)
def test_it_comes_to_the_same_in_spite_of(line: str, player: Player) -> None:
    plan = parse_plan(line)
    verdict = player.play(plan)
    assert not verdict.problems, f"{verdict}\n{verdict.story}"
    assert verdict.fired == len(plan.faults)
