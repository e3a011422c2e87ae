"""Contact lists, which anybody may have written, in any format and cut anywhere."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hypothesis import strategies as st

from campaign_operator.api.contacts_spec import Aliases
from campaign_operator.api.delimiter import Delimiter
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading
from campaign_operator.domain.errors import ERRORS_SHOWN
from campaign_operator.domain.planning.zones import ZONE_NAMES
from fuzz.inputs import VALUES, objects, spoiled
from fuzz.target import Target

LIMITS = ListLimits(max_rows=1000, max_bytes=2_000_000, max_record_characters=2000)

_CANARIES = st.integers(0, 9).map("canary-{}".format)
_ZONES = st.sampled_from(["Europe/London", "Asia/Tokyo", "Mars/Base", "canary-zone"])


@dataclass(frozen=True)
class GivenList:
    """A list, and how it comes: whole, and in pieces. `unzipped_bytes`: how large it is if it is sound."""

    name: str
    data: bytes
    unzipped_bytes: int
    cuts: tuple[int, ...]
    piece_bytes: int
    is_damaged: bool
    maps_zones: bool
    has_numbers: bool
    delimiter: Delimiter | None


def _csv(rows: list[list[str]], separator: str, line_end: str, header: list[str], encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows([header, *rows])
    return text.getvalue().encode(encoding, "surrogatepass")


def _json(rows: list[object]) -> bytes:
    return json.dumps(rows).encode()


def _ndjson(rows: list[object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _damaged(data: bytes) -> bytes:
    zipped = bytearray(gzip.compress(data))
    zipped[len(zipped) // 2] ^= 0x55
    return bytes(zipped)


def _with_more_behind(data: bytes) -> bytes:
    return gzip.compress(data) + data[:3]


_CELLS = st.one_of(_CANARIES, st.text(max_size=5).map("canary-{}".format), st.text(max_size=5))
_NUMBERS = st.sampled_from(["+12125550100", "(212) 555-0100", "+34612345678", "+18005550199", "5550100", ""])
_ROWS = st.lists(st.tuples(_CANARIES | _CELLS, _ZONES | _CELLS, _NUMBERS | _CELLS).map(list), max_size=6)
_OBJECTS = st.lists(
    objects(id=_CANARIES | _CELLS, timeZone=_ZONES | _CELLS, note=_NUMBERS | _CELLS) | VALUES, max_size=6
)
_HEADERS = st.sampled_from(
    [
        ["id", "timeZone", "note"],
        ["ID", "Time Zone"],
        ["sep=;\nid", "timeZone"],
        ["id", "timeZone", "", "ID"],
        ["id", "I D"],
    ]
)
_CSV = st.builds(
    _csv,
    _ROWS,
    st.sampled_from(",,;\t|"),
    st.sampled_from(["\r\n", "\n", "\r"]),
    _HEADERS,
    st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
_DATA = spoiled(st.one_of(_CSV, _OBJECTS.map(_json), _OBJECTS.map(_ndjson)))
_LISTS = st.builds(
    lambda name, data, zipped, cuts, piece_bytes, maps_zones, has_numbers, delimiter: GivenList(
        name=name,
        data=zipped(data),
        unzipped_bytes=len(data),
        cuts=tuple(sorted(cuts)),
        piece_bytes=piece_bytes,
        is_damaged=zipped is _damaged,
        maps_zones=maps_zones,
        has_numbers=has_numbers,
        delimiter=delimiter,
    ),
    st.sampled_from(["list", "list.csv", "list.json", "list.ndjson", "list.csv.gz"]),
    _DATA,
    st.sampled_from([bytes, bytes, gzip.compress, _damaged, _with_more_behind]),
    st.lists(st.integers(0, 400), max_size=4),
    st.integers(20, 200),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, None, *Delimiter]),
)


def _read(given: GivenList, *, quote_values: bool, cut: bool) -> ContactCount:
    # so little at a time takes a minute for a megabyte
    piece_bytes = given.piece_bytes if cut and given.unzipped_bytes < 2000 else 65_536
    reading = ContactReading(LIMITS, piece_bytes=piece_bytes)
    aliases = Aliases({"Mars/Base": "Asia/Tokyo"} if given.maps_zones else {})
    default = "Europe/London" if given.maps_zones else None
    opened = reading.open(
        ListSource(
            name=given.name,
            quote_values=quote_values,
            delimiter=given.delimiter,
            phone_column="note" if given.has_numbers else None,
            default_region="US" if given.has_numbers else None,
            default_time_zone=default,
            time_zone_aliases=aliases,
        )
    )
    cuts = [each for each in given.cuts if each < len(given.data)] if cut else []
    for start, end in zip([0, *cuts], [*cuts, len(given.data)], strict=True):
        opened.feed(given.data[start:end])
    opened.finish()
    return reading.conclude()


@contextmanager
def _lists() -> Iterator[Callable[[GivenList], None]]:
    def check(given: GivenList) -> None:
        count = _read(given, quote_values=False, cut=False)
        in_pieces = _read(given, quote_values=False, cut=True)
        if given.is_damaged:
            # what comes out of the bytes around the damage is not looked at, so how much that is depends on the cuts
            assert not count.complete
            assert not in_pieces.complete
        else:
            assert count == in_pieces, "it depends on where the list is cut"
        assert count.contacts <= LIMITS.max_rows
        assert bool(count.error_count) or count.contacts > 0
        assert count.unshown_errors >= 0
        assert count.unshown_errors == 0 or len(count.errors) == ERRORS_SHOWN or count.error_count > 1000
        assert set(count.contacts_by_zone) <= ZONE_NAMES
        told = [str(error) for error in count.errors]
        assert "canary" not in " ".join(told)
        assert "5550" not in " ".join(told)
        for error in (*told, *map(str, _read(given, quote_values=True, cut=False).errors)):
            assert error.isprintable()
            assert len(error) < 2048

    yield check


LIST_TARGETS = (Target("a contact list", _LISTS, _lists),)
