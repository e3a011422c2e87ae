"""`campaign-operator validate`."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from campaign_operator.cli.failure import fail
from campaign_operator.cli.list_limits import LIST_MAX_BYTES, LIST_MAX_ROWS, ListMaxBytes, ListMaxRows
from campaign_operator.cli.policy_option import PolicyFile
from campaign_operator.cli.supplied_options import (
    ContactsDelimiter,
    ContactsFile,
    ExcludeDatesFile,
    supplied_files,
    warn_of_unread,
)
from campaign_operator.cli.waiting import shown_while


class ReportFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


def validate(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Manifests, or folders that are searched recursively; - for standard input.",
            show_default=False,
        ),
    ],
    contacts: ContactsFile = None,
    delimiter: ContactsDelimiter = None,
    exclude_dates: ExcludeDatesFile = None,
    policy: PolicyFile = None,
    list_max_rows: ListMaxRows = LIST_MAX_ROWS,
    list_max_bytes: ListMaxBytes = LIST_MAX_BYTES,
    output: Annotated[ReportFormat, typer.Option("--output", "-o", help="Output format.")] = ReportFormat.TEXT,
) -> None:
    """Check manifests without a cluster.

    Applies the rules of the API server and of the operator, and reports every error at once with its file, line, field
    and remedy. Skips documents of other kinds, except for ConfigMaps and Secrets that contain the lists and calendars
    of campaigns. Warnings point out what is allowed but probably not intended, and what is not checked; they do not
    change the exit status.
    """
    from datetime import UTC, datetime

    from campaign_operator.domain.contacts.contact_list import ListLimits
    from campaign_operator.validation.report import check_sources
    from campaign_operator.validation.sources import NoSourceError, read_sources

    limits = ListLimits(max_rows=list_max_rows, max_bytes=list_max_bytes)
    supplied = supplied_files(files, contacts, exclude_dates, limits, policy=policy, delimiter=delimiter)
    try:
        with shown_while("Reading and checking", *files, contacts, exclude_dates):
            report = check_sources(read_sources(files), datetime.now(UTC), supplied)
    except NoSourceError as error:
        fail(str(error), status=2)
    warn_of_unread(supplied)
    if output is ReportFormat.JSON:
        from campaign_operator.validation.report_wire import report_json

        typer.echo(report_json(report))
    else:
        from campaign_operator.terminal import shows_colours
        from campaign_operator.validation.text import report_text

        typer.echo(report_text(report, colours=shows_colours(sys.stdout)), nl=False)
    if report.errors:
        raise typer.Exit(1)
