"""The command that runs the simulated dialer alone.

Owns the options and the stop by a signal. It is registered by `campaign_sandbox.cli`, and imports what it needs only
when it runs: the sandbox's extra may not be installed, and other commands should not wait for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from campaign_sandbox.simulator.simulator_settings import SimulatorSettings

_EXTRA = frozenset({"h11", "starlette", "uvicorn"})


def simulator(
    client_id: Annotated[
        str | None,
        typer.Option(help="ID of a client that can use every campaign.", envvar="CAMPAIGN_SIMULATOR_CLIENT_ID"),
    ] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(help="The secret of that client.", envvar="CAMPAIGN_SIMULATOR_CLIENT_SECRET"),
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID:SECRET[:CAMPAIGN,...]",
            help="Another client, with campaigns that only it can use. Repeatable.",
        ),
    ] = None,
    campaign: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=CALLS",
            help=(
                "A campaign and the number of calls that it completes; * means any other campaign. Repeatable. "
                "[default: *=100]"
            ),
        ),
    ] = None,
    calls_per_second: Annotated[
        float,
        typer.Option(min=0.001, max=1_000_000, help="Calls per second that a campaign completes while it is open."),
    ] = 1.0,
    token_lifetime_seconds: Annotated[
        int, typer.Option(min=1, max=86400 * 366, help="Lifetime of an access token, in seconds.")
    ] = 3600,
    no_list: Annotated[bool, typer.Option("--no-list", help="Do not list schedules; answer 405.")] = False,
    no_delete: Annotated[bool, typer.Option("--no-delete", help="Do not cancel schedules; answer 405.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="JSON", help="A fault rule, in the format of `PUT /_faults`. Repeatable."),
    ] = None,
    latency_ms: Annotated[int, typer.Option(min=0, max=600_000, help="Delay of each request, in milliseconds.")] = 0,
    listing_lag_seconds: Annotated[float, typer.Option(min=0, max=86400, help="Lag of the listing, in seconds.")] = 0.0,
    listing_range: Annotated[
        Literal["honoured", "ignored", "refused"],
        typer.Option(help="How the listing handles the parameters `from` and `to`."),
    ] = "honoured",
    listed_zones: Annotated[
        Literal["submitted", "canonical"],
        typer.Option(help="How the listing names a time zone: as submitted, or by its canonical name."),
    ] = "submitted",
    rows_per_campaign: Annotated[
        int, typer.Option(min=1, max=1000, help="Number of rows per campaign in the analytics; they add up.")
    ] = 1,
    host: Annotated[str, typer.Option(help="Address to listen on. Use a loopback address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 0,
    tls_cert: Annotated[
        Path | None,
        typer.Option(dir_okay=False, exists=True, help="PEM file of a certificate, to serve https."),
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(dir_okay=False, exists=True, help="PEM file of the certificate's key.")
    ] = None,
) -> None:
    """Run a simulated dialer, until interrupted.

    It speaks the dialer's API over HTTP, and prints its URL once it accepts connections.

    Control end points, without credentials: GET /_ledger lists every schedule created and every request, PUT
    and DELETE /_faults change what goes wrong, POST /_tokens/expire makes all access tokens invalid. POST
    /_schedules, PATCH and DELETE /_schedules/ID do what a person does at the dialer, and PUT /_past?campaign=ID
    gives a campaign many finished schedules.
    """
    import asyncio

    from campaign_sandbox.listener import Listener
    from campaign_sandbox.simulator import options
    from campaign_sandbox.simulator.simulator_settings import SimulatorSettings

    settings = SimulatorSettings(
        clients=options.read_clients(client_id, client_secret, client or []),
        campaigns=options.read_campaigns(campaign or ["*=100"]),
        calls_per_second=calls_per_second,
        token_lifetime_seconds=token_lifetime_seconds,
        list_offered=not no_list,
        delete_offered=not no_delete,
        latency_seconds=latency_ms / 1000,
        listing_lag_seconds=listing_lag_seconds,
        listing_range=listing_range,
        listed_zones=listed_zones,
        rows_per_campaign=rows_per_campaign,
        fault_rules=options.read_fault_rules(fault or []),
        listener=Listener(host, port, options.read_tls_files(tls_cert, tls_key)),
    )
    try:
        asyncio.run(_run_until_signalled(settings))
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        typer.echo("the simulator needs: pip install 'campaign-operator[sandbox]'", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"cannot listen at {host}:{port}: {error}", err=True)
        raise typer.Exit(1) from None


async def _run_until_signalled(settings: "SimulatorSettings") -> None:
    import asyncio
    import signal

    from campaign_sandbox.simulator.server import serve_dialer

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve_dialer(settings, lambda base_url: typer.echo(f"listening on {base_url}"), stop)
