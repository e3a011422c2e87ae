"""The command line: `campaign-operator`, for operators of clusters and for people who write campaigns.

Exit status 0: done; 1: the thing checked is not right, or it could not be done; 2: wrong usage. Results go to stdout,
messages to stderr. What a command needs is imported when it is called: `crd` should not wait for kopf.
"""

import asyncio
import sys
from enum import StrEnum
from importlib.metadata import version
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="campaign-operator",
    help="A Kubernetes operator for outbound calling campaigns on NICE CXone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class LogFormat(StrEnum):
    """How log lines are written."""

    JSON = "json"
    CONSOLE = "console"


class SandboxPart(StrEnum):
    """Parts that can be left out of a sandbox."""

    OPERATOR = "operator"
    SIMULATOR = "simulator"


def fail(message: str) -> NoReturn:
    """Say what is wrong on stderr and end with status 1."""
    typer.echo(f"campaign-operator: {message}", err=True)
    raise typer.Exit(1)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"campaign-operator {version('campaign-operator')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
]


@app.callback()
def campaign_operator(show_version: Version = False) -> None:
    """A Kubernetes operator for outbound calling campaigns on NICE CXone."""


def _networks(texts: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--allow-cidr") from None


@app.command(context_settings={"auto_envvar_prefix": "CAMPAIGN_OPERATOR"})
def run(
    namespace: Annotated[
        list[str] | None, typer.Option(help="Watch this namespace; repeatable.", show_default=False)
    ] = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Watch every namespace.")] = False,
    log_format: Annotated[
        LogFormat | None,
        typer.Option(help="json or console. Default: console on a terminal, else json.", show_default=False),
    ] = None,
    health_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve /healthz on this port.", show_default=False)
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve /metrics on this port.", show_default=False)
    ] = None,
    poll_seconds: Annotated[
        float, typer.Option(min=0.1, max=3600, help="How often the analytics of a running run are read.")
    ] = 30,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="PEM file of further certificate authorities to trust for dialer and webhooks.",
            show_default=False,
        ),
    ] = None,
    allow_cidr: Annotated[
        list[str] | None,
        typer.Option(
            help="Network that may be called although it is private or local, such as 10.1.0.0/16; repeatable.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        str | None, typer.Option(help="http or https URL of a proxy for all outgoing calls.", show_default=False)
    ] = None,
    lead_seconds: Annotated[
        float, typer.Option(min=0, max=86400, help="A run is planned to start at least this long from now.")
    ] = 30,
    settle_seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=3600,
            help="After this long a request that was not answered is looked up; it must have taken effect by then, "
            "if ever.",
        ),
    ] = 60,
    send_within_seconds: Annotated[
        float,
        typer.Option(min=0.1, max=600, help="A request leaves within this time of its recorded intent, or never."),
    ] = 10,
    request_timeout_seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="Time-out of a request to the dialer.")
    ] = 30,
    deletion_deadline_seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=604_800,
            help="After this long a deleted campaign goes, even where its schedules could not be withdrawn.",
        ),
    ] = 600,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what is done in detail.")] = False,
) -> None:
    """Run the operator: in a cluster, or against the current kubeconfig.

    Every option can also be given by an environment variable: --poll-seconds as CAMPAIGN_OPERATOR_POLL_SECONDS,
    and so on.
    """
    from campaign_operator.domain.campaign import Settings
    from campaign_operator.settings import RunOptions

    if all_namespaces == bool(namespace):
        raise typer.BadParameter("give either --namespace (repeatable) or --all-namespaces")
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
        namespaces=tuple(dict.fromkeys(namespace or ())),
        log_format=(log_format or (LogFormat.CONSOLE if sys.stderr.isatty() else LogFormat.JSON)).value,
        health_port=health_port,
        metrics_port=metrics_port,
        ca_file=ca_file,
        allow_cidrs=_networks(allow_cidr or []),
        proxy=proxy,
        verbose=verbose,
    )
    from campaign_operator import main as operator
    from campaign_operator.adapters.cluster import NoClusterError

    try:
        asyncio.run(operator.run(options))
    except (operator.CannotStartError, NoClusterError) as error:
        fail(str(error))


@app.command()
def crd() -> None:
    """Print the CustomResourceDefinition."""
    from campaign_operator.api.crd import render_crd

    typer.echo(render_crd(), nl=False)


@app.command()
def sandbox(
    without: Annotated[
        list[SandboxPart] | None, typer.Option(help="Leave a part out; repeatable.", show_default=False)
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Apply the example, show its progress, and end when it is Completed.")
    ] = False,
    poll_seconds: Annotated[
        float, typer.Option(min=0.1, max=3600, help="How often the operator reads the analytics.")
    ] = 2,
    calls_per_second: Annotated[float, typer.Option(min=0.01, help="Calls the simulated dialer places.")] = 0.5,
) -> None:
    """Run a whole world on this machine: control plane, CRD, simulated dialer, webhook receiver and operator.

    Prints the line that points kubectl at it and stays until Ctrl-C. The first time, the programs of the control plane
    are built from their published sources, which takes some minutes.
    """
    if demo and without:
        raise typer.BadParameter("--demo needs every part; leave out --without")
    try:
        from campaign_operator.sandbox.command import run_sandbox
        from campaign_operator.sandbox.sandbox import SandboxSettings
    except ModuleNotFoundError as error:
        fail(f"the sandbox needs more packages ({error.name} is missing): pip install 'campaign-operator[sandbox]'")
    left_out = frozenset(without or ())
    settings = SandboxSettings(
        with_operator=SandboxPart.OPERATOR not in left_out,
        with_simulator=SandboxPart.SIMULATOR not in left_out,
        poll_seconds=poll_seconds,
        calls_per_second=calls_per_second,
    )
    raise typer.Exit(run_sandbox(settings, demo=demo))


def _register_simulator() -> None:
    from campaign_operator.sandbox.simulator.command import simulator

    app.command()(simulator)


_register_simulator()


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
