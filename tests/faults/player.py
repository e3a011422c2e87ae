"""Plays plans one after another on a lane of its own, each against the reference of its scenario.

A `Player` belongs to one process; several processes play side by side.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from faults.lane import Access, open_lane
from faults.oracles import Outcome
from faults.plans import Plan
from faults.references import References
from faults.scenarios import REFERENCES
from faults.trial import Arranged, play


class NoReferenceError(Exception):
    """A scenario does not come to its end although nothing goes wrong."""


@dataclass(frozen=True)
class Verdict:
    """What became of one plan. `fired` is the number of its faults that came to pass, and `unseated` that of operators
    that ended because another led; `story` is there where there are problems: the exchanges and the operators' log.
    """

    plan: Plan
    problems: tuple[str, ...]
    fired: int
    unseated: int
    chapter: tuple[str, ...]
    seconds: float
    story: str

    def __str__(self) -> str:
        return "\n".join((str(self.plan), *(f"    {problem}" for problem in self.problems)))


class Player:
    """A lane, and the references that what is played on it is judged by."""

    def __init__(self, access: Access, folder: Path, references: References) -> None:
        """Open a lane with files in `folder`."""
        folder.mkdir()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._lane = self._runner.run(self._stack.enter_async_context(open_lane(access, folder)))
        self._references = references
        self._played = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def reference(self, scenario: str) -> Outcome:
        """What the scenario must come to: itself without a fault, or another. Raises NoReferenceError."""
        scenario = REFERENCES.get(scenario, scenario)
        found = self._play_undisturbed(scenario)
        if found.lost is not None:
            raise NoReferenceError(f"{scenario}: {found.lost}\n{found.log}")
        return found

    def play(self, plan: Plan, mistake: str | None = None, arranged: Arranged | None = None) -> Verdict:
        """Play one plan, with a mistake planted in the operator if one is named. What was played without a fault is not
        played again.
        """
        reference = self.reference(plan.scenario)
        begun = time.monotonic()
        is_undisturbed = not plan.faults and mistake is None and arranged is None
        found = self._play_undisturbed(plan.scenario) if is_undisturbed else self._play(plan, mistake, arranged)
        seconds = time.monotonic() - begun
        problems = tuple(found.problems(reference))
        story = f"{' '.join(found.exchanges)}\n{found.log}" if problems else ""
        return Verdict(plan, problems, len(found.fired), found.unseated, found.chapter, seconds, story)

    def _play_undisturbed(self, scenario: str) -> Outcome:
        return self._references.of(scenario, lambda: self._play(Plan(scenario)))

    def _play(self, plan: Plan, mistake: str | None = None, arranged: Arranged | None = None) -> Outcome:
        self._played += 1
        return self._runner.run(play(self._lane, plan, f"c-{self._played}", mistake, arranged))
