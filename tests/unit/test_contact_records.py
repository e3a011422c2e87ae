"""What is kept of contacts finds every id that is there twice, in memory and on the disk alike."""

import errno
from collections.abc import Sequence
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from hypothesis import given
from hypothesis import strategies as st

from campaign_operator.domain.contacts.contact_records import ContactRecords

IN_MEMORY = 7

Batches = Sequence[Sequence[str]]


def records(batches: Batches, scratch: IO[bytes] | None) -> ContactRecords:
    """Contacts by the batch; the line of each is 1000 more than its number, and its zone the number of its batch."""
    kept = ContactRecords(scratch, in_memory=IN_MEMORY)
    for number, ids in enumerate(batches):
        lines = range(1000 + len(kept), 1000 + len(kept) + len(ids))
        kept.add(ids, lines, [number] * len(ids))
    return kept


def repeats(kept: ContactRecords) -> list[tuple[int, int, int]]:
    """Contact, zone and first contact of each repeated id, in order."""
    found: list[tuple[int, int, int]] = []
    for _ in kept.search(lambda *repeat: found.append(repeat)):
        pass
    return sorted(found)


def by_plain_reading(batches: Batches) -> list[tuple[int, int, int]]:
    first: dict[str, int] = {}
    everybody = [(contact_id, number) for number, ids in enumerate(batches) for contact_id in ids]
    return [
        (contact, zone, first[contact_id])
        for contact, (contact_id, zone) in enumerate(everybody)
        if first.setdefault(contact_id, contact) != contact
    ]


class FullDisk(BytesIO):
    """Has room for one writing, and for half of the next."""

    def __init__(self) -> None:
        super().__init__()
        self._writings = 0

    def write(self, data: object) -> int:
        self._writings += 1
        whole = bytes(data)  # type: ignore[call-overload] # whatever has bytes
        if self._writings > 1:
            super().write(whole[: len(whole) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(whole)


batches_of_ids = st.lists(st.lists(st.integers(0, 60).map(str), max_size=12), max_size=12)


@given(batches_of_ids)
def test_every_id_that_was_there_before_is_found_with_its_first_place_and_its_zone(batches: list[list[str]]) -> None:
    assert repeats(records(batches, None)) == by_plain_reading(batches)


@given(batches_of_ids)
def test_what_is_on_the_disk_is_found_as_what_is_in_memory(batches: list[list[str]]) -> None:
    with TemporaryFile() as scratch:
        kept = records(batches, scratch)
        assert repeats(kept) == by_plain_reading(batches)
        assert [kept.line(contact) for contact in range(len(kept))] == list(range(1000, 1000 + len(kept)))


@given(batches_of_ids)
def test_a_disk_that_is_full_leaves_the_rest_in_memory(batches: list[list[str]]) -> None:
    kept = records(batches, FullDisk())
    assert repeats(kept) == by_plain_reading(batches)
    assert [kept.line(contact) for contact in range(len(kept))] == list(range(1000, 1000 + len(kept)))


def test_all_but_the_last_contacts_are_on_the_disk() -> None:
    with TemporaryFile() as scratch:
        records([[f"c{number}" for number in range(IN_MEMORY)]] * 3, scratch)
        assert scratch.seek(0, 2) == 3 * IN_MEMORY * 15
