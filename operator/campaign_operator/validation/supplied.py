"""What a person gives beside the manifests: a file in place of all contact lists, and one in place of the calendars;
and the policy of the operator that they will meet.

Owns how such a file is read, once for all campaigns that read it alike. What is in it may be quoted: whoever gives it
can read it.
"""

from dataclasses import dataclass, field, replace

from campaign_operator.api.contacts_spec import ContactsFromSource
from campaign_operator.api.delimiter import Delimiter
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import read_contact_lists
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.validation.sources import SuppliedFile, scratch_file


@dataclass(slots=True)
class SuppliedContacts:
    """The file of `--contacts`. `delimiter`: that of `--delimiter`, before the one of the spec."""

    file: SuppliedFile
    delimiter: Delimiter | None = None
    _counts: dict[ListSource, ContactCount] = field(default_factory=dict)

    def count(self, like: ContactsFromSource, limits: ListLimits) -> ContactCount:
        """Its contacts, read like the list that this source names, but for the format. Raises NoSourceError."""
        source = ListSource.of(like, self.file.file, quote_values=True, quote_header_row=True)
        source = replace(source, delimiter=self.delimiter or source.delimiter)
        if source not in self._counts:
            with scratch_file() as scratch:
                pieces = self.file.read_pieces(limits.max_bytes)
                self._counts[source] = read_contact_lists([(source, pieces)], limits, scratch)
        return self._counts[source]


@dataclass(frozen=True, slots=True)
class Supplied:
    """What was given, each None where it was not. `policy`: that of the operator. `limits` are those of the contacts,
    and of lists among the manifests. `needed`: there is no result without the contacts and the policies.
    """

    contacts: SuppliedContacts | None = None
    exclude_dates: SuppliedFile | None = None
    policy: HoursPolicy | None = None
    limits: ListLimits = field(default_factory=ListLimits)
    needed: bool = False


NOTHING_SUPPLIED = Supplied()
