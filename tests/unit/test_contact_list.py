"""Contact lists that are as they should be, and what is made of invalid rows in them."""

import gzip
import json
from collections.abc import Iterator

import pytest
from contact_list_kit import HEADER, config_map, errors, read, secret

from campaign_operator.api.vocabulary import ContactFormat, OnInvalidContact
from campaign_operator.domain.contacts.contact_list import ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import read_contact_lists, reading_steps
from campaign_operator.domain.errors import InvalidSpecError

TWO = {"Europe/London": 2, "Asia/Tokyo": 1}
OBJECTS = [
    {"id": "c1", "timeZone": "Europe/London"},
    {"id": "c2", "timeZone": "Asia/Tokyo", "name": 'Ann, {the} "first"]', "more": {"id": 5, "list": [1, {"a": []}]}},
    {"timeZone": "Europe/London", "id": "c3", "score": 1e3, "big": 10**30},
]

GOOD_LISTS = {
    "a header and rows": b"id,timeZone\nc1,Europe/London\nc2,Asia/Tokyo\nc3,Europe/London\n",
    "no line end at the end": b"id,timeZone\nc1,Europe/London\nc2,Asia/Tokyo\nc3,Europe/London",
    "CRLF": b"id,timeZone\r\nc1,Europe/London\r\nc2,Asia/Tokyo\r\nc3,Europe/London\r\n",
    "CR alone": b"id,timeZone\rc1,Europe/London\rc2,Asia/Tokyo\rc3,Europe/London\r",
    "CRLF and LF in one file": b"id,timeZone\r\nc1,Europe/London\nc2,Asia/Tokyo\r\nc3,Europe/London",
    "a byte order mark": b"\xef\xbb\xbfid,timeZone\nc1,Europe/London\nc2,Asia/Tokyo\nc3,Europe/London\n",
    "columns in another place among others": b"name,timeZone,x,id\nAnn,Europe/London,,c1\nBo,Asia/Tokyo,1,c2\n"
    b"Cy,Europe/London,,c3\n",
    "everything quoted": b'"id","timeZone"\n"c1","Europe/London"\n"c2","Asia/Tokyo"\n"c3","Europe/London"\n',
    "commas, quotes and line ends in quoted fields": b'id,note,timeZone\nc1,"a, ""b""",Europe/London\n'
    b'c2,"one\r\n\r\ntwo\n",Asia/Tokyo\nc3,,Europe/London\n',
    "a quote within a field that is not quoted": b'id,note,timeZone\nc1,5" pipe,Europe/London\nc2,,Asia/Tokyo\n'
    b"c3,,Europe/London\n",
    "blank lines before, between and after": b"\n\nid,timeZone\n\nc1,Europe/London\r\n\r\nc2,Asia/Tokyo\n  \n"
    b"c3,Europe/London\n\n\n",
    "empty rows as spreadsheets write them": b"id,timeZone,name\nc1,Europe/London,\nc2,Asia/Tokyo,\n,,\n"
    b"c3,Europe/London,\n,,\n,,\n",
    "spaces around the names of columns": b"id , timeZone\nc1,Europe/London\nc2,Asia/Tokyo\nc3,Europe/London\n",
    "other columns named alike": b"id,x,x,timeZone\nc1,,,Europe/London\nc2,,,Asia/Tokyo\nc3,,,Europe/London\n",
    "letters of several bytes": "id,naïve,timeZone\nç1,日本,Europe/London\nc2,😀,Asia/Tokyo\n".encode()
    + b"c3,,Europe/London\n",
    "a JSON array": json.dumps(OBJECTS).encode(),
    "a JSON array on many lines": b"\xef\xbb\xbf\r\n" + json.dumps(OBJECTS, indent=2).replace("\n", "\r\n").encode(),
    "a JSON array without a space": json.dumps(OBJECTS, separators=(",", ":")).encode(),
    "NDJSON": "\n".join(json.dumps(each) for each in OBJECTS).encode(),
    "NDJSON with CRLF and blank lines": b"\r\n"
    + "\r\n\r\n".join(json.dumps(each) for each in OBJECTS).encode()
    + b"\r\n ",
}


@pytest.mark.parametrize("name", GOOD_LISTS)
@pytest.mark.parametrize("wrapped", ["plain", "gzip", "gzip in two members", "gzip padded with zeros"])
@pytest.mark.parametrize("cut", [1, 2, 7, 1_000_000])
def test_a_list_is_counted_by_zone_whatever_its_form(name: str, wrapped: str, cut: int) -> None:
    data = GOOD_LISTS[name]
    if wrapped == "gzip in two members":
        data = gzip.compress(data[:20]) + gzip.compress(data[20:])
    elif wrapped != "plain":
        data = gzip.compress(data) + (bytes(600) if wrapped == "gzip padded with zeros" else b"")
    count = read((config_map("list"), data), cut=cut, piece_bytes=cut)
    assert errors(count) == []
    assert (dict(count.contacts_by_zone), count.contacts, count.invalid_rows) == (TWO, 3, 0)
    assert count.complete


def test_zones_come_in_the_order_in_which_they_first_appear() -> None:
    data = HEADER + b"c1,Asia/Tokyo\nc2,Europe/London\nc3,Asia/Tokyo\nc4,Africa/Cairo\n"
    assert list(read((config_map(), data)).contacts_by_zone) == ["Asia/Tokyo", "Europe/London", "Africa/Cairo"]


def test_names_of_the_columns_can_be_others() -> None:
    source = ListSource(name="x.csv", id_column="Contact ID", time_zone_column="TZ")
    assert read((source, b"TZ,id,Contact ID,timeZone\nAsia/Tokyo,,c1,\n")).contacts == 1
    source = ListSource(name="x.json", id_column="Contact ID", time_zone_column="TZ")
    assert read((source, b'[{"TZ": "Asia/Tokyo", "Contact ID": "c1", "id": 7}]')).contacts == 1


@pytest.mark.parametrize(("id_column", "time_zone_column"), [("a", "a"), ("", "b"), ("a", " b")])
def test_columns_that_could_never_be_found_are_refused(id_column: str, time_zone_column: str) -> None:
    with pytest.raises(ValueError, match="column"):
        ListSource(name="x", id_column=id_column, time_zone_column=time_zone_column)


@pytest.mark.parametrize(
    ("name", "list_format", "data", "told"),
    [
        ("by the name", None, b'{"contacts": []}', "a JSON object"),
        ("by the name, whatever its case and .gz", None, b'{\n"id": "c1"}', "a JSON object"),
        ("by the option before the name", ContactFormat.CSV, b'[{"id": "c1"}]', 'no columns "id" and "timeZone"'),
        ("by the first character", None, b'\n {"id": "c1"}', "column timeZone: is missing"),
    ],
)
def test_the_format_is_known(name: str, list_format: ContactFormat | None, data: bytes, told: str) -> None:
    names = {
        "by the name": "a.json",
        "by the name, whatever its case and .gz": "A.JSON.gz",
        "by the first character": "x",
    }
    source = ListSource(name=names.get(name, "a.ndjson"), list_format=list_format)
    assert told in errors(read((source, data)))[0]


def test_several_lists_are_counted_together_and_an_id_in_two_of_them_is_told_by_both_places() -> None:
    count = read(
        (config_map("one.csv"), HEADER + b"c1,Europe/London\nc2,Asia/Tokyo\n"),
        (secret("two.json"), b'[{"id": "c3", "timeZone": "Asia/Tokyo"},\n {"id": "c1", "timeZone": "Asia/Tokyo"}]'),
        (config_map("three.csv"), HEADER + b"c3,Asia/Tokyo\nc4,Asia/Tokyo\n"),
    )
    assert dict(count.contacts_by_zone) == {"Europe/London": 1, "Asia/Tokyo": 3}
    remedy = "give each contact its own id"
    assert errors(count) == [
        f"two.json: line 2, column id: Duplicate value: the same id is in line 2 of one.csv; {remedy}",
        f"three.csv: line 2, column id: Duplicate value: the same id is in line 1 of two.json; {remedy}",
    ]


def test_skip_leaves_out_exactly_the_rows_that_reject_complains_of() -> None:
    data = (
        b"id,timeZone\n"
        b"+15550100,Europe/London\n"
        b"+15550101,Europe/Lodnon\n"
        b'"+155501\n00",Asia/Tokyo\n'
        b"+15550100,Asia/Tokyo\n"
        b"+15550100,Nowhere\n"
        b"+15550101,Asia/Tokyo\n"
        b",Asia/Tokyo\n"
        b"+15550102,Asia/Tokyo,x\n"
        b"+15550102,Asia/Tokyo\n"
    )
    count = read((config_map(), data))
    assert [(error.line, error.column) for error in count.errors] == [
        (3, "timeZone"),
        (6, "id"),
        (7, "id"),
        (7, "timeZone"),
        (8, "id"),
        (9, "id"),
        (10, None),
    ]
    assert (count.error_count, count.invalid_rows) == (7, 6)
    assert count.accepted(OnInvalidContact.SKIP, 100).by_zone == {"Europe/London": 1, "Asia/Tokyo": 2}
    with pytest.raises(InvalidSpecError) as caught:
        count.accepted(OnInvalidContact.REJECT, 100)
    assert caught.value.count == 7
    assert str(caught.value).splitlines() == errors(count)
    assert "5550" not in str(caught.value) + repr(caught.value) + repr(count)


@pytest.mark.parametrize(
    ("wrong", "percent", "planned"),
    [(1, 5, True), (2, 5, False), (0, 0, True), (1, 0, False), (19, 95, True), (19, 94, False), (20, 100, False)],
)
def test_skip_leaves_out_no_greater_share_of_the_rows_than_it_may(wrong: int, percent: int, planned: bool) -> None:
    rows = b"".join(b"c%d,%b\n" % (number, b"Nowhere" if number < wrong else b"Asia/Tokyo") for number in range(20))
    count = read((config_map(), HEADER + rows))
    if planned:
        assert count.accepted(OnInvalidContact.SKIP, percent).by_zone == {"Asia/Tokyo": 20 - wrong}
        return
    with pytest.raises(InvalidSpecError) as caught:
        count.accepted(OnInvalidContact.SKIP, percent)
    assert caught.value.count == wrong
    told = f"spec.maxSkippedPercent: {wrong} of 20 rows are invalid, more than the {percent}% that may be skipped; "
    assert str(caught.value).startswith(told) == (percent < 100)


def test_skip_does_not_forgive_a_list_that_ends_in_the_middle_nor_one_without_a_valid_row() -> None:
    for data in (HEADER + b'c1,Asia/Tokyo\nc2,"Asia/Tokyo\n', HEADER + b"c1,Nowhere\n"):
        count = read((config_map(), data))
        with pytest.raises(InvalidSpecError):
            count.accepted(OnInvalidContact.SKIP, 100)


def test_twenty_errors_are_shown_all_are_counted_and_those_that_end_a_list_are_among_them() -> None:
    rows = b"".join(b"c%d,Nowhere %d\n" % (number // 2, number) for number in range(100))
    count = read((config_map("a.csv"), HEADER + rows + b'x,"'), (config_map("b.csv"), b""))
    assert count.error_count == 100 + 50 + 2
    assert len(count.errors) == 20
    assert [(error.source, error.line, error.column) for error in count.errors[:4]] == [
        ("a.csv", 2, "timeZone"),
        ("a.csv", 3, "id"),
        ("a.csv", 3, "timeZone"),
        ("a.csv", 4, "timeZone"),
    ]
    assert errors(count)[-2:] == [
        "a.csv: line 102: has a quote in this row that is never closed",
        "b.csv: is empty; it must have a header row and at least one contact",
    ]
    with pytest.raises(InvalidSpecError) as caught:
        count.accepted(OnInvalidContact.REJECT, 100)
    assert str(caught.value).endswith("and 132 more")


def test_a_wrong_value_is_told_once_with_its_rows_and_the_most_frequent_first() -> None:
    rows = b"c0,Pacific\n" + b"".join(b"c%d,Eastern\n" % number for number in range(1, 26)) + b"c26,Asia/Tokyo\n"
    count = read((config_map(), HEADER + rows + b"c27,Pacific\n,Eastern\n"))
    told = [(error.line, error.column, error.rows) for error in count.errors]
    assert told == [(3, "timeZone", 26), (2, "timeZone", 2), (30, "id", 1)]
    assert '"Eastern"' in errors(count)[0]
    assert errors(count)[0].endswith(" (26 rows, this is the first)")
    assert (count.error_count, count.unshown_errors) == (29, 0)
    with pytest.raises(InvalidSpecError) as caught:
        count.accepted(OnInvalidContact.REJECT, 100)
    assert (caught.value.count, len(str(caught.value).splitlines())) == (29, 3)


def test_values_that_must_not_be_shown_are_not_told_apart_either() -> None:
    count = read((secret(), HEADER + b"c0,Pacific\nc1,Eastern\nc2,Eastern\nc3,\n"))
    assert [(error.line, error.rows) for error in count.errors] == [(2, 3), (5, 1)]


def test_of_very_many_wrong_values_those_that_come_first_are_told_and_all_are_counted() -> None:
    rows = b"".join(b"c%d,Nowhere %d\n" % (number, number % 2000) for number in range(5000))
    count = read((config_map(), HEADER + rows))
    assert [(error.line, error.rows) for error in count.errors] == [(line, 3) for line in range(2, 22)]
    assert (count.error_count, count.unshown_errors) == (5000, 4940)


def test_a_value_is_quoted_only_where_the_source_allows_it() -> None:
    data = HEADER + b"c1,europe/london\nc2,Hunter2\n"
    shown, hidden = errors(read((config_map(), data))), errors(read((secret(), data)))
    assert 'line 2, column timeZone: Invalid value: "europe/london"' in shown[0]
    assert 'did you mean "Europe/London"?' in shown[0]
    assert '"Hunter2"' in shown[1]
    assert len(hidden) == 1
    assert all("column timeZone: must be a valid time zone of the IANA database" in each for each in hidden)
    assert not any(word in each for each in hidden for word in ("europe/london", "Hunter2", "did you mean"))


def test_a_list_can_be_read_step_by_step() -> None:
    data = HEADER + b"".join(b"c%d,Asia/Tokyo\n" % number for number in range(20_000))
    whole = read_contact_lists([(config_map(), [data])])
    ends = []

    def followed() -> Iterator[None]:
        ends.append((yield from reading_steps([(config_map(), [data])])))

    taken = sum(1 for _ in followed())
    assert ends == [whole]
    assert whole.contacts == 20_000
    # A step for each piece of 64 KiB, and short ones at the end.
    assert taken >= len(data) // 65_536 + 256


@pytest.mark.parametrize("limit", ["max_rows", "max_bytes", "max_record_characters", "max_id_characters"])
def test_limits_that_let_nothing_through_or_too_much_are_refused(limit: str) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        ListLimits(**{limit: 0})
    if limit in {"max_bytes", "max_record_characters"}:
        with pytest.raises(ValueError, match="must be at most"):
            ListLimits(**{limit: 2**32})
