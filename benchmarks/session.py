"""What every benchmark is given: the programs of the control plane, how much to measure, and where to tell of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from figures import Result

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.progress import Progress


@dataclass(frozen=True, slots=True)
class Session:
    """`quick`: a tenth of the work, to see that the benchmarks run; its figures are worth little."""

    binaries: ControlPlaneBinaries
    quick: bool
    progress: Progress


Benchmark = Callable[[Session], Awaitable[Result]]
