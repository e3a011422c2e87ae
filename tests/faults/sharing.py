"""How pytest-xdist shares the plans out: those of a scenario are for one worker, which plays its reference once."""

from collections.abc import Iterable
from typing import Any

import pytest

from faults.plans import parse_plan
from faults.scenarios import REFERENCES


def by_scenario(plans: Iterable[tuple[str, str]]) -> list[Any]:
    """Parameters for a test: each the first of a pair, of which the second is the plan that is played."""
    return [pytest.param(given, marks=pytest.mark.xdist_group(_reference_of(plan))) for given, plan in plans]


def _reference_of(line: str) -> str:
    scenario = parse_plan(line).scenario
    return f"reference {REFERENCES.get(scenario, scenario)}"
