"""`kubectl campaign preview`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_campaign.cluster_options import CampaignName, ContextOption, KubeconfigOption, NamespaceOption

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from campaign_operator.domain.campaigns.campaign import Campaign
    from campaign_operator.domain.planning.blueprint import Blueprint
    from campaign_operator.domain.planning.calling_hours import HoursPolicy
    from campaign_operator.preview.forecast import Forecast


_MAX_RUNS = 50


class LivePreviewFormat(StrEnum):
    """How the preview of a campaign in the cluster is printed."""

    TABLE = "table"
    JSON = "json"
    SVG = "svg"


def preview_campaign(
    name: CampaignName,
    namespace: NamespaceOption = None,
    runs: Annotated[int, typer.Option(min=1, max=_MAX_RUNS, help="Number of runs to show.")] = 1,
    output: Annotated[
        LivePreviewFormat, typer.Option("--output", "-o", help="Output format.")
    ] = LivePreviewFormat.TABLE,
    policy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The calling hours policy of the operator, which the resource does not show.",
            show_default=False,
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="PEM file with additional certificate authorities to trust for contact lists at URLs.",
            show_default=False,
        ),
    ] = None,
    allow_cidr: Annotated[
        list[str] | None,
        typer.Option(
            help="Private or local network from which contact lists may be downloaded; repeatable.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        str | None, typer.Option(help="HTTP or HTTPS URL of a proxy for contact lists at URLs.", show_default=False)
    ] = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Show whom a campaign calls next, and when.

    Plans as the operator does, from the resource, its contact lists, its calendar and its policy as they are in the
    cluster. Runs that the operator has planned come first. Requires the right to read the ConfigMaps and Secrets that
    the campaign names. Lists at URLs are downloaded from this machine.
    """
    import asyncio
    from datetime import UTC, datetime

    from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
    from campaign_operator.domain.errors import InvalidSpecError
    from campaign_operator.domain.problem import Problem
    from campaign_operator.engine.ports import UnusableError
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.live_forecast import live_forecast
    from kubectl_campaign.live_inputs import ListAccess, live_blueprint
    from kubectl_campaign.plugin_error import PluginError, refuse
    from kubectl_campaign.user_cluster import UserCluster

    moment, networks, operators = datetime.now(UTC), _private_networks(allow_cidr or []), _policy_of(policy)
    try:
        cluster = UserCluster(Target(namespace, context, kubeconfig))
        campaign = campaign_of(cluster.campaign(name))
        access = ListAccess(ca_file, networks, proxy)
        blueprint = asyncio.run(live_blueprint(cluster, campaign, operators, access, moment))
        if isinstance(blueprint, Problem):
            refuse(PluginError(f"{blueprint.reason}: {blueprint.message}"))
        shown = live_forecast(campaign, blueprint, moment, runs)
    except UnusableError as error:
        refuse(PluginError(error.campaign.problem.message))
    except InvalidSpecError as error:
        refuse(PluginError(str(error)))
    except PluginError as error:
        refuse(error)
    for note in shown.notes:
        typer.echo(f"note: {note}", err=True)
    if not shown.forecast.runs:
        typer.echo(f"{campaign.ref}: no further run is planned", err=True)
        return
    typer.echo(_preview_text(shown.forecast, campaign, blueprint, output), nl=False, color=True)


def _private_networks(texts: list[str]) -> "tuple[IPv4Network | IPv6Network, ...]":
    from ipaddress import ip_network

    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--allow-cidr") from None


def _policy_of(file: Path | None) -> "HoursPolicy | None":
    from campaign_operator.validation.policy_file import InvalidPolicyError, read_policy

    if file is None:
        return None
    try:
        return read_policy(file.read_bytes(), file=str(file), name="the operator's policy")
    except (OSError, InvalidPolicyError) as error:
        raise typer.BadParameter(str(error), param_hint="--policy") from None


def _preview_text(of: "Forecast", campaign: "Campaign", blueprint: "Blueprint", output: LivePreviewFormat) -> str:
    from campaign_operator.terminal import shows_colours, width_of

    if output is LivePreviewFormat.JSON:
        from campaign_operator.preview.preview_wire import preview_json

        return preview_json(of) + "\n"
    if output is LivePreviewFormat.SVG:
        from campaign_operator.preview.forecast import holidays_of, open_hours
        from campaign_operator.preview.svg import forecast_svg

        return forecast_svg(of, open_hours(of, blueprint), holidays_of(of, blueprint))
    from campaign_operator.preview.table import forecast_table

    return forecast_table(of, colours=shows_colours(sys.stdout), width=width_of(sys.stdout))
