"""`campaign-operator contacts`."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from campaign_operator.api.time_zone_format import TimeZoneFormat
from campaign_operator.cli.failure import fail
from campaign_operator.cli.list_limits import LIST_MAX_BYTES, LIST_MAX_ROWS, ListMaxBytes, ListMaxRows
from campaign_operator.cli.supplied_options import ContactsDelimiter
from campaign_operator.cli.waiting import shown_while


class ListOutput(StrEnum):
    """How what was recognized is printed."""

    TABLE = "table"
    JSON = "json"


def contacts(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A contact list, optionally with gzip; - for standard input.", show_default=False
        ),
    ],
    id_column: Annotated[str, typer.Option(help="The column, or JSON field, with the IDs.")] = "id",
    time_zone_column: Annotated[str, typer.Option(help="The column, or JSON field, with the time zones.")] = "timeZone",
    delimiter: ContactsDelimiter = None,
    time_zone_format: Annotated[
        TimeZoneFormat,
        typer.Option(case_sensitive=False, help="What the time zones of the list are names of."),
    ] = TimeZoneFormat.IANA,
    phone_column: Annotated[
        str | None,
        typer.Option(
            help="The column, or JSON field, with the phone numbers, which tell missing time zones.", show_default=False
        ),
    ] = None,
    default_region: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Country of phone numbers without a country code.", show_default=False),
    ] = None,
    default_time_zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Time zone of contacts without a time zone and a phone number.", show_default=False
        ),
    ] = None,
    time_zone_alias: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE=ZONE", help="What a value of the list stands for; repeatable.", show_default=False),
    ] = None,
    list_max_rows: ListMaxRows = LIST_MAX_ROWS,
    list_max_bytes: ListMaxBytes = LIST_MAX_BYTES,
    output: Annotated[ListOutput, typer.Option("--output", "-o", help="Output format.")] = ListOutput.TABLE,
) -> None:
    """Show how a contact list is read, without a cluster and without a manifest.

    Prints what the file was recognized as, its contacts by time zone, and what is wrong in it. The options are the
    fields of contactsFrom in a campaign. The exit status is 1 if there is an error.
    """
    from campaign_operator.api.contacts_spec import Aliases
    from campaign_operator.domain.contacts.contact_list import ListLimits, ListSource
    from campaign_operator.validation.recognized_list import recognize, recognized_text
    from campaign_operator.validation.sources import NoSourceError, SuppliedFile

    limits = ListLimits(max_rows=list_max_rows, max_bytes=list_max_bytes)
    try:
        supplied = SuppliedFile(file)
        source = ListSource(
            name=supplied.file,
            quote_values=True,
            quote_header_row=True,
            delimiter=delimiter,
            id_column=id_column,
            time_zone_column=time_zone_column,
            time_zone_format=time_zone_format,
            phone_column=phone_column,
            default_region=default_region,
            default_time_zone=default_time_zone,
            time_zone_aliases=Aliases(_alias(each) for each in time_zone_alias or ()),
        )
        with shown_while("Reading", file):
            found = recognize(supplied, source, limits)
    except NoSourceError as error:
        fail(str(error), status=2)
    except ValueError as error:
        raise typer.BadParameter(
            str(error), param_hint="--id-column, --time-zone-column, --phone-column, --default-region"
        ) from None
    if output is ListOutput.JSON:
        from campaign_operator.validation.recognized_wire import recognized_json

        typer.echo(recognized_json(found))
    else:
        from campaign_operator.terminal import shows_colours

        typer.echo(recognized_text(found, colours=shows_colours(sys.stdout)), nl=False)
    if found.count.error_count:
        raise typer.Exit(1)


def _alias(text: str) -> tuple[str, str]:
    value, equals, zone = text.rpartition("=")
    if not (value and equals and zone):
        raise typer.BadParameter(f"{text!r} is not VALUE=ZONE", param_hint="--time-zone-alias")
    return value, zone
