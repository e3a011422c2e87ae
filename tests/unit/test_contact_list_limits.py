"""Limits: how much is read, and that what is refused was never held."""

import gzip
import tracemalloc
from collections.abc import Iterator

import pytest
from contact_list_kit import HEADER, config_map, errors, read

from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import read_contact_lists
from campaign_operator.domain.planning.zones import TZDATA_VERSION

PIECE = 65_536


class Pieces:
    """A list in pieces, of which it is known how many were taken."""

    def __init__(self, begin: bytes, piece: bytes, count: int) -> None:
        self._begin, self._piece, self._count = begin, piece, count
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        yield self._begin
        for _ in range(self._count):
            self.taken += 1
            yield self._piece


def read_measured(source: ListSource, pieces: Pieces | list[bytes], limits: ListLimits) -> tuple[ContactCount, float]:
    """What is known of the list, and the memory that it took at most, in MB."""
    tracemalloc.start()
    try:
        count = read_contact_lists([(source, pieces)], limits)
        return count, tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "begin", "filling", "told"),
    [
        ("list.csv", HEADER, b"x", "line 2: has a row of more than 131072 characters"),
        ("list.csv", b"", b"x", "line 1: has a row of more than 131072 characters"),
        ("list.csv", HEADER + b'c1,"', b"x\n", "line 2: has a row of more than 131072 characters"),
        ("list.json", b'[{"id": "', b"x", "line 1: has an element of more than 131072 characters"),
        ("list.json", b"[", b"1", "line 1: has an element of more than 131072 characters"),
        ("list.ndjson", b'{"id": "', b"x", "line 1: has a line of more than 131072 characters"),
    ],
)
def test_a_row_of_50_mb_is_refused_after_little_of_it(name: str, begin: bytes, filling: bytes, told: str) -> None:
    pieces = Pieces(begin, filling * (PIECE // len(filling)), 50_000_000 // PIECE)
    count, megabytes = read_measured(config_map(name), pieces, ListLimits())
    assert [told in each for each in errors(count)] == [True]
    assert pieces.taken <= 4
    assert megabytes < 10


LONG_30 = {
    "list.csv": HEADER + b"c1,Asia/Tokyo,note".ljust(29, b".") + b"\nc2,Asia/Tokyo\n",
    "quoted.csv": HEADER + b'c1,"Asia/Tokyo\n'.ljust(28, b".") + b'"\nc2,Asia/Tokyo\n',
    "list.json": b'[\n{"id": "c1", "timeZone": 1'.ljust(31, b"1") + b"}\n,5]",
    "list.ndjson": b'{"id": "c1", "timeZone": 1'.ljust(28, b"1") + b"}\n5",
}


@pytest.mark.parametrize("cut", [1, 3, 1_000])
@pytest.mark.parametrize("name", LONG_30)
def test_a_row_may_be_as_long_as_the_limit_and_no_longer(name: str, cut: int) -> None:
    for longest in (29, 30):
        limits = ListLimits(max_record_characters=longest)
        told = errors(read((config_map(name), LONG_30[name]), limits=limits, cut=cut, piece_bytes=cut))
        assert any("more than 29 characters" in each for each in told) == (longest == 29)


def test_a_list_of_one_row_more_than_the_limit_is_refused_and_no_more_of_it_is_asked_for() -> None:
    pieces = Pieces(HEADER, b"c1,Asia/Tokyo\n" * 4_000, 750)
    count = read_contact_lists([(config_map(), pieces)], ListLimits(max_rows=100_000))
    assert errors(count)[-1] == "contacts.csv: line 100002: the lists have more than 100000 rows, which is the limit"
    assert pieces.taken == 26


def test_the_limit_of_rows_is_for_all_lists_together_and_for_invalid_rows_too() -> None:
    data = HEADER + b"c1,Asia/Tokyo\n,\n,Nowhere,\nc2,Nowhere\nc3\n"
    assert not any("limit" in each for each in errors(read((config_map(), data), limits=ListLimits(max_rows=4))))
    assert errors(read((config_map(), data), limits=ListLimits(max_rows=3)))[-1] == (
        "contacts.csv: line 6: the lists have more than 3 rows, which is the limit"
    )
    ndjson = b'5\n{"id": "c3", "timeZone": "Asia/Tokyo"}\n{"id": 5}'
    two = read((config_map("a.csv"), data), (config_map("b.ndjson"), ndjson), limits=ListLimits(max_rows=6))
    assert errors(two)[-1] == "b.ndjson: line 3: the lists have more than 6 rows, which is the limit"


def test_three_million_rows_against_a_limit_of_one_are_not_read_to_their_end() -> None:
    pieces = Pieces(HEADER, b"".join(b"c%d,Asia/Tokyo\n" % number for number in range(3_000)), 1_000)
    count = read_contact_lists([(config_map(), pieces)], ListLimits(max_rows=3_000))
    assert errors(count) == ["contacts.csv: line 3002: the lists have more than 3000 rows, which is the limit"]
    assert pieces.taken == 2


@pytest.mark.parametrize("filling", [b"\n", b"x", b"\0", b"c1,Asia/Tokyo\n"])
def test_a_gzip_bomb_is_refused_and_takes_little_memory(filling: bytes) -> None:
    packed = gzip.compress(HEADER + filling * (30_000_000 // len(filling)), compresslevel=1)
    limits = ListLimits(max_bytes=100_000)
    count, megabytes = read_measured(config_map(), [packed], limits)
    assert not count.complete
    assert megabytes < 8
    if filling == b"\n":
        assert errors(count)[0].endswith("the lists are larger than 100000 bytes, which is the limit")


def test_the_limit_of_bytes_is_for_all_lists_together_and_to_the_byte() -> None:
    data = HEADER + b"c1,Asia/Tokyo\n"
    other = HEADER + b"c2,Asia/Tokyo"
    lists = [(config_map("a.csv"), data), (config_map("b.csv"), gzip.compress(other))]
    size = len(data) + len(other)
    assert read(*lists, limits=ListLimits(max_bytes=size)).contacts == 2
    assert errors(read(*lists, limits=ListLimits(max_bytes=size - 1))) == [
        f"b.csv: line 1: the lists are larger than {size - 1} bytes, which is the limit"
    ]


def test_a_longest_id_can_be_set() -> None:
    count = read((config_map(), HEADER + b"123,Asia/Tokyo\n1234,Asia/Tokyo\n"), limits=ListLimits(max_id_characters=3))
    assert errors(count) == ["contacts.csv: line 3, column id: is longer than 3 characters"]


def test_an_unknown_zone_on_row_999_999_is_found() -> None:
    zones = {999_999: b"Asia/Toyko"}

    def pieces() -> Iterator[bytes]:
        yield HEADER
        for start in range(1, 1_000_001, 1_000):
            yield b"".join(b"c%d,%b\n" % (row, zones.get(row, b"Asia/Tokyo")) for row in range(start, start + 1_000))

    count = read_contact_lists([(config_map(), pieces())])
    rule = f"must be a valid time zone of the IANA database ({TZDATA_VERSION})"
    assert (count.contacts, count.invalid_rows, count.error_count) == (999_999, 1, 1)
    assert errors(count) == [
        f'contacts.csv: line 1000000, column timeZone: Invalid value: "Asia/Toyko": {rule}; did you mean "Asia/Tokyo"?'
    ]


def test_a_list_that_is_there_twice_repeats_every_id() -> None:
    rows = b"".join(b"c%d,Asia/Tokyo\n" % number for number in range(30_000))
    count = read((config_map(), HEADER + rows + rows))
    assert (count.contacts, count.invalid_rows, count.error_count) == (30_000, 30_000, 30_000)
    assert [error.line for error in count.errors] == list(range(30_002, 30_022))
    assert errors(count)[19].endswith(
        "line 30021, column id: Duplicate value: the same id is in line 21; give each contact its own id"
    )
