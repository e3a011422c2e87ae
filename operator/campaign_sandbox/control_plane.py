"""A real Kubernetes control plane on this machine: etcd, kube-apiserver and kube-controller-manager.

Owns the start, the readiness and the end of the three as one thing. There is no kubelet and no scheduler, so pods
never run; everything that the API server enforces (schemas, CEL, RBAC, conflicts, server-side apply) is the real
thing, namespaces are deleted to the end and owned objects are collected. Where there is no kube-controller-manager
(envtest has none), the other two run alone. It must not know where the programs come from, nor anything of campaigns.

Nothing is left running: the block ends the servers on its way out, and on Linux the kernel ends them if we are killed
(elsewhere a SIGKILL leaves them behind). Python does not unwind on SIGTERM by itself, so a command that uses this
cancels its main task on that signal. Only loopback is used, and etcd has no port at all but a socket in the private
folder.
"""

import asyncio
import http.client
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.child_process import ChildProcess
from campaign_sandbox.control_plane_credentials import Credentials, issue_credentials
from campaign_sandbox.data_folder import DataFolder
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort
from campaign_sandbox.progress import Progress, quiet

_START_SECONDS = 60.0  # about 3 s in fact, but the machine may be busy
_STOP_SECONDS = 10.0  # the API server takes 1 to 3 s
_POLL_SECONDS = 0.05
_PORT_ATTEMPTS = 3
_ETCD_SOCKET = "etcd.sock"
_CONTROLLERS = ("namespace", "garbage-collector", "serviceaccount", "serviceaccount-token", "clusterrole-aggregation")


class ControlPlaneError(Exception):
    """A server did not come up; the message quotes the end of its log."""


class KubectlError(Exception):
    """kubectl failed; the message is its stderr, without its arguments, which may hold secrets."""


@dataclass(frozen=True)
class KubectlResult:
    """What kubectl answered."""

    exit_status: int
    stdout: str
    stderr: str


class ControlPlane:
    """One running control plane, its own in every respect: folder, port, certificate authority, data.

    Start it from the main thread: `async with await ControlPlane.start(binaries) as control_plane: ...`
    """

    def __init__(self, binaries: ControlPlaneBinaries, folder: DataFolder, port: LoopbackPort) -> None:
        """Use `start`."""
        self._binaries = binaries
        self._folder = folder
        self._port = port
        self._credentials: Credentials = issue_credentials(folder.path)
        self._etcd: ChildProcess | None = None
        self._api_server: ChildProcess | None = None
        self._controller_manager: ChildProcess | None = None

    @classmethod
    async def start(
        cls,
        binaries: ControlPlaneBinaries,
        data_dir: Path | None = None,
        progress: Progress = quiet,
        take_port: Callable[[], LoopbackPort] = LoopbackPort,
    ) -> Self:
        """Start what there is of the three and return when they serve: about 3 s.

        `data_dir` must be empty or not exist, and is kept; without it the data is in a temporary folder that
        goes at the end. `take_port` is asked again if another program turns out to have the port.

        Raises ControlPlaneError if a server does not come up, and leaves nothing running then.
        """
        started = time.monotonic()
        progress(_beginning(binaries))
        folder = DataFolder.create(data_dir)
        try:
            control_plane = cls(binaries, folder, take_port())
        except BaseException:
            folder.remove()
            raise
        try:
            control_plane._start_etcd()
            await control_plane._start_api_server_on_a_free_port(take_port)
            if binaries.kube_controller_manager is not None:
                await control_plane._start_controller_manager(binaries.kube_controller_manager)
        except BaseException:
            control_plane._kill()  # an API server that waits for etcd does not listen to SIGTERM
            raise
        progress(f"Ready after {time.monotonic() - started:.1f} s at {control_plane.server_url}")
        return control_plane

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def server_url(self) -> str:
        """Where the API server listens. The same for the whole life of the control plane."""
        return f"https://{LOOPBACK}:{self._port.number}"

    @property
    def ca_pem(self) -> str:
        """The certificate that the API server is to be checked with."""
        return self._credentials.ca_pem

    @property
    def kubeconfig_path(self) -> Path:
        """The administrator's kubeconfig. Deleted together with the control plane."""
        return self._folder.path / "administrator.kubeconfig"

    @property
    def etcd_socket(self) -> Path:
        """Where etcd serves its clients and its metrics."""
        return self._folder.path / _ETCD_SOCKET

    @property
    def kubectl_path(self) -> Path:
        """The kubectl of this control plane's version."""
        return self._binaries.kubectl

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the servers that have been started, by name."""
        return {child.name: child.pid for child in self._children()}

    async def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> KubectlResult:
        """Run kubectl as administrator. Raises KubectlError if it fails and `check` is set."""
        # HOME keeps it from the user's preferences and from what it remembers of other servers.
        env = {**os.environ, "KUBECONFIG": str(self.kubeconfig_path), "HOME": str(self._folder.path)}
        process = await asyncio.create_subprocess_exec(
            self._binaries.kubectl,
            *args,
            env=env,
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            stdout, stderr = await process.communicate(None if stdin is None else stdin.encode())
        except BaseException:
            process.kill()
            await process.wait()
            raise
        exit_status = await process.wait()
        result = KubectlResult(exit_status, stdout.decode(), stderr.decode())
        if check and exit_status != 0:
            raise KubectlError(f"kubectl failed (exit status {exit_status}): {result.stderr.strip()}")
        return result

    async def wait_until_established(self, definition: str) -> None:
        """Return when the CustomResourceDefinition of that name is served. Raises KubectlError after 30 s.

        In its first milliseconds a definition has no conditions at all, and there kubectl fails instead of waiting. So
        it waits for the accepted name first.
        """
        plural = definition.partition(".")[0]
        for what in (f"jsonpath={{.status.acceptedNames.plural}}={plural}", "condition=Established"):
            await self.kubectl("wait", f"--for={what}", f"crd/{definition}", "--timeout=30s")

    async def service_account_kubeconfig(
        self, namespace: str, name: str, path: Path, *, duration_seconds: int = 86400
    ) -> Path:
        """Write a kubeconfig of a service account that exists, with a token for `duration_seconds`."""
        duration = f"--duration={duration_seconds}s"
        token = await self.kubectl("create", "token", name, "--namespace", namespace, duration)
        self._credentials.write_token_kubeconfig(path, self.server_url, token.stdout.strip(), namespace)
        return path

    async def restart_api_server(self) -> None:
        """Stop the API server and start it again, same port, same data; return when it serves."""
        await self.stop_api_server()
        await self.start_api_server()

    async def restart_etcd(self) -> None:
        """Stop etcd and start it again with the same data; return when the API server serves again."""
        if self._etcd is not None and self._api_server is not None:
            await self._etcd.stop(timeout_seconds=_STOP_SECONDS)
            self._start_etcd()
            await self._wait_until_served("/readyz", self._api_server)

    async def stop_api_server(self) -> None:
        """Stop the API server alone: an outage, during which connections are refused."""
        if self._api_server is not None:
            await self._api_server.stop(timeout_seconds=_STOP_SECONDS)

    async def start_api_server(self) -> None:
        """Start the API server after `stop_api_server`; return when it serves. Raises ControlPlaneError."""
        self._api_server = self._spawn("kube-apiserver", self._binaries.kube_apiserver, *self._api_server_flags())
        await self._wait_until_served("/readyz", self._api_server)

    async def stop(self) -> None:
        """End everything and delete the data; return when it is gone. May be called again.

        Cancelled meanwhile (a second Ctrl-C), it kills what still runs.
        """
        try:
            for child in self._children():
                await child.stop(timeout_seconds=_STOP_SECONDS)
        finally:
            self._kill()

    def _kill(self) -> None:
        for child in self._children():
            child.kill()
        self._port.release()
        self._folder.remove()

    def _children(self) -> list[ChildProcess]:
        """In the order in which they are stopped: clients before their servers."""
        children = (self._controller_manager, self._api_server, self._etcd)
        return [child for child in children if child is not None]

    def _spawn(self, name: str, program: Path, *flags: str) -> ChildProcess:
        return ChildProcess(name, [program, *flags], self._folder.path / f"{name}.log", cwd=self._folder.path)

    def _start_etcd(self) -> None:
        # Relative to the working directory: a socket's path may have only about 100 characters.
        clients, peers = f"unix://{_ETCD_SOCKET}", "unix://etcd-peers.sock"
        self._etcd = self._spawn(
            "etcd",
            self._binaries.etcd,
            "--name=sandbox",
            "--data-dir=etcd",
            "--unsafe-no-fsync",  # the data is not meant to outlive us
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=sandbox={peers}",
        )

    async def _start_api_server_on_a_free_port(self, take_port: Callable[[], LoopbackPort]) -> None:
        for attempts_left in reversed(range(_PORT_ATTEMPTS)):
            try:
                await self.start_api_server()
            except ControlPlaneError as error:
                if not attempts_left or "address already in use" not in str(error):
                    raise
                self._port.release()
                self._port = take_port()
            else:
                break
        self._credentials.write_administrator_kubeconfig(self.kubeconfig_path, self.server_url)

    def _api_server_flags(self) -> list[str]:
        credentials = self._credentials
        return [
            f"--etcd-servers=unix://{_ETCD_SOCKET}",
            f"--bind-address={LOOPBACK}",
            f"--advertise-address={LOOPBACK}",
            f"--secure-port={self._port.number}",
            "--permit-port-sharing=true",  # the port is held for it, see LoopbackPort
            f"--tls-cert-file={credentials.server_certificate_path}",
            f"--tls-private-key-file={credentials.server_key_path}",
            f"--client-ca-file={credentials.ca_path}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={credentials.service_account_key_path}",
            f"--service-account-signing-key-file={credentials.service_account_key_path}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",  # would publish a loopback address, which the API refuses
            "--shutdown-send-retry-after=true",  # or open watches hold up its end for a minute
        ]

    async def _start_controller_manager(self, program: Path) -> None:
        controllers = ",".join(f"{name}-controller" for name in _CONTROLLERS)
        self._controller_manager = self._spawn(
            "kube-controller-manager",
            program,
            f"--kubeconfig={self.kubeconfig_path}",
            f"--controllers={controllers}",
            f"--service-account-private-key-file={self._credentials.service_account_key_path}",
            "--leader-elect=false",
            "--secure-port=0",
        )
        # It has no port of its own to ask; its first work is visible here.
        await self._wait_until_served("/api/v1/namespaces/default/serviceaccounts/default", self._controller_manager)

    async def _wait_until_served(self, path: str, child: ChildProcess) -> None:
        """Poll our API server until it answers 200 for `path`; give up when `child` or etcd ends."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                while await asyncio.to_thread(self._status_of, path) != http.HTTPStatus.OK:
                    self._raise_if_ended(child)
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise ControlPlaneError(
                f"{child.name} was not ready after {_START_SECONDS:.0f} s. It said:\n{child.last_lines()}"
            ) from None

    def _raise_if_ended(self, child: ChildProcess) -> None:
        for server in (self._etcd, child):
            if server is not None and (status := server.exit_status) is not None:
                raise ControlPlaneError(
                    f"{server.name} ended with exit status {status}. It said:\n{server.last_lines()}"
                )

    def _status_of(self, path: str) -> int:
        """The HTTP status for `path`; 0 without an answer or from a server that is not ours."""
        context = self._credentials.administrator_context()
        connection = http.client.HTTPSConnection(LOOPBACK, self._port.number, timeout=5, context=context)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def _beginning(binaries: ControlPlaneBinaries) -> str:
    if binaries.kube_controller_manager is not None:
        return "Starting etcd, the API server and the controller manager"
    return (
        "Starting etcd and the API server. There is no kube-controller-manager: "
        "a deleted namespace stays Terminating, and what an object owns stays after it"
    )
