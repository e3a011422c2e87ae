"""The machine that is measured on, and what its processes use of it, as Linux tells in /proc.

Owns the reading of /proc; knows nothing of campaigns. Times are in seconds of one core, sizes in MB of 10^6 bytes.

https://man7.org/linux/man-pages/man5/proc.5.html
"""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Self

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, without its children's."""
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of a process: now, and the most it ever was."""

    resident_mb: float
    peak_mb: float


def memory(pid: int) -> Memory:
    """VmRSS and VmHWM of a process."""
    lines = (_PROC / str(pid) / "status").read_text().splitlines()
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if "Vm" in name}
    return Memory(kib["VmRSS"] * 1024 / 1e6, kib["VmHWM"] * 1024 / 1e6)


def open_files(pid: int) -> int:
    """How many file descriptors a process has open."""
    return len(list((_PROC / str(pid) / "fd").iterdir()))


def threads(pid: int) -> int:
    """How many threads a process has."""
    return len(list((_PROC / str(pid) / "task").iterdir()))


def _busy_seconds() -> float:
    """Time that any program has kept a core, of all cores together."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) / _TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time by process over `seconds`; `others_seconds` is that of every program that was not named."""

    seconds: float
    by_process: Mapping[str, float]
    others_seconds: float

    @property
    def control_plane_seconds(self) -> float:
        """API server and etcd."""
        return self.by_process["kube-apiserver"] + self.by_process["etcd"]

    @property
    def others_percent(self) -> float:
        """What the others took of all cores."""
        return self.others_seconds / self.seconds / cores() * 100


class Meter:
    """Measures CPU time of processes, named by the caller, from its making on."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._started = monotonic()
        self._busy = _busy_seconds()
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()}

    def usage(self) -> Usage:
        """What has been used so far. Raises FileNotFoundError where a process has ended."""
        spent = {name: now - self._before[name] for name, now in self._now().items()}
        others = max(0.0, _busy_seconds() - self._busy - sum(spent.values()))
        return Usage(monotonic() - self._started, spent, others)


@dataclass(frozen=True, slots=True)
class Machine:
    """On what was measured, and when."""

    at: datetime
    cores: int
    memory_gb: float
    system: str
    python: str
    load: str

    @classmethod
    def look(cls) -> Self:
        """This machine, now. `load` are its load averages over 1, 5 and 15 minutes."""
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(
            at=datetime.now(UTC),
            cores=cores(),
            memory_gb=total / 1e9,
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            load=" ".join((_PROC / "loadavg").read_text().split()[:3]),
        )


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))
