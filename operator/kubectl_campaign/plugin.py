"""The command line: `kubectl campaign`, for those who run campaigns.

Exit status 0: done; 1: it could not be done, or the operator has not done it in time; 2: wrong usage. Results go to
stdout, messages to stderr. What a command needs is imported when it is called: a person waits for `list`.
"""

import os
import sys
from typing import Annotated

import typer

from kubectl_campaign.request_changes import resume, retry, suspend
from kubectl_campaign.resolve_windows import resolve
from kubectl_campaign.show_list import list_campaigns
from kubectl_campaign.show_preview import preview_campaign
from kubectl_campaign.show_status import status
from kubectl_campaign.show_why import why

COMPLETE_VARIABLE = "_KUBECTL_CAMPAIGN_COMPLETE"
_FOR_THE_SHELL = ("--show-completion", "--install-completion")

app = typer.Typer(
    name="kubectl-campaign",
    help="See outbound calling campaigns in a cluster, and say what becomes of them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_plugin_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kubectl-campaign {version('campaign-operator')}")
        raise typer.Exit


PluginVersion = Annotated[
    bool, typer.Option("--version", help="Print the version and exit.", callback=_show_plugin_version, is_eager=True)
]


@app.callback()
def kubectl_campaign(show_version: PluginVersion = False) -> None:
    """See outbound calling campaigns in a cluster, and say what becomes of them."""


app.command("list")(list_campaigns)
app.command()(status)
app.command()(why)
app.command("preview")(preview_campaign)
app.command()(suspend)
app.command()(resume)
app.command()(retry)
app.command()(resolve)


def main() -> None:
    """The console script, which kubectl starts for `kubectl campaign`."""
    is_for_the_shell = COMPLETE_VARIABLE in os.environ or any(word in _FOR_THE_SHELL for word in sys.argv)
    app(
        prog_name="kubectl-campaign" if is_for_the_shell else "kubectl campaign",
        complete_var=COMPLETE_VARIABLE,
    )
