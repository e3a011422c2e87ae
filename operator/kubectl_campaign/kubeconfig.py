"""Which cluster, account and namespace the person means: kubeconfig files, context and options, as kubectl reads them.

The files are read once, since a large one takes a second to parse. Order: --kubeconfig, KUBECONFIG (several files),
~/.kube/config, and in a pod its service account.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubectl_campaign.plugin_error import PluginError

if TYPE_CHECKING:
    from kubernetes.client import Configuration

_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Target:
    """What the person said of the cluster; None where nothing was said."""

    namespace: str | None = None
    context: str | None = None
    kubeconfig: str | None = None


def read_kubeconfig(target: Target) -> "tuple[Configuration, str]":
    """How to reach the API server, and the namespace that is meant. Raises PluginError."""
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException

    configuration = Configuration()
    # a connection that is refused is said at once, and not tried again with a warning for each time
    configuration.retries = False
    paths = target.kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    existing = [path for path in paths.split(os.pathsep) if path and Path(path).expanduser().exists()]
    try:
        if existing:
            own = _load(os.pathsep.join(existing), target.context, configuration)
            return configuration, target.namespace or own
        if os.environ.get("KUBERNETES_SERVICE_HOST") and target.kubeconfig is None:
            own = _load_in_pod(configuration)
            return configuration, target.namespace or own
    except (ConfigException, OSError, ValueError) as error:
        raise PluginError(f"{paths}: {error}") from None
    raise PluginError(f"{paths} does not exist; set KUBECONFIG, or name a file with --kubeconfig")


def _load(paths: str, context: str | None, configuration: "Configuration") -> str:
    """Fill the configuration, and return the namespace of the context."""
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger
    from yaml import YAMLError

    try:
        merged: Any = KubeConfigMerger(paths).config  # type: ignore[no-untyped-call] # it has no types
    except YAMLError:
        raise PluginError(f"{paths} is not YAML") from None
    loader = KubeConfigLoader(config_dict=merged, active_context=context, config_base_path=None)  # type: ignore[no-untyped-call] # it has no types
    loader.load_and_set(configuration)  # type: ignore[no-untyped-call] # it has no types
    chosen: dict[str, Any] = loader.current_context["context"]
    return chosen.get("namespace") or "default"


def _load_in_pod(configuration: "Configuration") -> str:
    from kubernetes.config import load_incluster_config

    load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call] # it has no types
    return _POD_NAMESPACE.read_text().strip() or "default"
