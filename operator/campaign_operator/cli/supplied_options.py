"""The options of `validate` and `preview` that give lists and calendars beside the manifests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from campaign_operator.api.delimiter import Delimiter
from campaign_operator.cli.failure import fail
from campaign_operator.cli.policy_option import policy_in

if TYPE_CHECKING:
    from campaign_operator.domain.contacts.contact_list import ListLimits
    from campaign_operator.domain.planning.calling_hours import HoursPolicy
    from campaign_operator.validation.sources import SuppliedFile
    from campaign_operator.validation.supplied import Supplied

_CONTACTS, _EXCLUDE_DATES, _POLICY = "--contacts", "--exclude-dates", "--policy"

ContactsFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        _CONTACTS,
        metavar="FILE",
        help=(
            "A contact list that replaces every contactsFrom, as CSV, JSON or NDJSON, optionally with gzip; - for "
            "standard input. Columns: those of the first source. Default: the ConfigMaps and Secrets in the files."
        ),
        show_default=False,
    ),
]
ContactsDelimiter: TypeAlias = Annotated[
    Delimiter | None,
    typer.Option(
        "--delimiter",
        case_sensitive=False,
        help="What separates the columns of the contact list. Default: that of the first source, or the header row.",
        show_default=False,
    ),
]
ExcludeDatesFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        _EXCLUDE_DATES,
        metavar="FILE",
        help=(
            "A calendar that replaces every excludeDatesFrom: one date per line, CSV with a column of dates, or an "
            ".ics file; - for standard input. Default: the ConfigMaps in the files."
        ),
        show_default=False,
    ),
]


def supplied_files(
    manifests: Sequence[str],
    contacts: str | None,
    exclude_dates: str | None,
    limits: "ListLimits",
    *,
    policy: str | None = None,
    delimiter: Delimiter | None = None,
    needed: bool = False,
) -> "Supplied":
    """What was given. `needed`: there is no result without the contacts."""
    from campaign_operator.validation.sources import STANDARD_INPUT
    from campaign_operator.validation.supplied import Supplied, SuppliedContacts

    if [*manifests, contacts, exclude_dates, policy].count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("only one of them can be read from standard input", param_hint=STANDARD_INPUT)
    return Supplied(
        contacts=SuppliedContacts(_file(contacts, _CONTACTS), delimiter) if contacts is not None else None,
        exclude_dates=_file(exclude_dates, _EXCLUDE_DATES) if exclude_dates is not None else None,
        policy=_policy(_file(policy, _POLICY)) if policy is not None else None,
        limits=limits,
        needed=needed,
    )


def _file(name: str, option: str) -> "SuppliedFile":
    from campaign_operator.validation.sources import NoSourceError, SuppliedFile

    try:
        return SuppliedFile(name)
    except NoSourceError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _policy(file: "SuppliedFile") -> "HoursPolicy":
    from campaign_operator.validation.sources import NoSourceError

    try:
        return policy_in(file.read(), file.file)
    except NoSourceError as error:
        fail(str(error), status=2)


def warn_of_unread(supplied: "Supplied") -> None:
    """Say so where a file was given for nothing."""
    if supplied.contacts is not None and not supplied.contacts.file.was_read:
        _warn(f"{_CONTACTS} is not used: no campaign has contactsFrom")
    if supplied.exclude_dates is not None and not supplied.exclude_dates.was_read:
        _warn(f"{_EXCLUDE_DATES} is not used: no campaign has callingHours.excludeDatesFrom")


def _warn(message: str) -> None:
    typer.echo(f"campaign-operator: warning: {message}", err=True)
