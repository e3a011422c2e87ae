"""`kubectl campaign resolve`."""

from typing import Annotated

import typer

from kubectl_campaign.cluster_options import (
    CampaignName,
    ContextOption,
    KubeconfigOption,
    NamespaceOption,
    TimeoutOption,
    resource_called,
)
from kubectl_campaign.completions import complete_entry

RESOLVE_SECONDS = 120.0


def resolve(
    name: CampaignName,
    entries: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN/]ZONE=WHAT",
            help=(
                "A window that is held, and what you found at the dialer: Resubmit (no schedule; send it again), "
                "Abandon (no schedule; do not call), or the ID of its schedule. For a schedule that no window refers "
                "to: unknown/ZONE=Ignore."
            ),
            show_default=False,
            autocompletion=complete_entry,
        ),
    ],
    namespace: NamespaceOption = None,
    timeout: TimeoutOption = RESOLVE_SECONDS,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Tell the operator what you found out about windows that are held.

    Look in the dialer's own console first. Waits for the Event that answers each entry. Name the run if the zone has
    held windows in several.
    """
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.plugin_error import PluginError, refuse
    from kubectl_campaign.resolving import resolved_windows
    from kubectl_campaign.user_cluster import UserCluster

    try:
        was_rejected = False
        for answer in resolved_windows(UserCluster(Target(namespace, context, kubeconfig)), name, entries, timeout):
            typer.echo(str(answer))
            was_rejected = was_rejected or not answer.is_done
    except PluginError as error:
        refuse(error)
    if not timeout:
        typer.echo(f"{resource_called(name)} annotated")
    if was_rejected:
        raise typer.Exit(1)
