"""The command line: `campaign-operator`, for operators of clusters and for people who write campaigns.

Exit status 0: done; 1: the thing checked is not right, or it could not be done; 2: wrong usage. Results go to stdout,
messages to stderr. One module for each command; it holds the options and no rule. What a command needs is imported
when it is called: `preview` should not wait for kopf.
"""

from typing import Annotated

import typer

from campaign_operator.cli.check import check
from campaign_operator.cli.contacts import contacts
from campaign_operator.cli.detach import detach
from campaign_operator.cli.preview import preview
from campaign_operator.cli.print_crd import crd
from campaign_operator.cli.run import run
from campaign_operator.cli.validate import validate

app = typer.Typer(
    name="campaign-operator",
    help="A Kubernetes operator for outbound calling campaigns on NICE CXone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"campaign-operator {version('campaign-operator')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
]


@app.callback()
def campaign_operator(show_version: Version = False) -> None:
    """A Kubernetes operator for outbound calling campaigns on NICE CXone."""


app.command(context_settings={"auto_envvar_prefix": "CAMPAIGN_OPERATOR"})(run)
app.command()(validate)
app.command()(preview)
app.command()(contacts)
app.command()(crd)
app.command()(check)
app.command()(detach)


def main() -> None:
    """The console script."""
    app()
