"""How this process reaches the API server: one source of credentials, for our own client and for kopf's.

Order: KUBECONFIG, where it is set; the pod's service account; ~/.kube/config.
"""

import os
from pathlib import Path
from urllib.request import getproxies

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
        where = path or "the pod's service account"
        raise NoClusterError(f"cannot reach a cluster with {where}: {error}") from error
    configuration.connection_pool_maxsize = CONNECTIONS
    # where the environment names no proxy, not even a look for one and for a ~/.netrc at every request, which took a
    # tenth of the CPU time of polling
    configuration.client_session_kwargs = {"trust_env": bool(getproxies())}
    return configuration


async def renew_credentials(configuration: Configuration) -> None:
    """Read the token of a configuration in use anew, from the file or the command that it came from; certificates stay.

    By itself the client reads a pod's token again after a minute, and a kubeconfig's never. What cannot be read now is
    left as it is.
    """
    try:
        renewed = await load_configuration()
    except NoClusterError:
        return
    configuration.api_key = renewed.api_key
    configuration.refresh_api_key_hook = renewed.refresh_api_key_hook


async def _load_kubeconfig(path: str, configuration: Configuration) -> None:
    await load_kube_config(config_file=path, client_configuration=configuration, persist_config=False)  # type: ignore[no-untyped-call] # it has no types
