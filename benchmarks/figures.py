"""What a benchmark comes to: lines with a measured value and, where there is one, its target.

Owns how a result is told, on a terminal and in Markdown. Knows nothing of how anything is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from machine import Machine


@dataclass(frozen=True, slots=True)
class Line:
    """One measured value. `target` in words; `met` is None where there is no target."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing."""
        return "" if self.met is None else ("met" if self.met else "missed")


@dataclass(frozen=True, slots=True)
class Result:
    """One benchmark's outcome. `how` says how it was measured; `kubernetes` is empty where none was needed.

    `others_percent` is what programs that have nothing to do with it took of all cores meanwhile: where that is much,
    the times are too long. `figures` are what docs/sizing.md is calculated from, by name.
    """

    title: str
    how: str
    lines: tuple[Line, ...]
    kubernetes: str
    others_percent: float
    figures: Mapping[str, float] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine.look)

    @property
    def circumstances(self) -> str:
        """On what, when and beside what it was measured."""
        m = self.machine
        kubernetes = f", Kubernetes {self.kubernetes}" if self.kubernetes else ""
        return (
            f"Measured on {m.at:%Y-%m-%d %H:%M} UTC: {m.cores} cores, {m.memory_gb:.0f} GB of memory, {m.system}, "
            f"Python {m.python}{kubernetes}. Other programs took {self.others_percent:.0f}% of the "
            f"cores meanwhile; load average at the end {m.load}."
        )


def at_most(what: str, value: float, limit: float, unit: str, digits: int = 2) -> Line:
    """A value that is to be no larger than `limit`."""
    return Line(what, f"{value:.{digits}f} {unit}".rstrip(), f"at most {limit:g} {unit}".rstrip(), value <= limit)


def told(what: str, value: float, unit: str, digits: int = 2) -> Line:
    """A value without a target."""
    return Line(what, f"{value:.{digits}f} {unit}".rstrip())


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least `percent` of them are not above (nearest rank)."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def as_text(result: Result) -> str:
    """For a terminal."""
    width = max(len(line.what) for line in result.lines)
    rows = [
        f"  {line.what:<{width}}  {line.measured:>14}  {line.target:<16}  {line.verdict}".rstrip()
        for line in result.lines
    ]
    return "\n".join([result.title, *rows, f"  {result.circumstances}"])


def as_markdown(result: Result) -> str:
    """For a page."""
    rows = [f"| {line.what} | {line.measured} | {line.target} | {line.verdict} |" for line in result.lines]
    table = ["| | measured | target | |", "|---|---|---|---|", *rows]
    return "\n".join([f"## {result.title}", "", result.how, "", *table, "", result.circumstances])
