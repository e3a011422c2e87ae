"""What a plan is made from beside the spec: contact lists, a calendar and policies that stand elsewhere."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet


@dataclass(frozen=True, slots=True)
class ListedContacts:
    """The contacts of the lists of contactsFrom, by zone, how many rows were left out for being invalid, the first
    errors in words, and how many contacts count in the default zone, one of several that their phone numbers can be in.
    """

    by_zone: Mapping[str, int]
    invalid: int = 0
    errors: tuple[str, ...] = ()
    of_several_zones: int = 0

    @property
    def hash(self) -> str:
        """16 hexadecimal digits; the same where the lists make the same plan and leave out as many rows."""
        counts = [sorted(self.by_zone.items()), self.invalid]
        return hashlib.sha256(json.dumps(counts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """`contacts`: of contactsFrom; None where the spec has its contacts itself. `exclude_dates`: of the calendar.
    `policies`: those that narrow the calling hours.
    """

    contacts: ListedContacts | None = None
    exclude_dates: DateSet = NO_DATES
    policies: tuple[HoursPolicy, ...] = ()
