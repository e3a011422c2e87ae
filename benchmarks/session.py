"""What every benchmark is given: the programs of the control plane, how much to measure, and where to tell of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from figures import Result

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.progress import Progress


@dataclass(frozen=True, slots=True)
class Session:
    """`quick`: a tenth of the work, to see that the benchmarks run; its figures are worth little. `soak_minutes` and
    `seed` are those of the soak.
    """

    binaries: ControlPlaneBinaries
    quick: bool
    progress: Progress
    soak_minutes: float
    seed: int


Benchmark = Callable[[Session], Awaitable[Result]]
