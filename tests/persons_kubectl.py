"""A person at a terminal with the plugin: the real kubectl, which finds `kubectl-campaign` beside this Python."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from campaign_sandbox.control_plane import ControlPlane, KubectlResult


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
