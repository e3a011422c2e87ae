"""What the shell offers for a word that is begun: the names of campaigns, namespaces and time zones.

Owns that a cluster that does not answer offers nothing, and says nothing: whoever types has no use for an error.
"""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_campaign.user_cluster import UserCluster

_NAMESPACES = "/api/v1/namespaces"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def complete_campaign(ctx: typer.Context, incomplete: str) -> list[str]:
    """The campaigns of the namespace that the command line names so far."""
    return _beginning_with(incomplete, lambda cluster: cluster.names(), ctx)


def complete_namespace(ctx: typer.Context, incomplete: str) -> list[str]:
    """The namespaces of the cluster, for those who may list them."""

    def names(cluster: "UserCluster") -> list[str]:
        from kubectl_campaign.refusals import Wish

        _, _, body = cluster.get(Wish("list", "namespaces"), _NAMESPACES, _METADATA_LIST)
        return [item["metadata"]["name"] for item in body["items"] or ()]

    return _beginning_with(incomplete, names, ctx)


def complete_zone(ctx: typer.Context, incomplete: str) -> list[str]:
    """The time zones of the campaign that the command line names so far."""

    def zones(cluster: "UserCluster") -> list[str]:
        runs = cluster.campaign(ctx.params["name"]).get("status", {}).get("runs", [])
        return sorted({window["timeZone"] for run in runs for window in run.get("windows", [])})

    return _beginning_with(incomplete, zones, ctx)


def complete_entry(ctx: typer.Context, incomplete: str) -> list[str]:
    """The windows that wait for a person, with what can be said of them."""

    def entries(cluster: "UserCluster") -> list[str]:
        from campaign_operator.domain.status.resolution import ABANDON, RESUBMIT
        from kubectl_campaign.resolution_entries import open_windows
        from kubectl_campaign.seen_campaign import SeenCampaign

        seen = SeenCampaign.of(cluster.campaign(ctx.params["name"]))
        return [f"{zone}={word}" for _, zone in open_windows(seen) for word in (RESUBMIT, ABANDON)]

    return _beginning_with(incomplete, entries, ctx)


def _beginning_with(incomplete: str, names: "Callable[[UserCluster], list[str]]", ctx: typer.Context) -> list[str]:
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.plugin_error import PluginError
    from kubectl_campaign.user_cluster import UserCluster

    given = ctx.params
    target = Target(given.get("namespace"), given.get("context"), given.get("kubeconfig"))
    try:
        found = names(UserCluster(target))
    except (PluginError, LookupError, TypeError):
        return []
    # what a stranger wrote is no command for a shell or a terminal
    return [name for name in found if name.startswith(incomplete) and name.isprintable()]
