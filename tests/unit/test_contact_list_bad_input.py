"""What is said of contact lists that are wrong: every error whole, as a person sees it."""

import gzip
import json

import pytest
from contact_list_kit import HEADER, config_map, errors, read, secret

from campaign_operator.domain.planning.zones import TZDATA_VERSION

NAME_THE_ZONES = "set timeZoneColumn to the name in your list, or set phoneColumn if the list has phone numbers"
GOOD = HEADER + b"c1,Europe/London\n"
ZONE_RULE = f"must be a valid time zone of the IANA database ({TZDATA_VERSION})"
ZONE_EXAMPLES = "use a name such as Europe/London, or timeZoneAliases"
SAVE_AS_UTF_8 = 'save it as UTF-8 (in Excel: "CSV UTF-8")'
NUL = f"contains a NUL byte, so it is not text; if it is in UTF-16 without a mark, {SAVE_AS_UTF_8}"
NOT_UTF_8 = f"is not valid UTF-8, starting here; {SAVE_AS_UTF_8}"
NO_COLUMNS = 'has no columns "id" and "timeZone"'
NAME_BOTH = "set idColumn and timeZoneColumn to the names in your list"

# In each: the bytes, and what follows the list's name in the errors.
BAD_CSV = {
    "nothing at all": (b"", [": is empty; it must have a header row and at least one contact"]),
    "nothing but a byte order mark and blank lines": (
        b"\xef\xbb\xbf\r\n \n",
        [": is empty; it must have a header row and at least one contact"],
    ),
    "a header row only": (b"id,timeZone", [": has a header row but no contacts"]),
    "a header row and blank lines": (b"id,timeZone\n\n,\n", [": has a header row but no contacts"]),
    "no column of zones": (
        b"\nid,zone,Postal code 2\nc1,Europe/London,x\n",
        [f': line 2: has no column "timeZone"; the columns are "id", "zone", "Postal code 2"; {NAME_THE_ZONES}'],
    ),
    "two columns that look like the ids": (
        b"ID,timeZone,I D\nc1,Europe/London,\n",
        [': line 1: has 2 columns that fit "id": "ID", "I D"; set idColumn to one of them as it stands'],
    ),
    "one column that looks like both": (
        b"Time Zone,name\n",
        [
            ': line 1: has no column "id"; the columns are "Time Zone", "name"; set idColumn to the name in your list',
        ],
    ),
    "very many columns": (
        b"timeZone," + b",".join(b"x" for _ in range(30)) + b"\n",
        [
            ': line 1: has no column "id"; the columns are "timeZone", '
            + ", ".join(['"x"'] * 19)
            + " and 11 more; set idColumn to the name in your list"
        ],
    ),
    "no header row": (
        b"+15550100,Europe/London\n+15550101,Europe/London\n",
        [': line 1: has no header row; the first row must name the columns, including "id" and "timeZone"'],
    ),
    "neither a header row nor a zone": (
        b"+15550100,ann@example.com,A-5550100,London\n",
        [
            f': line 1: {NO_COLUMNS}; the columns are (not shown), (not shown), (not shown), "London"; {NAME_BOTH}',
        ],
    ),
    "two columns of ids": (
        b"id,timeZone, id\nc1,Europe/London,c2\n",
        [': line 1: has 2 columns "id"; keep one of them'],
    ),
    "two columns of zones": (b"id,timeZone,timeZone\n", [': line 1: has 2 columns "timeZone"; keep one of them']),
    "semicolons, and other names": (
        b'"Kunde";"Zeitzone"\nc1;Europe/London\n',
        [f': line 1: {NO_COLUMNS}; the columns are "Kunde", "Zeitzone"; {NAME_BOTH}'],
    ),
    "a zone that is not known": (
        GOOD + b"c2,Europe/Lodnon\n",
        [f': line 3, column timeZone: Invalid value: "Europe/Lodnon": {ZONE_RULE}; did you mean "Europe/London"?'],
    ),
    "a number as zone": (
        GOOD + b"c2,5\n",
        [f': line 3, column timeZone: Invalid value: "5": {ZONE_RULE}; {ZONE_EXAMPLES}'],
    ),
    "a zone as long as a novel": (
        GOOD + b"c2," + b"x" * 100_000 + b"\n",
        [f': line 3, column timeZone: Invalid value: "{"x" * 64}...": {ZONE_RULE}; {ZONE_EXAMPLES}'],
    ),
    "no zone": (GOOD + b"c2,\n", [": line 3, column timeZone: is empty"]),
    "no id": (GOOD + b",Europe/London\n", [": line 3, column id: is empty"]),
    "an id that is too long": (
        GOOD + b"x" * 64 + b",Europe/London\n" + b"x" * 65 + b",Europe/London\n",
        [": line 4, column id: is longer than 64 characters"],
    ),
    "an id that is there twice": (
        GOOD + b"\nc1,Asia/Tokyo\n",
        [": line 4, column id: Duplicate value: the same id is in line 2; give each contact its own id"],
    ),
    "too few and too many fields": (
        GOOD + b"c2\nc3,Europe/London,x\nc4,Europe/London,\n",
        [
            ": line 3, column timeZone: is empty",
            ": line 4: has 3 fields where the header row has 2",
        ],
    ),
    "fields that make up for each other": (
        b"id,timeZone,x\na,Asia/Tokyo\nb,c,Asia/Tokyo,d\n1\n2\n",
        [
            ": line 4, column timeZone: is empty (2 rows, this is the first)",
            ": line 3: has 4 fields where the header row has 3",
        ],
    ),
    "an error after a field of several lines": (
        b'id,timeZone,note\nc1,Asia/Tokyo,"a\n\r\n""b"\n"c\n2","Nowhere",\n"",Asia/Tokyo,\n',
        [
            f': line 5, column timeZone: Invalid value: "Nowhere": {ZONE_RULE}; {ZONE_EXAMPLES}',
            ": line 7, column id: is empty",
        ],
    ),
    "a quote that is never closed": (
        GOOD + b'c2,"Europe/London\nc3,Europe/London\n',
        [": line 3: has a quote in this row that is never closed"],
    ),
    "text after a closing quote": (
        GOOD + b'c2,"Europe"/London\nc3,Nowhere\n',
        [
            ": line 3: has text after a closing quote in this row; write a quote inside a quoted field twice",
        ],
    ),
    "UTF-16 that is cut off": (
        (GOOD.decode() + "c2,").encode("utf-16") + b"x",
        [
            f": line 3: is not valid UTF-16, starting here; {SAVE_AS_UTF_8}",
        ],
    ),
    "UTF-16 without its mark": (GOOD.decode().encode("utf-16-le"), [f": line 1: {NUL}"]),
    "a ZIP file": (
        b"PK\x03\x04...",
        [": line 1: is a ZIP file; unpack it, and give the list that is in it"],
    ),
    "a NUL byte": (GOOD + b"\nc2,\0\n", [f": line 4: {NUL}"]),
    "bytes that are not UTF-8": (GOOD + b"c2,M\xfcnchen\n", [f": line 3: {NOT_UTF_8}"]),
    "a letter cut off at the end": (GOOD + b"c2,Asia/Tokyo\xc3", [f": line 3: {NOT_UTF_8}"]),
    "an error before the bytes that are not UTF-8": (
        GOOD + b"c2,\nM\xfc",
        [": line 3, column timeZone: is empty", f": line 4: {NOT_UTF_8}"],
    ),
    "gzip that is cut off": (
        gzip.compress(GOOD + b"c2,\nc3", mtime=0)[:-9],
        [": line 3, column timeZone: is empty", ": line 4: is incomplete: the gzip data ends too early"],
    ),
    "gzip that is cut off in its header": (
        gzip.compress(GOOD)[:5],
        [": line 1: is incomplete: the gzip data ends too early"],
    ),
    "gzip with a wrong checksum": (
        gzip.compress(GOOD)[:-8] + bytes(8),
        [": is damaged: the gzip data cannot be decompressed"],
    ),
    "gzip and then something else": (
        gzip.compress(GOOD) + b"\0\0c2,Asia/Tokyo",
        [": line 3: contains something else after its gzip data"],
    ),
    "gzip and then half a mark of gzip": (
        gzip.compress(GOOD) + b"\x1f",
        [": line 3: contains something else after its gzip data"],
    ),
}

BAD_JSON = {
    "nothing at all": (b"", [": is empty; at least one contact is needed"]),
    "an empty array": (b" [ ] ", [": is an empty array; at least one contact is needed"]),
    "an object": (
        b'\n{"contacts": []}',
        [": line 2: is a JSON object; an array of objects is expected, or NDJSON: one object on each line"],
    ),
    "a word": (b'"c1"', [": line 1: is not a JSON array of objects"]),
    "values that are no strings": (
        b'[{"id": 5, "timeZone": 5},\n{"id": null, "timeZone": {}},\n{"id": [], "timeZone": true},\n{"timeZone": ""}]',
        [
            ": line 1, column timeZone: is a number where a string is expected",
            ": line 2, column id: is null where a string is expected",
            ": line 2, column timeZone: is an object where a string is expected",
            ": line 3, column id: is an array where a string is expected",
            ": line 3, column timeZone: is true or false where a string is expected",
            ": line 4, column id: is missing",
            ": line 4, column timeZone: is empty",
        ],
    ),
    "elements that are no objects": (
        b'[5,\n"x", null,\n[{"id": "c1"}], {"id": "c1", "timeZone": "Asia/Tokyo"}]',
        [
            ": line 1: is a number where an object is expected",
            ": line 2: is a string where an object is expected",
            ": line 2: is null where an object is expected",
            ": line 3: is an array where an object is expected",
        ],
    ),
    "a name that is there twice": (
        b'[{"id": "c1", "timeZone": "Asia/Tokyo", "timeZone": "Europe/London", "x": 1, "x": 2}]',
        [": line 1, column timeZone: is there twice"],
    ),
    "a number longer than Python takes": (
        b'[{"id": "c1", "timeZone": ' + b"9" * 5000 + b"}]",
        [": line 1, column timeZone: is a number where a string is expected"],
    ),
    "an array that is never closed": (
        b'[{"id": "c1", "timeZone": "Asia/Tokyo"},\n{"id": "c2", "timeZone": ""}\n',
        [": line 2, column timeZone: is empty", ": line 3: is cut off: the array is never closed"],
    ),
    "an element that is never closed": (
        b'[{"id": "c1", "timeZone": "Asia/Tokyo"},\n{"id": "c2",\n"timeZone',
        [": line 3: is not JSON from here on: Unterminated string starting at"],
    ),
    "a comma too many": (
        b'[{"id": "c1", "timeZone": "Asia/Tokyo"},\n]',
        [": line 2: has a comma after its last element; take out the comma before the end of the array"],
    ),
    "a comma too few": (
        b'[{"id": "c1", "timeZone": "Asia/Tokyo"}\n{"id": "c2", "timeZone": "Asia/Tokyo"}]',
        [": line 2: is not JSON from here on: a comma or the end of the array is expected"],
    ),
    "a comma too few within an element": (
        b'[{"id": "c1"\n"timeZone": "Asia/Tokyo"}, {"id": "c2", "timeZone": "Asia/Tokyo"}]',
        [": line 2: is not JSON from here on: Expecting ',' delimiter"],
    ),
    "something after the array": (
        b'[{"id": "c1", "timeZone": "Asia/Tokyo"}]\n\n[]',
        [": line 3: has something else after the end of the array"],
    ),
    "nested too deeply": (b"[" * 50_000, [": line 1: is nested too deeply"]),
}

BAD_NDJSON = {
    "nothing at all": (b"\n\n", [": is empty; at least one contact is needed"]),
    "lines that are no objects": (
        b'{"id": "c1", "timeZone": "Asia/Tokyo"}\n[{"id": "c2"}]\n\nnull\n{"id": "c3"} x\n{"id": \n{"id": "c1"}\n'
        + b"[" * 50_000,
        [
            ": line 2: is an array where an object is expected",
            ": line 4: is null where an object is expected",
            ": line 5: is not JSON: Extra data",
            ": line 6: is not JSON: Expecting value",
            ": line 7, column id: Duplicate value: the same id is in line 1; give each contact its own id",
            ": line 7, column timeZone: is missing",
            ": line 8: is nested too deeply",
        ],
    ),
}

BAD_LISTS = (
    [("list.csv", name, *case) for name, case in BAD_CSV.items()]
    + [("list.json", name, *case) for name, case in BAD_JSON.items()]
    + [("list.ndjson", name, *case) for name, case in BAD_NDJSON.items()]
)


@pytest.mark.parametrize("cut", [1, 3, 1_000_000])
@pytest.mark.parametrize(
    ("source", "data", "told"),
    [pytest.param(source, data, told, id=f"{source}: {name}") for source, name, data, told in BAD_LISTS],
)
def test_what_is_wrong_is_told_with_its_place(source: str, data: bytes, told: list[str], cut: int) -> None:
    if len(data) > 10_000 and cut < 1_000:
        cut *= 1_000
    assert errors(read((config_map(source), data), cut=cut, piece_bytes=cut)) == [source + each for each in told]


@pytest.mark.parametrize(
    ("source", "data"),
    [pytest.param(source, data, id=f"{source}: {name}") for source, name, data, _ in BAD_LISTS],
)
def test_of_a_secret_nothing_is_said_but_places_and_rules(source: str, data: bytes) -> None:
    told = "\n".join(errors(read((secret(source), data)))).replace("Europe/London or America/New_York", "")
    for word in ("Lodnon", "London", "Postal", '"zone"', '"ID"', "Nowhere", '"5"', "xxx", "did you mean"):
        assert word not in told


def test_a_header_row_of_a_secret_is_told_by_its_width() -> None:
    assert errors(read((secret(), b"identity,password\nx,y\n"))) == [
        f"contacts.csv: line 1: {NO_COLUMNS}; the header row has 2 fields, and none fits; {NAME_BOTH}"
    ]


def test_no_id_is_in_any_message_whatever_is_wrong() -> None:
    lists = [
        (config_map("a.csv"), b"+1555,Europe/London\n"),
        (config_map("b.csv"), b"+1555,x\n"),
        (config_map("c.csv"), HEADER + b'+1555,Nowhere\n+1555,Asia/Tokyo\n"+1555\n",Asia/Tokyo,x\n"+1555'),
        (config_map("d.json"), json.dumps([{"id": "+1555"}, {"id": ["+1555"]}, "+1555"]).encode() + b"+1555"),
        (config_map("e.ndjson"), b'"+1555"\n+1555\n{"+1555": 1}'),
    ]
    count = read(*lists)
    assert count.error_count >= 12
    assert "1555" not in "".join(errors(count)) + repr(count)
