"""Argo CD on the tests' API server: Debian's redis-server, the repo server and the application controller, with a Git
repository in a folder. What a person sees of it is read with kubectl, from the Application.
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort
from e2e_world import Manifest

ARGOCD = "argocd"
"""The namespace that Argo CD and its Applications are in."""

_PATCH = Path(__file__).parents[1] / "gitops" / "argocd" / "argocd-cm.yaml"
_REFRESH = "argocd.argoproj.io/refresh"
_WAIT_SECONDS = 120
_CONFIGURATION = (
    *(
        ("ConfigMap", f"argocd-{name}")
        for name in ("cm", "rbac-cm", "ssh-known-hosts-cm", "tls-certs-cm", "gpg-keys-cm")
    ),
    ("Secret", "argocd-secret"),
)


class Repository:
    """A Git repository with a folder for each Application."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git("init", "--quiet", "--initial-branch=main", str(path), within=False)

    @property
    def url(self) -> str:
        """Where Argo CD clones it from."""
        return f"file://{self.path}"

    def commit(self, folder: str, *manifests: Manifest) -> str:
        """Make the folder hold these manifests and nothing else; the commit."""
        shutil.rmtree(self.path / folder, ignore_errors=True)
        (self.path / folder).mkdir()
        (self.path / folder / "README.md").write_text(f"What Argo CD syncs to {folder}.\n")
        for manifest in manifests:
            name = f"{manifest['kind']}-{manifest['metadata']['name']}.yaml".lower()
            (self.path / folder / name).write_text(yaml.safe_dump(manifest))
        self._git("add", "--all")
        self._git("commit", "--quiet", f"--message=Change {folder}")
        return self._git("rev-parse", "HEAD")

    def _git(self, *args: str, within: bool = True) -> str:
        person = ("-c", "user.name=Campaigns", "-c", "user.email=campaigns@example.com", "-c", "commit.gpgsign=false")
        place = ("-C", str(self.path)) if within else ()
        return subprocess.run(
            ["git", *place, *person, *args], check=True, capture_output=True, text=True
        ).stdout.strip()


@dataclass(frozen=True)
class Argo:
    """A running Argo CD and the repository that it syncs from."""

    control_plane: ControlPlane
    repository: Repository
    controller: ChildProcess
    repo_server: ChildProcess

    async def create_application(self, namespace: str, *sync_options: str) -> None:
        """An Application that keeps a namespace as the folder of that name in Git is, with pruning and self-healing."""
        application = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": namespace,
                "namespace": ARGOCD,
                "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            },
            "spec": {
                "project": "default",
                "source": {"repoURL": self.repository.url, "path": namespace, "targetRevision": "main"},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": list(sync_options)},
            },
        }
        await self.control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(application))

    async def application(self, name: str) -> dict[str, Any]:
        """The Application as it is now."""
        answer = await self.control_plane.kubectl("get", "application", name, "-n", ARGOCD, "-o", "json")
        return dict(json.loads(answer.stdout))

    async def refresh(self, name: str) -> None:
        """What a webhook of the Git server does: look at repository and cluster now. Returns when that is done."""
        await self.control_plane.kubectl(
            "annotate", "application", name, "-n", ARGOCD, "--overwrite", f"{_REFRESH}=hard"
        )
        await self.wait_until(name, lambda found: _REFRESH not in found["metadata"].get("annotations", {}))

    async def synced(self, name: str, revision: str) -> dict[str, Any]:
        """The Application's status once it is as Git is at that commit, and its operation has ended."""

        def is_synced(found: dict[str, Any]) -> bool:
            status = found.get("status", {})
            sync, operation = status.get("sync", {}), status.get("operationState", {})
            return (
                (sync.get("status"), sync.get("revision")) == ("Synced", revision)
                and operation.get("phase") == "Succeeded"
                and operation.get("syncResult", {}).get("revision") == revision
            )

        return dict((await self.wait_until(name, is_synced))["status"])

    async def healthy(self, name: str, health: str) -> dict[str, Any]:
        """The campaign in the Application's list of resources, once the Application has that health."""
        found = await self.wait_until(
            name, lambda found: found.get("status", {}).get("health", {}).get("status") == health
        )
        return next(each for each in found["status"]["resources"] if each["kind"] == "OutboundCampaign")

    async def wait_until(self, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The Application once it is so. What it is instead is in the error, with the end of Argo CD's logs."""
        found: dict[str, Any] = {}
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                while not holds(found := await self.application(name)):  # noqa: ASYNC110 - only the API server knows
                    await asyncio.sleep(0.5)
        except TimeoutError:
            status = yaml.safe_dump(found.get("status", {}))
            raise AssertionError(
                f"{status}\n{self.controller.last_lines(20)}\n{self.repo_server.last_lines(20)}"
            ) from None
        return found


@asynccontextmanager
async def running_argo(control_plane: ControlPlane, program: Path, folder: Path) -> AsyncIterator[Argo]:
    """Argo CD with the customization of ours. `program` is its one program, in a folder with its definitions."""
    redis_server = shutil.which("redis-server")
    assert redis_server, "Argo CD needs redis-server: apt-get install redis-server"
    await _configure(control_plane, program.parent)
    ports = [LoopbackPort() for _ in range(4)]
    redis, repo, repo_metrics, metrics = (port.number for port in ports)
    for port in ports:
        port.release()  # Go's servers do not share a port that is held
    for name in ("tls", "ssh", "gpg", "gnupg", "plugins"):
        (folder / name).mkdir(mode=0o700)
    _stand_in_for_signatures(folder / "bin")
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "KUBECONFIG": str(control_plane.kubeconfig_path),
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
        "ARGOCD_GPG_DATA_PATH": str(folder / "gpg"),
        "ARGOCD_GNUPGHOME": str(folder / "gnupg"),
        "ARGOCD_PLUGINSOCKFILEPATH": str(folder / "plugins"),
        "TMPDIR": str(folder),
    }

    async with AsyncExitStack() as stack:

        def start(name: str, *command: str | Path) -> ChildProcess:
            env = {**environment, "ARGOCD_BINARY_NAME": name}
            child = ChildProcess(name, command, folder / f"{name}.log", env=env, cwd=folder)
            stack.push_async_callback(child.stop, timeout_seconds=10)
            return child

        in_memory = ("--save", "", "--appendonly", "no", "--dir", str(folder))
        start("redis-server", redis_server, "--bind", LOOPBACK, "--port", str(redis), *in_memory)
        common = ("--namespace", ARGOCD, "--redis", f"{LOOPBACK}:{redis}")
        repo_server = start(
            "argocd-repo-server",
            *(program, "--redis", f"{LOOPBACK}:{redis}", "--address", LOOPBACK, "--port", str(repo)),
            *("--metrics-address", LOOPBACK, "--metrics-port", str(repo_metrics)),
        )
        await _wait_until_open(repo, repo_server)
        controller = start(
            "argocd-application-controller",
            *(
                program,
                *common,
                "--persist-resource-health",
                "--repo-server",
                f"{LOOPBACK}:{repo}",
                "--metrics-port",
                str(metrics),
            ),
        )
        repository = Repository(folder / "repository")
        yield Argo(control_plane, repository, controller, repo_server)


async def _wait_until_open(port: int, child: ChildProcess) -> None:
    async with asyncio.timeout(60):
        while True:
            assert child.exit_status is None, child.last_lines()
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                await writer.wait_closed()
                return


def _stand_in_for_signatures(folder: Path) -> None:
    """The script by which Argo CD's image verifies signatures, which its module lacks; it is run for every commit, and
    what it prints counts only where a project asks for signatures.
    """
    folder.mkdir()
    script = folder / "git-verify-wrapper.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)


async def _configure(control_plane: ControlPlane, definitions: Path) -> None:
    """What the manifests of Argo CD's installation hold beside its Deployments, and the customization of ours."""
    for name in ("application-crd.yaml", "appproject-crd.yaml"):
        await control_plane.kubectl("apply", "--server-side", "-f", str(definitions / name))
    for name in ("applications", "appprojects"):
        await control_plane.wait_until_established(f"{name}.argoproj.io")
    everything = {"group": "*", "kind": "*"}
    project = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "default", "namespace": ARGOCD},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"namespace": "*", "server": "*"}],
            "clusterResourceWhitelist": [everything],
        },
    }
    labels = {"app.kubernetes.io/part-of": "argocd"}
    configuration = [
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": ARGOCD, "labels": labels}}
        for kind, name in _CONFIGURATION
    ]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ARGOCD}}
    manifests = yaml.safe_dump_all([namespace, project, *configuration])
    await control_plane.kubectl("apply", "--server-side", "-f", "-", stdin=manifests)
    await control_plane.kubectl("patch", "configmap", "argocd-cm", "-n", ARGOCD, "--patch-file", str(_PATCH))
