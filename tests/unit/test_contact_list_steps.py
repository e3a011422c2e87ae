"""However a list is made, each step of its reading is short: counted by the work between two steps, not by time."""

import gzip
from bisect import insort
from collections.abc import Iterator
from itertools import count

import pytest
from contact_list_kit import HEADER, config_map, errors
from hypothesis import given
from hypothesis import strategies as st

from campaign_operator.api.vocabulary import OnInvalidContact
from campaign_operator.domain.contacts import blanks, csv_header, decoding
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits
from campaign_operator.domain.contacts.contact_reading import ContactReading
from campaign_operator.domain.contacts.contact_records import STEP_CONTACTS, ContactRecords

MANY = 100_000


def kept(ids: list[str]) -> ContactRecords:
    records = ContactRecords()
    records.add(ids, range(len(ids)), [0] * len(ids))
    return records


def test_a_step_notes_no_more_repeats_than_it_has_contacts_though_all_have_one_id() -> None:
    noted: list[int] = []
    in_a_step: list[int] = []
    for _ in kept(["same"] * MANY).search(lambda contact, _zone, _first: noted.append(contact)):
        in_a_step.append(len(noted) - sum(in_a_step))
    assert max(in_a_step) <= STEP_CONTACTS
    assert noted == list(range(1, MANY))


def test_ids_are_compared_in_steps_before_a_repeat_is_known_of() -> None:
    in_the_first_group = next(each for each in map(str, count()) if hash(each) % 256 == 0)
    noted: list[int] = []
    steps_before = 0
    for _ in kept([in_the_first_group] * MANY).search(lambda contact, _zone, _first: noted.append(contact)):
        steps_before += not noted
    assert steps_before >= MANY // STEP_CONTACTS


def test_nothing_is_noted_after_the_last_contact_of_interest_and_every_repeat_is_counted() -> None:
    noted, lowest = 0, list[int]()

    def note(contact: int, _zone: int, _first: int) -> int | None:
        nonlocal noted
        noted += 1
        insort(lowest, contact)
        del lowest[20:]
        return lowest[-1] if len(lowest) == 20 else None

    records = kept([f"c{number % 1000}" for number in range(MANY)])
    for _ in records.search(note):
        pass
    assert lowest == list(range(1000, 1020))
    assert noted < 1000
    assert records.repeats == MANY - 1000


def concluded(ids: list[int], on_invalid: OnInvalidContact) -> ContactCount:
    reading = ContactReading(ListLimits(), on_invalid=on_invalid)
    opened = reading.open(config_map())
    opened.feed(HEADER + b"".join(b"c%d,Asia/Tokyo\n" % each for each in ids))
    opened.finish()
    return reading.conclude()


@given(st.lists(st.integers(0, 40), max_size=200))
def test_lists_that_are_rejected_tell_the_same_errors_as_lists_that_are_read_to_the_end(ids: list[int]) -> None:
    rejected, skipped = (concluded(ids, policy) for policy in (OnInvalidContact.REJECT, OnInvalidContact.SKIP))
    assert errors(rejected) == errors(skipped)
    assert rejected.error_count == skipped.error_count
    assert skipped.contacts == len(set(ids))


@pytest.mark.parametrize("header", ["x," * 60_000, "x" * 100_000 + ",y", ",".join(["x" * 120] * 999)])
def test_a_header_row_of_any_width_is_looked_at_in_a_short_step(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def counted(name: str) -> str:
        looked_at.append(len(name))
        return blanks.alike(name)

    monkeypatch.setattr(csv_header, "alike", counted)
    opened = ContactReading(ListLimits()).open(config_map())
    opened.feed(f"{header}\n".encode())
    opened.finish()
    assert opened.over
    assert len(looked_at) < 20_000
    assert sum(looked_at) < 1_000_000


def test_gzip_data_of_nothing_but_ends_is_unpacked_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million bytes of it have 50,000 members, for each of which all that follows was copied."""
    taken: list[int] = []
    begin = decoding.Unzipping._begin  # noqa: SLF001 - what it is given is what was copied

    def counted(self: decoding.Unzipping, data: bytes) -> bytes:
        taken.append(len(data))
        return begin(self, data)

    monkeypatch.setattr(decoding.Unzipping, "_begin", counted)
    opened = ContactReading(ListLimits()).open(config_map())
    copied = list(bytes_in_a_step(opened.feed_steps(gzip.compress(b"") * 5000), taken))
    assert max(copied) < 1_000_000


def bytes_in_a_step(steps: Iterator[None], taken: list[int]) -> Iterator[int]:
    for _ in steps:
        yield sum(taken)
        taken.clear()
    yield sum(taken)
