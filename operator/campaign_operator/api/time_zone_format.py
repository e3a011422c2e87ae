"""What the time zones of a contact list are written as.

Apart from the other words of the resource for the same reason as `delimiter`.
"""

from enum import StrEnum


class TimeZoneFormat(StrEnum):
    """What the time zones of a contact list are names of."""

    IANA = "IANA"
    """The IANA time zone database, such as America/New_York."""

    WINDOWS = "Windows"
    """Windows, such as Eastern Standard Time."""
