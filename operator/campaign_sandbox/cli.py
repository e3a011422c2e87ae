"""The command line `campaign-sandbox`: a world for campaigns on one machine, whole or in parts.

Exit status 0: done; 1: a part did not come up, or the demo did not come to its good end; 2: wrong usage; 130: the demo
was interrupted. What a command needs is imported when it is called, since the packages of the extra may be missing.
"""

from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from campaign_sandbox.simulator.simulator_command import simulator

app = typer.Typer(
    name="campaign-sandbox",
    help="Run campaigns on this machine: a real API server, a simulated dialer, a webhook receiver and the operator.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class SandboxPart(StrEnum):
    """Parts that can be left out of a sandbox."""

    OPERATOR = "operator"
    SIMULATOR = "simulator"


PollSeconds = Annotated[float, typer.Option(min=0.1, max=3600, help="How often the operator reads the analytics.")]
CallsPerSecond = Annotated[float, typer.Option(min=0.01, help="Calls per second that the simulated dialer places.")]


@app.callback()
def campaign_sandbox() -> None:
    """Run campaigns on this machine: a real API server, a simulated dialer, a webhook receiver and the operator."""


@app.command()
def up(
    without: Annotated[
        list[SandboxPart] | None, typer.Option(help="Part to leave out; repeatable.", show_default=False)
    ] = None,
    poll_seconds: PollSeconds = 2,
    calls_per_second: CallsPerSecond = 0.5,
    with_prometheus: Annotated[
        bool, typer.Option("--with-prometheus", help="Also run the Prometheus on PATH, with the alerts.")
    ] = False,
) -> None:
    """Run a whole world on this machine: control plane, CRD, simulated dialer, webhook receiver and operator.

    Prints the line that points kubectl at it and stays until Ctrl-C. The first time, it downloads the programs of the
    control plane. Without a connection, it builds them from their published sources, which takes minutes.
    """
    _run(frozenset(without or ()), poll_seconds, calls_per_second, demo=False, with_prometheus=with_prometheus)


@app.command()
def demo(poll_seconds: PollSeconds = 2, calls_per_second: CallsPerSecond = 0.5) -> None:
    """Apply the example, show its progress, and end when it is Completed."""
    _run(frozenset(), poll_seconds, calls_per_second, demo=True)


app.command()(simulator)


def _run(
    left_out: frozenset[SandboxPart],
    poll_seconds: float,
    calls_per_second: float,
    *,
    demo: bool,
    with_prometheus: bool = False,
) -> NoReturn:
    try:
        from campaign_sandbox.command import run_sandbox
        from campaign_sandbox.prometheus import PrometheusError, find_prometheus
        from campaign_sandbox.sandbox import SandboxSettings
    except ModuleNotFoundError as error:
        typer.echo(
            f"campaign-sandbox: {error.name} is missing; install it: pip install 'campaign-operator[sandbox]'", err=True
        )
        raise typer.Exit(1) from None
    try:
        prometheus = find_prometheus() if with_prometheus else None
    except PrometheusError as error:
        typer.echo(f"campaign-sandbox: {error}", err=True)
        raise typer.Exit(1) from None
    settings = SandboxSettings(
        with_operator=SandboxPart.OPERATOR not in left_out,
        with_simulator=SandboxPart.SIMULATOR not in left_out,
        prometheus=prometheus,
        poll_seconds=poll_seconds,
        calls_per_second=calls_per_second,
    )
    raise typer.Exit(run_sandbox(settings, demo=demo))


def main() -> None:
    """The console script."""
    app()
