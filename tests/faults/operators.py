"""The operators of a world: started, killed, stopped and continued from outside, as a machine would."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from faults.operator_host import Order

_TESTS = Path(__file__).parents[1]


class OperatorProcess:
    """One life of an operator."""

    def __init__(self, pid: int) -> None:
        """Watch over a process; to be called within the loop that does."""
        self._descriptor = os.pidfd_open(pid)
        self._stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
        self._dead = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._descriptor, self._dies)
        self.stopped = False
        self.alive = True

    def poke(self) -> None:
        """Make it look at the clock."""
        self._signal(signal.SIGUSR1)

    def stop(self) -> None:
        """SIGSTOP: not an instruction more, for as long as it may take."""
        self.stopped = True
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self.stopped = False
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """SIGKILL, as what nobody here has done."""
        self.stopped = False
        self._signal(signal.SIGKILL)

    async def kill(self) -> None:
        """SIGKILL; returns when it is dead."""
        if not self.alive:
            return
        self._signal(signal.SIGKILL)
        self.alive = False
        await self._dead.wait()
        self._close()

    def is_asleep(self) -> bool:
        """Whether the kernel has nothing for it: what is delivered to a process makes it runnable at once.

        That its loop said it rests is not enough. On a busy machine milliseconds pass before it sees an answer that it
        has, and a clock that jumped meanwhile made it a time-out.
        """
        return self._state() == "S"

    def has_stopped_itself(self) -> bool:
        """Whether it stands still although nobody stopped it."""
        return not self.stopped and self._state() == "T"

    def _state(self) -> str:
        try:
            return _state_in(os.pread(self._stat, 256, 0))
        except ProcessLookupError:
            return ""

    def has_ended(self) -> bool:
        """Whether it ended by itself; it is let go of then."""
        if not self.alive or not self._dead.is_set():
            return False
        self.alive = False
        self._close()
        return True

    def _dies(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        self._dead.set()

    def _close(self) -> None:
        os.close(self._descriptor)
        os.close(self._stat)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)


def _state_in(stat: bytes) -> str:
    """The state that the kernel gives a process, from its /proc/PID/stat."""
    return stat.rpartition(b")")[2].split()[0].decode()


def _lives(pid: str) -> bool:
    try:
        return _state_in(Path(f"/proc/{pid}/stat").read_bytes()) not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class OperatorHost:
    """The process that operators are forked from; see `operator_host`."""

    def __init__(self, folder: Path) -> None:
        """Start it; the first order waits until it has imported everything."""
        self._one_at_a_time = asyncio.Lock()
        environment = {**os.environ, "PYTHONPATH": f"{_TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.operator_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=folder,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    async def start(self, order: Order) -> OperatorProcess:
        """Fork an operator. One whose start is cancelled is killed: nobody would know of it."""
        start = asyncio.ensure_future(self._started(order))
        try:
            return await asyncio.shield(start)
        except asyncio.CancelledError:
            await (await start).kill()
            raise

    async def _started(self, order: Order) -> OperatorProcess:
        async with self._one_at_a_time:
            return OperatorProcess(await asyncio.to_thread(self._start, json.dumps(asdict(order))))

    def living(self) -> list[int]:
        """The process ids of all operators that live."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if _lives(child)]

    def _start(self, order: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())
