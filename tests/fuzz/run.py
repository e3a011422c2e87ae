"""`make fuzz`: every target in turn, for so many minutes in all, with inputs that no run before has tried.

Each turn is some seconds of one target. What fails is made smaller, and printed with what is needed to try it again;
the others go on. Inputs that failed are remembered in .hypothesis and tried first the next time.
"""

import argparse
import resource
import sys
import time
import traceback
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

from fuzz.target import Target
from fuzz.targets import TARGETS

INPUTS_A_TURN = 300
MOST_GROWTH_BYTES = 512 * 1024 * 1024

TURN = settings(max_examples=INPUTS_A_TURN, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))


class Fuzzing:
    """Plays turns and remembers what came of them."""

    def __init__(self, seconds: float) -> None:
        self._begun = time.monotonic()
        self._seconds = seconds
        self._memory = _memory()
        self._played: Counter[str] = Counter()
        self.failed: dict[str, str] = {}

    def play(self, targets: tuple[Target[Any], ...], first_seed: int) -> None:
        """Until the time is up. A target that has failed is left out from then on."""
        number = first_seed
        while not self._over() and len(self.failed) < len(targets):
            for target in targets:
                if target.name not in self.failed and not self._over():
                    self._turn(target, number)
            number += 1

    def report(self) -> None:
        """What was tried, and what failed."""
        for name, inputs in self._played.items():
            print(f"{inputs:>9,}  {name}: {'FAILED' if name in self.failed else 'nothing found'}")
        for name, said in self.failed.items():
            print(f"\n{name}\n{said}")
        grown = (_memory() - self._memory) // 2**20
        print(f"{self._played.total():,} inputs, {len(self.failed)} targets failed, memory grew by {grown} MiB at most")

    def grew_too_much(self) -> bool:
        """Whether something is kept of what was read."""
        return _memory() - self._memory > MOST_GROWTH_BYTES

    def _turn(self, target: Target[Any], number: int) -> None:
        with target.opened() as check:
            timed = target.timed(check)

            def counted(given_input: Any) -> None:
                self._played[target.name] += 1
                timed(given_input)

            counted.__qualname__ = target.name
            try:
                seed(number)(TURN(given(target.inputs)(counted)))()
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                self.failed[target.name] = "".join(traceback.format_exception(error))
        left = max(0, self._seconds - (time.monotonic() - self._begun))
        print(
            f"\r{left:5.0f} s left, {self._played.total():,} inputs, {len(self.failed)} failed, {target.name:<40}",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def _over(self) -> bool:
        return time.monotonic() - self._begun >= self._seconds


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Exit status 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="of the first turn; by default that of the clock")
    parser.add_argument("--target", help="only those with this in their name")
    options = parser.parse_args()
    targets = tuple(target for target in TARGETS if (options.target or "") in target.name)
    first = int(time.time()) if options.seed is None else options.seed
    print(f"{len(targets)} targets for {options.minutes:g} minutes, seed {first}")
    fuzzing = Fuzzing(options.minutes * 60)
    fuzzing.play(targets, first)
    print(file=sys.stderr)
    fuzzing.report()
    return 1 if fuzzing.failed or fuzzing.grew_too_much() else 0


if __name__ == "__main__":
    sys.exit(main())
