"""`kubectl campaign status`."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_campaign.cluster_options import CampaignName, ContextOption, KubeconfigOption, NamespaceOption

if TYPE_CHECKING:
    from kubectl_campaign.user_cluster import UserCluster


class StatusFormat(StrEnum):
    """How a status is printed."""

    SCREEN = "screen"
    JSON = "json"


def status(
    name: CampaignName,
    namespace: NamespaceOption = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Show every change: on a terminal the screen anew, elsewhere a line for each change."
        ),
    ] = False,
    output: Annotated[StatusFormat, typer.Option("--output", "-o", help="Output format.")] = StatusFormat.SCREEN,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Show a campaign: its run zone by zone, what blocks it, and what comes next."""
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.plugin_error import PluginError, refuse
    from kubectl_campaign.user_cluster import UserCluster

    if watch and output is StatusFormat.JSON:
        raise typer.BadParameter("cannot be combined with --watch", param_hint="-o json")
    try:
        cluster = UserCluster(Target(namespace, context, kubeconfig))
        if watch:
            _watch(cluster, name)
        else:
            _show(cluster, name, output)
    except PluginError as error:
        refuse(error)


def _show(cluster: "UserCluster", name: str, output: StatusFormat) -> None:
    from datetime import UTC, datetime

    from campaign_operator.terminal import shows_colours, width_of
    from kubectl_campaign.seen_campaign import SeenCampaign

    seen, now = SeenCampaign.of(cluster.campaign(name)), datetime.now(UTC)
    if output is StatusFormat.JSON:
        from kubectl_campaign.status_wire import status_json

        typer.echo(status_json(seen, now))
        return
    from kubectl_campaign.status_screen import status_screen

    typer.echo(
        status_screen(seen, now, colours=shows_colours(sys.stdout), width=width_of(sys.stdout)), nl=False, color=True
    )


def _watch(cluster: "UserCluster", name: str) -> None:
    from kubectl_campaign.status_watch import watch_lines, watch_screen

    try:
        if sys.stdout.isatty():
            watch_screen(cluster, name)
        else:
            watch_lines(cluster, name)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
