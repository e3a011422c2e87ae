"""`campaign-operator check`."""

from typing import Annotated

import typer

from campaign_operator.cli.failure import fail
from campaign_operator.cli.namespaces import chosen_namespaces


def check(
    namespace: Annotated[
        list[str] | None, typer.Option(help="A namespace that the operator watches; repeatable.", show_default=False)
    ] = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="The operator watches every namespace.")
    ] = False,
    secret: Annotated[
        list[str] | None,
        typer.Option(help="The only Secrets that the operator may read, by name; repeatable.", show_default=False),
    ] = None,
) -> None:
    """Check that the operator can work in a cluster, with the account that runs this command.

    The check covers the permissions and the CustomResourceDefinition. It changes nothing.
    """
    import asyncio

    from campaign_operator.adapters.kubernetes.cluster import NoClusterError
    from campaign_operator.preflight import CannotStartError

    namespaces = chosen_namespaces(namespace, all_namespaces)
    try:
        lines = asyncio.run(_checked(namespaces, tuple(dict.fromkeys(secret or ()))))
    except (CannotStartError, NoClusterError) as error:
        fail(str(error))
    for line in lines:
        typer.echo(line)


async def _checked(namespaces: tuple[str, ...], secret_names: tuple[str, ...]) -> list[str]:
    from kubernetes.aio.client import ApiClient

    from campaign_operator.adapters.kubernetes.api_server import APIServer
    from campaign_operator.adapters.kubernetes.cluster import load_configuration
    from campaign_operator.preflight import check_everything

    async with ApiClient(await load_configuration()) as client:
        return await check_everything(APIServer(client), namespaces, secret_names)
