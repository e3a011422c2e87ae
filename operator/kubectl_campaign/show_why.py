"""`kubectl campaign why`."""

import sys
from typing import TYPE_CHECKING, Any

import typer

from kubectl_campaign.cluster_options import (
    CampaignName,
    ContextOption,
    KubeconfigOption,
    NamespaceOption,
    ZoneArgument,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_operator.domain.planning.deciding_rules import DecidingRule
    from kubectl_campaign.seen_campaign import SeenCampaign
    from kubectl_campaign.user_cluster import UserCluster


def why(
    name: CampaignName,
    zone: ZoneArgument = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Explain what blocks a campaign, or why a time zone is called when it is, and what to do.

    With a time zone, the rules of the calling hours that moved its window are named, with their sources.
    """
    from datetime import UTC, datetime

    from campaign_operator.terminal import shows_colours, width_of
    from kubectl_campaign.explanation import why_campaign, why_zone, zone_meant
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.plugin_error import PluginError, refuse
    from kubectl_campaign.seen_campaign import SeenCampaign
    from kubectl_campaign.user_cluster import UserCluster

    shown: dict[str, Any] = {"colours": shows_colours(sys.stdout), "width": width_of(sys.stdout)}
    try:
        cluster = UserCluster(Target(namespace, context, kubeconfig))
        seen, now = SeenCampaign.of(cluster.campaign(name)), datetime.now(UTC)
        if zone is None:
            screen = why_campaign(seen, now, **shown)
        else:
            meant = zone_meant(seen, zone)
            screen = why_zone(seen, meant, _rules(cluster, seen, meant), now, **shown)
    except PluginError as error:
        refuse(error)
    typer.echo(screen, nl=False, color=True)


def _rules(
    cluster: "UserCluster", seen: "SeenCampaign", zone: str
) -> "Mapping[tuple[str, str], Sequence[DecidingRule]]":
    """Those of the zone, read anew only where a window of it is adjusted."""
    import asyncio

    from pydantic import ValidationError

    from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
    from campaign_operator.domain.planning.zones import ZONE_NAMES

    adjusted = [w for run in seen.status.runs for w in run.windows if w.time_zone == zone and w.adjustments]
    if not adjusted or zone not in ZONE_NAMES:
        return {}
    from campaign_operator.domain.errors import InvalidSpecError
    from campaign_operator.domain.problem import Problem
    from kubectl_campaign.live_inputs import live_hours
    from kubectl_campaign.plugin_error import PluginError
    from kubectl_campaign.window_rules import rules_of_zone

    try:
        spec = OutboundCampaignSpec.model_validate(seen.spec)
        hours = asyncio.run(live_hours(cluster, spec))
    except (ValidationError, InvalidSpecError):
        return {}
    except PluginError as error:
        _warn_of_rules(str(error))
        return {}
    if isinstance(hours, Problem):
        _warn_of_rules(hours.message)
        return {}
    return rules_of_zone(seen, spec, hours, zone)


def _warn_of_rules(why_not: str) -> None:
    from campaign_operator.wording import printable

    typer.echo(printable(f"warning: the rules cannot be named: {why_not}"), err=True)
