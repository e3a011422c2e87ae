"""`campaign-operator detach`."""

from typing import Annotated

import typer

from campaign_operator.cli.campaign_selector import CampaignSelector, chosen_selector
from campaign_operator.cli.failure import fail
from campaign_operator.cli.namespaces import chosen_namespaces

PUT_BACK_WITHIN_SECONDS = 5.0
"""An operator that runs puts a finalizer back within a second or two."""


def detach(
    namespace: Annotated[
        list[str] | None, typer.Option(help="Detach the campaigns in this namespace; repeatable.", show_default=False)
    ] = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Detach the campaigns in every namespace.")
    ] = False,
    campaign_selector: CampaignSelector = "",
) -> None:
    """Remove the operator's finalizers from campaigns, after you uninstall the operator.

    Afterwards you can delete the campaigns and their namespaces. Schedules at the dialer stay and are dialed. To cancel
    them, delete or suspend the campaigns while the operator still runs.
    """
    import asyncio

    from campaign_operator.adapters.kubernetes.cluster import NoClusterError
    from campaign_operator.adapters.kubernetes.detachment import NotDetachedError

    namespaces = chosen_namespaces(namespace, all_namespaces)
    selector = chosen_selector(campaign_selector)
    try:
        asyncio.run(_detach(namespaces, selector.expression))
    except (NotDetachedError, NoClusterError) as error:
        fail(str(error))


async def _detach(namespaces: tuple[str, ...], selector: str) -> None:
    import asyncio
    from datetime import UTC, datetime

    from kubernetes.aio.client import ApiClient

    from campaign_operator.adapters.kubernetes.api_server import APIServer
    from campaign_operator.adapters.kubernetes.cluster import load_configuration
    from campaign_operator.adapters.kubernetes.detachment import (
        NotDetachedError,
        campaigns_with_finalizers,
        detached_campaigns,
    )
    from campaign_operator.wording import counted, listed

    async with ApiClient(await load_configuration()) as client:
        api, count = APIServer(client), 0
        async for campaign in detached_campaigns(api, namespaces, selector, datetime.now(UTC)):
            typer.echo(f"{campaign.name}: {campaign.left}")
            count += 1
        if count:
            await asyncio.sleep(PUT_BACK_WITHIN_SECONDS)
        again = await campaigns_with_finalizers(api, namespaces, selector)
        if again:
            raise NotDetachedError(
                f"an operator put finalizers back on {listed(again)}; uninstall the operator first, and run this again"
            )
        typer.echo(f"{counted(count, 'campaign')} detached")
