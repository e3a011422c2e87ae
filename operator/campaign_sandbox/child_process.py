"""A program that runs as long as we do.

Owns how a child of the sandbox is started, watched and ended: in a session of its own, so that Ctrl-C in the terminal
reaches us and not it; with its output in a file, so that the last lines can be quoted; and killed by the kernel if we
are killed. It must not know what the program is.

`subprocess.Popen` and not asyncio's: a server outlives the event loop that started it when tests with loops of their
own share it.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("die_with_parent.py")
_POLL_SECONDS = 0.02


class ChildProcess:
    """One running program. `name` is for messages; output of both streams is appended to `log_path`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log_path: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start it; the first word is a path. Raises RuntimeError if this is not the main thread."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{name} must be started from the main thread: it is killed when its thread ends")
        self.name = name
        self.log_path = log_path
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - programs that we have built or been given
                [*launcher, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=env,
                cwd=cwd,
            )

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.poll()

    def last_lines(self, count: int = 15) -> str:
        """The end of its output."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])

    async def wait(self) -> int:
        """Wait until it has ended and return its exit status."""
        while (status := self._process.poll()) is None:  # noqa: ASYNC110 - nothing sets an asyncio.Event here
            await asyncio.sleep(_POLL_SECONDS)
        return status

    async def stop(self, *, timeout_seconds: float) -> None:
        """End it by SIGTERM, or SIGKILL if it takes too long or we are cancelled; return when it is gone."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self.wait()
        except TimeoutError:
            pass  # killed below
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and everything that it started at once, and wait for its end (milliseconds)."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)
