"""A person at a terminal with the plugin: the real kubectl, which finds `kubectl-campaign` beside this Python."""

import asyncio
import fcntl
import os
import pty
import resource
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from campaign_sandbox.control_plane import ControlPlane, KubectlResult


@dataclass(slots=True)
class Terminal:
    """A terminal with a program in it, and all that it has shown."""

    descriptor: int
    output: str = ""
    exit_status: int | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def shows(self, text: str) -> None:
        """Wait until the text has been shown, since the last wait or before it."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: text in self.output)

    def press_ctrl_c(self) -> None:
        """What the terminal makes a signal of."""
        os.write(self.descriptor, b"\x03")

    async def read_all(self) -> None:
        """Until the program lets go of the terminal."""
        while data := await asyncio.to_thread(self._read):
            async with self._changed:
                self.output += data.decode(errors="replace")
                self._changed.notify_all()

    def _read(self) -> bytes:
        try:
            return os.read(self.descriptor, 65536)
        except OSError:  # how Linux says that nobody has the terminal open any more
            return b""


@dataclass(frozen=True)
class Person:
    """Somebody with a kubeconfig, or with several as KUBECONFIG has them."""

    kubectl_path: Path
    kubeconfig: str
    folder: Path

    async def campaign(self, *args: str, environment: Mapping[str, str] | None = None) -> KubectlResult:
        """`kubectl campaign ...`, where no terminal is."""
        done = await asyncio.to_thread(self._run, ["campaign", *args], environment or {})
        return KubectlResult(done.returncode, done.stdout, done.stderr)

    async def begin(self, *args: str) -> asyncio.subprocess.Process:
        """`kubectl campaign ...`, whose lines are read as they come."""
        return await asyncio.create_subprocess_exec(
            self.kubectl_path,
            *("campaign", *args),
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    @asynccontextmanager
    async def at_a_terminal(
        self, columns: int, lines: int, *args: str, environment: Mapping[str, str] | None = None
    ) -> AsyncIterator[Terminal]:
        """`kubectl campaign ...` in a terminal of that size; at the end it has ended."""
        descriptor, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        process = await asyncio.create_subprocess_exec(
            self.kubectl_path,
            *("campaign", *args),
            env={**self.environment(), "TERM": "xterm-256color", **(environment or {})},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(other)
        terminal = Terminal(descriptor)
        reading = asyncio.create_task(terminal.read_all())
        try:
            yield terminal
            terminal.exit_status = await asyncio.wait_for(process.wait(), 60)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await reading
            os.close(descriptor)

    async def complete(self, *words: str) -> list[str]:
        """What kubectl offers for the last word, as the shell's own script asks for it."""
        done = await asyncio.to_thread(self._run, ["__complete", "campaign", *words], {})
        *offered, directive = done.stdout.splitlines()
        assert directive.startswith(":"), done
        return offered

    def environment(self) -> dict[str, str]:
        """With the plugin in PATH, and nothing of this machine's own preferences."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {
            name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "KUBERNETES_SERVICE_HOST")
        }
        return {**kept, "PATH": path, "KUBECONFIG": self.kubeconfig, "HOME": str(self.folder)}

    def _run(self, args: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.kubectl_path, *args],
            env={**self.environment(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def cpu_seconds_of_children() -> float:
    """User and system time of all programs that this process has waited for: unlike the clock, it is the same on a busy
    machine.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def administrator(control_plane: ControlPlane, folder: Path) -> Person:
    """Who may do everything."""
    return Person(control_plane.kubectl_path, str(control_plane.kubeconfig_path), folder)


async def account(control_plane: ControlPlane, namespace: str, folder: Path, *rules: str) -> Person:
    """Somebody who has a role in that namespace with these rights and no other: `get,list outboundcampaigns`."""
    name = "person"
    await control_plane.kubectl("create", "serviceaccount", name, "-n", namespace)
    for number, rule in enumerate(rules):
        verbs, resources = rule.split(" ")
        role = f"{name}-{number}"
        await control_plane.kubectl(
            "create", "role", role, f"--verb={verbs}", f"--resource={resources}", "-n", namespace
        )
        bound = (f"--role={role}", f"--serviceaccount={namespace}:{name}")
        await control_plane.kubectl("create", "rolebinding", role, *bound, "-n", namespace)
    kubeconfig = await control_plane.service_account_kubeconfig(namespace, name, folder / f"{name}.kubeconfig")
    return Person(control_plane.kubectl_path, str(kubeconfig), folder)
