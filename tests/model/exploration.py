"""Every state that can be reached, breadth first, so that the trace to a violation is among the shortest.

Knows nothing of what the states mean. Whether there is always a way on is asked backwards, once all states are known:
from the settled ones along the steps that come about by themselves, those that nobody has to choose.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State", bound=Hashable)
Step = tuple[str, State, bool]
"""What happens, what it leads to, and whether it comes about by itself."""


@dataclass(frozen=True)
class Found:
    """What came of it: the violation and the steps to it, or neither; and how many states were looked at."""

    violation: str | None
    trace: tuple[str, ...]
    states: int

    def __str__(self) -> str:
        return "\n  ".join([f"{self.violation or 'holds'} ({self.states} states)", *self.trace])


class Exploration(Generic[State]):
    """One search. `limit` is the number of states from which on the model is taken for too large."""

    def __init__(self, start: State, steps: Callable[[State], Iterable[Step[State]]], limit: int = 400_000) -> None:
        self._steps = steps
        self._limit = limit
        self._number: dict[State, int] = {start: 0}
        self._states = [start]
        self._came_from = [(-1, "")]
        self._before: list[list[int]] = [[]]

    def run(self, violation: Callable[[State], str | None], is_settled: Callable[[State], bool]) -> Found:
        """The first violation, or a state without a way to a settled one, or neither."""
        queue = deque([0])
        while queue:
            here = queue.popleft()
            for label, state, by_itself in self._steps(self._states[here]):
                there = self._number.get(state)
                if there is None:
                    there = self._add(state, here, label)
                    wrong = violation(state)
                    if wrong is not None:
                        return Found(wrong, self._trace(there), len(self._states))
                    queue.append(there)
                if by_itself:
                    self._before[there].append(here)
        return self._without_a_way(is_settled)

    def _add(self, state: State, here: int, label: str) -> int:
        there = self._number[state] = len(self._states)
        if there >= self._limit:
            raise OverflowError(f"more than {self._limit} states: the configuration is too large")
        self._states.append(state)
        self._came_from.append((here, label))
        self._before.append([])
        return there

    def _without_a_way(self, is_settled: Callable[[State], bool]) -> Found:
        good = [n for n, state in enumerate(self._states) if is_settled(state)]
        has_way = bytearray(len(self._states))
        for n in good:
            has_way[n] = 1
        while good:
            for before in self._before[good.pop()]:
                if not has_way[before]:
                    has_way[before] = 1
                    good.append(before)
        stuck = has_way.find(0)
        if stuck < 0:
            return Found(None, (), len(self._states))
        return Found("no way to a settled state", self._trace(stuck), len(self._states))

    def _trace(self, n: int) -> tuple[str, ...]:
        labels = []
        while n > 0:
            n, label = self._came_from[n]
            labels.append(label)
        return tuple(reversed(labels))
