"""`spec.contacts` and `spec.contactsFrom`: who is to be called, in the manifest itself or in lists beside it.

Owns the shape of the fields. How a list is read is in `domain/contacts/contact_reading`.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from campaign_operator.api.references import ConfigMapKeyRef, ObjectName, SecretKeyRef
from campaign_operator.api.schema import ResourceModel, rules
from campaign_operator.api.vocabulary import ContactFormat, TimeZoneName

_ONE_PLACE = (
    "[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.url)].exists_one(given, given)",
    "give exactly one of configMapKeyRef, secretKeyRef and url",
)
_TWO_COLUMNS = ("self.idColumn != self.timeZoneColumn", "idColumn and timeZoneColumn must be two columns")
_ONE_ADDRESS = (
    "has(self.address) != has(self.secretRef)",
    "give exactly one of address and secretRef; an address with a token or a signature belongs into the Secret, whole",
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
        json_schema_extra=rules((r"self.matches('^\\S(.*\\S)?$')", "must be one line without spaces around it")),
    ),
]


class ContactSpec(ResourceModel):
    """One contact: which zone's clock applies, and one call to expect."""

    id: str = Field(
        min_length=1,
        max_length=64,
        description="Identifies the contact in this campaign; unique. Example: c1.",
    )
    time_zone: TimeZoneName = Field(
        description="Time zone of the contact, a name of the IANA time zone database, spelled exactly so. "
        "Example: America/New_York."
    )


class ContactListSecretRef(ResourceModel):
    """A Secret of the campaign's own namespace that leads to a contact list."""

    name: ObjectName = Field(
        description="Name of the Secret: key url, the whole https URL; optionally key token, sent as bearer token. "
        "Example: crm-export."
    )


class ContactListURL(ResourceModel):
    """Where a contact list is downloaded from."""

    model_config = ConfigDict(json_schema_extra=rules(_ONE_ADDRESS))

    address: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="https URL of a list that needs no credentials. Example: https://lists.example.com/spring.csv.",
        json_schema_extra=rules(_HTTPS),
    )
    secret_ref: ContactListSecretRef | None = Field(
        default=None,
        description="Secret in the same namespace with the key url, and optionally token. The address stands in the "
        "Secret beside the token, so that nobody can aim the token elsewhere who may not read it.",
    )


class ContactsFromSource(ResourceModel):
    """One contact list: a key of a ConfigMap, a key of a Secret, or a URL."""

    model_config = ConfigDict(json_schema_extra=rules(_ONE_PLACE, _TWO_COLUMNS))

    config_map_key_ref: ConfigMapKeyRef | None = Field(
        default=None,
        description="Key of a ConfigMap in the same namespace; in binaryData it may be compressed with gzip.",
    )
    secret_key_ref: SecretKeyRef | None = Field(
        default=None,
        description="Key of a Secret in the same namespace. Nothing of its contents is ever quoted in messages.",
    )
    url: ContactListURL | None = Field(
        default=None,
        description="A list that is larger than an object can hold. Nothing of it is ever quoted in messages.",
    )
    format: ContactFormat | None = Field(
        default=None,
        description="CSV (with a header row), JSON (one array of objects) or NDJSON (one object a line). Default: by "
        "the end of the key or of the URL's path (.csv, .json, .ndjson, .jsonl, each also with .gz), else by the first "
        "character. Example: CSV.",
    )
    id_column: ColumnName = Field(
        default="id",
        description="Name of the column, or of the field of an object, that identifies a contact. Default: id. "
        "Example: Contact ID.",
    )
    time_zone_column: ColumnName = Field(
        default="timeZone",
        description="Name of the column, or of the field of an object, that names the contact's time zone. Default: "
        "timeZone. Example: tz.",
    )
