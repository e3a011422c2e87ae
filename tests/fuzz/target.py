"""What is fuzzed: something of ours that reads bytes of others, the inputs for it, and what must hold for each."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hypothesis import strategies as st

LONGEST_SECONDS = 2.0
"""CPU time for one input, of a megabyte at most."""

InputT = TypeVar("InputT")


@dataclass(frozen=True)
class Target(Generic[InputT]):
    """One reader. `opened` prepares it once; what it yields is called with every input, and raises AssertionError, or
    whatever else the reader must not raise. `found`: the smallest inputs that once did so.
    """

    name: str
    inputs: st.SearchStrategy[InputT]
    opened: Callable[[], AbstractContextManager[Callable[[InputT], None]]] = field(repr=False)
    found: tuple[InputT, ...] = ()

    def timed(self, check: Callable[[InputT], None]) -> Callable[[InputT], None]:
        """The same, within bounded work."""

        def timed_check(given: InputT) -> None:
            begun = time.process_time()
            check(given)
            took = time.process_time() - begun
            assert took < LONGEST_SECONDS, f"took {took:.1f} s of CPU time"

        timed_check.__qualname__ = self.name  # hypothesis derives from it what it tries
        return timed_check
