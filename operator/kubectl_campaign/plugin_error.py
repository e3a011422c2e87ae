"""How a command of the plugin says that it could not do what was asked."""

from typing import NoReturn

import typer

from campaign_operator.wording import printable


class PluginError(Exception):
    """What went wrong, and what to do, in a sentence for people."""


class UnreachableError(PluginError):
    """The API server gave no answer."""


class NotThereError(PluginError):
    """The object does not exist."""


class MissingRightError(PluginError):
    """The account lacks a right; the message names it."""


def refuse(error: PluginError) -> NoReturn:
    """Say what is wrong on stderr and end with status 1."""
    for line in str(error).splitlines():
        typer.echo(f"error: {printable(line)}", err=True)
    raise typer.Exit(1)
