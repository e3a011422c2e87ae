"""How large an operator must be for how many campaigns: docs/sizing.md, calculated from the benchmarks' figures.

A value is measured where there is a figure for just so many campaigns; the others are calculated from it, as growing
in proportion to their number. Pure, but for `write`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Any

import page
import yaml
from measured import kept

from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.engine.polls import progress_interval

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

        many, self._campaigns_running = figure("many.campaigns"), figure("running.campaigns")
        running = self._campaigns_running
        self._idle = _Proportional(figure("many.memory_mb"), many, figure("many.base_mb"))
        self._running = _Proportional(figure("running.memory_mb"), running, figure("running.base_mb"))
        self._cpu_percent = figure("running.cpu_percent")
        self._polls = _Proportional(figure("running.cpu_percent_without_news"), running)
        self._cpu_of_a_write = (self._cpu_percent - self._polls.at) / writes_per_second(int(running))
        self._submit = _Proportional(figure("burst.operator_cpu_seconds"), 1)
        self._submitted_at = figure("burst.campaigns")
        self._requests = figure("requests.of_a_run")
        self._bytes = figure("requests.etcd_bytes_of_a_run")
        self._bytes_of_a_write = figure("running.etcd_bytes_of_a_write")

    def row(self, campaigns: int) -> Row:
        """What so many campaigns take."""
        submit, writes = self._submit.of(campaigns).number, writes_per_second(campaigns)
        writes_of_a_day = HOURS_RUNNING * 3600 * writes
        return Row(
            campaigns,
            idle_mb=self._idle.of(campaigns),
            running_mb=self._running.of(campaigns),
            running_cpu_percent=self._cpu(campaigns),
            submit_cpu_seconds=Value(submit, campaigns == self._submitted_at),
            requests_per_day=Value(self._requests * campaigns + writes_of_a_day),
            etcd_mb_per_day=Value((self._bytes * campaigns + self._bytes_of_a_write * writes_of_a_day) / 1e6),
        )

    def _cpu(self, campaigns: int) -> Value:
        if campaigns == self._campaigns_running:
            return Value(self._cpu_percent, measured=True)
        return Value(self._polls.of(campaigns).number + writes_per_second(campaigns) * self._cpu_of_a_write)

    def most_campaigns(self, memory_mb: float) -> int:
        """For how many campaigns so much memory is enough, all of them running; in hundreds."""
        return min(part.most_within(memory_mb) for part in (self._idle, self._running)) // 100 * 100

    def most_for_cpu(self, percent: float) -> int:
        """The same of CPU; at most as many as the table has."""
        counts = range(COUNTS[-1], 0, -100)
        return next((count for count in counts if self._cpu(count).number <= percent), 0)


def writes_per_second(campaigns: int) -> float:
    """How many writes of progress there are, where so many campaigns of one namespace run and every poll has news."""
    interval = max(Settings().poll_seconds, progress_interval(campaigns, 1))
    periods = ceil(interval / Settings().poll_seconds)  # a write comes with a poll
    return campaigns / (periods * Settings().poll_seconds)


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


def percent_of_a_core(quantity: str) -> float:
    """A quantity of CPU as Kubernetes writes it, such as 50m."""
    cores = float(quantity.removesuffix("m")) / 1000 if quantity.endswith("m") else float(quantity)
    return 100 * cores


def write() -> None:
    """Write the table's part of docs/sizing.md. Raises NotMeasuredError where a figure is missing."""
    sizes = Sizes(kept())
    resources: Any = yaml.safe_load(VALUES.read_text())["resources"]
    limit, requests = resources["limits"]["memory"], resources["requests"]
    enough = (
        f"With the chart's limit of {limit}, {sizes.most_campaigns(megabytes(limit) / ROOM):,} campaigns that all run "
        f"at once leave a fifth of it free. Of its requests, {requests['memory']} of memory are what "
        f"{sizes.most_campaigns(megabytes(requests['memory'])):,} such campaigns take, and {requests['cpu']} of CPU "
        f"what {sizes.most_for_cpu(percent_of_a_core(requests['cpu'])):,} take."
    )
    page.put("sizing", f"{table([sizes.row(count) for count in COUNTS])}\n\n{enough}", PATH)
