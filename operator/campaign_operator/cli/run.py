"""`campaign-operator run`: the options of the operator, and their reading."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_operator.cli.campaign_selector import CampaignSelector, chosen_selector
from campaign_operator.cli.failure import fail
from campaign_operator.cli.lease_options import (
    LEASE,
    LeaderElect,
    LeaseNameOption,
    LeaseNamespaceOption,
    chosen_lease,
)
from campaign_operator.cli.list_limits import LIST_MAX_BYTES, LIST_MAX_ROWS, ListMaxBytes, ListMaxRows
from campaign_operator.cli.namespaces import chosen_namespaces
from campaign_operator.cli.policy_option import CallingHoursPolicy, chosen_policy

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


class LogFormatOption(StrEnum):
    """How log lines are written."""

    JSON = "json"
    CONSOLE = "console"


class LogLevelOption(StrEnum):
    """The least level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _networks(texts: list[str]) -> "tuple[IPv4Network | IPv6Network, ...]":
    from ipaddress import ip_network

    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--allow-cidr") from None


def run(
    namespace: Annotated[
        list[str] | None, typer.Option(help="Watch this namespace; repeatable.", show_default=False)
    ] = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Watch every namespace.")] = False,
    campaign_selector: CampaignSelector = "",
    log_format: Annotated[
        LogFormatOption | None,
        typer.Option(help="json or console. Default: console on a terminal, else json.", show_default=False),
    ] = None,
    health_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve /healthz and /readyz on this port.", show_default=False)
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve /metrics on this port.", show_default=False)
    ] = None,
    metrics_per_campaign: Annotated[
        bool,
        typer.Option(
            "--metrics-per-campaign/--no-metrics-per-campaign",
            help="Serve the metrics of each campaign, up to 2,000 campaigns. Otherwise, serve them by namespace.",
        ),
    ] = True,
    poll_seconds: Annotated[
        float, typer.Option(min=0.1, max=3600, help="How often to read the analytics while a run is in progress.")
    ] = 30,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help=(
                "PEM file with additional certificate authorities to trust for the dialer, contact lists and webhooks."
            ),
            show_default=False,
        ),
    ] = None,
    allow_cidr: Annotated[
        list[str] | None,
        typer.Option(
            help="Private or local network that the operator may connect to, such as 10.1.0.0/16; repeatable.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        str | None, typer.Option(help="HTTP or HTTPS URL of a proxy for all outgoing connections.", show_default=False)
    ] = None,
    lead_seconds: Annotated[
        float, typer.Option(min=0, max=86400, help="Minimum time between planning a run and its start.")
    ] = 30,
    settle_seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=3600,
            help=(
                "Settling time: a request without an answer is looked up after this time, and must have taken effect "
                "by then, if at all."
            ),
        ),
    ] = 60,
    send_within_seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=600,
            help="Maximum time between the recorded intent and its request; a later request is not sent.",
        ),
    ] = 10,
    request_timeout_seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="Timeout of a request to the dialer.")
    ] = 30,
    deletion_deadline_seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=604_800,
            help="Time after which a deleted campaign is released even if its schedules could not be cancelled.",
        ),
    ] = 600,
    calling_hours_policy: CallingHoursPolicy = None,
    list_max_rows: ListMaxRows = LIST_MAX_ROWS,
    list_max_bytes: ListMaxBytes = LIST_MAX_BYTES,
    list_timeout_seconds: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Timeout for downloading a contact list.")
    ] = 300,
    leader_elect: LeaderElect = False,
    leader_elect_resource_namespace: LeaseNamespaceOption = None,
    leader_elect_resource_name: LeaseNameOption = LEASE,
    log_level: Annotated[LogLevelOption, typer.Option(help="Log lines of this level and above.")] = LogLevelOption.INFO,
) -> None:
    """Run the operator, in a cluster or against the current kubeconfig.

    You can also set each option with an environment variable, such as CAMPAIGN_OPERATOR_POLL_SECONDS for
    --poll-seconds.
    """
    import asyncio

    from campaign_operator.domain.campaigns.campaign import Settings
    from campaign_operator.domain.contacts.contact_list import ListLimits
    from campaign_operator.settings import RunOptions

    namespaces = chosen_namespaces(namespace, all_namespaces)
    try:
        settings = Settings(
            poll_seconds=poll_seconds,
            lead_seconds=lead_seconds,
            send_within_seconds=send_within_seconds,
            request_timeout_seconds=request_timeout_seconds,
            settle_seconds=settle_seconds,
            deletion_deadline_seconds=deletion_deadline_seconds,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    options = RunOptions(
        settings=settings,
        namespaces=namespaces,
        selector=chosen_selector(campaign_selector),
        log_format=(log_format or (LogFormatOption.CONSOLE if sys.stderr.isatty() else LogFormatOption.JSON)).value,
        health_port=health_port,
        metrics_port=metrics_port,
        metrics_per_campaign=metrics_per_campaign,
        ca_file=ca_file,
        allow_cidrs=_networks(allow_cidr or []),
        proxy=proxy,
        policy=chosen_policy(calling_hours_policy),
        list_limits=ListLimits(max_rows=list_max_rows, max_bytes=list_max_bytes),
        list_timeout_seconds=list_timeout_seconds,
        lease=chosen_lease(leader_elect, leader_elect_resource_namespace, leader_elect_resource_name),
        log_level=log_level.value,
    )
    from campaign_operator import main as operator
    from campaign_operator.adapters.kubernetes.cluster import NoClusterError
    from campaign_operator.preflight import CannotStartError

    try:
        asyncio.run(operator.run_operator(options))
    except (CannotStartError, NoClusterError) as error:
        fail(str(error))
