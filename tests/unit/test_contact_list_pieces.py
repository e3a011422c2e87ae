"""However a list is cut into pieces, the same is read from it."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable
from typing import Literal

import pytest
from contact_list_kit import HEADER, config_map, errors, read
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign_operator.api.vocabulary import ContactFormat
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading
from campaign_operator.domain.planning.zones import ZONE_NAMES

Contacts = list[tuple[str, str, str]]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
nasty_texts = st.text(st.sampled_from('a",\r\n é😀{}[]\\;'), max_size=20)
contact_lists = st.lists(
    st.tuples(
        # what is at its ends is not taken off
        (texts | nasty_texts).map("x{}x".format),
        st.sampled_from(sorted(ZONE_NAMES)),
        texts | nasty_texts,
    ),
    min_size=1,
    max_size=12,
    # a line end is one, however it is written
    unique_by=lambda contact: contact[0].replace("\r\n", "\n").replace("\r", "\n"),
)
cuts = st.lists(st.integers(0, 400), max_size=12)


def as_csv(contacts: Contacts, *, separator: str = ",", line_end: str = "\r\n", quote_all: bool = False) -> str:
    text = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerow(["note", "timeZone", "id"])
    writer.writerows([note, zone, contact_id] for contact_id, zone, note in contacts)
    return text.getvalue()


def objects(contacts: Contacts) -> list[dict[str, object]]:
    return [{"note": [note, {note: 1}], "timeZone": zone, "id": contact_id} for contact_id, zone, note in contacts]


WRITERS: dict[str, Callable[[Contacts], bytes]] = {
    "list.csv": lambda contacts: as_csv(contacts).encode(),
    "all-quoted.csv": lambda contacts: as_csv(contacts, line_end="\n", quote_all=True).encode(),
    "semicolons.csv": lambda contacts: as_csv(contacts, separator=";").encode("utf-8-sig"),
    "unicode-text.txt": lambda contacts: as_csv(contacts, separator="\t").encode("utf-16"),
    "bars.csv": lambda contacts: ("sep=|\n" + as_csv(contacts, separator="|")).encode("utf-32"),
    "macintosh.csv": lambda contacts: as_csv(contacts, line_end="\r", quote_all=True).encode(),
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


@given(data=st.binary(max_size=200) | st.text(st.sampled_from('id,;timeZone\n\r"cUTC[]{}: ')).map(str.encode))
@example(data=b"\x00\x00\x00\x00\x80")
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("name", ["list", "list.csv", "list.json", "list.ndjson"])
def test_any_bytes_at_all_are_read_or_told_to_be_wrong_and_cuts_do_not_matter(name: str, data: bytes) -> None:
    whole = read((config_map(name), data))
    assert bool(whole.error_count) or whole.contacts > 0
    assert read((config_map(name), data), cut=1, piece_bytes=1) == whole


# Elements as they may stand in a list, each on one line.
CONTACTS = r"""
{"id": "c1", "timeZone": "Asia/Tokyo"}
{"id": "c2", "timeZone": "Europe/London", "note": "}, {"}
{"id": "c3", "timeZone": "Asia/Tokyo", "note": "\\\", {\"id\": \"", "more": [{"id": 1}, {"id": "c1"}]}
{"timeZone": "Asia/Tokyo", "id": "c4"}
""".strip().split("\n")
ODD_ELEMENTS = r"""
{"id": "c5", "timeZone": "Asia/Tokyo", "id": "c6"}
{"id": "c7", "timeZone": "UTC", "i\u0064": "c8"}
{"id": "c9", "timeZone": "UTC", "timeZone": "UTC"}
{"id": "c9", "note": "timeZone", "timeZone": "UTC"}
{"id": 5, "timeZone": "UTC"}
{"id": "cX", "timeZone": null}
{"id": "NaN", "timeZone": "Nowhere"}
{"id": "cY"}
{"timeZone": "UTC"}
{"id": "", "timeZone": "UTC"}
{"more": {"id": "cZ", "timeZone": "UTC"}}
{}
[]
5
-0.5e1
NaN
Infinity
null
"c1"
"NaN"
[{"id": "c1", "timeZone": "UTC"}, NaN, {}]
""".strip().split("\n")
# What is no JSON by itself. Some are, several together.
BROKEN_LINES = r"""
{"id": "c1", "timeZone": "UTC"
{"id": "c1", "more": [{"id": 1}
{"id": 2}]}
{"id": "c1", "more": [1
2]}
{}, {"id": "c1"}
{"id": "c1", "timeZone": "UTC"} {}
{"id": "c1",
"timeZone": "UTC"}
{}, NaN, {}
]
[
{"id": "c1
"}
{"id": "\ud800", "timeZone": "UTC"
NaN, NaN
[1, NaN
2], 3
{},
,{}
""".strip().split("\n")

JSON = ListSource(name="list", quote_values=True, list_format=ContactFormat.JSON)
NDJSON = ListSource(name="list", quote_values=True, list_format=ContactFormat.NDJSON)


def one_by_one(lines: list[str]) -> ContactCount:
    """The lines as NDJSON, with so little of it at a time that no two are read together."""
    return read((NDJSON, "\n".join(lines).encode()), cut=1, piece_bytes=1)


elements = st.lists(st.sampled_from(CONTACTS) | st.sampled_from(ODD_ELEMENTS), min_size=1, max_size=8)
broken = st.lists(
    st.sampled_from([*CONTACTS, *ODD_ELEMENTS, "", " ", "[" * 2_000, *BROKEN_LINES]), min_size=1, max_size=8
)


@given(lines=elements | broken, end=st.booleans())
@example(lines=['{"id": "c1", "more": [{"id": 1}', '{"id": 2}]}', "{}, {}"], end=True)
@example(lines=['{"id": "c1", "more": [1', "2]}", "{}, NaN, {}"], end=True)
@example(lines=['{"id": "c1", "more": [1', "2]}", "{}, 3, {}"], end=True)
@settings(max_examples=150, deadline=None)
def test_lines_that_are_read_together_are_read_as_each_by_itself(lines: list[str], end: bool) -> None:
    data = "".join(line + "\n" for line in lines) if end else "\n".join(lines)
    assert read((NDJSON, data.encode())) == one_by_one(lines)


@given(
    lines=elements,
    before_comma=st.sampled_from(["", " ", "\n"]),
    after_comma=st.sampled_from(["", " ", "\n", "\r\n  ", "\n\n"]),
    odd=st.integers(0, 20),
)
@example(lines=[*CONTACTS[:3], "NaN", *CONTACTS[:3]], before_comma="", after_comma="", odd=20)
@settings(max_examples=150, deadline=None)
def test_elements_that_are_read_together_are_read_as_each_by_itself(
    lines: list[str], before_comma: str, after_comma: str, odd: int
) -> None:
    between = [f"{before_comma},{after_comma}"] * (len(lines) - 1)
    between[odd : odd + 1] = [" , "] * len(between[odd : odd + 1])
    data = "[" + "".join(each for pair in zip(lines, [*between, "]"], strict=True) for each in pair)
    whole = read((JSON, data.encode()))
    assert whole == read((JSON, data.encode()), cut=1, piece_bytes=1)
    assert whole.contacts == one_by_one(lines).contacts


def test_a_name_that_is_there_twice_is_seen_however_it_is_written() -> None:
    source = ListSource(name="list.ndjson", id_column="a/b")
    data = rb"""{"a/b": "c1", "timeZone": "UTC"}
{"a/b": "c2", "timeZone": "UTC", "a\/b": "c3"}
"""
    assert errors(read((source, data))) == ["list.ndjson: line 2, column a/b: is there twice"]


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
