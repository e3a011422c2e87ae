"""How large an operator must be for how many campaigns: docs/sizing.md, calculated from the benchmarks' figures.

A value is measured where there is a figure for just so many campaigns; the others are calculated from it, as growing
in proportion to their number. Pure, but for `write`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import page
import yaml
from measured import kept

PATH = Path(__file__).parents[1] / "docs" / "sizing.md"
VALUES = Path(__file__).parents[1] / "charts" / "campaign-operator" / "values.yaml"
COUNTS = (10, 100, 1_000, 5_000, 10_000)
HOURS_RUNNING = 4
"""By default a window is open for so long."""

ROOM = 1.25
"""A limit is to leave so many times what was measured."""

_MIB = 2**20
_UNITS = {"Ki": 2**10, "Mi": _MIB, "Gi": 2**30}


class NotMeasuredError(Exception):
    """A figure is missing; the message names it."""


@dataclass(frozen=True, slots=True)
class Value:
    """One cell of the table."""

    number: float
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What so many campaigns take."""

    campaigns: int
    idle_mb: Value
    running_mb: Value
    running_cpu_percent: Value
    submit_cpu_seconds: Value
    requests_per_day: Value
    etcd_mb_per_day: Value


@dataclass(frozen=True, slots=True)
class _Proportional:
    """`at` so many campaigns, `base` without any."""

    at: float
    campaigns: float
    base: float = 0.0

    def of(self, campaigns: int) -> Value:
        each = (self.at - self.base) / self.campaigns
        return Value(self.base + each * campaigns, campaigns == self.campaigns)

    def most_within(self, limit: float) -> int:
        """For how many campaigns it is at most that."""
        each = (self.at - self.base) / self.campaigns
        return max(0, floor((limit - self.base) / each)) if each > 0 else 0


class Sizes:
    """The calculation. Raises NotMeasuredError where a figure that it needs is missing."""

    def __init__(self, figures: Mapping[str, float]) -> None:
        def figure(name: str) -> float:
            if name not in figures:
                raise NotMeasuredError(name)
            return figures[name]

        many, running = figure("many.campaigns"), figure("running.campaigns")
        self._idle = _Proportional(figure("many.memory_mb"), many, figure("many.base_mb"))
        self._running = _Proportional(figure("running.memory_mb"), running, figure("running.base_mb"))
        self._cpu = _Proportional(figure("running.cpu_percent"), running)
        self._submit = _Proportional(figure("burst.operator_cpu_seconds"), 1)
        self._submitted_at = figure("burst.campaigns")
        requests_of_an_hour = figure("running.requests_per_hour") / running
        bytes_of_an_hour = figure("running.etcd_bytes_per_hour") / running
        self._requests = figure("requests.of_a_run") + HOURS_RUNNING * requests_of_an_hour
        self._bytes = figure("requests.etcd_bytes_of_a_run") + HOURS_RUNNING * bytes_of_an_hour

    def row(self, campaigns: int) -> Row:
        """What so many campaigns take."""
        submit = self._submit.of(campaigns).number
        return Row(
            campaigns,
            idle_mb=self._idle.of(campaigns),
            running_mb=self._running.of(campaigns),
            running_cpu_percent=self._cpu.of(campaigns),
            submit_cpu_seconds=Value(submit, campaigns == self._submitted_at),
            requests_per_day=Value(self._requests * campaigns),
            etcd_mb_per_day=Value(self._bytes * campaigns / 1e6),
        )

    def most_campaigns(self, limit_mb: float) -> int:
        """For how many a limit of memory is enough, all of them running."""
        return min(part.most_within(limit_mb / ROOM) for part in (self._idle, self._running))


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown; measured values are bold."""
    head = (
        "| campaigns | memory, none running | memory, all running | CPU, all running | CPU to submit all "
        "| requests to the API server a day | etcd writes a day |"
    )
    lines = [head, "|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        cells = (
            _told(row.idle_mb, "MB"),
            _told(row.running_mb, "MB"),
            _told(row.running_cpu_percent, "%", 1),
            _told(row.submit_cpu_seconds, "s", 1),
            _told(row.requests_per_day, ""),
            _told(row.etcd_mb_per_day, "MB"),
        )
        lines.append(f"| {row.campaigns:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(value: Value, unit: str, digits: int = 0) -> str:
    text = f"{value.number:,.{digits}f} {unit}".rstrip()
    return f"**{text}**" if value.measured else text


def megabytes(quantity: str) -> float:
    """A quantity of Kubernetes' in MB of 10^6 bytes, such as 512Mi."""
    for suffix, factor in _UNITS.items():
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * factor / 1e6
    return float(quantity) / 1e6


def write() -> None:
    """Write the table's part of docs/sizing.md. Raises NotMeasuredError where a figure is missing."""
    sizes = Sizes(kept())
    values: Any = yaml.safe_load(VALUES.read_text())
    limit = values["resources"]["limits"]["memory"]
    enough = (
        f"With the chart's limit of {limit}, {sizes.most_campaigns(megabytes(limit)):,} campaigns that all run at once "
        f"leave a fifth of it free."
    )
    page.put("sizing", f"{table([sizes.row(count) for count in COUNTS])}\n\n{enough}", PATH)
