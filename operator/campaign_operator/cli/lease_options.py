"""The options of leader election, which `run` and `check` have in common; named as in the components of Kubernetes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from campaign_operator.adapters.kubernetes.leader_election import LeaseName

_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api"""

LEASE = "campaign-operator"

LeaderElect = Annotated[
    bool,
    typer.Option("--leader-elect", help="Wait for a Lease before working, so that one of several replicas works."),
]
LeaseNamespaceOption = Annotated[
    str | None,
    typer.Option(
        "--leader-elect-resource-namespace",
        help="Namespace of the Lease. Default: the namespace of the pod.",
        show_default=False,
    ),
]
LeaseNameOption = Annotated[str, typer.Option("--leader-elect-resource-name", help="Name of the Lease.")]


def chosen_lease(leader_elect: bool, namespace: str | None, name: str) -> "LeaseName | None":
    """The Lease to hold; None where nobody is elected. Raises typer.BadParameter if its namespace cannot be told."""
    from campaign_operator.adapters.kubernetes.leader_election import LeaseName

    if not leader_elect:
        return None
    try:
        return LeaseName(namespace or _OWN_NAMESPACE.read_text().strip(), name)
    except OSError:
        raise typer.BadParameter("required outside a cluster", param_hint="--leader-elect-resource-namespace") from None
