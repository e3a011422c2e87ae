"""How this process reaches the API server: one source of credentials for our own client and for kopf's.

Order: KUBECONFIG, where it is set; the pod's service account; ~/.kube/config.
"""

import os
from pathlib import Path

import kopf
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

CONNECTIONS = 16
"""Requests of ours under way at the API server at once; more wait their turn."""


class NoClusterError(Exception):
    """There is no way to reach a cluster; the message says what was tried."""


async def load_configuration() -> Configuration:
    """Address and credentials of the API server. Raises NoClusterError."""
    configuration = Configuration()
    path = os.environ.get("KUBECONFIG")
    try:
        if path:
            await _load_kubeconfig(path, configuration)
        elif os.environ.get("KUBERNETES_SERVICE_HOST"):
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call] # it has no types
        else:
            path = str(Path.home() / ".kube" / "config")
            await _load_kubeconfig(path, configuration)
    except (ConfigException, OSError) as error:
        where = path or "the service account of the pod"
        raise NoClusterError(f"cannot reach a cluster by {where}: {error}") from error
    configuration.connection_pool_maxsize = CONNECTIONS
    return configuration


async def _load_kubeconfig(path: str, configuration: Configuration) -> None:
    await load_kube_config(config_file=path, client_configuration=configuration, persist_config=False)  # type: ignore[no-untyped-call] # it has no types


async def connection_info(configuration: Configuration) -> kopf.ConnectionInfo:
    """The same credentials for kopf."""
    header = await configuration.get_api_key_with_prefix("BearerToken")
    scheme, _, token = (header or "").partition(" ")
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        username=configuration.username or None,
        password=configuration.password or None,
        scheme=scheme or None,
        token=token or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        proxy_url=configuration.proxy,
    )
