"""The JSON that `contacts -o json` prints, described by docs/contacts.schema.json."""

from pydantic import Field

from campaign_operator.api.delimiter import Delimiter
from campaign_operator.api.vocabulary import ContactFormat
from campaign_operator.validation.recognized_list import RecognizedList
from campaign_operator.validation.wire_model import WireModel


class ZoneContactsWire(WireModel):
    """The contacts of one time zone."""

    name: str = Field(description="Name of the time zone. Example: Europe/London.")
    contacts: int = Field(ge=1, description="Valid rows.")


class ListErrorWire(WireModel):
    """What is wrong in the same way in one or several rows."""

    line: int | None = Field(default=None, ge=1, description="Line of the first of them; left out for the whole list.")
    column: str | None = Field(default=None, description="Column or field; left out for the whole row.")
    message: str = Field(description="What is wrong, why, and how to put it right.")
    count: int = Field(ge=1, description="Rows that have it.")


class RecognizedListWire(WireModel):
    """What `contacts` found."""

    file: str = Field(description="The file as it was named; <stdin> for standard input.")
    format: ContactFormat | None = Field(
        default=None,
        description="Left out, as what follows, if the file is no list, or if its header row lacks a column.",
    )
    encoding: str | None = Field(default=None, description="UTF-8, UTF-16 or UTF-32.")
    compressed: bool | None = Field(default=None, description="Whether it is compressed with gzip.")
    delimiter: Delimiter | None = Field(default=None, description="What separates the columns of CSV.")
    columns: tuple[str, ...] | None = Field(
        default=None, description="Columns of CSV, as they stand in the header row."
    )
    id_column: str | None = Field(default=None, description="The column with the IDs.")
    time_zone_column: str | None = Field(default=None, description="The column with the time zones.")
    phone_column: str | None = Field(default=None, description="The column with the phone numbers.")
    rows: int = Field(ge=0, description="Rows that were read.")
    contacts: int = Field(ge=0, description="Valid rows.")
    contacts_of_several_zones: int = Field(
        ge=0, description="Those of them that count in defaultTimeZone, one of several zones of their phone numbers."
    )
    invalid_rows: int = Field(ge=0, description="Rows that are not valid.")
    complete: bool = Field(description="Whether the list was understood to its end.")
    time_zones: tuple[ZoneContactsWire, ...] = Field(description="The most contacts first.")
    errors: int = Field(ge=0, description="Errors, row by row. The exit status is 0 where there is none, else 1.")
    findings: tuple[ListErrorWire, ...] = Field(description="At most 20 different errors, the most frequent first.")


def recognized_json(of: RecognizedList) -> str:
    """The list as JSON."""
    form, count = of.form, of.count
    return RecognizedListWire(
        file=of.file,
        format=form.list_format if form is not None else None,
        encoding=form.encoding if form is not None else None,
        compressed=form.is_compressed if form is not None else None,
        delimiter=form.delimiter if form is not None else None,
        columns=form.columns if form is not None and form.delimiter is not None else None,
        id_column=form.id_column if form is not None else None,
        time_zone_column=form.time_zone_column if form is not None else None,
        phone_column=form.phone_column if form is not None else None,
        rows=of.rows,
        contacts=count.contacts,
        contacts_of_several_zones=count.of_several_zones,
        invalid_rows=count.invalid_rows,
        complete=count.complete,
        time_zones=tuple(ZoneContactsWire(name=name, contacts=contacts) for name, contacts in of.zones),
        errors=count.error_count,
        findings=tuple(
            ListErrorWire(line=error.line, column=error.column, message=error.message, count=error.rows)
            for error in count.errors
        ),
    ).to_json()
