"""What the simulated dialer is told on the command line, read from text.

Owns how a client, a campaign and a fault are written. Imported when the command runs and not with the command line,
since every other command would wait for it.
"""

from collections.abc import Sequence
from pathlib import Path

import typer
from pydantic import ValidationError

from campaign_sandbox.fault_rules import problems
from campaign_sandbox.listener import TlsFiles
from campaign_sandbox.simulator.dialer_faults import FaultRule, read_rule
from campaign_sandbox.simulator.simulator_settings import Client


def read_clients(client_id: str | None, client_secret: str | None, further: Sequence[str]) -> tuple[Client, ...]:
    """The clients that may ask for a token."""
    clients = [_client(text) for text in further]
    if (client_id is None) != (client_secret is None):
        raise typer.BadParameter("both or neither", param_hint="--client-id, --client-secret")
    if client_id is not None and client_secret is not None:
        clients.append(Client(client_id, client_secret))
    if not clients:
        raise typer.BadParameter("at least one client is needed", param_hint="--client-id, --client-secret")
    if len({one.id for one in clients}) < len(clients):
        raise typer.BadParameter("every client needs an id of its own", param_hint="--client")
    return tuple(clients)


def _client(text: str) -> Client:
    client_id, _, rest = text.partition(":")
    secret, colon, campaigns = rest.partition(":")
    if not client_id or not secret or (colon and not all(campaigns.split(","))):
        raise typer.BadParameter("must be ID:SECRET or ID:SECRET:CAMPAIGN,...", param_hint="--client")
    return Client(client_id, secret, frozenset(campaigns.split(",")) if colon else None)


def read_campaigns(texts: Sequence[str]) -> dict[str, int]:
    """Calls that each campaign completes, by its id."""
    campaigns: dict[str, int] = {}
    for text in texts:
        campaign_id, _, calls = text.rpartition("=")
        if not campaign_id or not (calls.isascii() and calls.isdigit() and len(calls) < 10):
            raise typer.BadParameter(f"{text} is not ID=CALLS", param_hint="--campaign")
        if campaign_id in campaigns:
            raise typer.BadParameter(f"{campaign_id} is named twice", param_hint="--campaign")
        campaigns[campaign_id] = int(calls)
    return campaigns


def read_fault_rules(texts: Sequence[str]) -> tuple[FaultRule, ...]:
    """What goes wrong, in the order given."""
    try:
        return tuple(read_rule(text) for text in texts)
    except ValidationError as error:
        raise typer.BadParameter(problems(error), param_hint="--fault") from None


def read_tls_files(certificate: Path | None, key: Path | None) -> TlsFiles | None:
    """Certificate and key, where it is to speak https."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise typer.BadParameter("both or neither", param_hint="--tls-cert, --tls-key")
    return TlsFiles(certificate, key)
