"""What a contact list is: where it comes from, its limits, what is wrong in it, and what is known when it was read.

    Exception
    └── UnreadableListError         from here on nothing of this list can be understood
        └── UnreadableBytesError    its bytes are no text, or too many

Owns the words and the results of reading. Knows neither how bytes become rows (`contact_text`, `contact_csv`,
`contact_json`) nor the rules for a row (`contact_tally`); `contact_reading` puts them together.

A contact's id is people's data and is in no message. Any other value is quoted only where the source allows it: what
comes from a Secret or a URL must not be readable in a status by somebody who may not read the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from campaign_operator.api.contacts_spec import Aliases, ContactsFromSource
from campaign_operator.api.delimiter import Delimiter
from campaign_operator.api.time_zone_format import TimeZoneFormat
from campaign_operator.api.vocabulary import ContactFormat, OnInvalidContact
from campaign_operator.domain.contacts.phone_zones import unknown_region_message
from campaign_operator.domain.errors import SpecError, SpecErrors
from campaign_operator.domain.planning.read_inputs import ListedContacts
from campaign_operator.domain.planning.zones import ZONE_NAMES, unknown_zone_message
from campaign_operator.wording import quoted

LONGEST_RECORD = 131_072
"""Characters. Python's csv module takes no longer field, and a spreadsheet's cell holds 32,767."""

_MOST_BYTES = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource:
    """One list, as the spec names it.

    `name` is what messages call it: a path, or the object and its key; never a URL that carries a secret.
    `quote_values`: what is wrong may be quoted, but for ids. `quote_header_row`: the header row, too, whatever it has,
    since whoever reads the messages gave the list.
    `list_format` None: by the end of `name` (`.csv`, `.json`, `.ndjson`, `.jsonl`, each also with `.gz`), else by the
    first character. Compression is seen from the bytes, whatever the name. `delimiter` None: by the header row, in
    which the columns are matched exactly, or else by what looks alike.
    `time_zone_aliases` has names for values, which come before those of `time_zone_format`. If there is no zone, the
    number in `phone_column` tells it, which is one of `default_region` if it has no country code. `default_time_zone`
    stands for a zone where there is no number either.
    """

    name: str
    quote_values: bool = False
    quote_header_row: bool = False
    list_format: ContactFormat | None = None
    delimiter: Delimiter | None = None
    id_column: str = "id"
    time_zone_column: str = "timeZone"
    time_zone_format: TimeZoneFormat = TimeZoneFormat.IANA
    phone_column: str | None = None
    default_region: str | None = None
    default_time_zone: str | None = None
    time_zone_aliases: Aliases = field(default_factory=Aliases)

    @classmethod
    def of(
        cls,
        named: ContactsFromSource,
        name: str,
        *,
        quote_values: bool = False,
        quote_header_row: bool = False,
        list_format: ContactFormat | None = None,
    ) -> "ListSource":
        """The list that the spec names so, with its columns."""
        return cls(
            name=name,
            quote_values=quote_values,
            quote_header_row=quote_header_row,
            list_format=list_format,
            delimiter=named.delimiter,
            id_column=named.id_column,
            time_zone_column=named.time_zone_column,
            time_zone_format=named.time_zone_format or TimeZoneFormat.IANA,
            phone_column=named.phone_column,
            default_region=named.default_region,
            default_time_zone=named.default_time_zone,
            time_zone_aliases=Aliases(named.time_zone_aliases or {}),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of those that count: id, time zone and, if there is one, phone number."""
        return (self.id_column, self.time_zone_column, *([self.phone_column] if self.phone_column is not None else []))

    def wrong_field_message(self) -> str | None:
        """What is wrong with the zones and the region of the spec itself, None where nothing is."""
        wrong_region = None if self.default_region is None else unknown_region_message(self.default_region)
        if wrong_region is not None:
            return f"defaultRegion of the spec: {wrong_region}"
        names = {"defaultTimeZone": self.default_time_zone} if self.default_time_zone is not None else {}
        names |= {f"timeZoneAliases[{quoted(value)}]": name for value, name in self.time_zone_aliases.items()}
        wrong = next((field for field, name in names.items() if name not in ZONE_NAMES), None)
        return None if wrong is None else f"{wrong} of the spec: {unknown_zone_message(names[wrong])}"

    def __post_init__(self) -> None:
        for column in self.columns:
            if not column or column != column.strip(" \t\r\n\f"):
                raise ValueError("a column's name is empty or has spaces around it")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("id, time zone and phone number must be in different columns")
        if self.default_region is not None and self.phone_column is None:
            raise ValueError("a default region needs a column of phone numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLimits:
    """How much is read of all the lists of a campaign together, and how long a part may be.

    `max_bytes` are counted after decompression. `max_record_characters` bounds a row with its line end, and an
    element of a JSON array. A zone's name needs no limit of its own: a long one is no zone.
    """

    max_rows: int = 3_000_000
    max_bytes: int = 1_073_741_824
    max_record_characters: int = LONGEST_RECORD
    max_id_characters: int = 64

    def __post_init__(self) -> None:
        if min(self.max_rows, self.max_bytes, self.max_record_characters, self.max_id_characters) < 1:
            raise ValueError("a limit must be greater than 0")
        # Lines are kept in 32 bits, and there are no more of them than bytes.
        if self.max_bytes > _MOST_BYTES or self.max_record_characters > LONGEST_RECORD:
            raise ValueError(
                f"max_bytes must be at most {_MOST_BYTES}, and max_record_characters at most {LONGEST_RECORD}"
            )


class UnreadableListError(Exception):
    """From `line` on (1-based; None: the list as a whole) this list cannot be understood, whatever is to become of
    invalid contacts."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line


class UnreadableBytesError(UnreadableListError):
    """The bytes end to be text, or there are too many. The line is where the text ends.

    `text_before` is what was made of the last bytes up to there and given to nobody yet.
    """

    def __init__(self, message: str, text_before: str = "") -> None:
        super().__init__(message)
        self.text_before = text_before


@dataclass(frozen=True, slots=True)
class ContactError:
    """One rule broken in the same way by rows, or by a list as a whole.

    `line` is the physical line, 1-based, on which the first of `rows` begins; None where none is meant. `column` None:
    the row.
    """

    source: str
    line: int | None
    column: str | None
    message: str
    rows: int = 1

    @property
    def place(self) -> str:
        """Such as `contacts.csv: line 7, column timeZone`."""
        line = "" if self.line is None else f": line {self.line}"
        column = "" if self.column is None else f", column {self.column}"
        return f"{self.source}{line}{column}"

    @property
    def sentence(self) -> str:
        """What is wrong, and in how many rows."""
        return self.message if self.rows == 1 else f"{self.message} ({self.rows} rows, this is the first)"

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForm:
    """What a list was recognized as. Of CSV also: `delimiter`, and the names of its columns, of which `id_column`,
    `time_zone_column` and `phone_column` are those that count, as they stand in the header row."""

    list_format: ContactFormat
    encoding: str
    is_compressed: bool
    delimiter: Delimiter | None = None
    columns: tuple[str, ...] = ()
    id_column: str | None = None
    time_zone_column: str | None = None
    phone_column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCount:
    """What is known of the lists of a campaign when they were read.

    `contacts_by_zone` counts the valid rows, in the order in which zones first appear; `contacts` is their sum.
    `of_several_zones` are those of them that count in the default zone, one of several of their phone numbers.
    `invalid_rows` are those left out. `errors` are those worth showing, each kind and value once, the most frequent
    first; `error_count` is how many there are, row by row. `complete`: every list was understood to its end.
    """

    contacts_by_zone: Mapping[str, int]
    contacts: int
    of_several_zones: int
    invalid_rows: int
    errors: tuple[ContactError, ...]
    error_count: int
    complete: bool

    @property
    def unshown_errors(self) -> int:
        """How many are not among `errors`."""
        return self.error_count - sum(error.rows for error in self.errors)

    def too_many_skipped(self, on_invalid: OnInvalidContact, max_skipped_percent: int) -> SpecError | None:
        """That Skip would leave out more rows than the spec allows; None where it would not. It counts as no error of
        its own."""
        rows = self.contacts + self.invalid_rows
        if on_invalid is not OnInvalidContact.SKIP or self.invalid_rows * 100 <= max_skipped_percent * rows:
            return None
        message = (
            f"{self.invalid_rows} of {rows} rows are invalid, more than the {max_skipped_percent}% that may be "
            "skipped; correct the lists, or raise maxSkippedPercent"
        )
        return SpecError("spec.maxSkippedPercent", message, count=0)

    def accepted(self, on_invalid: OnInvalidContact, max_skipped_percent: int) -> ListedContacts:
        """The contacts to plan with. Raises SpecErrors where there are errors.

        Skip forgives invalid rows up to their share, and neither a list that could not be read to its end nor one with
        no valid row.
        """
        too_many = self.too_many_skipped(on_invalid, max_skipped_percent)
        forgiven = on_invalid is OnInvalidContact.SKIP and self.complete and self.contacts > 0 and too_many is None
        if self.error_count and not forgiven:
            shown = [SpecError(error.place, error.sentence, error.rows) for error in self.errors]
            raise SpecErrors([too_many, *shown] if too_many is not None else shown, self.unshown_errors)
        told = tuple(map(str, self.errors))
        return ListedContacts(self.contacts_by_zone, self.invalid_rows, told, self.of_several_zones)
