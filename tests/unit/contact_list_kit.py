"""What the tests of contact lists share: short words for reading one."""

from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading

HEADER = b"id,timeZone\n"


def config_map(name: str = "contacts.csv") -> ListSource:
    """A list whose values may be quoted."""
    return ListSource(name=name, quote_values=True)


def own_file(name: str = "contacts.csv") -> ListSource:
    """A list of the person who reads the messages."""
    return ListSource(name=name, quote_values=True, quote_header_row=True)


def secret(name: str = "contacts.csv") -> ListSource:
    """A list whose values may not."""
    return ListSource(name=name)


def read(
    *lists: tuple[ListSource, bytes], limits: ListLimits | None = None, cut: int = 1_000_000, piece_bytes: int = 65_536
) -> ContactCount:
    """The lists, fed `cut` bytes at a time and looked at `piece_bytes` at a time."""
    reading = ContactReading(limits or ListLimits(), piece_bytes=piece_bytes)
    for source, data in lists:
        opened = reading.open(source)
        for start in range(0, len(data), cut):
            opened.feed(data[start : start + cut])
        opened.finish()
    return reading.conclude()


def errors(count: ContactCount) -> list[str]:
    """The errors as text."""
    return [str(error) for error in count.errors]
