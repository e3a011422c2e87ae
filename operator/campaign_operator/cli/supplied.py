"""The options of `validate` and `preview` that give lists and calendars beside the manifests."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from campaign_operator.validation.supplied import Supplied

_CONTACTS, _EXCLUDE_DATES = "--contacts", "--exclude-dates"

ContactsFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        _CONTACTS,
        metavar="FILE",
        exists=True,
        dir_okay=False,
        allow_dash=True,
        help="A contact list to read in place of every contactsFrom, CSV, JSON or NDJSON, also with gzip; - for "
        "standard input. Columns: those of the first source. Default: the ConfigMaps and Secrets among the files.",
        show_default=False,
    ),
]
ExcludeDatesFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        _EXCLUDE_DATES,
        metavar="FILE",
        exists=True,
        dir_okay=False,
        allow_dash=True,
        help="A calendar to read in place of every excludeDatesFrom, one date a line; - for standard input. Default: "
        "the ConfigMaps among the files.",
        show_default=False,
    ),
]


def supplied_files(
    manifests: Sequence[str], contacts: Path | None, exclude_dates: Path | None, *, needed: bool = False
) -> "Supplied":
    """What was given. `needed`: there is no result without the contacts."""
    from campaign_operator.validation.sources import STANDARD_INPUT, SuppliedFile
    from campaign_operator.validation.supplied import Supplied, SuppliedContacts

    names = [*manifests, *(str(path) for path in (contacts, exclude_dates) if path is not None)]
    if names.count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("standard input can be read for one of them only", param_hint=STANDARD_INPUT)
    return Supplied(
        contacts=SuppliedContacts(SuppliedFile(str(contacts))) if contacts is not None else None,
        exclude_dates=SuppliedFile(str(exclude_dates)) if exclude_dates is not None else None,
        needed=needed,
    )


def warn_of_unread(supplied: "Supplied") -> None:
    """Say so where a file was given for nothing."""
    if supplied.contacts is not None and not supplied.contacts.file.was_read:
        _warn(f"{_CONTACTS} was not read: no campaign has contactsFrom")
    if supplied.exclude_dates is not None and not supplied.exclude_dates.was_read:
        _warn(f"{_EXCLUDE_DATES} was not read: no campaign has callingHours.excludeDatesFrom")


def _warn(message: str) -> None:
    typer.echo(f"campaign-operator: warning: {message}", err=True)
