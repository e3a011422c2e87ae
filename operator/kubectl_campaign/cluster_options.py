"""The options that each command has to say which cluster, and where in it, as kubectl has them."""

from typing import Annotated, TypeAlias

import typer

from kubectl_campaign.completions import complete_campaign, complete_namespace, complete_zone

NamespaceOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        help="The namespace. Default: that of the context.",
        show_default=False,
        autocompletion=complete_namespace,
    ),
]
ContextOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--context", help="The context of the kubeconfig. Default: the current one.", show_default=False),
]
KubeconfigOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--kubeconfig",
        metavar="FILE",
        help="The kubeconfig. Default: the files in KUBECONFIG, or ~/.kube/config.",
        show_default=False,
    ),
]
CampaignName: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="The campaign.", show_default=False, autocompletion=complete_campaign)
]
ZoneArgument: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[ZONE]",
        help="A time zone of the campaign, such as Europe/London, or its last part.",
        show_default=False,
        autocompletion=complete_zone,
    ),
]
TimeoutOption: TypeAlias = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0, max=3600, help="How long to wait for the operator; 0: do not."),
]


def resource_called(name: str) -> str:
    """The campaign as kubectl names what it has changed."""
    from campaign_operator.api.vocabulary import GROUP, SINGULAR

    return f"{SINGULAR}.{GROUP}/{name}"
