"""`spec.contacts` and `spec.contactsFrom`: who is to be called, in the manifest itself or in lists beside it.

Owns the shape of the fields. How a list is read is in `domain/contacts/contact_reading`.
"""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from campaign_operator.api.delimiter import Delimiter
from campaign_operator.api.references import ConfigMapKeyRef, ObjectName, SecretKeyRef
from campaign_operator.api.schema import ResourceModel, rules
from campaign_operator.api.time_zone_format import TimeZoneFormat
from campaign_operator.api.vocabulary import MAX_TIME_ZONE_ALIASES, ContactFormat, TimeZoneName

_ONE_PLACE = (
    "[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.url)].exists_one(given, given)",
    "must set exactly one of configMapKeyRef, secretKeyRef and url",
)
_TWO_COLUMNS = ("self.idColumn != self.timeZoneColumn", "idColumn and timeZoneColumn must be different columns")
_COLUMN_OF_ITS_OWN = (
    "!has(self.phoneColumn) || (self.phoneColumn != self.idColumn && self.phoneColumn != self.timeZoneColumn)",
    "phoneColumn must be another column than idColumn and timeZoneColumn",
)
_REGION_OF_NUMBERS = (
    "has(self.phoneColumn) || !has(self.defaultRegion)",
    "defaultRegion requires phoneColumn",
)
_ONE_ADDRESS = (
    "has(self.address) != has(self.secretRef)",
    (
        "must set exactly one of address and secretRef; put an address that contains a token or a signature into the "
        "Secret"
    ),
)
_HTTPS = (
    r"isURL(self) && self.matches('^https://[^/?#@]+([/?#].*)?$')",
    "must be an https URL with a host and without user information, such as https://lists.example.com/spring.csv",
)

ColumnName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        json_schema_extra=rules(
            (r"self.matches('^\\S(.*\\S)?$')", "must be a single line without leading or trailing spaces")
        ),
    ),
]


class Aliases(dict[str, str]):
    """Names by the values that stand for them. Never changed, so that models that have one are hashable."""

    def __hash__(self) -> int:  # type: ignore[override] # a dict has None here
        return hash(frozenset(self.items()))


TimeZoneAliases = Annotated[
    dict[str, TimeZoneName],
    Field(
        min_length=1,
        max_length=MAX_TIME_ZONE_ALIASES,
        json_schema_extra=rules(
            (
                "self.all(value, size(value) > 0 && size(value) <= 64)",
                "must be values of 1 to 64 characters",
            )
        ),
    ),
    AfterValidator(Aliases),
]


class ContactSpec(ResourceModel):
    """One contact: which zone's clock applies, and one call to expect."""

    id: str = Field(
        repr=False,
        min_length=1,
        max_length=64,
        description="ID of the contact, unique within the campaign. Example: c1.",
    )
    time_zone: TimeZoneName = Field(
        description="Time zone of the contact, as a name of the IANA time zone database. Example: America/New_York."
    )


class ContactListSecretRef(ResourceModel):
    """A Secret of the campaign's own namespace that leads to a contact list."""

    name: ObjectName = Field(
        description=(
            "Name of the Secret. Its key url contains the https URL; its optional key token is sent as a bearer "
            "token. Example: crm-export."
        )
    )


class ContactListURL(ResourceModel):
    """Where a contact list is downloaded from."""

    model_config = ConfigDict(json_schema_extra=rules(_ONE_ADDRESS))

    address: str | None = Field(
        repr=False,
        default=None,
        min_length=1,
        max_length=2048,
        description="https URL of a list that needs no credentials. Example: https://lists.example.com/spring.csv.",
        json_schema_extra=rules(_HTTPS),
    )
    secret_ref: ContactListSecretRef | None = Field(
        default=None,
        description=(
            "Secret in the same namespace with the key url, and optionally the key token. The address is in the "
            "Secret so that only those who can read the token decide where it is sent."
        ),
    )


class ContactsFromSource(ResourceModel):
    """One contact list: a key of a ConfigMap, a key of a Secret, or a URL."""

    model_config = ConfigDict(json_schema_extra=rules(_ONE_PLACE, _TWO_COLUMNS, _COLUMN_OF_ITS_OWN, _REGION_OF_NUMBERS))

    config_map_key_ref: ConfigMapKeyRef | None = Field(
        default=None,
        description="Key of a ConfigMap in the same namespace. In binaryData, the list can be compressed with gzip.",
    )
    secret_key_ref: SecretKeyRef | None = Field(
        default=None,
        description="Key of a Secret in the same namespace. Messages never quote its contents.",
    )
    url: ContactListURL | None = Field(
        default=None,
        description="A list on a web server, if it is too large for an object. Messages never quote its contents.",
    )
    format: ContactFormat | None = Field(
        default=None,
        description=(
            "Format of the list: CSV with a header row, JSON with one array of objects, or NDJSON with one object "
            "per line. Default: derived from the suffix of the key or of the path in the URL (.csv, .json, .ndjson, "
            ".jsonl, each also with .gz), otherwise from the first character; NDJSON is recognized with any suffix. "
            "Example: CSV."
        ),
    )
    delimiter: Delimiter | None = Field(
        default=None,
        description=(
            "What separates the columns of a CSV list. Default: the one with which the header row has both columns. "
            "Example: Semicolon."
        ),
    )
    id_column: ColumnName = Field(
        default="id",
        description=(
            "Name of the column, or of the JSON field, that contains the ID of a contact. In CSV, if no column has "
            "exactly this name, one that differs only in case, spaces, _ and - is used. Default: id. Example: "
            "Contact ID."
        ),
    )
    time_zone_column: ColumnName = Field(
        default="timeZone",
        description=(
            "Name of the column, or of the JSON field, that contains the time zone of a contact. Default: timeZone. "
            "Example: tz."
        ),
    )
    time_zone_format: TimeZoneFormat | None = Field(
        default=None,
        description=(
            "What that column contains: IANA for names of the IANA time zone database, or Windows for the names of "
            "time zones in Windows. A name of Windows stands for the zone that Unicode CLDR has for it in territory "
            "001, for example W. Europe Standard Time for Europe/Berlin. Default: IANA. Example: Windows."
        ),
    )
    phone_column: ColumnName | None = Field(
        default=None,
        description=(
            "Name of the column, or of the JSON field, that contains the phone number of a contact. If the time zone "
            "of a contact is empty, or the list has no column for it, the number decides. A number that may be in "
            "several time zones counts in defaultTimeZone if that is one of them, and is an error otherwise. "
            "Default: no phone numbers are read. Example: Mobile."
        ),
    )
    default_region: str | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        pattern=r"^[A-Z]{2}$",
        description=(
            "Country of the phone numbers that have no country code, by its two-letter code of ISO 3166-1. Default: "
            "such a number is invalid. Example: US."
        ),
    )
    default_time_zone: TimeZoneName | None = Field(
        default=None,
        description=(
            "Time zone of contacts that have neither a time zone nor a phone number in the list, as a name of the IANA "
            "time zone database. Default: such a contact is invalid. Example: America/New_York."
        ),
    )
    time_zone_aliases: TimeZoneAliases | None = Field(
        default=None,
        description=(
            "What the list has in place of names of the IANA time zone database, at most 100 values and the name that "
            "each stands for. A value is matched exactly, and comes before a name of the database. Default: none. "
            "Example: {Eastern Standard Time: America/New_York}."
        ),
    )
