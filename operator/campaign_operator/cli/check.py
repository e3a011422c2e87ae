"""`campaign-operator check`."""

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
from campaign_operator.cli.namespaces import chosen_namespaces
from campaign_operator.cli.policy_option import CallingHoursPolicy, chosen_policy

if TYPE_CHECKING:
    from campaign_operator.adapters.kubernetes.leader_election import LeaseName


def check(
    namespace: Annotated[
        list[str] | None, typer.Option(help="A namespace that the operator watches; repeatable.", show_default=False)
    ] = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="The operator watches every namespace.")
    ] = False,
    campaign_selector: CampaignSelector = "",
    secret: Annotated[
        list[str] | None,
        typer.Option(help="The only Secrets that the operator may read, by name; repeatable.", show_default=False),
    ] = None,
    calling_hours_policy: CallingHoursPolicy = None,
    leader_elect: LeaderElect = False,
    leader_elect_resource_namespace: LeaseNamespaceOption = None,
    leader_elect_resource_name: LeaseNameOption = LEASE,
) -> None:
    """Check that the operator can work in a cluster, with the account that runs this command.

    The check covers the permissions, the CustomResourceDefinition and the calling hours policy. It changes nothing.
    """
    import asyncio

    from campaign_operator.adapters.kubernetes.cluster import NoClusterError
    from campaign_operator.preflight import CannotStartError

    namespaces = chosen_namespaces(namespace, all_namespaces)
    chosen_selector(campaign_selector)
    policy = chosen_policy(calling_hours_policy)
    lease = chosen_lease(leader_elect, leader_elect_resource_namespace, leader_elect_resource_name)
    try:
        lines = asyncio.run(_checked(namespaces, tuple(dict.fromkeys(secret or ())), lease))
    except (CannotStartError, NoClusterError) as error:
        fail(str(error))
    for line in lines:
        typer.echo(line)
    if policy is not None:
        typer.echo(f"calling hours policy: valid, {policy.digest}")


async def _checked(namespaces: tuple[str, ...], secret_names: tuple[str, ...], lease: "LeaseName | None") -> list[str]:
    from kubernetes.aio.client import ApiClient

    from campaign_operator.adapters.kubernetes.api_server import APIServer
    from campaign_operator.adapters.kubernetes.cluster import load_configuration
    from campaign_operator.preflight import check_everything

    async with ApiClient(await load_configuration()) as client:
        return await check_everything(APIServer(client), namespaces, secret_names, lease)
