"""However a list is cut into pieces, the same is read from it."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable

import pytest
from contact_list_kit import HEADER, config_map, errors, read
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.domain.contacts.contact_reading import ContactReading
from campaign_operator.domain.planning.zones import ZONE_NAMES

Contacts = list[tuple[str, str, str]]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
nasty_texts = st.text(st.sampled_from('a",\r\n é😀{}[]\\;'), max_size=20)
contact_lists = st.lists(
    st.tuples(
        (texts | nasty_texts).filter(bool),
        st.sampled_from(sorted(ZONE_NAMES)),
        texts | nasty_texts,
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda contact: contact[0],
)
cuts = st.lists(st.integers(0, 400), max_size=12)


def as_csv(contacts: Contacts, *, quote_all: bool = False) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n") if quote_all else csv.writer(text)
    writer.writerow(["note", "timeZone", "id"])
    writer.writerows([note, zone, contact_id] for contact_id, zone, note in contacts)
    return text.getvalue().encode()


def objects(contacts: Contacts) -> list[dict[str, object]]:
    return [{"note": [note, {note: 1}], "timeZone": zone, "id": contact_id} for contact_id, zone, note in contacts]


WRITERS: dict[str, Callable[[Contacts], bytes]] = {
    "list.csv": as_csv,
    "all-quoted.csv": lambda contacts: as_csv(contacts, quote_all=True),
    "list.json": lambda contacts: json.dumps(objects(contacts), ensure_ascii=False).encode(),
    "indented.json": lambda contacts: json.dumps(objects(contacts), indent=1).encode(),
    "list.ndjson": lambda contacts: b"".join(json.dumps(each).encode() + b"\r\n" for each in objects(contacts)),
}


@pytest.mark.parametrize("name", WRITERS)
@given(contacts=contact_lists, cuts=cuts, piece_bytes=st.integers(1, 100), zipped=st.booleans())
@example(
    contacts=[('"\r\n"', "Asia/Tokyo", ",\n"), ("é", "Asia/Tokyo", "")],
    cuts=list(range(400)),
    piece_bytes=1,
    zipped=False,
)
@settings(max_examples=100, deadline=None)
def test_what_was_written_is_read_wherever_it_is_cut(
    name: str, contacts: Contacts, cuts: list[int], piece_bytes: int, zipped: bool
) -> None:
    data = WRITERS[name](contacts)
    if zipped:
        data = gzip.compress(data)
    reading = ContactReading(ListLimits(), piece_bytes=piece_bytes)
    opened = reading.open(config_map(name))
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        opened.feed(data[start:end])
    opened.finish()
    count = reading.conclude()
    assert errors(count) == []
    assert dict(count.contacts_by_zone) == Counter(zone for _, zone, _ in contacts)
    assert list(count.contacts_by_zone) == list(dict.fromkeys(zone for _, zone, _ in contacts))


@given(data=st.binary(max_size=200) | st.text(st.sampled_from('id,timeZone\n\r"cUTC[]{}: ')).map(str.encode))
@example(data=b"\x00\x00\x00\x00\x80")
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("name", ["list", "list.csv", "list.json", "list.ndjson"])
def test_any_bytes_at_all_are_read_or_told_to_be_wrong_and_cuts_do_not_matter(name: str, data: bytes) -> None:
    whole = read((config_map(name), data))
    assert bool(whole.error_count) or whole.contacts > 0
    assert read((config_map(name), data), cut=1, piece_bytes=1) == whole


def test_a_number_is_one_wherever_it_is_cut() -> None:
    data = b"[-0.5e+1, 5.25, 1E5]"
    assert read((config_map("list.json"), data), cut=1, piece_bytes=1) == read((config_map("list.json"), data))


INSIDE = {
    "a letter of several bytes": ("c\N{GRINNING FACE}".encode(), 2),
    "CRLF": (b"c1,Asia/Tokyo\r\n", 14),
    "a quoted line end": (b'"c\n1",Asia/Tokyo', 3),
    "a quoted CRLF": (b'"c\r\n1",Asia/Tokyo', 3),
    "a doubled quote": (b'"c""1",Asia/Tokyo', 3),
    "a closing quote and the comma after it": (b'"c1",Asia/Tokyo', 4),
    "a line": (b"c1,Asia/Tokyo", 6),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_cut_inside_of_something_changes_nothing(name: str) -> None:
    part, at = INSIDE[name]
    before = HEADER + b"c0,Asia/Tokyo\n"
    row = part if b"," in part else part + b",Asia/Tokyo"
    data = before + row.rstrip(b"\r\n") + b"\r\nc0,Nowhere\r\n"
    whole = read((config_map(), data))
    assert (whole.contacts, whole.error_count) == (2, 2)
    length = len(before) + at
    assert read((config_map(), data), cut=length, piece_bytes=length) == whole
