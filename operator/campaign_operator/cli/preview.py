"""`campaign-operator preview`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from campaign_operator.preview.comparison import WindowChange
    from campaign_operator.preview.forecast import Forecast
    from campaign_operator.validation.report import PlacedCampaign
    from campaign_operator.validation.supplied import Supplied

_MAX_RUNS = 50


class PreviewFormat(StrEnum):
    """How a preview is printed."""

    TABLE = "table"
    JSON = "json"
    SVG = "svg"


def preview(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A manifest, a folder, or - for standard input.", show_default=False)
    ],
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Preview as of this time, in RFC 3339. Default: now.", show_default=False),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, max=_MAX_RUNS, help="Number of runs to show, even if runPolicy is Once.")
    ] = 1,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="OLD",
            help="The manifest before an edit; shows what the edit moves, adds and drops.",
            show_default=False,
        ),
    ] = None,
    campaign: Annotated[
        str | None,
        typer.Option(
            metavar="[NAMESPACE/]NAME",
            help="The campaign to show, if there are several. Default: all.",
            show_default=False,
        ),
    ] = None,
    contacts: ContactsFile = None,
    delimiter: ContactsDelimiter = None,
    exclude_dates: ExcludeDatesFile = None,
    policy: PolicyFile = None,
    list_max_rows: ListMaxRows = LIST_MAX_ROWS,
    list_max_bytes: ListMaxBytes = LIST_MAX_BYTES,
    output: Annotated[PreviewFormat, typer.Option("--output", "-o", help="Output format.")] = PreviewFormat.TABLE,
) -> None:
    """Show whom a campaign calls, and when, without a cluster.

    Uses the planner of the operator with its default lead time of 30 seconds. Requires a manifest that `validate`
    accepts, and the contact lists, which are found as for `validate`.
    """
    from campaign_operator.domain.contacts.contact_list import ListLimits

    moment = _read_time(now)
    if output is PreviewFormat.SVG and against is not None:
        raise typer.BadParameter("a picture cannot show an edit; use -o table or -o json", param_hint="--against")
    named = [name for name in (file, against) if name is not None]
    limits = ListLimits(max_rows=list_max_rows, max_bytes=list_max_bytes)
    supplied = supplied_files(named, contacts, exclude_dates, limits, policy=policy, delimiter=delimiter, needed=True)
    found = _campaigns(file, moment, supplied, campaign, read=(file, contacts, exclude_dates))
    if output is PreviewFormat.SVG and len(found) > 1:
        names = ", ".join(str(one.checked.ref) for one in found)
        raise typer.BadParameter(f"a picture shows one campaign; select one of {names}", param_hint="--campaign")
    olds = _campaigns(against, moment, supplied, read=(against,)) if against is not None else None
    warn_of_unread(supplied)
    for one in found:
        with shown_while(f"Planning {one.checked.ref}"):
            forecast = _forecast(one, moment, runs)
            changes = _changes(one, found, olds, forecast, moment, runs) if olds is not None else None
            printed = _printed(one, forecast, changes, output)
        typer.echo(printed, nl=False)


def _read_time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and "T" in text.upper():
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(
        f"{text!r} is not a valid RFC 3339 time; for example, 2026-11-25T09:00:00Z", param_hint="--now"
    )


def _campaigns(
    file: str, now: datetime, supplied: "Supplied", name: str | None = None, *, read: Sequence[str | None]
) -> "list[PlacedCampaign]":
    """The campaigns of a file; ends the command where one is not right, or where there is none."""
    from campaign_operator.terminal import shows_colours
    from campaign_operator.validation.report import check_sources
    from campaign_operator.validation.sources import NoSourceError, read_sources
    from campaign_operator.validation.text import findings_text

    try:
        with shown_while("Reading and checking", *read):
            report = check_sources(read_sources([file]), now, supplied)
    except NoSourceError as error:
        fail(str(error), status=2)
    typer.echo(findings_text(report.findings, colours=shows_colours(sys.stderr)), err=True, nl=False)
    if report.errors:
        raise typer.Exit(1)
    wanted = [one for one in report.campaigns if name is None or name in (str(one.checked.ref), one.checked.ref.name)]
    if not wanted:
        names = ", ".join(str(one.checked.ref) for one in report.campaigns)
        fail(f"{file}: no campaign named {name}, only {names}" if names else f"{file}: the file contains no campaign")
    return wanted


def _forecast(one: "PlacedCampaign", now: datetime, runs: int) -> "Forecast":
    from campaign_operator.preview.forecast import forecast
    from campaign_operator.validation.campaigns import LEAD_SECONDS

    blueprint = one.checked.blueprint
    if blueprint is None:
        fail(f"{one.file}:{one.line}: the campaign cannot be planned")
    return forecast(one.checked.ref, blueprint, now, LEAD_SECONDS, runs)


def _changes(
    one: "PlacedCampaign",
    found: "list[PlacedCampaign]",
    olds: "list[PlacedCampaign]",
    new: "Forecast",
    now: datetime,
    runs: int,
) -> "list[WindowChange]":
    """What became of the campaign of the same name; the names are of no account where there is one on either side."""
    from campaign_operator.preview.comparison import compare
    from campaign_operator.preview.forecast import Forecast

    same = [old for old in olds if old.checked.ref == one.checked.ref]
    if not same and len(found) == len(olds) == 1:
        same = olds
    if not same:
        return list(compare(Forecast(one.checked.ref, now, ()), new))
    old, new_spec = same[0], one.checked.spec
    if old.checked.spec is not None and new_spec is not None and old.checked.spec.campaign_id != new_spec.campaign_id:
        fail(f"{one.file}:{one.line}: spec.campaignID is immutable, so the API server refuses this edit")
    return list(compare(_forecast(old, now, runs), new))


def _printed(
    one: "PlacedCampaign", forecast: "Forecast", changes: "list[WindowChange] | None", output: PreviewFormat
) -> str:
    from campaign_operator.terminal import shows_colours, width_of

    if output is PreviewFormat.JSON:
        from campaign_operator.preview.preview_wire import preview_json

        return preview_json(forecast, changes) + "\n"
    if output is PreviewFormat.SVG:
        from campaign_operator.preview.forecast import holidays_of, open_hours
        from campaign_operator.preview.svg import forecast_svg

        blueprint = one.checked.blueprint
        if blueprint is None:
            return forecast_svg(forecast)
        return forecast_svg(forecast, open_hours(forecast, blueprint), holidays_of(forecast, blueprint))
    from campaign_operator.preview.table import changes_table, forecast_table

    colours = shows_colours(sys.stdout)
    table = forecast_table(forecast, colours=colours, width=width_of(sys.stdout))
    return table + (changes_table(changes, forecast.now, colours=colours) if changes is not None else "")
