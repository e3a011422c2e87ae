"""What the worlds of one lane share, one after another: the way to the API server, the dialer, the receiver, the proxy.

Two lanes side by side know nothing of each other but the control plane that both use.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import uuid4

import aiohttp
import yaml
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_sandbox.certificates import issue_server_certificate
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.simulator.server import simulated_dialer
from campaign_sandbox.simulator.simulator_settings import Client, SimulatorSettings
from campaign_sandbox.webhook_receiver import ReceiverSettings, webhook_receiver
from e2e_world import secret
from faults.clock import SLOTS, SharedClock
from faults.desks import CLIENT_ID, CLIENT_SECRET, DialerDesk, ReceiverDesk
from faults.exchanges import Side
from faults.operator_host import Order
from faults.operators import OperatorHost
from faults.proxy import Proxy, running_proxy
from faults.world import CALLS_IN_ALL, CALLS_PER_SECOND, SETTINGS, Place

SIGNING_SECRET = "whsec_" + "c2lnbmluZy1zZWNyZXQtb2YtdGhlLWZhdWx0cw=="


@dataclass(frozen=True)
class Access:
    """How to reach the control plane: as its administrator, and as the operator."""

    server_url: str
    ca_pem: str
    administrator: Path
    operator: Path

    @classmethod
    def of(cls, control_plane: ControlPlane, operator: Path) -> Self:
        """Those of a control plane; `operator` is the operator's kubeconfig."""
        return cls(control_plane.server_url, control_plane.ca_pem, control_plane.kubeconfig_path, operator)


@dataclass(frozen=True)
class Lane:
    """A lane that is open. `forbidden` are the words that no log line, Event or status may hold."""

    place: Place
    proxy: Proxy
    receiver: ReceiverDesk
    logs: tuple[Path, ...]
    forbidden: tuple[str, ...] = field(repr=False)


@asynccontextmanager
async def open_lane(access: Access, folder: Path) -> AsyncIterator[Lane]:
    """A lane in a namespace of its own; `folder` is its own, too."""
    certificate = issue_server_certificate(folder)
    clock = SharedClock(folder / "clock")
    namespace = f"faults-{uuid4().hex[:10]}"
    async with AsyncExitStack() as stack:
        host = stack.enter_context(OperatorHost(folder))
        dialer_settings = SimulatorSettings(
            clients=(Client(CLIENT_ID, CLIENT_SECRET),),
            campaigns={"*": CALLS_IN_ALL},
            calls_per_second=CALLS_PER_SECOND,
            rows_per_campaign=2,
        )
        dialer_url = await stack.enter_async_context(simulated_dialer(dialer_settings, clock))
        receiver_url = await stack.enter_async_context(webhook_receiver(ReceiverSettings()))
        upstream = {
            Side.API_SERVER: access.server_url,
            Side.DIALER: dialer_url,
            Side.RECEIVER: receiver_url,
        }
        trust = ssl.create_default_context(cadata=access.ca_pem)
        proxy, fronts = await stack.enter_async_context(running_proxy(upstream, trust, certificate.tls, SLOTS))
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        configuration = Configuration()
        await load_kube_config(  # type: ignore[no-untyped-call] # it has no types
            config_file=str(access.administrator), client_configuration=configuration, persist_config=False
        )
        api = APIServer(await stack.enter_async_context(ApiClient(configuration)))
        await _create_namespace(api, namespace)
        await _permit_election(api, namespace)
        orders = []
        for slot, front in enumerate(fronts):
            kubeconfig, log = folder / f"kubeconfig-{slot}", folder / f"operator-{slot}.log"
            token = _write_kubeconfig(kubeconfig, access.operator, front, certificate.authority)
            orders.append(
                Order(
                    slot=slot,
                    namespace=namespace,
                    kubeconfig=str(kubeconfig),
                    authority=str(certificate.authority),
                    clock=str(folder / "clock"),
                    log=str(log),
                    settings=SETTINGS,
                )
            )

        place = Place(
            namespace=namespace,
            api=api,
            host=host,
            clock=clock,
            orders=tuple(orders),
            dialer=DialerDesk(session, dialer_url),
            dialer_fronts=tuple(fronts),
        )
        logs = tuple(Path(order.log) for order in orders)
        yield Lane(place, proxy, ReceiverDesk(session, receiver_url), logs, (token, CLIENT_SECRET, SIGNING_SECRET))
        await api.request("DELETE", "/api/v1/namespaces/{name}", {"name": namespace})


async def _create_namespace(api: APIServer, namespace: str) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    answer = await api.request("POST", "/api/v1/namespaces", body=body)
    assert answer.status == 201, answer
    hook = secret(namespace, "hook", {"k": SIGNING_SECRET})
    answer = await api.request("POST", "/api/v1/namespaces/{namespace}/secrets", {"namespace": namespace}, body=hook)
    assert answer.status == 201, answer


async def _permit_election(api: APIServer, namespace: str) -> None:
    """The rights that the chart gives on one Lease, for those of all worlds of this lane."""
    rights = "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/"
    rule = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create", "get", "update"]}
    account = {"kind": "ServiceAccount", "namespace": "campaign-operator", "name": "campaign-operator"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "election"}
    for kind, given in (("roles", {"rules": [rule]}), ("rolebindings", {"roleRef": role, "subjects": [account]})):
        body = {"metadata": {"name": "election"}, **given}
        answer = await api.request("POST", rights + kind, {"namespace": namespace}, body=body)
        assert answer.status == 201, answer


def _write_kubeconfig(path: Path, operator: Path, server: str, authority: Path) -> str:
    """The operator's kubeconfig by way of the proxy; its token."""
    config = yaml.safe_load(operator.read_text())
    config["clusters"][0]["cluster"] = {"server": server, "certificate-authority": str(authority)}
    path.write_text(yaml.safe_dump(config))
    return str(config["users"][0]["user"]["token"])
