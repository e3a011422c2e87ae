"""The control plane as its users see it: it comes up, it is real, and it is theirs alone."""

import asyncio
import dataclasses
import json
import socket
import sys
import textwrap
from pathlib import Path

import pytest
import trustme

from campaign_sandbox.binaries import ControlPlaneBinaries
from campaign_sandbox.control_plane import ControlPlane, ControlPlaneError, KubectlError
from campaign_sandbox.loopback_port import LOOPBACK, LoopbackPort
from processes import names_in, write_program

_READY_SECONDS = 30.0  # 3 s on an idle machine

_FOREIGN_SERVER = """
    #!{python}
    import http.server, ssl, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()

    class Server(http.server.HTTPServer):
        allow_reuse_port = True

        def handle_error(self, request, client_address):
            sys.exit("a client would not talk to me")

    port = next(int(flag.partition("=")[2]) for flag in sys.argv if flag.startswith("--secure-port="))
    server = Server(("127.0.0.1", port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("{certificate}")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()
"""


async def test_it_is_ready_within_a_bound_and_is_of_the_version_that_we_build(
    control_plane_binaries: ControlPlaneBinaries,
) -> None:
    async with asyncio.timeout(_READY_SECONDS):
        control_plane = await ControlPlane.start(control_plane_binaries)
    async with control_plane:
        versions = json.loads((await control_plane.kubectl("version", "--output=json")).stdout)

    assert versions["serverVersion"]["gitVersion"] == "v1.37.2"
    assert versions["clientVersion"]["gitVersion"] == "v1.37.2"


async def test_two_run_side_by_side_and_share_nothing(
    control_plane: ControlPlane, control_plane_binaries: ControlPlaneBinaries, namespace: str
) -> None:
    async with await ControlPlane.start(control_plane_binaries) as other:
        assert other.server_url != control_plane.server_url
        assert other.ca_pem != control_plane.ca_pem
        with pytest.raises(KubectlError, match="not found"):
            await other.kubectl("get", "namespace", namespace)
        with pytest.raises(KubectlError, match="certificate signed by unknown authority"):
            await other.kubectl("get", "namespaces", f"--server={control_plane.server_url}")


async def test_two_started_at_the_same_moment_both_come_up(
    control_plane_binaries: ControlPlaneBinaries,
) -> None:
    first, second = await asyncio.gather(
        ControlPlane.start(control_plane_binaries), ControlPlane.start(control_plane_binaries)
    )
    async with first, second:
        assert first.server_url != second.server_url


@pytest.mark.usefixtures("controller_manager")
async def test_a_namespace_is_deleted_to_the_end(control_plane: ControlPlane) -> None:
    await control_plane.kubectl("create", "namespace", "short-lived")
    await control_plane.kubectl("create", "configmap", "inside", "--namespace=short-lived")

    await control_plane.kubectl("delete", "namespace", "short-lived", "--timeout=60s")

    with pytest.raises(KubectlError, match="not found"):
        await control_plane.kubectl("get", "namespace", "short-lived")


@pytest.mark.usefixtures("controller_manager")
async def test_an_owned_object_goes_with_its_owner(control_plane: ControlPlane, namespace: str) -> None:
    in_namespace = f"--namespace={namespace}"
    await control_plane.kubectl("create", "configmap", "owner", in_namespace)
    uid = await control_plane.kubectl("get", "configmap", "owner", in_namespace, "--output=jsonpath={.metadata.uid}")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid.stdout}
    metadata = {"name": "owned", "namespace": namespace, "ownerReferences": [owner]}
    owned = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    await control_plane.kubectl("create", "--filename=-", stdin=json.dumps(owned))

    await control_plane.kubectl("delete", "configmap", "owner", in_namespace)

    await control_plane.kubectl("wait", "--for=delete", "configmap/owned", in_namespace, "--timeout=60s")


async def test_without_a_controller_manager_it_comes_up_and_says_what_it_lacks(
    control_plane_binaries: ControlPlaneBinaries,
) -> None:
    said: list[str] = []
    binaries = dataclasses.replace(control_plane_binaries, kube_controller_manager=None)

    async with await ControlPlane.start(binaries, progress=said.append) as control_plane:
        assert set(control_plane.pids) == {"etcd", "kube-apiserver"}
        await control_plane.kubectl("create", "namespace", "stays")
        await control_plane.kubectl("delete", "namespace", "stays", "--wait=false")
        phase = await control_plane.kubectl("get", "namespace", "stays", "--output=jsonpath={.status.phase}")

    assert phase.stdout == "Terminating"
    assert "no kube-controller-manager: a deleted namespace stays Terminating" in said[0]


async def test_a_service_account_may_do_what_its_roles_say_and_nothing_else(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    in_namespace = f"--namespace={namespace}"
    await control_plane.kubectl("create", "serviceaccount", "reader", in_namespace)
    await control_plane.kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps", in_namespace)
    await control_plane.kubectl(
        "create",
        "rolebinding",
        "reader",
        "--role=reader",
        f"--serviceaccount={namespace}:reader",
        in_namespace,
    )

    path = await control_plane.service_account_kubeconfig(namespace, "reader", tmp_path / "kubeconfig")

    as_reader = f"--kubeconfig={path}"
    await control_plane.kubectl("get", "configmaps", as_reader)
    with pytest.raises(KubectlError, match=f'User "system:serviceaccount:{namespace}:reader" cannot list'):
        await control_plane.kubectl("get", "secrets", as_reader)
    with pytest.raises(KubectlError, match="Forbidden"):
        await control_plane.kubectl("get", "configmaps", "--namespace=kube-system", as_reader)


async def test_nobody_else_on_the_machine_can_read_the_credentials(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    await control_plane.kubectl("create", "serviceaccount", "reader", f"--namespace={namespace}")
    path = await control_plane.service_account_kubeconfig(namespace, "reader", tmp_path / "kubeconfig")

    assert path.stat().st_mode & 0o077 == 0
    assert control_plane.kubeconfig_path.stat().st_mode & 0o077 == 0
    assert control_plane.kubeconfig_path.parent.stat().st_mode & 0o077 == 0


async def test_a_failing_kubectl_says_why_but_not_with_which_arguments(control_plane: ControlPlane) -> None:
    with pytest.raises(KubectlError) as raised:
        await control_plane.kubectl("create", "secret", "generic", "Bad_Name", "--from-literal=password=hunter2")

    assert "Bad_Name" in str(raised.value)
    assert "hunter2" not in str(raised.value)


async def test_the_api_server_comes_back_at_the_same_address_with_the_same_data(
    control_plane_binaries: ControlPlaneBinaries,
) -> None:
    async with await ControlPlane.start(control_plane_binaries) as control_plane:
        before = control_plane.server_url, control_plane.pids["kube-apiserver"]
        await control_plane.kubectl("create", "namespace", "kept")

        await control_plane.stop_api_server()
        with pytest.raises(KubectlError, match="refused"):
            await control_plane.kubectl("get", "namespace", "kept")
        await control_plane.start_api_server()

        await control_plane.kubectl("get", "namespace", "kept")
        await control_plane.restart_api_server()
        await control_plane.kubectl("get", "namespace", "kept")
        after = control_plane.server_url, control_plane.pids["kube-apiserver"]

    assert after[0] == before[0]
    assert after[1] != before[1]


async def test_a_folder_that_holds_something_is_refused(
    control_plane_binaries: ControlPlaneBinaries, tmp_path: Path
) -> None:
    (tmp_path / "etcd").mkdir()

    with pytest.raises(FileExistsError, match="is not empty"):
        await ControlPlane.start(control_plane_binaries, data_dir=tmp_path)

    assert names_in(tmp_path) == {"etcd"}


async def test_a_folder_of_the_callers_keeps_the_logs(
    control_plane_binaries: ControlPlaneBinaries, tmp_path: Path
) -> None:
    folder = tmp_path / "new"

    async with await ControlPlane.start(control_plane_binaries, data_dir=folder):
        pass

    assert "Serving securely" in (folder / "kube-apiserver.log").read_text()


async def test_a_port_that_another_program_takes_in_between_is_given_up_for_the_next(
    control_plane_binaries: ControlPlaneBinaries,
) -> None:
    lost = LoopbackPort()
    lost.release()
    ports = iter([lost, LoopbackPort()])
    with socket.create_server((LOOPBACK, lost.number)):
        control_plane = await ControlPlane.start(control_plane_binaries, take_port=lambda: next(ports))
        async with control_plane:
            assert not control_plane.server_url.endswith(f":{lost.number}")


async def test_a_port_stays_ours_while_the_api_server_is_stopped(
    control_plane_binaries: ControlPlaneBinaries,
) -> None:
    async with await ControlPlane.start(control_plane_binaries) as control_plane:
        await control_plane.stop_api_server()
        port = int(control_plane.server_url.rpartition(":")[2])

        with pytest.raises(OSError, match="Address already in use"):
            socket.create_server((LOOPBACK, port))

        await control_plane.start_api_server()


async def test_a_server_that_is_not_ours_is_never_taken_for_the_api_server(
    control_plane_binaries: ControlPlaneBinaries, tmp_path: Path
) -> None:
    certificate = tmp_path / "foreign.pem"
    trustme.CA().issue_cert(LOOPBACK).private_key_and_cert_chain_pem.write_to_path(certificate)
    foreign = write_program(
        tmp_path / "foreign",
        textwrap.dedent(_FOREIGN_SERVER).format(python=sys.executable, certificate=certificate),
    )
    binaries = dataclasses.replace(control_plane_binaries, kube_apiserver=foreign)

    with pytest.raises(ControlPlaneError, match="a client would not talk to me"):
        await ControlPlane.start(binaries)
