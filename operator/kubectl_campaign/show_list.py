"""`kubectl campaign list`."""

import sys
from typing import Annotated

import typer

from kubectl_campaign.cluster_options import ContextOption, KubeconfigOption, NamespaceOption


def list_campaigns(
    namespace: NamespaceOption = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="List all namespaces.")] = False,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """List campaigns, those that need a person first.

    NEEDS says how urgent it is: act (only a person can remove the cause), unseen (no operator has seen the campaign
    or its last edit, or done what was due five minutes ago), blocked (something that is due is not submitted), look (a
    run, a list or a webhook failed), retrying (a transient fault).
    """
    from datetime import UTC, datetime

    from campaign_operator.terminal import shows_colours, width_of
    from kubectl_campaign.campaign_list import campaign_list
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.plugin_error import PluginError, refuse
    from kubectl_campaign.seen_campaign import SeenCampaign
    from kubectl_campaign.user_cluster import UserCluster

    try:
        cluster = UserCluster(Target(namespace, context, kubeconfig))
        found = [SeenCampaign.of(wire) for wire in cluster.campaigns(everywhere=all_namespaces)]
    except PluginError as error:
        refuse(error)
    if not found:
        where = "in any namespace" if all_namespaces else f"in namespace {cluster.namespace}; -A lists all namespaces"
        typer.echo(f"No campaigns found {where}.", err=True)
        return
    screen = campaign_list(
        found,
        datetime.now(UTC),
        everywhere=all_namespaces,
        colours=shows_colours(sys.stdout),
        width=width_of(sys.stdout),
    )
    typer.echo(screen, nl=False, color=True)
