"""`campaign-operator sandbox`: its options, and what it says where its packages are not installed."""

from enum import StrEnum
from typing import Annotated

import typer

from campaign_operator.cli.failure import fail


class SandboxPart(StrEnum):
    """Parts that can be left out of a sandbox."""

    OPERATOR = "operator"
    SIMULATOR = "simulator"


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
        from campaign_sandbox.command import run_sandbox
        from campaign_sandbox.sandbox import SandboxSettings
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
