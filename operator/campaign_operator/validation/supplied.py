"""What a person gives beside the manifests: a file in place of all contact lists, and one in place of the calendars.

Owns how such a file is read, once for all campaigns that read it alike. What is in it may be quoted: whoever gives it
can read it.
"""

from dataclasses import dataclass, field

from campaign_operator.api.contacts_spec import ContactsFromSource
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import read_contact_lists
from campaign_operator.validation.sources import SuppliedFile, scratch_file


@dataclass(slots=True)
class SuppliedContacts:
    """The file of `--contacts`."""

    file: SuppliedFile
    _counts: dict[tuple[str, str], ContactCount] = field(default_factory=dict)

    def count(self, like: ContactsFromSource, limits: ListLimits) -> ContactCount:
        """Its contacts, in the columns that this source names. Raises NoSourceError."""
        columns = (like.id_column, like.time_zone_column)
        if columns not in self._counts:
            source = ListSource(
                name=self.file.file, quote_values=True, id_column=columns[0], time_zone_column=columns[1]
            )
            with scratch_file() as scratch:
                pieces = self.file.read_pieces(limits.max_bytes)
                self._counts[columns] = read_contact_lists([(source, pieces)], limits, scratch)
        return self._counts[columns]


@dataclass(frozen=True, slots=True)
class Supplied:
    """What was given, each None where it was not. `limits` are those of the contacts, and of lists among the manifests.
    `needed`: there is no result without the contacts.
    """

    contacts: SuppliedContacts | None = None
    exclude_dates: SuppliedFile | None = None
    limits: ListLimits = field(default_factory=ListLimits)
    needed: bool = False


NOTHING_SUPPLIED = Supplied()
