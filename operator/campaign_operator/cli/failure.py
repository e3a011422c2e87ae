"""How a command says that it could not do what was asked, or was asked wrongly."""

from typing import NoReturn

import typer


def fail(message: str, status: int = 1) -> NoReturn:
    """Say what is wrong on stderr and end with this exit status."""
    typer.echo(f"campaign-operator: {message}", err=True)
    raise typer.Exit(status)
